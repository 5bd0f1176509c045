"""Linking measured on recordings of OTRF that are moved onto the same hosts and into each other's time.

    python benchmarks/link_otrf.py [--draws 100] [--half fit]

A recording is one file; those that share the GUID of a process are one family (one machine, recorded in pieces).
A draw is 2 to 10 recordings, one a family, which begin within ten minutes or two hours (:mod:`moved`). The truth is the
recording of each finding. Told is B-cubed F1 of the groups that linking makes, intrusions and leads alike: each finding
weighing the same, and each recording weighing the same; the mean over draws and the 10th percentile.

Families are of two halves by the hash of their names. Figures are those of the half ``test``; what is changed in
linking may be looked for in the half ``fit`` alone.
"""

from __future__ import annotations

import argparse
import hashlib
import pickle
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import corpus
import measure
import moved
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from moved import Recording, Row

from ringleader.link import kernel, stage
from ringleader.link.entities import Vocabulary, vocabulary
from ringleader.link.model import model
from ringleader.link.suspicion import Suspicion, log_odds
from ringleader.schema import tables
from ringleader.store import Store

START = 1_700_000_000_000_000
SECOND = 1_000_000
SPREADS = {"10 min": 600, "2 h": 7200}
LATER = 182 * 86_400 * SECOND
GUIDS = ("ProcessGuid", "ParentProcessGuid", "SourceProcessGUID", "TargetProcessGUID")


@dataclass
class Draw:
    """``truth``: the place of each finding's recording."""

    findings: pa.Table
    events: list[pa.Table]
    truth: dict[str, int]


Groups = Sequence[Iterable[str]]
Linker = Callable[[Draw], Groups]


# Recordings


def recordings() -> list[Recording]:
    """All in which the built-in rules or SigmaHQ's found something, in order of their names."""
    case, kept = corpus.CACHE / "link-otrf", corpus.CACHE / "link-otrf.pickle"
    if not kept.exists():
        for verb in (
            ["ingest", case, *corpus.recordings()],
            ["detect", case, "--rules", next(iter(sorted((corpus.SHARED / "sigma").glob("sigmahq-rules-*.zip"))))],
        ):
            subprocess.run([sys.executable, "-m", "ringleader", *map(str, verb), "--quiet"], check=True)
        kept.write_bytes(pickle.dumps(_read(Store.open(case))))
    found: list[Recording] = pickle.loads(kept.read_bytes())
    return found


def _read(store: Store) -> list[Recording]:
    findings = store.read("findings")
    found = {row["evidence_id"][:16]: Recording(Path(row["path"]).name) for row in store.read("evidence").to_pylist()}
    for row in _timed(findings):
        found[row["evidence_id"][:16]].findings.append(row)
    for table in stage.around(store, findings, vocabulary(), stage.Summary()):
        for row in _timed(table):
            fixed = {name: row.pop(name) for name in ("event_id", "kind", "time", "host")}
            fields = {name: text for name, text in row.items() if text is not None}
            found[fixed["event_id"][:16]].events.append(fixed | {"fields": fields})
    _name_families(found, store)
    return sorted((one for one in found.values() if one.findings), key=lambda one: one.name)


def _timed(table: pa.Table) -> list[Row]:
    place = table.column_names.index("time")
    return table.set_column(place, "time", pc.cast(table["time"], pa.int64())).to_pylist()


def _name_families(found: Mapping[str, Recording], store: Store) -> None:
    """Call those that share the GUID of a process by the first name among them."""
    first: dict[str, str] = {}
    root = {one.name: one.name for one in found.values()}

    def top(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for evidence, guid in sorted(_guids(store)):
        name = found[evidence].name
        low, high = sorted((top(first.setdefault(guid, name)), top(name)))
        root[high] = low
    for one in found.values():
        one.family = top(one.name)


def _guids(store: Store) -> set[tuple[str, str]]:
    """Evidence, and the GUID of a process in it."""
    out: set[tuple[str, str]] = set()
    for batch in store.batches("events", ["event_id", *GUIDS], kind_prefix="windows/sysmon"):
        evidence = pc.utf8_slice_codeunits(batch["event_id"], 0, 16)
        for name in set(GUIDS) & set(batch.schema.names):
            pairs = pa.table({"evidence": evidence, "guid": pc.cast(batch[name], pa.string())})
            distinct = pairs.group_by(["evidence", "guid"]).aggregate([])
            found = zip(distinct["evidence"].to_pylist(), distinct["guid"].to_pylist(), strict=True)
            out.update(
                (one, guid.lower()) for one, guid in found if guid and len(guid) > 1 and moved.NO_GUID not in guid
            )
    return out


def half(found: Iterable[Recording], name: str) -> dict[str, list[Recording]]:
    """The recordings of each family of the half ``name``."""
    out: defaultdict[str, list[Recording]] = defaultdict(list)
    for one in found:
        if hashlib.sha256(one.family.encode()).digest()[0] % 2 == (name == "test"):
            out[one.family].append(one)
    return dict(out)


# Draws


def interleaved(families: Mapping[str, Sequence[Recording]], random: Random, spread: float) -> Draw:
    """2 to 10 recordings, one a family, which begin within ``spread`` seconds."""
    chosen = _chosen(families, random, 2)
    starts = [START + int(random.random() * spread * SECOND) for _ in chosen]
    salt = str(random.random())
    return together([(moved.moved(one, n, f"{salt}{n}", starts[n]), n) for n, one in enumerate(chosen)])


def returning(families: Mapping[str, Sequence[Recording]], random: Random, *, own: bool) -> Draw:
    """As before within two hours, half of the recordings six months later; the first is cut in two, its second half
    among the later ones. ``own``: accounts, and addresses outside, are each recording's own."""
    while True:
        chosen = _chosen(families, random, 3)
        early, late = moved.halves(chosen[0])
        if early.findings and late.findings:
            break
    salt = str(random.random())
    parts = []
    for n, one in enumerate([early, late, *chosen[1:]]):
        start = START + int(random.random() * 7200 * SECOND) + (n % 2) * LATER
        whole = chosen[0] if n < 2 else one
        parts.append((moved.moved(one, n, f"{salt}{n}", start, own=own, whole=whole), max(n - 1, 0)))
    return together(parts)


def _chosen(families: Mapping[str, Sequence[Recording]], random: Random, least: int) -> list[Recording]:
    names = random.sample(sorted(families), random.randint(least, min(10, len(families))))
    return [random.choice(families[name]) for name in names]


def together(parts: Iterable[tuple[Recording, int]]) -> Draw:
    """One body of evidence, and whose each finding is."""
    rows: list[Row] = []
    truth: dict[str, int] = {}
    by_kind: defaultdict[str, list[Row]] = defaultdict(list)
    for part, place in parts:
        rows += part.findings
        truth |= {row["finding_id"]: place for row in part.findings}
        for event in part.events:
            by_kind[event["kind"]].append(event)
    return Draw(pa.Table.from_pylist(rows, schema=tables.FINDINGS), [_table(some) for some in by_kind.values()], truth)


def _table(rows: list[Row]) -> pa.Table:
    out = {name: pa.array([row[name] for row in rows], pa.string()) for name in ("event_id", "kind", "host")}
    out["time"] = pa.array([row["time"] for row in rows], pa.int64()).cast(tables.TIME)
    for name in sorted({name for row in rows for name in row["fields"]}):
        out[name] = pa.array([row["fields"].get(name) for row in rows], pa.string())
    return pa.table(out)


# Linkers


def linked(words: Vocabulary) -> Linker:
    """What linking joins, whether an intrusion comes of it or not."""

    def groups(drawn: Draw) -> Groups:
        found = kernel.bundled(drawn.findings, drawn.events, words)
        learnt = model()
        suspicion = Suspicion(found.vertices, found.rows, found.days, words.entities)
        odds = [log_odds(learnt.suspicion, suspicion.features([one])) for one in found.bundles]
        made, _ = kernel.grouped(found, odds, words, learnt)
        return [[found.vertices[n].name for one in some for n in one.findings] for some in made]

    return groups


def bundles(words: Vocabulary) -> Linker:
    """What causes join, without any bridge."""

    def groups(drawn: Draw) -> Groups:
        found = kernel.bundled(drawn.findings, drawn.events, words)
        return [[found.vertices[n].name for n in one.findings] for one in found.bundles]

    return groups


def minute(drawn: Draw) -> Groups:
    """The line to beat: same host, at most 60 seconds after the one before."""
    rows = sorted(_timed(drawn.findings), key=lambda row: (row["time"] or 0, row["finding_id"]))
    last: dict[str, int] = {}
    out: dict[str, list[list[str]]] = defaultdict(list)
    for row in rows:
        host, time = row["host"] or "", row["time"] or 0
        if host not in last or time - last[host] > 60 * SECOND:
            out[host].append([])
        out[host][-1].append(row["finding_id"])
        last[host] = time
    return [group for groups in out.values() for group in groups]


def of_words(words: Vocabulary, *sorts: str) -> Vocabulary:
    """The vocabulary with no marks but those of ``sorts``."""
    kept = {
        kind: [field for field in fields if words.entities[field.entity].mark in sorts]
        for kind, fields in words.marks.items()
    }
    return msgspec.structs.replace(words, marks=kept)


# Figures


def bcubed(groups: Groups, truth: Mapping[str, int]) -> tuple[float, float, float, float]:
    """F1, precision and recall with each finding weighing the same, and F1 with each recording weighing the same."""
    size = Counter(truth.values())
    precision: dict[str, float] = {}
    recall: dict[str, float] = {}
    for group in groups:
        members = list(group)
        counts = Counter(truth[one] for one in members)
        for one in members:
            mine = counts[truth[one]]
            precision[one], recall[one] = mine / len(members), mine / size[truth[one]]
    weight = {one: 1 / size[place] / len(size) for one, place in truth.items()}
    p, r = (sum(some.values()) / len(truth) for some in (precision, recall))
    by_recording = (sum(weight[one] * value for one, value in some.items()) for some in (precision, recall))
    return _f1(p, r), p, r, _f1(*by_recording)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall)


def returned(groups: Groups, drawn: Draw) -> tuple[bool, bool]:
    """Whether both halves of the first recording are in one group, and whether any group spans the months otherwise."""
    rows = {row["finding_id"]: (row["time"] or 0) - START > LATER // 2 for row in _timed(drawn.findings)}
    right = wrong = False
    for group in groups:
        there = {(drawn.truth[one], rows[one]) for one in group}
        right |= {(0, False), (0, True)} <= there
        wrong |= len({late for _, late in there}) == 2 and any(place != 0 for place, _ in there)
    return right, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--half", choices=["fit", "test"], default="test")
    asked = parser.parse_args()
    families = half(recordings(), asked.half)
    words = vocabulary()
    count = sum(map(len, families.values()))
    measure.say(f"{count} recordings of {len(families)} families ({asked.half}), {asked.draws} draws")
    print("| | linker | F1 per finding | 10th percentile | precision | recall | F1 per recording | 10th percentile |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, spread in SPREADS.items():
        random = Random(f"{asked.half} {name}")
        drawn = [interleaved(families, random, spread) for _ in range(asked.draws)]
        for how, linker in (("same host, gap 60 s", minute), ("causes alone", bundles(words)), ("link", linked(words))):
            scores = np.array([bcubed(linker(one), one.truth) for one in drawn])
            f1, precision, recall, by_recording = scores.T
            cells = [f1.mean(), np.percentile(f1, 10), precision.mean(), recall.mean()]
            cells += [by_recording.mean(), np.percentile(by_recording, 10)]
            print(f"| {name} | {how} | {' | '.join(f'{value:.3f}' for value in cells)} |", flush=True)
    print("\n| one recording in two, six months apart | joined | others joined over the months | per finding |")
    print("| --- | --- | --- | --- |")
    for name, own, some in (
        ("by all that they share", False, words),
        ("by accounts and addresses alone", True, of_words(words, "infrastructure", "person")),
    ):
        random = Random(f"{asked.half} {name}")
        drawn = [returning(families, random, own=own) for _ in range(asked.draws)]
        made = [linked(some)(one) for one in drawn]
        both = np.array([returned(groups, one) for groups, one in zip(made, drawn, strict=True)])
        score = np.mean([bcubed(groups, one.truth)[0] for groups, one in zip(made, drawn, strict=True)])
        print(f"| {name} | {both[:, 0].mean():.2f} | {both[:, 1].mean():.2f} | {score:.3f} |", flush=True)


if __name__ == "__main__":
    main()
