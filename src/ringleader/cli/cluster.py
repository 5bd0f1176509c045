"""``ringleader cluster``: campaigns of one case or several, and how they overlap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringleader.cli import options, screen, stage

if TYPE_CHECKING:
    from ringleader.cluster import Other, Summary
    from ringleader.store import Store

CAMPAIGNS = 12
PAIRS = 8
BECAUSE = 3

Cases = Annotated[
    list[Path],
    typer.Argument(
        metavar="CASE",
        help="Folder of the case; more cases, or files of profiles that others shared, are compared with it.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="CASE",
        help="Write campaigns and pairs into this case, made if need be, and not into the first one, whose next hunt"
        " would replace what several cases gave.",
        show_default=False,
    ),
]


def cluster(
    cases: Cases,
    out: Out = None,
    key_file: options.HashKey = None,
    everything: options.Everything = False,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader import pipeline
    from ringleader.case import Case
    from ringleader.cluster import run
    from ringleader.knowledge import Knowledge
    from ringleader.schema import profiles
    from ringleader.store import Store

    first = cases[0]
    if len(cases) == 1 and out is None:
        with stage.prepared(first, (), None, ruled=False, timezone=timezone) as prepared:
            one = next(one for one in pipeline.STAGES if one.name == "cluster")
            summary: Summary = pipeline.perform(one, prepared).summary
            store, zone = prepared.store, prepared.zone
    else:
        opened = Case.open(first)
        others = _others(cases)
        key = None if key_file is None else profiles.read_key(key_file)
        zone = options.zone(timezone, opened.config.organisation.zone)
        base = Knowledge.load(stage.knowledge_path(None, first))
        target = None if out is None else Store.open(stage.open_case(out, create=True).root, create=True)
        store = target or Store.open(first)
        with screen.Progress() as progress:
            summary = run(
                Store.open(first), opened.config, others=others, out=target, progress=progress, key=key, knowledge=base
            )
        store.refresh()
    if as_json:
        screen.data(_data(store, summary))
    else:
        _show(store, summary, zone, everything=everything)


def _others(paths: list[Path]) -> list[Other]:
    """All but the first, by names that no two share: the folder's, or its parent's if it is called case."""
    from ringleader.case import Case
    from ringleader.cluster import Other
    from ringleader.errors import UsageError
    from ringleader.schema import profiles
    from ringleader.store import Store

    found: list[Other] = []
    if len({path.resolve() for path in paths}) < len(paths):
        raise UsageError("the same case or file was named twice", hint="name each once")
    for path in paths[1:]:
        whole = path.resolve()
        name = (whole.parent if whole.name == "case" else whole).name.removesuffix(".json").removesuffix(".profiles")
        while name in {other.name for other in found}:
            name += "'"
        if path.is_dir():
            config = Case.open(path).config
            times = tuple(one.time for one in config.remediation)
            found.append(Other(name, store=Store.open(path), evictions=times))
        else:
            found.append(Other(name, shared=profiles.read(path)))
    return found


def _campaigns(store: Store) -> list[dict[str, Any]]:
    rows = store.read("campaigns").to_pylist()
    for row in rows:
        row["weakest_bridge"] = json.loads(row["weakest_bridge"] or "null")
    return sorted(rows, key=lambda row: (-len(row["intrusion_ids"]), str(row["first_time"]), row["campaign_id"]))


def _overlaps(store: Store) -> list[dict[str, Any]]:
    rows = [row for row in store.read("pairs").to_pylist() if row["owner_kind"] == "campaign"]
    for row in rows:
        row["contributions"] = json.loads(row["contributions"] or "[]")
        row["hypotheses"] = json.loads(row["hypotheses"] or "{}")
    return sorted(rows, key=lambda row: (-(row["probability"] or 0), row["left_id"], row["right_id"]))


def _data(store: Store, summary: Summary) -> dict[str, Any]:
    return {"summary": summary, "campaigns": _campaigns(store), "overlaps": _overlaps(store)}


def _show(store: Store, summary: Summary, zone: str, *, everything: bool) -> None:
    campaigns = _campaigns(store)
    names = {row["campaign_id"]: row["name"] for row in campaigns}
    several = [row for row in campaigns if len(row["intrusion_ids"]) > 1]
    screen.facts(
        [
            ("intrusions", f"{summary.intrusions:,}, {summary.pairs:,} pairs compared"),
            ("campaigns", f"{len(several):,} of several intrusions, {summary.single:,} of one"),
        ]
    )
    for note in summary.notes:
        screen.say(note)
    _changes(summary, names)
    shown = campaigns if everything else (several or campaigns)[:CAMPAIGNS]
    for row in shown:
        _campaign(row, zone, everything)
    if len(shown) < len(campaigns):
        screen.line(f"and {len(campaigns) - len(shown):,} more; --all shows them")
    _pairs(_overlaps(store), names, everything)


def _changes(summary: Summary, names: dict[str, str]) -> None:
    def name(identity: str) -> str:
        return names.get(identity, identity[:8])

    for one in summary.changes:
        which = ", ".join(intrusion[:12] for intrusion in one.intrusions[:5])
        others = " and ".join(map(name, one.others))
        said = {
            "joins": f"{which} joins {name(one.campaign_id)}",
            "founds": f"{which} founds {name(one.campaign_id)}",
            "bridges": f"{which or 'a decision'} bridges {others}: now {name(one.campaign_id)}",
            "splits": f"{one.campaign_id[:8]} falls apart into {others}",
        }[one.what]
        screen.line(f"new         {said}")


def _campaign(row: dict[str, Any], zone: str, everything: bool) -> None:
    ids = row["intrusion_ids"]
    screen.heading(f"{row['name']} ({row['campaign_id'][:8]})")
    shown = ids if everything else ids[:6]
    rows = [
        ("time", f"{screen.moment(row['first_time'], zone)} to {screen.moment(row['last_time'], zone)}"),
        (
            "intrusions",
            f"{len(ids)}: {', '.join(_short(one) for one in shown)}"
            + (f" and {len(ids) - len(shown)} more" if len(ids) > len(shown) else ""),
        ),
    ]
    bridge = row["weakest_bridge"]
    if bridge is not None:
        left, right = _short(bridge["left_id"]), _short(bridge["right_id"])
        parts = " and ".join(map(str, bridge["parts"]))
        if bridge["joined_by"] == "decision":
            rows.append(("bridge", f"{left} and {right}, by an analyst's decision; without it: {parts}"))
        else:
            said = f"{left} and {right}, one actor with probability {bridge['probability']:.2f}; without it: {parts}"
            rows.append(("bridge", said))
            rows += [("", _line(line)) for line in bridge["because"][:BECAUSE] if line["weight"]]
    screen.facts(rows)


def _pairs(rows: list[dict[str, Any]], names: dict[str, str], everything: bool) -> None:
    worth = [row for row in rows if row["log_lr"] and row["log_lr"] > 1]
    shown = rows if everything else worth[:PAIRS]
    if not shown:
        return
    screen.heading("How campaigns overlap")
    screen.table(
        ["campaigns", "one actor", "nats", "q overlap", "p hosts", "p timing", "likeliest explanation", "weight"],
        [
            (
                f"{names.get(row['left_id'], row['left_id'])} / {names.get(row['right_id'], row['right_id'])}",
                f"{row['probability']:.2f}",
                f"{row['log_lr']:.1f}",
                _number(row["q_value"]),
                _number(row["colocation_p"]),
                _number(row["hypotheses"].get("timing_p")),
                row["hypotheses"]["hypotheses"][0]["title"],
                f"{row['hypotheses']['hypotheses'][0]['weight']:.2f}",
            )
            for row in shown
        ],
        right=["one actor", "nats", "q overlap", "p hosts", "p timing", "weight"],
    )
    if len(shown) < len(rows):
        screen.line(f"and {len(rows) - len(shown):,} more pairs; --all shows them")
    screen.say(
        "one actor: how probable that is by what their profiles share. Explanations also weigh targets, visits and"
        " evictions; they are no probabilities, and --json has what speaks for and against each."
    )


def _line(line: dict[str, Any]) -> str:
    return f"{line['weight']:+.1f} {line['kind']} {screen.clean(line['value'], 70)}: {line['reason']}"


def _short(identity: str) -> str:
    case, colon, own = identity.rpartition(":")
    return f"{case}{colon}{own[:8]}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}" if value >= 0.001 else f"{value:.0e}"
