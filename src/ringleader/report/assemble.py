"""From the tables of a case to what the report says: counted, ordered, bounded and made fit to be shown."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ringleader import __version__
from ringleader.case import Config
from ringleader.knowledge import Knowledge
from ringleader.report import answers, assessed, attributed, campaigns, chart, counts, coverage, overlap, text
from ringleader.report.coverage import Problem
from ringleader.report.findings import Findings, Group, published
from ringleader.report.model import FORMAT, Assessment, Attribution, Campaign, Headline, Intrusion, Model, Pair
from ringleader.report.source import Row, Tables
from ringleader.report.text import Show
from ringleader.report.timeline import MAX_INTRUSIONS, intrusion
from ringleader.schema import host
from ringleader.schema.batch import NOTICES
from ringleader.schema.order import WORST_FIRST

MAX_BRIDGES = 400


def from_tables(
    tables: Tables,
    timezone: str = "UTC",
    problems: Sequence[Problem] | None = None,
    config: Config | None = None,
    tlp: str = "",
    hide: Callable[[str, str], str] | None = None,
    knowledge: Knowledge | None = None,
) -> Model:
    """The same tables give the same report, whatever the order of their rows. ``tlp``: its marking. ``hide`` takes
    names out of every text from evidence, as :class:`ringleader.report.text.Show` asks it. ``knowledge``: by default
    what is built in."""
    return _Assembly(tables, timezone, config, Show(hide), knowledge or Knowledge.load()).model(
        problems, tlp, redacted=hide is not None
    )


class _Assembly:
    def __init__(self, tables: Tables, timezone: str, config: Config | None, show: Show, knowledge: Knowledge) -> None:
        self.tables, self.config, self.show = tables, config, show
        self.zone_name, self.zone = timezone, text.zone(timezone)
        self.knowledge = knowledge
        self.known = tables.intrusions.to_pylist()
        self.known.sort(
            key=lambda row: (-row["score"], row["first_time"] is None, row["first_time"] or 0, row["intrusion_id"])
        )
        self.numbers = {row["intrusion_id"]: number for number, row in enumerate(self.known, 1)}
        self.findings = Findings(tables, self.known, self.numbers, tables.steps, show)
        self.groups = self.findings.groups()
        self.roles = _roles(config, self.findings.names, show)
        scores = {row["intrusion_id"]: row["score"] for row in self.known}
        self.campaign_rows = campaigns.order(tables.campaigns.to_pylist(), scores)
        self.campaign_numbers = {row["campaign_id"]: number for number, row in enumerate(self.campaign_rows, 1)}
        self.campaign_of = {
            each: self.campaign_numbers[row["campaign_id"]]
            for row in reversed(self.campaign_rows)
            for each in row["intrusion_ids"] or ()
        }

    def model(self, problems: Sequence[Problem] | None, tlp: str, *, redacted: bool) -> Model:
        tables, show = self.tables, self.show
        shown_campaigns = self.campaign_rows[: campaigns.MAX_CAMPAIGNS]
        numbers = {row["campaign_id"]: self.campaign_numbers[row["campaign_id"]] for row in shown_campaigns}
        subjects = {
            **{("campaign", row["campaign_id"]): campaigns.name(row, show) for row in self.campaign_rows},
            # Where there are no campaigns, each intrusion may be taken as one.
            **{(kind, key): f"Intrusion {n}" for kind in ("intrusion", "campaign") for key, n in self.numbers.items()},
            **{("supplier", each.name): show(each.name) for each in (self.config.supplier if self.config else ())},
        }
        subjects |= {("campaign", row["campaign_id"]): campaigns.name(row, show) for row in self.campaign_rows}
        belongs = {
            **{("intrusion", key): number for key, number in self.campaign_of.items()},
            **{("campaign", key): number for key, number in self.campaign_numbers.items()},
        }
        assessment = assessed.Reader(show, subjects, belongs).read(tables.assessments)
        attributions, leads = attributed.read(tables.attributions, numbers, self.knowledge, show)
        listed, omissions = self.findings.listed(
            each for statement in assessed.everything(assessment) for each in statement.findings
        )
        members = self._members(shown_campaigns)
        rows = self.findings.rows(np.concatenate([listed, *members.values()]))
        profile = campaigns.Traits(tables.traits, show, self.knowledge)
        told = {number: [rows[at] for at in places.tolist()] for number, places in members.items()}
        pages = self._campaigns(shown_campaigns, told, profile, assessment, attributions)
        intrusions = self._intrusions(told, profile)
        headline = self._headline()
        gaps = coverage.build(tables, self.config, problems, show)
        pairs = overlap.pairs(tables.pairs, "campaign", numbers, self.knowledge, show)
        histogram = chart.over_time(*self.findings.clocks(), self.zone)
        known = answers.Known(
            headline=headline,
            campaigns=pages,
            intrusions=intrusions,
            pairs=pairs,
            assessment=assessment,
            coverage=gaps,
            kinds=tables.kinds,
            remediations=len(self.config.remediation) if self.config else 0,
            assets=len(self.config.asset) if self.config else 0,
            when=lambda time: text.moment(time, self.zone),
        )
        name = self.config.organisation.name if self.config else None
        return Model(
            format=FORMAT,
            version=__version__,
            organisation=show(name, 200, field="organisation"),
            tlp=tlp,
            redacted=redacted,
            zone_name=self.zone_name,
            headline=headline,
            answers=answers.answers(known),
            over_time=histogram,
            techniques=counts.techniques(self.groups, self.knowledge),
            hosts=counts.hosts(self.groups, self.roles),
            campaigns=pages,
            campaigns_left_out=len(self.campaign_rows) - len(pages),
            pairs=pairs,
            bridges=self._bridges(),
            assessment=assessment,
            leads=leads,
            coverage=gaps,
            intrusions=intrusions,
            intrusions_left_out=max(0, len(self.known) - MAX_INTRUSIONS),
            rules=counts.rules(self.groups),
            sources=coverage.sources(tables.evidence, show),
            kinds=sorted(tables.kinds.items(), key=lambda item: (-item[1], item[0])),
            findings=[published(rows[at]) for at in listed.tolist()],
            omissions=omissions,
        )

    def _members(self, shown: Sequence[Row]) -> dict[int, np.ndarray]:
        """Places of findings of each intrusion that is told: alone, or as part of a campaign."""
        wanted = set(range(1, min(len(self.known), MAX_INTRUSIONS) + 1))
        budget = 1_000
        for row in shown:
            inside = sorted(self.numbers[each] for each in row["intrusion_ids"] or () if each in self.numbers)
            wanted |= set(inside[:budget])
        return {number: self.findings.members(number) for number in sorted(wanted)}

    def _steps(self) -> Mapping[str, list[Row]]:
        steps: defaultdict[str, list[Row]] = defaultdict(list)
        for step in self.tables.steps.to_pylist():
            steps[step["intrusion_id"]].append(step)
        return steps

    def _intrusions(self, members: Mapping[int, list[Row]], profile: campaigns.Traits) -> list[Intrusion]:
        steps = self._steps()
        return [
            intrusion(
                number := self.numbers[row["intrusion_id"]],
                row,
                steps.get(row["intrusion_id"], ()),
                members[number],
                self.show,
                self.campaign_of.get(row["intrusion_id"], 0),
                campaigns.shortened(profile.of([row["intrusion_id"]]), 2)[0][: campaigns.PER_INTRUSION],
            )
            for row in self.known[:MAX_INTRUSIONS]
        ]

    def _campaigns(
        self,
        shown: Sequence[Row],
        members: Mapping[int, list[Row]],
        profile: campaigns.Traits,
        assessment: Assessment,
        attributions: Mapping[int, Attribution],
    ) -> list[Campaign]:
        steps = self._steps()
        by_number: defaultdict[int, list[Group]] = defaultdict(list)
        for group in self.groups:
            by_number[group.intrusion].append(group)
        marks = [(each.time, self.show(each.what, 200)) for each in (self.config.remediation if self.config else ())]
        out = []
        for row in shown:
            number = self.campaign_numbers[row["campaign_id"]]
            inside = {each: self.numbers[each] for each in row["intrusion_ids"] or () if each in self.numbers}
            out.append(
                campaigns.build(
                    number,
                    row,
                    intrusions=self.numbers,
                    groups=[group for each in inside.values() for group in by_number[each]],
                    members=[found for each in inside.values() for found in members.get(each, ())],
                    steps=[step for each in inside for step in steps.get(each, ())],
                    traits=profile,
                    roles=self.roles,
                    statements=campaigns.statements(assessment, number),
                    attribution=attributions.get(number),
                    marks=marks,
                    knowledge=self.knowledge,
                    show=self.show,
                )
            )
        return out

    def _bridges(self) -> list[Pair]:
        """The strongest pairs of intrusions within campaigns."""
        inside = {key: number for key, number in self.numbers.items() if key in self.campaign_of}
        found = overlap.pairs(self.tables.pairs, "intrusion", inside, self.knowledge, self.show, MAX_BRIDGES)
        campaign = {number: self.campaign_of[key] for key, number in inside.items()}
        told: Counter[int] = Counter()
        kept = []
        for pair in found:
            if campaign[pair.left] == campaign[pair.right]:
                told[campaign[pair.left]] += 1
                if told[campaign[pair.left]] <= 8:
                    kept.append(pair)
        return kept

    def _headline(self) -> Headline:
        tables = self.tables
        rejects = tables.rejects.select(["stage", "code"]).to_pylist()
        codes = Counter(row["code"] for row in rejects if row["stage"] == "ingest")
        evidence = tables.evidence.select(["records", "rejected", "first_time", "last_time"]).to_pylist()
        return Headline(
            intrusions=len(self.known),
            campaigns=len(self.campaign_rows),
            findings=len(self.findings),
            leads=sum(group.count for group in self.groups if not group.intrusion),
            hosts=len({name for row in self.known for name in row["hosts"] or ()}),
            first=min((row["first_time"] for row in self.known if row["first_time"]), default=None),
            last=max((row["last_time"] for row in self.known if row["last_time"]), default=None),
            evidence=len(evidence),
            events=sum(tables.kinds.values()) or sum(row["records"] or 0 for row in evidence),
            rejected=sum(count for code, count in codes.items() if code not in NOTICES),
            unknown=codes["unknown-format"],
            duplicates=codes["duplicate"],
            unread=sum(not row["records"] for row in evidence),
            read_from=min((row["first_time"] for row in evidence if row["first_time"]), default=None),
            read_to=max((row["last_time"] for row in evidence if row["last_time"]), default=None),
            levels={level: n for level in WORST_FIRST if (n := counts.levels(self.groups).get(level, 0))},
        )


def _roles(config: Config | None, names: Mapping[str, str], show: Show) -> dict[str, str]:
    """Role by host, as hosts are called here; the case file may say the short name, the full one or an alias."""
    if config is None:
        return {}
    said: dict[str, str] = {}
    for asset in config.asset:
        for each in (asset.host, *asset.aliases):
            if (own := host.normal(each)) is not None:
                said.setdefault(own, str(asset.role))
                said.setdefault(host.short(own), str(asset.role))
    return {
        show(name, field="host"): role
        for name in dict.fromkeys([*names.values(), *names])
        if (role := said.get(name) or said.get(host.short(name)))
    }
