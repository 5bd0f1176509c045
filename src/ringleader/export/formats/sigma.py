"""Sigma rules drafted from what is rare and durable in a campaign: one for each kind of trait and log source.

Each rule says in ``falsepositives`` what it would have matched in the case's own history outside the intrusions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from ringleader.export import identity, indicator, rare, text
from ringleader.export.base import Options, Source
from ringleader.export.formats.blocklist import draft_notes
from ringleader.export.formats.stix import REFERENCE
from ringleader.export.subject import Subject, Trait

_LEVELS = {"file-hash": "high", "named-pipe": "high", "service": "high", "scheduled-task": "high", "web-shell": "high"}


class Sigma:
    name = "sigma"
    what = "Sigma rules drafted from what is rare and durable in a campaign, with their false positives counted here"
    suffix = ".sigma.yml"
    internal = False

    def write(self, source: Source, options: Options) -> Iterator[str]:
        drafts = list(_drafts(source, options))
        groups = [draft.group(source) for draft in drafts]
        counts, looked_at = rare.seek(source.store, groups, source.config) if groups else ([], {})
        for draft, count in zip(drafts, counts, strict=True):
            seen = looked_at[draft.place.trait, draft.place.number]
            rule = _rule(draft, count, seen, options, source.material.last)
            yield "---\n" + yaml.safe_dump(rule, sort_keys=False, width=120)

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        yield from draft_notes(source, options)
        yield "no rules are drafted from command lines: a template is no pattern"


@dataclass(frozen=True, slots=True)
class _Draft:
    subject: Subject
    place: rare.Place
    traits: tuple[Trait, ...]

    def group(self, source: Source) -> rare.Group:
        """What is counted: events, each once, however many of the values it has."""
        keys = {(trait.kind, trait.value) for trait in self.traits}
        owners = {
            intrusion
            for subject in source.material.subjects
            for key in keys & subject.traits.keys()
            for intrusion in subject.traits[key].intrusions
        }
        inside = tuple(intrusion for intrusion in source.material.intrusions if intrusion.id in owners)
        return rare.Group(self.place.trait, frozenset(t.value for t in self.traits), inside, self.place.number)


def _drafts(source: Source, options: Options) -> Iterator[_Draft]:
    """Where intrusions stand for campaigns, a value is drafted once, with the first."""
    drafted: set[rare.Key] = set()
    for subject in source.material.subjects:
        by_place: dict[tuple[str, int], list[Trait]] = {}
        for one in indicator.of(subject, source, options, durable=True):
            key = one.trait.kind, one.trait.value
            if source.material.stand_in and key in drafted:
                continue
            drafted.add(key)
            for number, (inside, _) in sorted(one.count.places.items()):
                if inside:
                    by_place.setdefault((one.trait.kind, number), []).append(one.trait)
        for (kind, number), traits in sorted(by_place.items()):
            place = rare.places()[kind][number]
            if place.sigma is not None:
                yield _Draft(subject, place, tuple(traits))


def _rule(draft: _Draft, count: rare.Count, seen: int, options: Options, last: datetime | None) -> dict[str, Any]:
    place, subject = draft.place, draft.subject
    logsource = dict(place.sigma or {})
    name = logsource.get("category") or logsource.get("service") or "events"
    grades = ", ".join(sorted({trait.grade for trait in draft.traits}))
    values = sorted({value for trait in draft.traits for value in spelled(place, trait.value)})
    many = f"more than {rare.GIVE_UP:,}" if count.outside > rare.GIVE_UP else f"{count.outside:,}"
    return {
        "title": text.plain(f"{place.trait} of {subject.label} in {name}", 200),
        "id": identity.plain("sigma", subject.id, place.trait, str(place.number)),
        "status": "experimental",
        "description": f"Values of the kind {place.trait} ({len(draft.traits):,}), graded {grades} (Admiralty), that"
        " were seen with this campaign and hardly elsewhere in this operator's events.",
        "author": "Ringleader",
        "date": (options.as_of or last or REFERENCE).date().isoformat(),
        "tags": [f"tlp.{options.tlp.value.replace('+', '-')}"],
        "logsource": logsource,
        "detection": {"selection": {**place.where, place.ask: values}, "condition": "selection"},
        "falsepositives": [
            f"In {seen:,} stored events of this log source: {many} matches outside the intrusions,"
            f" {count.inside:,} inside"
        ],
        "level": _LEVELS.get(place.trait, "medium") if not count.outside else "low",
    }


def spelled(place: rare.Place, value: str) -> list[str]:
    """The trait's value as the fields of such events spell it, as Sigma writes texts: only a person's name that was
    replaced in a path is a wildcard."""
    if place.trait == "file-hash":
        name, _, digest = value.partition(":")
        return [f"{name.upper()}={digest}"]
    if place.trait == "path":
        told = value.replace("\\", "/") if (place.sigma or {}).get("product") == "linux" else value
        *before, last = told.split("*")
        return ["".join(escaped(part, before_wildcard=True) + "*" for part in before) + escaped(last)]
    if place.trait in ("scheduled-task", "named-pipe"):
        return [escaped(value), escaped("\\" + value)]
    if place.trait == "user-agent":
        return list(dict.fromkeys([escaped(value), escaped(value.replace(" ", "+"))]))
    return [escaped(value)]


def escaped(content: str, *, before_wildcard: bool = False) -> str:
    r"""A Sigma text that means exactly ``content``. A backslash is itself unless a wildcard or a backslash follows.
    ``before_wildcard``: a wildcard that is meant as one stands behind it.

    >>> escaped("a*b"), escaped("\\\\x")
    ('a\\*b', '\\\\\\\\x')
    """
    out = []
    for found in re.finditer(r"\\+|[*?]|[^\\*?]+", content):
        part = found[0]
        if part in ("*", "?"):
            out.append("\\" + part)
        elif part[0] == "\\":
            after = content[found.end() : found.end() + 1]
            wild = after in ("*", "?") if after else before_wildcard
            out.append("\\" * (2 * len(part)) if wild or len(part) > 1 else part)
        else:
            out.append(part)
    return "".join(out)
