"""The report as Markdown, for tickets, wikis and version control. Any text from evidence stands in code or is escaped:
none of it can become a link, an image, a heading or a mark-up element."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo

from ringleader.report import text
from ringleader.report.model import (
    Attribution,
    Campaign,
    Contribution,
    Gap,
    Intrusion,
    Model,
    Pair,
    Statement,
    Undone,
)
from ringleader.report.renderers.drawing import share
from ringleader.schema import shown
from ringleader.schema.order import WORST_FIRST
from ringleader.schema.shown import count, listed

INTRUSIONS = 50
ROWS = 100
MOMENTS = 40
CITED = 5
"""Ids of findings that one statement names; JSON has all."""
# What could begin or end something within a line; a lone underscore within a word means nothing.
_MEANT = re.compile(r"[\\`*\[\]<>#|~&@${}]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|:(?=//)|(?<=www)\.", re.IGNORECASE)
# What means something at the start of a list's item or a line.
_START = re.compile(r"^(?:[-+=]|\d+(?=[.)]))")
_FENCE = re.compile("`+")


class Markdown:
    name = "markdown"
    file = "report.md"

    def render(self, model: Model) -> bytes:
        lines = _Writer(model).lines()
        return ("\n".join(lines).rstrip("\n") + "\n").encode("utf-8", "backslashreplace")


def plain(content: str) -> str:
    r"""``content`` as text that no Markdown reads as anything else.

    >>> plain("[x](javascript:1)"), plain("- 1 < 2"), plain("a_b")
    ('\\[x\\](javascript:1)', '\\- 1 \\< 2', 'a_b')
    """
    escaped = _MEANT.sub(lambda found: "\\" + found[0], " ".join(content.split()))
    return _START.sub(lambda found: f"{found[0]}\\" if found[0][0].isdigit() else "\\" + found[0], escaped)


def code(content: str) -> str:
    """``content`` in a span of code, in longer fences than any within it.

    >>> code("a`b"), code("`")
    ('``a`b``', '`` ` ``')
    """
    one = " ".join(content.split())
    if not one:
        return ""
    fence = "`" * (max((len(run) for run in _FENCE.findall(one)), default=0) + 1)
    pad = " " if one[0] == "`" or one[-1] == "`" else ""
    return f"{fence}{pad}{one}{pad}{fence}"


def cell(content: str) -> str:
    """As :func:`code`, within a table. A pipe would end the cell even in code, so that such a text is not."""
    return plain(content) if "|" in content else code(content)


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.zone: tzinfo = text.zone(model.zone_name)
        self.name = {each.number: each.name for each in model.campaigns}

    def when(self, time: datetime | None) -> str:
        return text.moment(time, self.zone)

    def day(self, time: datetime | None) -> str:
        return "unknown" if time is None else self.when(time).partition(" ")[0]

    def lines(self) -> Iterator[str]:
        model = self.model
        yield from self._top()
        yield from self._answers()
        yield from self._since()
        for campaign in model.campaigns:
            yield from self._campaign(campaign)
        yield from self._overlap()
        yield from self._targets()
        yield from self._adaptation()
        yield from self._reach()
        yield from self._intrusions()
        yield from self._leads()
        yield from self._coverage()
        yield from self._appendix()
        if model.tlp:
            yield from ("", f"**{model.tlp}**")

    # The parts, in the order of the page.

    def _top(self) -> Iterator[str]:
        model, h = self.model, self.model.headline
        if model.tlp:
            yield from (f"**{model.tlp}**", "")
        title = f"Ringleader report: {plain(model.organisation)}" if model.organisation else "Ringleader report"
        yield from (f"# {title}", "")
        facts = [
            count(h.campaigns, "campaign"),
            count(h.intrusions, "intrusion"),
            f"{count(h.findings, 'finding')} ({', '.join(f'{n:,} {level}' for level, n in h.levels.items())})"
            if h.findings
            else "no finding",
            f"{count(h.events, 'event')} of {count(h.evidence, 'piece')} of evidence",
        ]
        yield from (f"{', '.join(facts)}. Times are in {code(model.zone_name)}.", "")
        if not h.events:
            yield from ("The case holds no events yet, so this report cannot say anything.", "")
        if model.redacted:
            yield "Redacted: names of hosts, accounts, addresses, suppliers and subscribers are pseudonyms, the same in"
            yield from ("every report of this case.", "")

    def _answers(self) -> Iterator[str]:
        yield from ("## Summary", "")
        for number, answer in enumerate(self.model.answers, 1):
            yield from (f"### {number}. {answer.question}", "")
            for statement in answer.statements:
                yield self._said(statement)
            yield from self._gaps(answer.gaps)
            for change in answer.changes:
                yield f"- *Would change this:* {plain(change)}"
            if answer.more:
                yield f"- {count(answer.more, 'more statement')} below"
            yield ""

    def _said(self, statement: Statement) -> str:
        sure = {"": "", "unknown": " *(confidence unknown)*"}.get(
            statement.confidence, f" *({statement.confidence} confidence)*"
        )
        about = f"{plain(statement.subject)}: " if statement.subject else ""
        return f"- {about}{plain(statement.text)}{sure}{self._cite(statement.findings)}"

    def _cite(self, ids: Sequence[str]) -> str:
        if not ids:
            return ""
        more = f" and {len(ids) - CITED:,} more" if len(ids) > CITED else ""
        return f" [{', '.join(code(each) for each in ids[:CITED])}{more}]"

    def _gaps(self, gaps: Iterable[Gap | Undone]) -> Iterator[str]:
        for gap in gaps:
            needed = f" *Needed:* {plain(gap.needed)}" if gap.needed else ""
            yield f"- *Not known:* {plain(gap.why)}{needed}"

    def _undone(self, table: str) -> Iterator[str]:
        found = [gap for gap in self.model.coverage.undone if gap.table == table]
        if found:
            yield from self._gaps(found)
            yield ""

    def _since(self) -> Iterator[str]:
        yield from ("## Campaigns", "")
        yield from self._undone("campaigns")
        if self.model.campaigns_left_out:
            yield from (f"{count(self.model.campaigns_left_out, 'campaign')} more are in the table `campaigns`.", "")
        for each in self.model.assessment.since:
            yield self._said(each.statement)
            yield f"  - first seen {self.when(each.first)}; evidence from {self.when(each.earliest_possible)}"
            if each.gaps:
                yield f"  - gaps: {plain(listed(each.gaps, 10))}"
        yield ""

    def _campaign(self, c: Campaign) -> Iterator[str]:
        yield from (f"### Campaign {c.number}: {plain(c.name)}", "")
        yield f"{c.level}, {self.when(c.first)} to {self.when(c.last)}, {count(c.findings, 'finding')}, id {code(c.id)}"
        yield ""
        yield f"- Intrusions: {', '.join(map(str, c.intrusions[:60]))}"
        yield f"- Hosts: {self._codes(c.hosts)}"
        yield f"- Accounts: {self._codes(c.accounts)}"
        if c.weakest_bridge:
            yield f"- Weakest bridge: {plain(c.weakest_bridge)}"
        for statement in c.statements:
            yield self._said(statement)
        yield ""
        if c.matrix:
            yield from self._table(
                ["Tactic", "Technique", "Findings", "Hosts", "First", "Last"],
                [
                    [
                        plain((t.tactic or "none given").replace("-", " ")),
                        f"{cell(t.id)} {plain(t.name)}",
                        f"{t.findings:,}",
                        f"{t.hosts:,}",
                        self.day(t.first),
                        self.day(t.last),
                    ]
                    for t in c.matrix[:ROWS]
                ],
            )
        if c.traits:
            yield from self._table(
                ["Kind", "Trait", "Grade", "Intrusions", "Times"],
                [
                    [
                        plain(t.kind.replace("-", " ")),
                        cell(t.value),
                        plain(t.grade),
                        f"{t.intrusions:,}",
                        f"{t.count:,}",
                    ]
                    for t in c.traits[:ROWS]
                ],
            )
        if c.hours:
            busy = ", ".join(f"{hour:02} h: {days}" for hour, days in enumerate(c.hours) if days)
            zone = f" They would be a working day in {plain(c.zone)}, an estimate." if c.zone else ""
            yield from (f"Days on which somebody worked, by hour (UTC): {busy}.{zone}", "")
        if c.attribution and c.attribution.candidates:
            yield from self._attribution(c.attribution)
        else:
            yield "- *Not known:* This campaign was not held beside the known groups."
            yield "  *Needed:* `ringleader attribute CASE`"
            yield ""

    def _attribution(self, found: Attribution) -> Iterator[str]:
        yield from self._table(
            ["Candidate", "Verdict", "Probability", "In words"],
            [
                [f"{plain(x.name)} {cell(x.id)}", plain(x.verdict), share(x.probability), x.words]
                for x in found.candidates
            ],
        )
        yield self._trust(found)
        yield from ("Likeness to what is published about a group is no proof that it is the group.", "")
        for each in found.candidates:
            if each.contributions:
                yield from (f"What the score of {plain(each.name)} is the sum of:", "")
                yield from self._contributions(each.contributions)
        for without in found.without:
            yield f"- Without {plain(without.kind)} evidence {plain(without.leader) or 'nobody'} leads" + (
                f" with {share(without.probability)}" if without.probability is not None else ""
            )
        for note in (found.planted, *found.notes):
            if note:
                yield f"- {plain(note)}"
        yield ""

    def _trust(self, found: Attribution) -> str:
        said = plain(found.confidence)
        if said.lower().startswith("confidence"):
            return said
        return f"Confidence in the evidence: {said or 'not stated'}."

    def _contributions(self, lines: Sequence[Contribution]) -> Iterator[str]:
        yield from self._table(
            ["Evidence", "Kind", "Weight", "Why"],
            [[cell(x.value), plain(x.kind), f"{x.weight:+.2f}", plain(x.reason)] for x in lines],
        )

    def _overlap(self) -> Iterator[str]:
        model = self.model
        yield from ("## Overlap", "")
        if not model.pairs:
            yield (
                "There is one campaign only, so nothing overlaps."
                if len(model.campaigns) == 1
                else "- *Not known:* No campaigns were held beside each other. *Needed:* `ringleader cluster CASE`"
            )
            yield ""
            return
        yield from self._table(
            ["Campaigns", "One actor", "Nats", "q, overlap", "p, same hosts and hours"],
            [
                [
                    self._both(p),
                    f"{share(p.probability)} {p.words}" if p.probability is not None else "not asked",
                    *(self._figure(value) for value in (p.log_lr, p.q_value, p.colocation_p)),
                ]
                for p in model.pairs[:ROWS]
            ],
        )
        for pair in model.pairs[:ROWS]:
            if not (pair.hypotheses or pair.contributions):
                continue
            yield from (f"### {self._both(pair)}", "")
            for rival in pair.hypotheses:
                weight = f" (weight {rival.weight:.2f})" if rival.weight is not None else ""
                yield f"- **{plain(rival.title)}**{weight}"
                for mark, some in (("for", rival.for_), ("against", rival.against)):
                    for each in some:
                        yield f"  - {mark}: {plain(each.text)}{f' ({plain(each.strength)})' if each.strength else ''}"
            if pair.would_change:
                yield f"- *Would change this:* {plain('; '.join(pair.would_change))}"
            yield ""
            if pair.contributions:
                yield from self._contributions(pair.contributions)

    def _both(self, pair: Pair) -> str:
        return f"{plain(self.name[pair.left])} and {plain(self.name[pair.right])}"

    def _figure(self, value: float | None) -> str:
        return "not tested" if value is None else f"{value:.3g}"

    def _targets(self) -> Iterator[str]:
        found = self.model.assessment
        yield from ("## Entry and targets", "")
        yield from self._undone("assessments")
        for entry in found.entries:
            yield self._said(entry.statement)
            facts = [("supplier", entry.supplier), ("host", entry.host), ("kind", entry.kind)]
            told = [f"{label} {plain(value)}" for label, value in facts if value]
            if told:
                yield f"  - {', '.join(told)}"
            if entry.missing:
                yield f"  - missing before it: {plain(listed(entry.missing, 10))}"
        for some in (found.suppliers, found.others):
            for plainly in some:
                yield self._said(plainly.statement)
        for jewel in found.jewels:
            yield self._said(jewel.statement)
            yield f"  - {plain(jewel.role)}: {plain(jewel.state) or 'not told'}" + (
                f"; hosts {self._codes(jewel.hosts)}" if jewel.hosts else ""
            )
        for each in found.credentials:
            yield self._said(each.statement)
            yield f"  - exposed: {self._codes(each.accounts)}; reset: {self._codes(each.reset)}"
        for target in found.targets:
            yield self._said(target.statement)
            how = ", ".join(f"{n:,} {kind}" for kind, n in target.how.items())
            yield f"  - {how or 'how is not told'}; {count(target.subscribers, 'subscriber')}, by keyed hash"
        for watched in found.watchlist:
            yield self._said(watched.statement)
            if watched.categories:
                yield f"  - {', '.join(f'{n:,} {plain(name)}' for name, n in watched.categories.items())}"
        yield ""

    def _adaptation(self) -> Iterator[str]:
        found = self.model.assessment
        yield from ("## Adaptation", "")
        yield from self._undone("assessments")
        for each in found.adaptation:
            yield self._said(each.statement)
            for act in each.acts[:ROWS]:
                yield f"  - {self.when(act.time)} {act.who}: {plain(act.what)}{self._cite(act.findings)}"
            for eviction in each.evictions:
                days = "unknown" if eviction.dwell_days is None else f"{eviction.dwell_days:.0f} days"
                yield (
                    f"  - eviction {self.when(eviction.time)}, after {days}: stayed {self._codes(eviction.stayed)};"
                    + (f" gone {self._codes(eviction.gone)}; new {self._codes(eviction.new)}")
                )
        for again in found.reentries:
            yield self._said(again.statement)
        yield from ("", "### Persistence", "")
        for left in found.persistence[:ROWS]:
            yield self._said(left.statement)
            state = f", {plain(left.status)}" if left.status else ""
            yield f"  - {code(left.host)} {plain(left.how)} {code(left.value)}, since {self.when(left.first)}{state}"
        if not found.persistence:
            yield "None was found, which is no proof that none is left." if found.adaptation else "Not looked for."
        yield ""

    def _reach(self) -> Iterator[str]:
        yield from ("## Reach: what could be disrupted", "")
        yield from self._undone("assessments")
        for each in self.model.assessment.impact:
            yield self._said(each.statement)
            for path in each.paths:
                yield f"  - {' › '.join(plain(step) for step in path)}"
            for cut in each.cuts:
                yield f"  - cut {plain(cut.what)} {code(cut.label)}: removes {plain(cut.removes)}"
        yield ""

    def _intrusions(self) -> Iterator[str]:
        model = self.model
        yield from ("## Intrusions", "")
        for each in model.intrusions[:INTRUSIONS]:
            yield from self._intrusion(each)
        left = model.headline.intrusions - min(len(model.intrusions), INTRUSIONS)
        if left:
            yield from (f"{count(left, 'intrusion')} with lower scores are in the table `intrusions`.", "")
        if not model.intrusions:
            yield from ("Nothing joined into an intrusion.", "")

    def _intrusion(self, i: Intrusion) -> Iterator[str]:
        yield from (f"### Intrusion {i.number}: {plain(listed(i.hosts, 3)) or 'unknown host'}", "")
        of = f", part of {plain(self.name[i.campaign])}" if i.campaign in self.name else ""
        span = f"{self.when(i.first)} to {self.when(i.last)}"
        yield f"{i.level}, {span}, {count(i.findings, 'finding')}, id {code(i.id)}{of}"
        yield ""
        for x in i.moments[:MOMENTS]:
            titles = plain(listed([title for title, _ in x.rules], 3))
            times = f", {x.times:,} times" if x.times > 1 else ""
            yield f"{x.number}. {self.when(x.time)} {code(x.host or 'unknown host')} {code(x.account)} {titles}{times}"
            for name, value in x.values[:4]:
                yield f"   - {plain(name)}: {code(value)}"
        if i.findings and len(i.moments) > MOMENTS:
            yield from ("", f"The first {MOMENTS} of {len(i.moments)} rows.")
        yield ""

    def _leads(self) -> Iterator[str]:
        model = self.model
        yield from ("## Leads", "")
        if model.leads:
            yield from self._table(
                ["Campaign", "Technique", "Published of", "Seen in"],
                [
                    [
                        plain(self.name[each.campaign]),
                        f"{cell(each.technique)} {plain(each.name)}",
                        plain(each.group),
                        plain(each.seen_in),
                    ]
                    for each in model.leads[:ROWS]
                ],
            )
        else:
            yield from ("No technique to hunt for is named.", "")
        yield from (f"Part of no intrusion: {count(model.headline.leads, 'finding')}.", "")

    def _coverage(self) -> Iterator[str]:
        coverage = self.model.coverage
        yield from ("## Coverage: what was not looked at", "")
        yield from self._gaps(coverage.undone)
        for blind in coverage.blind:
            yield f"- No event of: {plain(blind.name)}, which would show {plain(blind.shows)}"
        if coverage.silent is None:
            yield "- Which hosts are silent is not known"
        for silent in (coverage.silent or [])[:ROWS]:
            yield f"- No event of the host {code(silent.host)} ({plain(silent.role)})"
        for reject in coverage.rejects[:ROWS]:
            files = count(reject.paths, "file")
            yield f"- {reject.count:,} times {code(reject.code)} in {files}: {plain(reject.detail)}"
        for problem in (coverage.problems or [])[:ROWS]:
            yield f"- Rule not used: {code(problem.where)} {code(problem.code)}: {plain(problem.message)}"
        if self.model.omissions:
            left = sum(each.count for each in self.model.omissions)
            yield f"- {count(left, 'finding')} are counted but not listed in any form of this report"
        yield ""

    def _appendix(self) -> Iterator[str]:
        model = self.model
        yield from ("## Appendix", "", "### Rules that fired", "")
        yield from self._table(
            ["Rule", "Level", "Findings", "Hosts", "Intrusions"],
            [
                [plain(r.title), r.level, f"{r.findings:,}", f"{r.hosts:,}", f"{r.intrusions:,}"]
                for r in sorted(model.rules, key=lambda r: WORST_FIRST.index(r.level))[:ROWS]
            ],
        )
        yield from ("### Evidence", "")
        yield from self._table(
            ["Path", "Format", "Size", "Events", "SHA-256"],
            [
                [cell(s.path), plain(s.format), shown.size(s.bytes), f"{s.records:,}", cell(s.id)]
                for s in model.sources[:ROWS]
            ],
        )
        for what, some in (("rules", model.rules), ("pieces of evidence", model.sources)):
            if len(some) > ROWS:
                yield from (f"The first {ROWS} of {len(some):,} {what}; report.json has all.", "")
        yield f"Findings one by one are in report.json. Ringleader {model.version}."

    def _codes(self, names: Sequence[str]) -> str:
        some = [code(name) for name in names[:24]]
        return (", ".join(some) or "none") + (f" and {len(names) - 24:,} more" if len(names) > 24 else "")

    def _table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        if not rows:
            yield from ("None.", "")
            return
        yield f"| {' | '.join(heads)} |"
        yield f"|{' --- |' * len(heads)}"
        for row in rows:
            yield f"| {' | '.join(row)} |"
        yield ""
