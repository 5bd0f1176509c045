"""The seven questions of an executive, answered from the tables: what can be said, how sure it is, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ringleader.compare import likelihood
from ringleader.report.assessed import LEFT
from ringleader.report.facts import facts
from ringleader.report.model import Answer, Assessment, Campaign, Coverage, Gap, Headline, Intrusion, Pair, Statement
from ringleader.schema import kind as kinds
from ringleader.schema.shown import count, listed

MOST = 3
"""Statements of one answer; an answer fits a few lines, and all seven a page."""


@dataclass(frozen=True)
class Known:
    """What the answers are drawn from. ``when`` says a time to people."""

    headline: Headline
    campaigns: Sequence[Campaign]
    intrusions: Sequence[Intrusion]
    pairs: Sequence[Pair]
    assessment: Assessment
    coverage: Coverage
    kinds: Mapping[str, int]
    remediations: int
    assets: int
    when: Callable[[datetime | None], str]


Said = tuple[list[Statement], list[Gap]]


def answers(known: Known) -> list[Answer]:
    out = []
    for each in facts().questions:
        found, gaps = _HOW[each.key](known)
        # What an assessment says it cannot tell is a gap like any other.
        statements = [said for said in found if said.confidence != "unknown" or each.key == "whom"]
        gaps += [Gap(said.text, "") for said in found if said.confidence == "unknown" and each.key != "whom"]
        out.append(
            Answer(
                key=each.key,
                question=each.question,
                statements=statements[:MOST],
                more=max(0, len(statements) - MOST),
                gaps=gaps[:MOST],
                changes=_CHANGES[each.key](known)[:2] if each.key in _CHANGES else [],
                place=each.place,
            )
        )
    return out


def _counted(text: str, place: str = "", findings: Sequence[str] = ()) -> Statement:
    return Statement(text, "", list(findings), place)


def _not_assessed(known: Known, what: str) -> list[Gap]:
    """Why an aspect has no statement."""
    for gap in known.coverage.undone:
        if gap.table == "assessments":
            return [Gap(f"{what} was not assessed.", gap.needed)]
    return [Gap(f"The assessment says nothing about {what[0].lower()}{what[1:]}.", "telemetry that would show it")]


def _since(known: Known) -> Said:
    h, said = known.headline, known.assessment.since
    if not h.events:
        return [], [Gap("No event was read.", "evidence: ringleader hunt CASE EVIDENCE")]
    if not h.intrusions:
        text = "No intrusion was found." if h.findings else "No rule matched anything in the evidence."
        return [_counted(f"{text} That is no proof that nobody was there.", "coverage")], [
            Gap("What leaves no trace in the telemetry at hand cannot be seen.", _blind(known))
        ]
    statements = [each.statement for each in said]
    counted = _counted(
        f"{count(h.intrusions, 'intrusion')} on {count(h.hosts, 'host')}: the earliest trace is of "
        f"{known.when(h.first)}, the latest of {known.when(h.last)}.",
        "intrusions",
    )
    gaps = [Gap(f"No events: {gap}.", "logs of that time") for each in said for gap in each.gaps][:2]
    if not said:
        gaps = _not_assessed(known, "Whether it is still going on, and since when it can have been")
    elif all(each.ongoing is None for each in said):
        gaps.append(Gap("Whether it is still going on cannot be told.", "telemetry up to today"))
    return [counted, *statements], gaps


def _actors(known: Known) -> Said:
    if not known.campaigns:
        if not known.intrusions:
            return [], [Gap("There is no intrusion to tell apart.", "")]
        return [_counted(f"Ungrouped so far: {count(known.headline.intrusions, 'intrusion')}.", "intrusions")], [
            Gap("How many actors are behind them was not worked out.", "ringleader cluster CASE")
        ]
    joined = sum(len(each.intrusions) for each in known.campaigns)
    stand = "stands" if known.headline.campaigns == 1 else "stand"
    text = f"{count(known.headline.campaigns, 'campaign')} {stand} behind {count(joined, 'intrusion')}."
    statements = [_counted(text, "campaigns")]
    for each in known.campaigns:
        statements.append(
            _counted(
                f"{each.name}: {count(len(each.intrusions), 'intrusion')}, {count(each.findings, 'finding')}"
                + (f" on {count(len(each.hosts), 'host')}" if each.hosts else "")  # a database's findings name none
                + f", {known.when(each.first)[:10]} to {known.when(each.last)[:10]}."
                + (f" Its weakest bridge: {each.weakest_bridge}." if each.weakest_bridge else ""),
                f"campaign-{each.number}",
            )
        )
    gaps = []
    alone = known.headline.intrusions - joined
    if alone > 0:
        gaps.append(Gap(f"In no campaign that is shown: {count(alone, 'intrusion')}.", "their telemetry"))
    if known.headline.leads:
        gaps.append(
            Gap(f"Part of no intrusion: {count(known.headline.leads, 'finding')}.", "a hunter's look at the leads")
        )
    return statements, gaps


def _entry(known: Known) -> Said:
    found = known.assessment
    near = [jewel.statement for jewel in found.jewels if jewel.state in ("reached", "tried", "")]
    groups = [
        [each.statement for each in found.entries],
        near,
        [each.statement for each in found.targets],
        [each.statement for each in found.suppliers],
        [each.statement for each in found.watchlist],
        [each.statement for each in found.credentials],
    ]
    # The first of each before the second of any: one page must tell all of it.
    rounds = max((len(group) for group in groups), default=0)
    statements = [group[at] for at in range(rounds) for group in groups if at < len(group)]
    gaps = []
    if not (found.entries or found.suppliers):
        gaps += _not_assessed(known, "The way in")
    else:
        missing = list(dict.fromkeys(word for entry in found.entries for word in entry.missing))
        if missing:
            gaps.append(Gap(f"Before the first step is missing: {listed(missing, 3)}.", "logs of that source and time"))
    if not any(kinds.covers("db", kind) for kind in known.kinds):
        gaps.append(
            Gap("Whose records were read cannot be seen: no log of a database was read.", "audit logs of the databases")
        )
    elif not found.targets and statements:
        gaps.append(Gap("No reading of subscribers' records is laid at an intruder's door.", ""))
    return statements, gaps


def _overlap(known: Known) -> Said:
    if len(known.campaigns) < 2:
        if not known.campaigns:
            return [], [Gap("Without campaigns there is nothing to compare.", "ringleader cluster CASE")]
        return [_counted("There is one campaign only, so nothing overlaps.", "campaigns")], []
    if not known.pairs:
        return [], [Gap("The campaigns were not held beside each other.", "ringleader cluster CASE")]
    name = {each.number: each.name for each in known.campaigns}
    statements = []
    for pair in known.pairs:
        text = f"{name[pair.left]} and {name[pair.right]}: {_significance(pair)}"
        if pair.probability is not None:
            text += f" By what their profiles share, one actor behind both is {pair.words} ({pair.probability:.0%})."
        if pair.hypotheses:
            title = pair.hypotheses[0].title.rstrip(".")
            text += f" With targets, visits and evictions weighed as well, what explains it best: {title}."
        statements.append(_counted(text, f"pair-{pair.left}-{pair.right}"))
    # A pair that no null was asked about claims nothing.
    gaps = []
    if all(pair.colocation_p is None for pair in known.pairs):
        gaps.append(Gap("Whether they were coordinated in time was not tested.", "hosts that two campaigns share"))
    if not any(pair.hypotheses for pair in known.pairs):
        gaps.append(Gap("Rival explanations were not weighed.", "ringleader cluster CASE"))
    return statements, gaps


def _significance(pair: Pair) -> str:
    found = []
    if pair.q_value is not None:
        found.append(
            f"they share more techniques and tools than chance gives (q = {pair.q_value:.2g})"
            if pair.q_value < 0.05
            else f"their overlap is no more than chance gives (q = {pair.q_value:.2g})"
        )
    if pair.colocation_p is not None:
        found.append(
            f"they were on the same hosts at the same hours more than chance gives (p = {pair.colocation_p:.2g})"
            if pair.colocation_p < 0.05
            else f"they met on hosts no more than chance gives (p = {pair.colocation_p:.2g})"
        )
    text = "; ".join(found) or "their overlap was not tested against chance"
    return f"{text}."


def _whom(known: Known) -> Said:
    if not known.campaigns:
        return [], [Gap("Without campaigns there is no one to compare with known groups.", "ringleader cluster CASE")]
    statements, gaps = [], []
    for each in known.campaigns:
        found = each.attribution
        if found is None or not found.candidates:
            gaps.append(Gap(f"{each.name} was not held beside the known groups.", "ringleader attribute CASE"))
            continue
        first, *others = found.candidates
        if first.id == "unknown":
            text = f"{each.name}: {first.verdict or 'none of the known groups'}, {_share(first.probability)}."
        else:
            text = f"{each.name}: most like {first.name}, {_share(first.probability)}."
            text += f" Verdict: {first.verdict}." if first.verdict else ""
        rivals = [f"{other.name} {other.probability:.0%}" for other in others[:2]]
        if rivals:
            text += f" Next: {listed(rivals)}."
        statements.append(Statement(text, _confidence(found.confidence), [], f"campaign-{each.number}"))
    return statements, gaps[:2]


def _turning(known: Known) -> list[str]:
    """What would change whom the campaigns are like."""
    changes = []
    for each in known.campaigns:
        found = each.attribution
        if found is None or not found.candidates:
            continue
        if found.planted:
            changes.append(f"{each.name}: {found.planted}")
        first = found.candidates[0]
        for row in found.without:
            # The first of the groups need not be more probable than none of them.
            none = row.unknown is not None and row.unknown > (row.probability or 0)
            leader = "none of the known groups" if none else row.leader
            same = first.id == "unknown" if none else row.leader.split(" ")[0] == first.id or row.leader == first.name
            if leader and not same:
                changes.append(f"{each.name}: without {row.kind} evidence {leader} would lead.")
                break
    return changes


def _explaining(known: Known) -> list[str]:
    said = [change for pair in known.pairs for change in pair.would_change]
    return list(dict.fromkeys(f"{change[:1].upper()}{change[1:].rstrip('.')}." for change in said))


def _confidence(said: str) -> str:
    """The word in a sentence about confidence."""
    return next((word for word in ("high", "moderate", "low") if word in said.lower().split(":")[0]), "unknown")


def _share(probability: float) -> str:
    return f"{probability:.0%} ({likelihood.word(probability)})"


def _adaptation(known: Known) -> Said:
    found = known.assessment
    left = [each.statement for each in found.persistence if each.status in LEFT]
    statements = [each.statement for each in found.adaptation] + [each.statement for each in found.reentries]
    statements = [*statements[:2], *left[:2], *statements[2:], *left[2:]]
    gaps = []
    if not known.remediations and not found.adaptation:
        gaps.append(Gap("What the defenders did, and when, is not known.", "[[remediation]] blocks in ringleader.toml"))
    if not statements:
        gaps += _not_assessed(known, "What changed after evictions, and what is still in place,")
    return statements, gaps


def _impact(known: Known) -> Said:
    statements = [each.statement for each in known.assessment.impact]
    gaps = []
    if not known.assets:
        gaps.append(Gap("What the hosts do for the operator is not known.", "[[asset]] blocks in ringleader.toml"))
    if not statements:
        gaps += _not_assessed(known, "What could be disrupted")
    return statements, gaps


def _blind(known: Known) -> str:
    names = [each.name for each in known.coverage.blind]
    return f"telemetry that the case lacks: {listed(names, 4)}" if names else "longer retention and more hosts"


_HOW: dict[str, Callable[[Known], Said]] = {
    "since": _since,
    "actors": _actors,
    "entry": _entry,
    "overlap": _overlap,
    "whom": _whom,
    "adaptation": _adaptation,
    "impact": _impact,
}
_CHANGES: dict[str, Callable[[Known], list[str]]] = {"overlap": _explaining, "whom": _turning}
