"""How like real logs the synthetic ones are: writes docs/distributions.md from two cases.

    python benchmarks/distributions.py REAL_CASE SYNTHETIC_CASE [--out docs/distributions.md]

For each kind that both hold: the share of the commonest value, distinct values in a sample of equal size, the tail of
the values' frequencies (Hill's estimator over the commonest tenth, at least ten), and the time between events of one
host. (B. M. Hill, "A simple general approach to inference about the tail of a distribution", Ann. Statist. 3, 1975.)
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np

SAMPLE = 5000
FIELDS = {
    "windows/sysmon/1": ["Image", "CommandLine", "ParentImage", "User"],
    "windows/sysmon/3": ["Image", "DestinationIp", "DestinationPort"],
    "windows/sysmon/11": ["Image", "TargetFilename"],
    "windows/sysmon/13": ["TargetObject"],
    "windows/security/4624": ["TargetUserName", "LogonType", "IpAddress"],
    "windows/security/4688": ["NewProcessName", "CommandLine"],
    "windows/security/5145": ["RelativeTargetName", "ShareName"],
    "windows/powershell/4104": ["ScriptBlockText"],
    "web/iis": ["cs-uri-stem", "cs-user-agent", "sc-status"],
    "zeek/conn": ["id.resp_h", "id.resp_p", "service", "conn_state"],
    "zeek/dns": ["query", "qtype_name"],
    "zeek/http": ["host", "user_agent", "status_code"],
    "zeek/ssl": ["server_name"],
}


class Case:
    """The events of a case, as DuckDB sees its Parquet files."""

    def __init__(self, folder: Path) -> None:
        self.events = folder / "store" / "events"
        self.db = duckdb.connect()

    def kinds(self, prefix: str) -> dict[str, int]:
        rows = self.db.sql(
            f"SELECT kind, count(*) FROM read_parquet('{self.events}/**/*.parquet', union_by_name=true) "
            f"WHERE kind LIKE '{prefix}%' GROUP BY kind"
        ).fetchall()
        return dict(rows)

    def files(self, kind: str) -> str | None:
        """What DuckDB reads a kind's events from: its own files, and those that kinds with few events share."""
        folders = [folder for folder in (self.events / kind, self.events / "_many") if any(folder.glob("*.parquet"))]
        listed = ", ".join(f"'{folder}/*.parquet'" for folder in folders)
        return f"read_parquet([{listed}], union_by_name=true)" if folders else None

    def values(self, kind: str, field: str) -> list[str]:
        """A sample of the field's values, always the same."""
        files = self.files(kind)
        if files is None:
            return []
        try:
            rows = self.db.sql(
                f"""SELECT "{field}"::VARCHAR FROM {files}
                    WHERE kind = '{kind}' AND "{field}" IS NOT NULL ORDER BY hash(event_id) LIMIT {SAMPLE}"""
            ).fetchall()
        except duckdb.BinderException:
            return []
        return [row[0] for row in rows]

    def gaps(self, kind: str) -> np.ndarray:
        """Seconds between events of one host (of all, where they have none)."""
        files = self.files(kind)
        if files is None:
            return np.empty(0)
        rows = self.db.sql(
            f"""SELECT epoch_us(time) - lag(epoch_us(time)) OVER (PARTITION BY host, evidence_id ORDER BY time) AS gap
                FROM {files} WHERE kind = '{kind}' AND time IS NOT NULL"""
        ).fetchnumpy()["gap"]
        found = np.asarray(rows.compressed() if hasattr(rows, "compressed") else rows, float) / 1e6
        return found[found >= 0]


def hill(counts: np.ndarray) -> float:
    """Exponent of the tail of frequencies; smaller is heavier."""
    ordered = np.sort(counts)[::-1].astype(float)
    k = min(max(10, len(ordered) // 10), len(ordered) - 1)
    if k < 2 or ordered[k] <= 0:
        return math.nan
    mean = float(np.mean(np.log(ordered[:k] / ordered[k])))
    return 1 / mean if mean > 0 else math.nan


def page(real: Case, made: Case) -> Iterator[str]:
    yield "# How like real logs the synthetic ones are\n"
    yield "<!-- Written by benchmarks/distributions.py from the public recordings and a simulated case. -->\n"
    yield f"Samples of {SAMPLE:,} values at most. *Real* are public recordings of attacks in laboratories (OTRF), Zeek"
    yield "of a laboratory and of a day (RITA), and sample IIS logs: none is a telecom operator's, and laboratories are"
    yield "quieter, shorter and more uniform than offices. So a difference is a question, not always a fault.\n"
    yield "## Mix of Windows events\n"
    yield from _mix(real.kinds("windows/"), made.kinds("windows/"))
    yield "\n## Values\n"
    yield "| kind | field | sample real / made | distinct real / made | commonest real / made | tail real / made |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for kind, fields in FIELDS.items():
        for name in fields:
            both = [real.values(kind, name), made.values(kind, name)]
            size = min(map(len, both))
            if size < 50:
                continue
            counted = [
                np.unique(np.array(values[:size], dtype=object).astype(str), return_counts=True)[1] for values in both
            ]
            cells = [
                f"{len(both[0]):,} / {len(both[1]):,}",
                " / ".join(f"{len(counts):,}" for counts in counted),
                " / ".join(f"{counts.max() / size:.0%}" for counts in counted),
                " / ".join("–" if math.isnan(tail := hill(counts)) else f"{tail:.2f}" for counts in counted),
            ]
            yield f"| `{kind}` | {name} | " + " | ".join(cells) + " |"
    yield "\n## Time between events of one host\n"
    yield "| kind | median, s real / made | 95th over median real / made | variation (σ/µ) real / made |"
    yield "| --- | --- | --- | --- |"
    for kind in FIELDS:
        both = [real.gaps(kind), made.gaps(kind)]
        if min(map(len, both)) < 50:
            continue
        medians = [float(np.median(gaps)) for gaps in both]
        late = [float(np.quantile(gaps, 0.95)) for gaps in both]
        tails = [each / max(median, 1e-3) for each, median in zip(late, medians, strict=True)]
        spread = [float(np.std(gaps) / max(np.mean(gaps), 1e-9)) for gaps in both]
        cells = [" / ".join(f"{value:,.3g}" for value in values) for values in (medians, tails, spread)]
        yield f"| `{kind}` | " + " | ".join(cells) + " |"


def _mix(real: dict[str, int], made: dict[str, int]) -> Iterator[str]:
    totals = [sum(real.values()), sum(made.values())]
    shares = {kind: (real.get(kind, 0) / totals[0], made.get(kind, 0) / totals[1]) for kind in real | made}
    distance = 0.0
    for p, q in shares.values():
        middle = (p + q) / 2
        distance += sum(x / 2 * math.log2(x / middle) for x in (p, q) if x)
    yield f"Jensen-Shannon distance of the two mixes: {math.sqrt(distance):.2f} (0: alike, 1: nothing in common). The"
    yield "twenty largest shares:\n"
    yield "| kind | real | made |"
    yield "| --- | --- | --- |"
    for kind, (p, q) in sorted(shares.items(), key=lambda item: -max(item[1]))[:20]:
        yield f"| `{kind}` | {p:.1%} | {q:.1%} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("real", type=Path)
    parser.add_argument("made", type=Path)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "docs" / "distributions.md")
    asked = parser.parse_args()
    text = "\n".join(page(Case(asked.real), Case(asked.made))) + "\n"
    kept = asked.out.read_text().partition(DIFFERS)[2] if asked.out.exists() else ""
    asked.out.write_text(text + "\n" + DIFFERS + (kept or "\n\nTo be said.\n"))
    print(asked.out)


DIFFERS = "## What still differs, and why"
"""What people wrote below this line is kept."""

if __name__ == "__main__":
    main()
