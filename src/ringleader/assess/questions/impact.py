"""What could they disrupt from where they stand?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, ClassVar

from ringleader.assess import logons, reach, words
from ringleader.assess.ground import Campaign, Ground
from ringleader.assess.reach import EVERYONE, Graph
from ringleader.assess.statement import Aspect, Confidence, Statement
from ringleader.case import Service
from ringleader.schema.shown import count, listed

MOST_NODES = 200


class Impact:
    aspects: tuple[Aspect, ...] = ("impact",)
    what = "what each campaign could disrupt if its aim changed, by which paths, and what would cut most of them"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "impact": {
            "nodes": "list: id, label, kind (host, account, service, supplier), role (of a host, else null), held",
            "edges": "list: from, to (ids of nodes), how",
            "paths": "list of lists of ids: the shortest from what is held to each host that matters, and on to what it"
            " does",
            "share": "service (voice, data, messages) to the share of subscribers who could lose it, by `serves` of the"
            " case file; null where no asset has it",
            "cuts": "list, the most effective first: what (account, host or supplier), label, removes (hosts that"
            " matter which cannot be reached any more without it, beyond those before it; 0 for one that takes effect"
            " with those after it)",
            "held_aims, aims": "hosts that matter on which it was, and all that it could reach (those among them)",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        if ground.campaigns and not reach.jewels(ground):
            yield Statement(
                "case", ground.about, "impact",
                "No asset of ringleader.toml has a role that says what depends on it, so what could be disrupted cannot"
                " be said.", "unknown",
            )  # fmt: skip
            return
        if ground.campaigns and not any(asset.serves for asset in ground.config.asset):
            yield Statement(
                "case", ground.about, "impact",
                "No asset of ringleader.toml says which share of the subscribers it serves (serves), so for how many"
                " voice and data could be lost cannot be said.", "unknown",
            )  # fmt: skip
        if left := logons.of(ground).left_out:
            yield Statement(
                "case", ground.about, "impact",
                f"{count(left, 'sort')} of log-ons were beyond what is held at once: there may be more paths.",
                "unknown",
            )  # fmt: skip
        for one in ground.campaigns:
            yield _said(ground, one)


def _said(ground: Ground, one: Campaign) -> Statement:
    whole = reach.graph(ground, one)
    paths = whole.paths()
    aims = [f"host:{host}" for host in reach.jewels(ground)]
    open_to = [aim for aim in aims if aim in paths]
    held = [aim for aim in open_to if aim in whole.held]
    wanted = [aim for aim in open_to if aim not in whole.held]
    cut = reach.cuts(whole, wanted) if wanted else []
    services = {aim: words.vocabulary().jewels[ground.hosts.role(reach.label(aim))].service for aim in open_to}
    share = _share(ground, [reach.label(aim) for aim in open_to])
    nodes, edges, shown = _picture(ground, whole, paths, open_to, services, [node for node, _ in cut])
    data = {
        "nodes": nodes, "edges": edges, "paths": shown, "share": share,
        "cuts": [
            {"what": node.partition(":")[0], "label": reach.label(node), "removes": number} for node, number in cut
        ],
        "held_aims": [reach.label(aim) for aim in held], "aims": [reach.label(aim) for aim in open_to],
    }  # fmt: skip
    could = list(dict.fromkeys(services[aim] for aim in held))
    more = [name for name in dict.fromkeys(services[aim] for aim in wanted) if name not in could]
    if not open_to:
        text = (
            "From the hosts and accounts that it holds, no log-on in the evidence leads to anything that matters most."
        )
        return Statement("campaign", one.id, "impact", text, "low", [one.steps[0].finding_id], data)
    text = f"From where it was it could disrupt {listed(could, 9)}" if could else "It was on nothing that matters most"
    if more:
        text += f"; by log-ons that are in the evidence it could also reach {listed(more, 9)}"
    text += "."
    if share:
        text += " For the subscribers: " + listed([f"{name} for {part:.0%}" for name, part in share.items()]) + "."
    if wanted and (removed := sum(number for _, number in cut)):
        kinds = Counter(node.partition(":")[0] for node, _ in cut)
        what = listed([_WHAT[kind](number) for kind, number in sorted(kinds.items())])
        text += f" {what[0].upper()}{what[1:]} would cut {removed:,} of these {count(len(wanted), 'host')} off."
    sure: Confidence = "moderate" if logons.of(ground).windows else "low"
    findings = [finding for aim in held for finding in reach.reached(ground, one)[reach.label(aim)].findings[:5]]
    return Statement("campaign", one.id, "impact", text, sure, findings or [one.steps[0].finding_id], data)


_WHAT: dict[str, Callable[[int], str]] = {
    "account": lambda number: f"resetting {count(number, 'account')}",
    "host": lambda number: f"isolating {count(number, 'host')}",
    "supplier": lambda number: f"closing the access of {count(number, 'supplier')}",
}


def _share(ground: Ground, hosts: list[str]) -> dict[str, float] | None:
    """Shares add up, to all at most: two hosts are taken to serve different subscribers."""
    if not any(asset.serves for asset in ground.config.asset):
        return None
    found: dict[str, float] = {}
    for asset in ground.config.asset:
        if ground.hosts.name(asset.host) in hosts:
            for service, part in asset.serves.items():
                found[service] = min(1.0, found.get(service, 0.0) + part)
    return {str(service): round(found[service], 4) for service in Service if service in found}


def _picture(
    ground: Ground,
    whole: Graph,
    paths: dict[str, list[str]],
    open_to: list[str],
    services: dict[str, str],
    cut: list[str],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[list[str]]]:
    """What lies on the paths, and what is held."""
    shown = [[*paths[aim], f"service:{services[aim]}"] for aim in open_to]
    order = list(dict.fromkeys([node for path in shown for node in path] + cut + sorted(whole.held)))[:MOST_NODES]
    known = set(order)
    nodes = [
        {
            "id": node, "label": reach.label(node), "kind": node.partition(":")[0],
            "role": ground.hosts.role(reach.label(node)) or None if node.startswith("host:") else None,
            "held": node in whole.held,
        }
        for node in order
    ]  # fmt: skip
    edges: dict[tuple[str, str], str] = {}
    for path in shown:
        for start, end in pairwise(path):
            how = "runs it" if end.startswith("service:") else whole.edges.get(start, {}).get(end, "")
            edges.setdefault((start, end), how)
    for node in sorted(whole.held & known):
        for end, how in sorted(whole.edges.get(node, {}).items()):
            if end in known and len(edges) < 5 * MOST_NODES and node != EVERYONE:
                edges.setdefault((node, end), how)
    told = [{"from": start, "to": end, "how": how} for (start, end), how in edges.items() if {start, end} <= known]
    return nodes, told, [path for path in shown if set(path) <= known]
