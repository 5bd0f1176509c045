"""How a ranking of groups is shown: head, candidates, why, and what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringleader.cli import screen

if TYPE_CHECKING:
    from ringleader.attribute import Attribution, Candidate
    from ringleader.knowledge import Knowledge

GROUPS = 5
LINES = 12
MEANS = "A probability is about likeness to what is published of a group, not about who paid or ordered."


def data(answer: Attribution) -> dict[str, Any]:
    import dataclasses

    data = dataclasses.asdict(answer)
    word, percent = answer.band
    return {**data, "band": {"word": word, "range": percent}}


def show(answer: Attribution, base: Knowledge, everything: bool) -> None:
    first = answer.candidates[0]
    word, percent = answer.band
    screen.heading(f"{first.name}" + (f" ({first.id})" if first.id in base.entities else ""))
    screen.facts(
        [
            ("verdict", first.verdict),
            ("probability", f"{first.probability:.2f}, {word} ({percent})"),
            ("evidence", answer.confidence),
        ]
    )
    screen.heading("Candidates")
    shown = answer.candidates if everything else answer.candidates[: GROUPS + 1]
    screen.table(
        ["id", "name", "probability", "verdict"],
        [(c.id, c.name, f"{c.probability:.3f}", c.verdict) for c in shown],
        right=["probability"],
    )
    rest = answer.candidates[len(shown) :]
    if rest:
        screen.line(f"and {len(rest):,} more with {sum(c.probability for c in rest):.3f} together; --all shows them")
    for candidate in answer.groups[:2]:
        _waterfall(candidate, base, everything)
    _what_if(answer, base)


def _waterfall(candidate: Candidate, base: Knowledge, everything: bool) -> None:
    lines = [line for line in candidate.contributions if line.kind != "size"]
    shown = lines if everything else lines[:LINES]
    total = sum(line.weight for line in candidate.contributions)
    screen.heading(f"Why {candidate.name}: {total:+.2f} nats against the average group")
    rows = [(f"{line.weight:+.2f}", line.kind, _label(base, line.value), line.reason) for line in shown]
    if len(shown) < len(lines):
        left = sum(line.weight for line in lines[len(shown) :])
        rows.append((f"{left:+.2f}", "", f"{len(lines) - len(shown)} smaller lines", "--all shows them"))
    rows += [
        (f"{line.weight:+.2f}", "size", "what is written about it", line.reason)
        for line in candidate.contributions
        if line.kind == "size"
    ]
    screen.table(["nats", "kind", "what", "why"], rows, right=["nats"])


def _what_if(answer: Attribution, base: Knowledge) -> None:
    screen.heading("What would change it")
    changes = [*answer.without_kind, *([answer.planted] if answer.planted else [])]
    screen.table(
        ["without", "leading group", "probability", "unknown"],
        [
            (_label(base, c.without), _label(base, c.leader), f"{c.probability:.3f}", f"{c.unknown:.3f}")
            for c in changes
        ],
        right=["probability", "unknown"],
    )
    if answer.planted:
        screen.line(f"If one item were planted, {_label(base, answer.planted.without)} would mislead most.")
    screen.heading("Look for next")
    screen.table(
        ["technique", "would speak for", "because", "gain"],
        [
            (
                _label(base, lead.technique),
                _label(base, lead.group),
                f"{lead.seen_in} of its {lead.of} reports name it",
                f"{lead.gain:.3f}",
            )
            for lead in answer.leads
        ],
        right=["gain"],
    )


def _label(base: Knowledge, key: str) -> str:
    entity = base.entities.get(key)
    return f"{key} {entity.name}" if entity else key
