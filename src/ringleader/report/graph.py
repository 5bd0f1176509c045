"""Pictures of who is joined to what, laid out in layers by hand: the same graph gives the same picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ringleader.report.model import Edge, Graph, Node
from ringleader.report.payload import Payload

MAX_NODES = 60
MAX_SIDE = 24
"""Accounts and hosts that one picture has of each."""
_SWEEPS = 4


def accounts_and_hosts(
    uses: Mapping[tuple[str, str], int], hosts: Sequence[str], roles: Mapping[str, str], moves: Mapping[Edge, int]
) -> Graph:
    """Accounts on the left, hosts on the right in the order in which they were reached. ``uses``: findings by account
    and host; ``moves``: from host to host, with how."""
    busy: Counter[str] = Counter()
    for (account, _), count in uses.items():
        busy[account] += count
    accounts = [name for name, _ in sorted(busy.items(), key=lambda item: (-item[1], item[0])) if name][:MAX_SIDE]
    shown = list(dict.fromkeys(hosts))[:MAX_SIDE]
    nodes = [
        *(Node(f"a:{name}", name, "account", "", False, 0, 0, f"{busy[name]:,} findings") for name in accounts),
        *(Node(f"h:{name}", name, "host", roles.get(name, ""), False, 1, at, "") for at, name in enumerate(shown)),
    ]
    known = {node.id for node in nodes}
    edges = [
        Edge(f"a:{account}", f"h:{host}", f"{account} on {host}: {count:,} findings", count)
        for (account, host), count in sorted(uses.items())
        if f"a:{account}" in known and f"h:{host}" in known
    ]
    edges += [
        Edge(f"h:{move.source}", f"h:{move.target}", move.label, count)
        for move, count in sorted(moves.items(), key=lambda item: (item[0].source, item[0].target, item[0].label))
        if f"h:{move.source}" in known and f"h:{move.target}" in known and move.source != move.target
    ]
    left_out = len([name for name in busy if name]) + len(set(hosts)) - len(nodes)
    return Graph(_placed(nodes, edges, fixed={1}), edges, left_out)


def reach(data: Payload) -> Graph:
    """What is held on the left, and to its right what can be reached from there, step by step."""
    every = {str(node.raw("id")): node for node in data.each("nodes") if node.raw("id") is not None}
    links = [
        (str(edge.raw("from")), str(edge.raw("to")), edge.text("how", longest=200))
        for edge in data.each("edges")
        if str(edge.raw("from")) in every and str(edge.raw("to")) in every
    ]
    links.sort()
    following: defaultdict[str, list[str]] = defaultdict(list)
    for source, target, _ in links:
        following[source].append(target)
    held = sorted(name for name, node in every.items() if node.flag("held"))
    layers = _distances(held or sorted(every.keys() - {target for _, target, _ in links}), following)
    far = max(layers.values(), default=0) + 1
    # Near what is held first: it is what matters if not all can be drawn.
    drawn = sorted(every, key=lambda name: (layers.get(name, far), name))[:MAX_NODES]
    nodes = [
        Node(
            id=f"n{number}",
            label=every[name].text("label", "id", longest=120),
            kind=every[name].text("kind", longest=60),
            role=every[name].text("role", longest=60),
            held=bool(every[name].flag("held")),
            layer=layers.get(name, far),
            place=0,
            note="held" if every[name].flag("held") else "",
        )
        for number, name in enumerate(drawn)
    ]
    number = {name: f"n{at}" for at, name in enumerate(drawn)}
    edges = [
        Edge(number[source], number[target], how, 1)
        for source, target, how in links
        if source in number and target in number
    ]
    return Graph(_placed(nodes, edges), edges, len(every) - len(drawn))


def _distances(starts: Iterable[str], following: Mapping[str, Sequence[str]]) -> dict[str, int]:
    layer = dict.fromkeys(starts, 0)
    wave = list(layer)
    while wave:
        fresh = []
        for name in wave:
            for target in following.get(name, ()):
                if target not in layer:
                    layer[target] = layer[name] + 1
                    fresh.append(target)
        wave = fresh
    return layer


def _placed(nodes: list[Node], edges: list[Edge], fixed: frozenset[int] | set[int] = frozenset()) -> list[Node]:
    """Rows within each layer, by the mean row of the neighbours (barycentre heuristic: Sugiyama, Tagawa and Toda,
    1981), so that lines cross less. Layers in ``fixed`` keep their order."""
    layers: defaultdict[int, list[str]] = defaultdict(list)
    for node in nodes:
        layers[node.layer].append(node.id)
    where = {name: float(at) for names in layers.values() for at, name in enumerate(names)}
    layer_of = {node.id: node.layer for node in nodes}
    near: defaultdict[str, list[str]] = defaultdict(list)
    for edge in edges:
        if layer_of[edge.source] != layer_of[edge.target]:
            near[edge.source].append(edge.target)
            near[edge.target].append(edge.source)
    for sweep in range(_SWEEPS):
        for layer in sorted(layers, reverse=bool(sweep % 2)):
            if layer in fixed:
                continue
            middle = {
                name: sum(where[other] for other in near[name]) / len(near[name]) if near[name] else where[name]
                for name in layers[layer]
            }
            layers[layer].sort(key=lambda name: (middle[name], name))
            where.update({name: float(at) for at, name in enumerate(layers[layer])})
    return [replace(node, place=int(where[node.id])) for node in nodes]
