"""What an analytic is, and what it sees of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from ringleader.detect import findings
from ringleader.detect.findings import Finding
from ringleader.detect.rule import LogSource, Rule

MAX_EVENTS = 1000
"""Event ids that a finding keeps, the earliest."""


class Sight(msgspec.Struct, frozen=True):
    """One event as far as an analytic wants it; ``fields`` are the analytic's own few words of it, by name."""

    time: int
    event_id: str
    evidence_id: str
    kind: str
    host: str | None
    account: str | None
    fields: dict[str, str]


@dataclass(frozen=True)
class Known:
    """What the operator told us, as far as analytics ask: of each supplier its name, its accounts (in lower case) and
    its networks."""

    suppliers: Sequence[tuple[str, frozenset[str], tuple[str, ...]]] = ()


class Analytic(Protocol):
    """``rule`` is what its findings say of themselves. ``kinds`` are the kinds of events that it looks at and
    ``fields`` what it reads of them. It sees the events that ``take`` makes something of, all at once."""

    rule: Rule
    kinds: tuple[str, ...]
    fields: tuple[str, ...]

    def take(self, kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
        """What is to be kept of an event, None for one that is of no interest."""

    def find(self, sights: Sequence[Sight], known: Known) -> Iterator[Finding]:
        """``sights`` come in order of time."""


def rule(
    ident: str,
    title: str,
    level: str,
    *,
    techniques: tuple[str, ...],
    tactics: tuple[str, ...],
    product: str = "",
    category: str = "",
) -> Rule:
    """What a finding says of the analytic that made it; ``ident`` stays when the title changes."""
    source = LogSource(product=product or None, category=category or None)
    return Rule(f"analytic-{ident}", title, level, "experimental", techniques, tactics, (), (), source, "", "", ident)


def ordered(sights: Iterable[Sight]) -> list[Sight]:
    """By time, in whatever order they come."""
    return sorted(sights, key=lambda sight: (sight.time, sight.event_id))


def finding(about: Rule, sights: Iterable[Sight], values: dict[str, str]) -> Finding:
    """About all of ``sights``, which are not empty, dated by the first."""
    some = ordered(sights)[:MAX_EVENTS]
    first = some[0]
    ids = tuple(sight.event_id for sight in some)
    return Finding(
        about, "analytic", first.evidence_id, first.event_id, first.kind, first.time, first.host, first.account,
        findings.cut(values), ids,
    )  # fmt: skip


def share(hits: int, of: int) -> float:
    """Of something that was seen ``hits`` times ``of`` so many; never quite none (Krichevsky and Trofimov, "The
    performance of universal encoding", IEEE Trans. Inf. Theory 27, 1981: half a hit more)."""
    return (hits + 0.5) / (of + 1)


def at_least(count: int, expected: float) -> float:
    """Probability that a Poisson number with this mean is ``count`` or more."""
    from scipy.special import gammainc  # slow to import, and seldom needed

    return float(gammainc(count, expected)) if count else 1.0
