"""What can be blocked or watched by value alone: hashes, domains, addresses that are rare here and lasted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ringleader.export import indicator, sheet, text
from ringleader.export.base import Options, Source

COLUMNS = (
    "type", "value", "campaign", "grade", "first_seen", "last_seen", "matches_inside", "matches_outside",
    "events_looked_at", "tlp",
)  # fmt: skip
_HASHES = ("md5", "sha1", "sha256")


class Blocklist:
    name = "blocklist"
    what = "hashes, domains and addresses to block, as CSV, each with its matches on the case's own history"
    suffix = ".blocklist.csv"
    internal = False

    def write(self, source: Source, options: Options) -> Iterator[str]:
        merged: dict[tuple[str, ...], tuple[str, ...]] = {}
        for row in _rows(source, options):
            there = merged.get(row[:2])
            merged[row[:2]] = row if there is None else _joined(there, row)
        yield from sheet.lines(COLUMNS, [merged[key] for key in sorted(merged)])

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        return draft_notes(source, options)


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """A value of two campaigns: both named, the whole time, the better grade."""
    kind, value, campaign, grade, first, last, *rest = one
    return (
        kind, value, f"{campaign}; {other[2]}", min(grade, other[3]), min(first, other[4]) or first or other[4],
        max(last, other[5]), *rest,
    )  # fmt: skip


def draft_notes(source: Source, options: Options) -> Iterator[str]:
    left = indicator.left_out(source, options, durable=True)
    if left:
        yield "left out: " + ", ".join(f"{count:,} {reason}" for reason, count in left.most_common())
    yield "a draft: a program of the system that only the intruder started here may be everyday elsewhere"


def _rows(source: Source, options: Options) -> Iterator[tuple[str, ...]]:
    for subject in source.material.subjects:
        for one in indicator.of(subject, source, options, durable=True):
            trait, kind, value = one.trait, one.trait.kind, one.trait.value
            if kind == "file-hash":
                kind, _, value = value.partition(":")
                if kind not in _HASHES:
                    continue
            elif kind == "address":
                kind = "ipv6" if ":" in value else "ipv4"
            elif kind != "domain":
                continue
            yield (
                kind, value, subject.label, trait.grade, text.moment(trait.first), text.moment(trait.last),
                str(one.count.inside), str(one.count.outside), str(one.looked_at), options.tlp.label,
            )  # fmt: skip
