"""Reports as ATT&CK cites them: when they were published, and which citations mean the same report."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

Span = tuple[dt.date, dt.date]
"""The first and the last day on which something can have happened."""


@dataclass(frozen=True, slots=True)
class Report:
    """One published report. ``also`` holds the names of other citations of it; ``span`` is None without a date."""

    name: str
    also: tuple[str, ...] = ()
    url: str | None = None
    span: Span | None = None

    @property
    def when(self) -> str | None:
        """The date as exactly as it is known: 2019-12-11, 2019-12 or 2019."""
        if self.span is None:
            return None
        first, last = self.span
        return first.isoformat()[: 10 if first == last else 7 if first.month == last.month else 4]


_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name} | {
    name.lower(): number for number, name in enumerate(calendar.month_abbr) if name
}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19[89]|20[0-4])\d)"
_WRITTEN = (
    # (2019, August 27) (2019, August) 2019, February
    re.compile(rf"\b{_YEAR},?\s+{_MONTH}(?:\s+(?P<day>\d{{1,2}})\b)?", re.IGNORECASE),
    # (August 27, 2019) (27 August 2019) (August 2019)
    re.compile(rf"(?:\b(?P<day>\d{{1,2}})\s+)?\b{_MONTH}\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+{_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\((?:[^()]*\s)?{_YEAR}\)"),
)
_YEAR_ALONE = re.compile(rf"\b{_YEAR}\b")
_RETRIEVED = re.compile(r"\bRetrieved\b", re.IGNORECASE)


def published(name: str, description: str) -> Span | None:
    """When the report was published, from the text of its citation, else from the citation's name.

    What follows "Retrieved" is the day on which somebody read it, and only bounds the date: a report cannot have
    appeared after it was read.

    >>> published("x", "Dahan, A. et al. (2019, December 11). ANCHOR 2020. Retrieved September 10, 2020.")
    (datetime.date(2019, 12, 11), datetime.date(2019, 12, 11))
    >>> published("SentinelLabs Metador Sep 2022", "Ehrlich, A. (n.d.). Metador. Retrieved January 23, 2023.")
    (datetime.date(2022, 9, 1), datetime.date(2022, 9, 30))
    """
    before, *after = _RETRIEVED.split(description, maxsplit=1)
    read = _written(after[0]) if after else None
    alone = [(dt.date(int(y), 1, 1), dt.date(int(y), 12, 31)) for y in _YEAR_ALONE.findall(name)]
    for span in (_written(before), _written(name.replace("_", " ")), *alone[-1:]):
        if span and (read is None or span[0] <= read[1]):
            return span
    return None


def _written(text: str) -> Span | None:
    """The date of ``text`` whose year stands first, read as exactly as it is written."""
    found = [match for pattern in _WRITTEN if (match := pattern.search(text))]
    for match in sorted(found, key=lambda m: (m.start("year"), -len([part for part in m.groups() if part]))):
        parts = match.groupdict()
        year = int(parts["year"])
        if not parts.get("month"):
            return dt.date(year, 1, 1), dt.date(year, 12, 31)
        month = _MONTHS[parts["month"].lower()]
        last = calendar.monthrange(year, month)[1]
        if parts.get("day") and 1 <= int(parts["day"]) <= last:
            day = dt.date(year, month, int(parts["day"]))
            return day, day
        return dt.date(year, month, 1), dt.date(year, month, last)
    return None


def address(url: str) -> str | None:
    """``url`` so that two ways to write one address compare equal; None for what names no single document.

    >>> address("http://www.Example.com/a/b/?utm_source=x#top") == address("https://example.com/a/b")
    True
    """
    archived = re.match(r"https?://web\.archive\.org/web/[^/]+/(.+)", url.strip())
    inner = archived[1] if archived else url.strip()
    parts = urlsplit(inner if "://" in inner else "https://" + inner)
    host = parts.netloc.lower().removeprefix("www.").partition(":")[0]
    path = unquote(parts.path).rstrip("/")
    query = "&".join(sorted(p for p in parts.query.split("&") if p and not p.lower().startswith("utm_")))
    # A home page is where several reports may have been found.
    return f"{host}{path}?{query}" if path.count("/") >= 1 and len(path) > 3 else None


def collect(references: Iterable[Mapping[str, Any]]) -> tuple[list[Report], dict[str, int]]:
    """The reports behind all ``references`` (STIX external references), and for each citation's name its row.

    Two names with the same address are one report: else a report that is held out of an evaluation would stay in
    under its second name.
    """
    texts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for reference in references:
        texts[str(reference["source_name"])][
            str(reference.get("description") or ""), str(reference.get("url") or "")
        ] += 1
    by_address: dict[str, str] = {}
    first: dict[str, str] = {}
    for name in sorted(texts):
        keys = sorted({key for _, url in texts[name] if url and (key := address(url))})
        known = sorted({_root(first, by_address[key]) for key in keys if key in by_address} | {name})
        first.update(dict.fromkeys(known, known[0]))
        for key in keys:
            by_address[key] = known[0]
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(texts):
        groups[_root(first, name)].append(name)
    reports = [_report(names, texts) for _, names in sorted(groups.items())]
    rows = {name: row for row, report in enumerate(reports) for name in (report.name, *report.also)}
    return reports, rows


def _root(first: Mapping[str, str], name: str) -> str:
    while first.get(name, name) != name:
        name = first[name]
    return name


def _report(names: list[str], texts: Mapping[str, Counter[tuple[str, str]]]) -> Report:
    variants = [
        (published(name, text), url)
        for name in names
        for (text, url), _ in sorted(texts[name].items(), key=lambda item: (-item[1], item[0]))
    ]
    dated = [span for span, _ in variants if span]
    # The most exact date; of equally exact ones the first, which is the one that most relations carry.
    span = min(dated, key=lambda span: span[1] - span[0]) if dated else None
    return Report(names[0], tuple(names[1:]), next((url for _, url in variants if url), None), span)
