"""``ringleader knowledge``: what is published about groups (show, list), and how to replace or extend it (build)."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ringleader.cli import options, screen
from ringleader.schema import shown

if TYPE_CHECKING:
    from ringleader.knowledge import Entity, Knowledge, Relation, Report

app = typer.Typer(no_args_is_help=True)


class Kind(StrEnum):
    """Kinds of entities, as in the table ``entities``."""

    GROUP = "group"
    SOFTWARE = "software"
    TECHNIQUE = "technique"
    CAMPAIGN = "campaign"


Bundle = Annotated[
    Path,
    typer.Argument(
        metavar="BUNDLE", help="ATT&CK Enterprise as STIX 2.0 or 2.1: .json or .json.gz.", show_default=False
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Folder to write to.", show_default=False)]
Galaxy = Annotated[
    Path | None,
    typer.Option(
        "--galaxy",
        metavar="FILE",
        help="threat-actor.json of the MISP galaxy: more names of the same groups.",
        show_default=False,
    ),
]
Add = Annotated[
    list[Path] | None,
    typer.Option(
        "--add",
        metavar="FILE",
        help="YAML with your own groups, campaigns, reports and relations. May be repeated.",
        show_default=False,
    ),
]
Name = Annotated[
    str,
    typer.Argument(metavar="NAME", help="Id, name or alias of a group, software, technique or campaign.",
                   show_default=False),
]  # fmt: skip
Technique = Annotated[
    str | None,
    typer.Option("--technique", metavar="ID", help="Only what uses this technique.", show_default=False),
]
Software = Annotated[
    str | None,
    typer.Option("--software", metavar="ID", help="Only what uses this software.", show_default=False),
]
KindOption = Annotated[Kind, typer.Option("--kind", help="What to list.")]


@app.command("build", cls=options.Verb, help="Make a knowledge base from an ATT&CK bundle, for --knowledge.")
def build(
    bundle: Bundle,
    out: Out,
    galaxy: Galaxy = None,
    add: Add = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.attribute import fit
    from ringleader.attribute.corpus import Corpus
    from ringleader.knowledge.build import build as make
    from ringleader.store.disk import writing_to

    made = make(bundle, galaxy, add or ())
    screen.say("fitting the model of attribution on these reports")
    model = fit.fit(Corpus.of(made))
    with writing_to(out):
        made.save(out)
        model.save(out)
    rows = {name: table.num_rows for name, table in made.tables.items()}
    kinds = {f"{kind}": len(made.of_kind(kind)) for kind in Kind}
    if as_json:
        screen.data({"folder": out, "rows": rows, "kinds": kinds, "fitted_on": model.fitted_on})
        return
    screen.facts([(name, f"{number:,}") for name, number in {**kinds, **rows}.items() if name != "entities"])
    screen.say(f"use it with: --knowledge {out}")


@app.command("show", cls=options.Verb, help="One entity: its names, what it is related to, and the reports behind it.")
def show(
    name: Name,
    knowledge: options.KnowledgePath = None,
    everything: options.Everything = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.knowledge import Knowledge

    base = Knowledge.load(knowledge)
    found = [_described(base, entity) for entity in base.need(name)]
    if as_json:
        screen.data(found)
        return
    for entry in found:
        _show(entry, most=10**9 if everything else 15)


@app.command("list", cls=options.Verb, help="Entities of a kind, or those that use a technique or a piece of software.")
def list_entities(
    kind: KindOption = Kind.GROUP,
    technique: Technique = None,
    software: Software = None,
    knowledge: options.KnowledgePath = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.knowledge import Knowledge

    base = Knowledge.load(knowledge)
    found: dict[str, list[int]] = {entity.id: [] for entity in base.of_kind(kind)}
    for asked, of in ((technique, "technique"), (software, "software")):
        if asked is not None:
            uses = _users(base, kind, of, asked)
            found = {key: [*rows, *uses[key]] for key, rows in found.items() if key in uses}
    rows = [_line(base, key, reports) for key, reports in sorted(found.items())]
    if as_json:
        screen.data(rows)
        return
    screen.table(
        ["id", "name", "tactics" if kind is Kind.TECHNIQUE else "reports"],
        [(row["id"], row["name"], _last(row, kind)) for row in rows],
    )
    screen.say(shown.count(len(rows), kind.value, "software" if kind is Kind.SOFTWARE else ""))


def _users(base: Knowledge, kind: Kind, of: str, asked: str) -> dict[str, list[int]]:
    from ringleader.errors import UsageError

    wanted = [entity for entity in base.need(asked) if entity.kind == of]
    if not wanted:
        raise UsageError(f"{asked} is no {of}", hint=f"ringleader knowledge list --kind {of}")
    found: dict[str, list[int]] = {}
    for entity in wanted:
        for user, relation in base.related(kind, entity.id):
            found.setdefault(user.id, []).extend(relation.reports)
    return found


def _line(base: Knowledge, key: str, reports: list[int]) -> dict[str, Any]:
    entity = base.entities[key]
    return {
        "id": key,
        "name": entity.name,
        "tactics": list(entity.tactics),
        "reports": [_report(base.reports[row]) for row in sorted(set(reports))],
    }


def _last(row: dict[str, Any], kind: Kind) -> str:
    if kind is Kind.TECHNIQUE:
        return ", ".join(row["tactics"])
    return "; ".join(f"{report['name']} ({report['date'] or 'no date'})" for report in row["reports"])


def _described(base: Knowledge, entity: Entity) -> dict[str, Any]:
    related = {
        kind.value: [_related(base, other, relation) for other, relation in base.related(kind, entity.id)]
        for kind in Kind
    }
    return {
        "id": entity.id,
        "kind": entity.kind,
        "name": entity.name,
        "tactics": list(entity.tactics),
        "first_seen": entity.first_seen and entity.first_seen.isoformat(),
        "last_seen": entity.last_seen and entity.last_seen.isoformat(),
        "origin": entity.origin,
        "aliases": [
            {"name": a.alias, "source": a.source, "agreed": a.agreed, "actor": a.actor} for a in base.names(entity.id)
        ],
        "related": {kind: rows for kind, rows in related.items() if rows},
    }


def _related(base: Knowledge, other: Entity, relation: Relation) -> dict[str, Any]:
    return {
        "id": other.id,
        "name": other.name,
        "relation": f"{relation.source} {relation.type} {relation.target}",
        "origin": relation.origin,
        "read_in": relation.read_in,
        "reports": [_report(base.reports[row]) for row in relation.reports],
    }


def _report(report: Report) -> dict[str, Any]:
    return {"name": report.name, "url": report.url, "date": report.when}


def _show(entry: dict[str, Any], most: int) -> None:
    screen.heading(f"{entry['name']} ({entry['id']}, {entry['kind']})")
    agreed = [a for a in entry["aliases"] if a["agreed"]]
    facts = [("also", ", ".join(f"{a['name']} [{a['source']}]" for a in agreed))]
    disputed: dict[tuple[str, str], list[str]] = {}
    for a in entry["aliases"]:
        if not a["agreed"]:
            disputed.setdefault((a["source"], a["actor"] or ""), []).append(a["name"])
    for (source, actor), names in disputed.items():
        where = f"{source}, actor {actor}" if actor else source
        facts.append(("disputed", f"{', '.join(names)} [{where}]; sources do not agree that this is the same actor"))
    facts += [
        ("tactics", ", ".join(entry["tactics"])),
        ("origin", "" if entry["origin"] == "attack" else entry["origin"]),
    ]
    if entry["first_seen"]:
        facts.append(("seen", f"{entry['first_seen']} to {entry['last_seen']}"))
    screen.facts([fact for fact in facts if fact[1]])
    for kind, rows in entry["related"].items():
        screen.heading(f"{kind}: {len(rows):,}")
        screen.table(
            ["id", "name", "reports"],
            [(row["id"], row["name"], _cited(row)) for row in rows[:most]],
        )
        if len(rows) > most:
            screen.line(f"and {len(rows) - most:,} more; --all shows them")


def _cited(row: dict[str, Any]) -> str:
    names = [f"{report['name']} ({report['date'] or 'no date'})" for report in row["reports"]]
    note = f" [{row['origin']}, from the text of {row['read_in']}]" if row["read_in"] else ""
    return "; ".join(names) + note
