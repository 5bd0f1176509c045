"""Which matches the engines disagree on, and what the plain evaluator of the Sigma specification (the oracle) says of
each: event by event, on the same recordings and the rules for Windows that all can read.

A *pair* is an event and a rule. ``--show N`` prints that many pairs of each group whole.
"""

from __future__ import annotations

import argparse
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import corpus
import measure
import orjson
from scan import HERE, OUT, PIPELINE, ringleader, rsigma, zargunlite
from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule

from ringleader.detect.logsource import resolve
from ringleader.detect.oracle import Oracle
from ringleader.detect.rules import load
from ringleader.ingest import readers
from ringleader.schema import kind as kinds


class Pair(NamedTuple):
    """The number of the file, the byte at which the event's line begins, the rule's id."""

    file: int
    offset: int
    rule: str


def ours(files: list[Path], rules: Path) -> set[Pair]:
    target = OUT / "agree-ringleader.jsonl"
    options = ["--rules", str(rules), "--no-builtin", "--min-level", "informational", "--quiet", "--format", "jsonl"]
    measure.run([ringleader(), "scan", *map(str, files), *options, "--output", str(target)])
    numbers = {str(path): number for number, path in enumerate(files)}
    found = set()
    for line in target.open("rb"):
        row = orjson.loads(line)
        path, _, offset = row["event_id"].rpartition("#")
        found.add(Pair(numbers[path], int(offset), row["rule_id"]))
    return found


def theirs_rust(files: list[Path], rules: Path) -> set[Pair]:
    command = [rsigma(), "engine", "eval", "-r", str(rules), "-p", PIPELINE, "--input-format", "json", "-q"]
    target = OUT / "agree-rsigma.ndjson"
    options = ["--output-format", "ndjson", "--include-event", "-e", f"@{corpus.tagged(files)}"]
    measure.run([str(part) for part in [*command, *options]], output=target)
    found = set()
    for line in target.open("rb"):
        row = orjson.loads(line)
        number, _, offset = row["event"]["rlat"].partition("#")
        found.add(Pair(int(number), int(offset), row["rule_id"]))
    return found


def theirs_python(files: list[Path], rules: Path) -> set[Pair]:
    python = str(zargunlite())
    queries, target = corpus.CACHE / f"{rules.name}-queries.json", OUT / "agree-zargunlite.jsonl"
    if not queries.exists():
        measure.run([python, str(HERE / "zargun.py"), "convert", str(rules), str(queries)])
    measure.run([python, str(HERE / "zargun.py"), "scan", str(queries), "2", str(target), *map(str, files)])
    places = {str(path): (number, _offsets(path)) for number, path in enumerate(files)}
    found = set()
    for line in target.open("rb"):
        row = json.loads(line)
        number, offsets = places[row["file"]]
        found.add(Pair(number, offsets[int(row["row"]) - 1], row["rule"]))
    return found


def _offsets(path: Path) -> list[int]:
    offset, out = 0, []
    for line in path.open("rb"):
        if line.strip():
            out.append(offset)
        offset += len(line)
    return out


class Judge:
    """What the oracle says of a pair."""

    def __init__(self, files: list[Path], rules: Path) -> None:
        self.files = files
        self.rules = {each.rule.id: each for each in load([rules]).rules}
        self.reader = readers.BY_NAME["windows-json"]

    def says(self, pair: Pair) -> tuple[bool, str, dict[str, object]]:
        """Whether the pair is a match, what a peer may see otherwise, the event."""
        with self.files[pair.file].open("rb") as source:
            source.seek(pair.offset)
            line = io.BytesIO(source.readline())
        (batch,) = [
            batch
            for unit in self.reader.plan(line, len(line.getvalue()))
            for batch in self.reader.read(line, unit)
            if batch.events
        ]
        sigma = self.rules[pair.rule].sigma
        assert isinstance(sigma, SigmaRule)
        right = Oracle(sigma).matches(batch.kinds[0], batch.events[0], batch.renames)
        return right, _cause(sigma, batch.kinds[0]), batch.events[0]


def _cause(sigma: SigmaRule, kind: str) -> str:
    """The first that applies of what these engines are known to see in different ways, else the rule."""
    source = sigma.logsource
    if not any(kinds.covers(prefix, kind) for prefix in resolve(source.product, source.category, source.service).kinds):
        return "the event is of another log source than the rule"
    if source.category and not kinds.covers("windows/sysmon", kind):
        return f"a rule by category ({source.category}) on {kind}, not Sysmon"
    asked = {item.field for found in sigma.detection.detections.values() for item in _items(found)}
    if "Provider_Name" in asked:
        return "the rule asks for Provider_Name, the event calls it SourceName"
    if None in asked:
        return "the rule looks for keywords in all fields"
    return f"{sigma.title}"


def _items(detection: SigmaDetection) -> Iterator[SigmaDetectionItem]:
    for item in detection.detection_items:
        if isinstance(item, SigmaDetection):
            yield from _items(item)
        else:
            yield item


def compare(name: str, mine: set[Pair], peer: set[Pair], judge: Judge, show: int) -> list[tuple[str, str, int, int]]:
    """Rows: peer, group, pairs, rules. Prints ``show`` pairs of each group whole."""
    groups: defaultdict[str, list[tuple[Pair, dict[str, object]]]] = defaultdict(list)
    for who, pairs in (("ringleader", mine - peer), (name, peer - mine)):
        for pair in sorted(pairs):
            right, cause, event = judge.says(pair)
            verdict = "the oracle agrees" if right else "the oracle disagrees"
            groups[f"only {who}, {verdict}: {cause}"].append((pair, event))
    for group, members in sorted(groups.items()):
        for pair, event in members[:show]:
            rule = judge.rules[pair.rule].rule
            measure.say(f"{name}: {group}: {rule.title} ({rule.path})\n  {orjson.dumps(event).decode()[:1500]}")
    rows = [(name, "both", len(mine & peer), len({pair.rule for pair in mine & peer}))]
    return rows + [
        (name, group, len(members), len({pair.rule for pair, _ in members}))
        for group, members in sorted(groups.items(), key=lambda item: -len(item[1]))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=100, help="MB of the flat recordings")
    parser.add_argument("--show", type=int, default=0, help="pairs of each group to print whole")
    asked = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    files, rules = corpus.recordings(asked.megabytes, flat=True), corpus.rules()
    judge = Judge(files, rules)
    mine = ours(files, rules)
    wrong = [pair for pair in mine if not judge.says(pair)[0]]
    rows = []
    if rsigma():
        rows += compare("rsigma", mine, theirs_rust(files, rules), judge, asked.show)
    if zargunlite():
        rows += compare("zargunlite", mine, theirs_python(files, rules), judge, asked.show)
    text = f"### Who matches what\n\n{len(files)} files, {corpus.size(files) / 1e6:,.0f} MB, {measure.machine()}; "
    text += f"{len(mine):,} pairs of event and rule by ringleader, {len(wrong):,} of them denied by the oracle\n\n"
    text += measure.table(("peer", "pairs", "how many", "rules"), rows)
    measure.report("agree", text, rows, corpus.CACHE)


if __name__ == "__main__":
    main()
