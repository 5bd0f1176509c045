"""Linking measured on the AIT alert data set: four networks of 11 to 13 hosts, each attacked once in four to six days.

Alerts once a minute, host and name. To be found: alerts with an event label, without dnsteal and service_stop. Noise:
alerts whose time label is false_positive; others are ignored. Of the intrusions that linking gives, the one with most
of the labelled alerts counts. The two thresholds (``rare``, ``enough``) are chosen on the three other networks.
Nothing but time, name, host and address reaches linking.
"""

from __future__ import annotations

import argparse
import csv
import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import corpus
import measure
import msgspec
import pyarrow as pa

from ringleader.link import bursts, kernel
from ringleader.link.entities import Vocabulary, vocabulary
from ringleader.schema import tables

LEFT_OUT = ("dnsteal", "service_stop")
CHOICES = [*product((2.25, 2.5, 2.75), (25, 30, 35))]


@dataclass
class Network:
    name: str
    findings: pa.Table
    phase: dict[str, str]
    noise: set[str]
    start: int
    """Microseconds: the first labelled alert."""


@dataclass
class Result:
    precision: float
    recall: float
    macro: float
    kept: float
    intrusions: int
    found: bool


def networks() -> list[Network]:
    out = []
    with zipfile.ZipFile(corpus.SHARED / "ait" / "alerts.zip") as opened:
        for member in sorted(opened.namelist()):
            if member.endswith("_alerts.txt"):
                with opened.open(member) as source:
                    name = member.rpartition("/")[2].removesuffix("_alerts.txt")
                    out.append(_network(name, csv.DictReader(io.TextIOWrapper(source))))
    return out


def _network(name: str, rows: Iterable[dict[str, str]]) -> Network:
    seen: set[tuple[int, str, str]] = set()
    findings: list[dict[str, Any]] = []
    phase: dict[str, str] = {}
    noise: set[str] = set()
    times = {}
    for row in rows:
        time = int(row["time"])
        key = (time // 60, row["host"], row["name"])
        if key in seen:
            continue
        seen.add(key)
        finding = f"{name}-{len(findings):06}"
        times[finding] = time * 1_000_000
        findings.append(_finding(finding, name, row["name"], row["host"], times[finding]))
        if row["event_label"] not in ("-", *LEFT_OUT) and row["time_label"] not in LEFT_OUT:
            phase[finding] = row["event_label"]
        elif row["time_label"] == "false_positive":
            noise.add(finding)
    table = pa.Table.from_pylist(findings, schema=tables.FINDINGS)
    return Network(name, table, phase, noise, min(times[finding] for finding in phase))


def _finding(finding: str, source: str, rule: str, host: str, time: int) -> dict[str, Any]:
    return {
        "finding_id": finding, "evidence_id": source, "detector": "alert", "rule_id": rule, "rule_title": rule,
        "level": "medium", "techniques": [], "tactics": [], "software": [], "groups": [], "event_id": finding,
        "event_ids": [], "kind": "alert/generic", "time": time, "host": host, "account": None, "values": [],
    }  # fmt: skip


def intrusions(findings: pa.Table, words: Vocabulary, *, past: bool) -> list[set[str]]:
    found = kernel.bundled(findings, [], words, past=past)
    groups = ([found.vertices[n] for n in one.findings] for one in found.bundles)
    return [{v.name for v in group} for group in groups if bursts.worth(group, found.rows) >= words.alerts.enough]


def naive(findings: pa.Table) -> list[set[str]]:
    """The chain to compare with: alerts that their host has in at most three hours, each at most 30 minutes after the
    one before, whatever the host; all chains count."""
    rows = findings.select(["finding_id", "rule_id", "host", "time"]).to_pylist()
    hours: defaultdict[tuple[str, str], set[Any]] = defaultdict(set)
    for row in rows:
        hours[row["host"], row["rule_id"]].add(row["time"].replace(minute=0, second=0))
    chains: list[set[str]] = []
    last = None
    for row in sorted(rows, key=lambda row: (row["time"], row["finding_id"])):
        if len(hours[row["host"], row["rule_id"]]) <= 3:
            if last is None or (row["time"] - last).total_seconds() > 1800:
                chains.append(set())
            chains[-1].add(row["finding_id"])
            last = row["time"]
    return chains


def judge(network: Network, groups: Sequence[set[str]]) -> Result:
    wanted = set(network.phase)
    best = max(groups, key=lambda group: (len(group & wanted), -len(group)), default=set())
    hit, wrong = len(best & wanted), len(best & network.noise)
    total, got = Counter(network.phase.values()), Counter(network.phase[f] for f in best & wanted)
    kept = len(network.noise & set().union(*groups)) / len(network.noise) if groups else 0.0
    macro = sum(got[phase] / total[phase] for phase in total) / len(total)
    return Result(hit / max(hit + wrong, 1), hit / len(wanted), macro, kept, len(groups), hit > 0)


def chosen(others: Sequence[Network], known: dict[tuple[str, float, int], Result], *, past: bool) -> Vocabulary:
    """The thresholds that serve the worst served of the other networks best. ``known``: results so far, to be added
    to."""

    def worth(choice: tuple[float, int]) -> tuple[float, float]:
        for each in others:
            if (each.name, *choice) not in known:
                known[each.name, *choice] = judge(each, intrusions(each.findings, _with(*choice), past=past))
        found = [known[each.name, *choice] for each in others]
        worst = min(min(r.precision, r.recall) - 10 * max(r.kept - 0.02, 0) for r in found)
        return worst, sum(r.macro for r in found)

    return _with(*max(CHOICES, key=worth))


def _with(rare: float, enough: float) -> Vocabulary:
    words = vocabulary()
    return msgspec.structs.replace(words, alerts=msgspec.structs.replace(words.alerts, rare=rare, enough=float(enough)))


def aligned(found: Sequence[Network], *, told_apart: bool) -> pa.Table:
    """All networks as one body of evidence, each moved so that the attacks start together. ``told_apart``: each is an
    export of its own; else one export, in which hosts of one name are one host."""
    parts = []
    for each in found:
        rows = each.findings.to_pylist()
        flat = each.findings["time"].cast(pa.int64()).to_pylist()
        for row, time in zip(rows, flat, strict=True):
            row["time"] = time - each.start + found[0].start
            row["evidence_id"] = each.name if told_apart else "all"
            row["host"] = f"{row['host']}.{each.name}" if told_apart else row["host"]
        parts.append(pa.Table.from_pylist(rows, schema=tables.FINDINGS))
    return pa.concat_tables(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--as-shipped", action="store_true", help="with entities.yml as it is, nothing chosen")
    asked = parser.parse_args()
    found = networks()
    for past in (False, True):
        measure.say(f"\n{'the past only' if past else 'looking back'}: P, R, macro R, noise kept, intrusions")
        results: list[Result] = []
        known: dict[tuple[str, float, int], Result] = {}
        for place, network in enumerate(found):
            others = found[:place] + found[place + 1 :]
            words = vocabulary() if asked.as_shipped else chosen(others, known, past=past)
            result = judge(network, intrusions(network.findings, words, past=past))
            results.append(result)
            how = f"rare {words.alerts.rare}, enough {words.alerts.enough:g}"
            measure.say(f"  {network.name:16} {_line(result)}  {how}")
        measure.say(f"  {'mean':16} {_line(_mean(results))}")
    measure.say("\nnaive chain")
    results = [judge(network, naive(network.findings)) for network in found]
    for network, result in zip(found, results, strict=True):
        measure.say(f"  {network.name:16} {_line(result)}")
    measure.say(f"  {'mean':16} {_line(_mean(results))}")
    measure.say("\nall networks as one, attacks aligned: intrusions with labelled alerts of several networks")
    for told_apart in (True, False):
        groups = intrusions(aligned(found, told_apart=told_apart), vocabulary(), past=False)
        phases = {finding: network.name for network in found for finding in network.phase}
        mixed = sum(len({phases[f] for f in group if f in phases}) > 1 for group in groups)
        any_ = sum(len({f.partition("-")[0] for f in group}) > 1 for group in groups)
        how = "four exports" if told_apart else "one export, hosts of one name as one"
        measure.say(f"  {how}: {mixed} of {len(groups)}; with any alerts of several networks {any_}")


def _line(r: Result) -> str:
    return f"{r.precision:.3f} {r.recall:.3f} {r.macro:.3f} {r.kept:.4f} {r.intrusions:3}"


def _mean(found: Sequence[Result]) -> Result:
    means = [sum(getattr(r, n) for r in found) / len(found) for n in ("precision", "recall", "macro", "kept")]
    return Result(*means, sum(r.intrusions for r in found) // len(found), all(r.found for r in found))


if __name__ == "__main__":
    main()
