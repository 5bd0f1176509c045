"""How common values are in the organisation's own telemetry, outside the intrusions that show them.

The unit is a host-day. Each distinct text of the stored events is looked at once: one automaton finds the values in it.
Where there are more host-days than UNITS, a sample of them is looked at, the same one each time.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import ahocorasick_rs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ringleader.compare import Seen, kinds
from ringleader.schema import tables
from ringleader.store import Store
from ringleader.store.dataset import read_file

UNITS = 8192
"""Most host-days that are looked at."""
MOST_VALUES = 8192
"""Most values that are looked for: the bits of all of them in all units are held."""
LONGEST = 4096
"""Characters of a text that are looked at."""
REMEMBERED = 500_000
"""Texts whose answer is remembered."""
SHORTEST = 3
"""Characters: anything shorter is found everywhere."""

EVERYWHERE = ("address", "domain")
"""Kinds that hosts show which the intruder never was on (gateways, resolvers, mail servers): while an intrusion with
the value lasts, none of these host-days counts."""

Key = tuple[str, str]

_MARK = re.compile(r"<[a-z0-9-]{2,20}>|\s")
_ALGORITHM = re.compile(r"^(?:sha256|sha1|md5|imphash):")
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Holders:
    """Where and when the intrusions with a value were: hosts by their short names, days since 1970."""

    hosts: frozenset[str]
    first: int
    last: int


def telemetry(store: Store, wanted: Mapping[Key, Holders]) -> dict[Key, Seen]:
    """For each value that can be looked for, how many host-days show it, of how many: not the holders' own hosts while
    they were there, with a day to either side, nor in that time what no host's name stands for (a sensor sees all)."""
    if not wanted:
        return {}
    hosts, days = _units(store)
    if not len(days):
        return {}
    by_text, rest = _needles(wanted)
    seen = _look(store, by_text, hosts, days)
    place = {host: number for number, host in enumerate(sorted(set(hosts)))}
    code = np.array([place[host] for host in hosts])
    named = np.array([_named(host) for host in place], bool)[code]
    by_number = {place[host]: np.flatnonzero(code == place[host]) for host in place}
    found = {}
    for needle in rest:
        holders = wanted[needle.key]
        inside = (days >= holders.first - 1) & (days <= holders.last + 1)
        mine = np.zeros(len(days), bool)
        for host in holders.hosts & place.keys():
            mine[by_number[place[host]]] = True
        outside = ~inside if needle.key[0] in EVERYWHERE else ~(inside & (mine | ~named))
        found[needle.key] = Seen(int((seen[needle.number] & outside).sum()), int(outside.sum()))
    return found


def holders(spans: Iterable[tuple[Iterable[str], datetime | None, datetime | None]]) -> Holders:
    """Of intrusions: hosts, first and last time."""
    hosts: set[str] = set()
    first, last = [], []
    for names, begin, end in spans:
        hosts.update(short(name) for name in names)
        if begin is not None and end is not None:
            first.append(_day(begin))
            last.append(_day(end))
    return Holders(frozenset(hosts), min(first, default=0), max(last, default=-1))


def short(host: str) -> str:
    """The first label of a host's name; an address as it is."""
    return host if not _named(host) else host.lower().partition(".")[0]


@lru_cache(maxsize=65_536)
def _named(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host)
    return False


@dataclass(frozen=True)
class _Needle:
    key: Key
    number: int
    pieces: tuple[str, ...]


def _needles(wanted: Iterable[Key]) -> tuple[dict[str, list[_Needle]], list[_Needle]]:
    """By the longest piece, and all."""
    by_text: dict[str, list[_Needle]] = {}
    every: list[_Needle] = []
    known = kinds()
    for key in sorted(wanted):
        kind, value = key
        by = known.of(kind).by
        if by == "telemetry":
            pieces = [plain(_ALGORITHM.sub("", value))]
        elif by == "fragments":
            pieces = [piece for piece in (plain(part).strip() for part in _MARK.split(value)) if len(piece) > 1]
        else:
            continue
        longest = max(pieces, key=len, default="")
        if len(longest) < SHORTEST or len(every) >= MOST_VALUES:
            continue
        needle = _Needle(key, len(every), tuple(pieces))
        by_text.setdefault(longest, []).append(needle)
        every.append(needle)
    return by_text, every


def plain(text: str) -> str:
    """In the form in which values and texts are held together: what templates change is undone on both sides.

    >>> plain('"C:\\\\Windows\\\\IPCONFIG.exe" /all')
    'c:\\\\windows\\\\ipconfig /all'
    """
    return text[:LONGEST].lower().translate(_SAME).replace(".exe", "")


_SAME = str.maketrans({"_": " ", "+": " ", '"': None, "'": None})


def _units(store: Store) -> tuple[list[str], NDArray[np.int64]]:
    rows = store.sql(
        """
        SELECT DISTINCT coalesce(host, '') AS host, epoch_us(time) // 86400000000 AS day
        FROM events WHERE time IS NOT NULL"""
    ).to_pylist()
    units = {(short(row["host"]), row["day"]) for row in rows}
    chosen = sorted(units)
    if len(chosen) > UNITS:
        # Not a random sample: the same evidence must give the same figures.
        chosen = sorted(sorted(units, key=lambda u: hashlib.sha256(f"{u[0]} {u[1]}".encode()).digest())[:UNITS])
    return [host for host, _ in chosen], np.array([day for _, day in chosen], np.int64)


def _look(
    store: Store, by_text: Mapping[str, list[_Needle]], hosts: list[str], days: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """(values, units): whether a unit shows a value."""
    seen = np.zeros((sum(map(len, by_text.values())), len(days)), bool)
    unit = {key: number for number, key in enumerate(zip(hosts, days.tolist(), strict=True))}
    searcher = _Searcher(by_text)
    for entry in store.entries("events"):
        for batch in read_file(store.layout.file(entry.path), dictionary=True):
            rows = _rows(batch, unit)
            if (rows < 0).all():
                continue
            for field in batch.schema:
                if field.name in tables.EVENTS.names or not pa.types.is_dictionary(field.type):
                    continue
                _column(batch[field.name], rows, searcher, seen)
    return seen


def _rows(batch: pa.RecordBatch, unit: Mapping[tuple[str, int], int]) -> NDArray[np.int64]:
    """The unit of each row, -1 for none."""
    host = pc.fill_null(batch["host"].cast(pa.string()), "").dictionary_encode()
    names = [short(name) for name in host.dictionary.to_pylist()]
    micro = pc.fill_null(batch["time"].cast(pa.int64()), -_DAY).to_numpy(zero_copy_only=False)
    pairs = np.stack([host.indices.to_numpy(zero_copy_only=False).astype(np.int64), micro // _DAY], axis=1)
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    numbers = np.array([unit.get((names[code], day), -1) for code, day in distinct.tolist()], np.int64)
    return numbers[inverse.reshape(-1)] if len(numbers) else np.full(batch.num_rows, -1, np.int64)


def _column(column: pa.DictionaryArray, rows: NDArray[np.int64], searcher: _Searcher, seen: NDArray[np.bool_]) -> None:
    texts = column.dictionary.to_pylist()
    hits = [(code, searcher.found(text)) for code, text in enumerate(texts) if text]
    hits = [(code, found) for code, found in hits if found]
    if not hits:
        return
    codes = pc.fill_null(column.indices, -1).to_numpy(zero_copy_only=False)
    order = np.argsort(codes, kind="stable")
    ordered = codes[order]
    for code, found in hits:
        low, high = np.searchsorted(ordered, [code, code + 1])
        units = np.unique(rows[order[low:high]])
        units = units[units >= 0]
        for number in found:
            seen[number, units] = True


class _Searcher:
    """Which values a text holds, as whole words and in their order."""

    def __init__(self, by_text: Mapping[str, list[_Needle]]) -> None:
        self._texts = list(by_text)
        self._needles = [by_text[text] for text in self._texts]
        self._automaton = ahocorasick_rs.AhoCorasick(self._texts)
        self._known: dict[str, tuple[int, ...]] = {}

    def found(self, text: str) -> tuple[int, ...]:
        known = self._known.get(text)
        if known is None:
            known = self._search(plain(text))
            if len(self._known) < REMEMBERED and len(text) <= LONGEST:
                self._known[text] = known
        return known

    def _search(self, text: str) -> tuple[int, ...]:
        held = {pattern for pattern, _, _ in self._automaton.find_matches_as_indexes(text, overlapping=True)}
        return tuple(
            needle.number for pattern in sorted(held) for needle in self._needles[pattern] if _in(needle.pieces, text)
        )


def _in(pieces: tuple[str, ...], text: str) -> bool:
    start = 0
    for piece in pieces:
        while (at := text.find(piece, start)) >= 0 and not _whole(text, at, at + len(piece)):
            start = at + 1
        if at < 0:
            return False
        start = at + len(piece)
    return True


def _whole(text: str, start: int, end: int) -> bool:
    """Whether what stands there is no part of a longer word."""
    before = start == 0 or not (text[start].isalnum() and text[start - 1].isalnum())
    return before and (end == len(text) or not (text[end - 1].isalnum() and text[end].isalnum()))


def _day(time: datetime) -> int:
    return int(time.timestamp() // 86_400)
