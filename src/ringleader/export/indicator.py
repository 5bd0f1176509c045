"""Traits that are worth looking for elsewhere: trusted, found again in the stored events, and hardly seen outside the
intrusions that they are traits of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from ringleader.export import rare
from ringleader.export.base import Options, Source
from ringleader.export.subject import Subject, Trait

LEAST_TRUST = 0.35
"""That of an address (A4); a claim of a worse source is no indicator."""
MOST = 300
"""Indicators of one subject, the most trusted and most frequent first."""


@dataclass(frozen=True, slots=True)
class Indicator:
    trait: Trait
    count: rare.Count
    looked_at: int

    @property
    def false_positives(self) -> str:
        """In words, for people."""
        outside = f"more than {rare.GIVE_UP:,}" if self.count.outside > rare.GIVE_UP else f"{self.count.outside:,}"
        return (
            f"in {self.looked_at:,} stored events of these kinds {outside} matches outside the intrusions that have it,"
            f" {self.count.inside:,} inside"
        )


def of(subject: Subject, source: Source, options: Options, *, durable: bool = False) -> list[Indicator]:
    """The indicators of one subject. ``durable``: only what outlived one visit."""
    found = [one for one, reason in judged(subject, source, options, durable=durable) if reason is None]
    return sorted(found, key=lambda i: (-i.trait.trust, -i.trait.count, i.trait.kind, i.trait.value))[:MOST]


def judged(
    subject: Subject, source: Source, options: Options, *, durable: bool = False
) -> Iterator[tuple[Indicator, str | None]]:
    """Every trait that can be sought, and why it is no indicator."""
    for trait in subject.traits.values():
        count = source.history.of(trait.kind, trait.value)
        if count is None:
            continue
        reason = None
        if not well_formed(trait.kind, trait.value):
            reason = "no value of its kind"
        elif trait.trust < LEAST_TRUST:
            reason = "grade too low"
        elif count.outside > options.outside:
            reason = "seen outside the intrusions that have it"
        elif not count.inside:
            reason = "not found again in the stored events"
        elif durable and not trait.durable and count.intrusions < 2:
            reason = "seen once, on one host"
        elif not options.victims:
            reason = source.victims.withheld(trait.kind, trait.value)
        yield Indicator(trait, count, source.history.looked_at.get(trait.kind, 0)), reason


def well_formed(kind: str, value: str) -> bool:
    """Whether the value is what its kind says: a receiver refuses, or misreads, what is not.

    >>> well_formed("address", "192.0.2.1"), well_formed("domain", "<b>"), well_formed("file-hash", "md5:12")
    (True, False, False)
    """
    if kind == "address":
        try:
            ip_address(value)
        except ValueError:
            return False
        return "%" not in value
    if kind == "domain":
        return len(value) <= 253 and bool(_DOMAIN.fullmatch(value))
    if kind == "file-hash":
        return bool(_HASH.fullmatch(value))
    return bool(value.strip())


_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
_HASH = re.compile(r"(?:md5|imphash):[0-9a-f]{32}|sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64}")


def left_out(source: Source, options: Options, *, durable: bool = False) -> Counter[str]:
    """How many traits are no indicators, by reason."""
    return Counter(
        reason
        for subject in source.material.subjects
        for _, reason in judged(subject, source, options, durable=durable)
        if reason is not None
    )
