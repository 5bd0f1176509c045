"""``ringleader show``: the intrusions of a case, or one as a story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from ringleader.cli import options, screen, summary
from ringleader.schema import shown
from ringleader.schema.shown import span

if TYPE_CHECKING:
    from ringleader.profile.story import Story, Trait

SHOWN = 5
"""Traits of a kind, hosts and accounts shown without ``--all``."""
WIDE = 110
"""Characters of a value shown without ``--all``."""

Intrusion = Annotated[
    str | None,
    typer.Argument(
        metavar="[INTRUSION]",
        help="Its id, or as much of it as is unique; a list of all without it.",
        show_default=False,
    ),
]


def show(
    case: options.CasePath,
    intrusion: Intrusion = None,
    everything: options.Everything = False,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.case import Case
    from ringleader.profile import story
    from ringleader.store import Store

    opened = Case.open(case)
    zone = options.zone(timezone, opened.config.organisation.zone)
    store = Store.open(case)
    if intrusion is None:
        found = summary.intrusions_of(store)
        if as_json:
            screen.data(found)
        else:
            summary.intrusions(found, zone, case=case, most=len(found))
        return
    told = story.story(store, opened.config, story.find(store, intrusion))
    if as_json:
        screen.data(told)
        return
    _Teller(told, zone, everything=everything).tell()


class _Teller:
    def __init__(self, told: Story, zone: str, *, everything: bool) -> None:
        self._told = told
        self._zone = zone
        self._most = 10**9 if everything else SHOWN
        self._wide = 0 if everything else WIDE

    def tell(self) -> None:
        told = self._told
        screen.heading(f"Intrusion {told.intrusion_id}")
        screen.facts(
            [
                ("level", f"{told.level}, {shown.count(told.findings, 'finding')}, score {told.score:.1f}"),
                (
                    "time",
                    f"{self._at(told.first)} to {self._at(told.last)} {self._zone} ({span(told.first, told.last)})",
                ),
            ]
        )
        self._entry()
        self._phases()
        self._hosts()
        self._accounts()
        if told.touched:
            screen.heading("Touched")
            screen.facts([(title, self._some(values)) for title, values in told.touched])
        self._gaps()
        self._weakest()
        self._traits()

    def _entry(self) -> None:
        screen.heading("Entry: the earliest that is known")
        for step in self._told.entry:
            who = f" as {step.account}" if step.account else ""
            screen.line(f"{self._at(step.time)}  {step.host or 'unknown host'}{who}")
            screen.line(f"    {step.level}: {step.rule} ({', '.join(step.techniques) or 'no technique'})")
            for name, value in step.values[: self._most]:
                screen.line(f"    {name}: {screen.clean(value, self._wide)}")
        if self._told.early:
            screen.line("    Telemetry of this host begins less than a day before: the entry may lie earlier.")

    def _phases(self) -> None:
        screen.heading("Phases, in the order in which they begin")
        screen.table(
            ["first", "last", "tactic", "findings", "hosts", "techniques", "mostly"],
            [
                (
                    self._at(one.first), self._at(one.last), one.tactic or "(none named)", f"{one.findings:,}",
                    self._some(one.hosts, 3), self._some(one.techniques), one.rules[0][0] if one.rules else "",
                )
                for one in self._told.phases
            ],
            right=["findings"],
        )  # fmt: skip

    def _hosts(self) -> None:
        hosts = self._told.hosts
        screen.heading(shown.count(len(hosts), "host"))
        screen.table(
            ["host", "role", "first", "last", "findings", "accounts"],
            [
                (
                    one.name, one.role or "-", self._at(one.first), self._at(one.last), f"{one.findings:,}",
                    self._some(one.accounts, 3),
                )
                for one in hosts[: self._most]
            ],
            right=["findings"],
        )  # fmt: skip
        self._rest(len(hosts))

    def _accounts(self) -> None:
        accounts = self._told.accounts
        screen.heading(shown.count(len(accounts), "account"))
        if not accounts:
            screen.line("none named by the findings")
            return
        screen.table(
            ["account", "supplier", "first", "last", "findings", "hosts"],
            [
                (
                    one.name, one.supplier or "-", self._at(one.first), self._at(one.last), f"{one.findings:,}",
                    self._some(one.hosts, 3),
                )
                for one in accounts[: self._most]
            ],
            right=["findings"],
        )  # fmt: skip
        self._rest(len(accounts))

    def _gaps(self) -> None:
        screen.heading("Where telemetry is missing")
        lines = []
        for host in self._told.hosts:
            if host.missing:
                lines.append(f"{host.name}: {', '.join(host.missing)} not recorded from a day before to a day after")
            lines += [f"{host.name}: silent from {self._at(a)} to {self._at(b)} ({span(a, b)})" for a, b in host.silent]
        for line in lines[: self._most]:
            screen.line(line)
        if not lines:
            screen.line("nothing that these hosts would show by themselves; what no sensor looks at stays unseen")
        self._rest(len(lines))

    def _weakest(self) -> None:
        screen.heading("Weakest link")
        link = self._told.weakest
        if link is None:
            screen.line("none: no finding was joined to another")
            return
        other = f"{self._at(link.joined_to.time)} {link.joined_to.rule}" if link.joined_to else "an unknown step"
        screen.line(f"{self._at(link.step.time)} {link.step.rule}, on {link.step.host or 'unknown host'}")
        screen.line(f"    joined to {other}")
        screen.line(f"    by {link.entity_kind} {screen.clean(link.entity, self._wide)}, weight {link.weight:.2f} nats")

    def _traits(self) -> None:
        screen.heading(f"Traits: {len(self._told.traits):,}")
        if not self._told.traits:
            screen.line("none known: run ringleader profile on the case")
            return
        rows: list[Sequence[object]] = []
        for kind, group in groupby(self._told.traits, key=lambda one: one.kind):
            some = list(group)
            for number, one in enumerate(some[: self._most]):
                rows.append(self._trait(one, kind if not number else ""))
            more = max(len(some) - self._most, 0) + some[0].left_out
            if more:
                rows.append(("", f"and {more:,} more", "", "", "", "", ""))
        screen.table(["kind", "value", "grade", "count", "first", "last", "hosts"], rows, right=["count"])

    def _trait(self, one: Trait, kind: str) -> Sequence[object]:
        value = screen.clean(_named(one), self._wide) + _uncertainty(one)
        return (
            kind, value, one.grade, f"{one.count:,}", self._at(one.first), self._at(one.last), self._some(one.hosts, 2)
        )  # fmt: skip

    def _at(self, time: datetime | None) -> str:
        return screen.moment(time, self._zone)

    def _some(self, values: Sequence[str], most: int = 12) -> str:
        most = max(most, self._most)
        return ", ".join(values[:most]) + (f" and {len(values) - most:,} more" if len(values) > most else "")

    def _rest(self, total: int) -> None:
        if total > self._most:
            screen.line(f"and {total - self._most:,} more; --all shows them")


def _named(one: Trait) -> str:
    from ringleader.profile.kinds.software import named

    return named(one.value) if one.kind == "software" else one.value


def _uncertainty(one: Trait) -> str:
    import json

    if one.kind != "time-zone" or not one.detail:
        return ""
    detail = json.loads(one.detail)
    return f" give or take {detail['uncertainty_hours_95']} h (95 %), from {detail['sessions']} sessions"
