"""Cost of ``ringleader report`` on a made-up store: so many findings, each with a command line of its own, most of them
leads; and how long the page takes to open where there is Chromium.

``python report.py [--findings N ...]``
"""

from __future__ import annotations

import argparse
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import corpus
import measure
import pyarrow as pa

from ringleader.case import CONFIG
from ringleader.schema import tables
from ringleader.store import Store

START = datetime(2026, 1, 1, tzinfo=UTC)
PART = 50_000
INTRUSIONS = 300
LEVELS = ("low", "medium", "high")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, nargs="*", default=[0, 100_000, 1_000_000])
    parser.add_argument("--redact", action="store_true", help="measure pseudonyms too")
    asked = parser.parse_args()
    rows = []
    for findings in asked.findings:
        case = make(findings)
        for extra in ([], ["--redact"]) if asked.redact and findings <= 100_000 else ([],):
            command = [sys.executable, "-m", "ringleader", "report", str(case), "--quiet", *extra]
            done = measure.run(command, sample=True)
            sizes = [
                f"{(case / 'reports' / f'report.{end}').stat().st_size / 1e6:.1f}" for end in ("html", "md", "json")
            ]
            opened = opening(case / "reports" / "report.html")
            rows.append(
                (f"{findings:,}{' redacted' if extra else ''}", f"{done.wall:.1f}", f"{done.cpu:.1f}",
                 f"{done.peak / 1e9:.2f}", *sizes, opened)
            )  # fmt: skip
            measure.say(f"  {findings:,}: {done.wall:.1f} s")
    head = ["findings", "wall s", "CPU s", "peak GB", "HTML MB", "Markdown MB", "JSON MB", "opens in s"]
    measure.report("report", f"{measure.machine()}\n\n{measure.table(head, rows)}", rows, corpus.CACHE)


def make(findings: int) -> Path:
    """A case: of each hundred findings one is part of an intrusion, the others are leads of 40 rules."""
    root = corpus.CACHE / "case-report"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / CONFIG).write_text("")
    store = Store.open(root, create=True)
    members: dict[str, list[int]] = {}
    for number in range(0, findings, 100):
        members.setdefault(f"{number // 100 % INTRUSIONS:016x}", []).append(number)
    with store.transaction() as tx:
        tx.write("findings", "findings", _findings(findings))
        tx.write(
            "intrusions", "link", pa.Table.from_pylist([_intrusion(*one) for one in members.items()], tables.INTRUSIONS)
        )
        steps = [
            {"intrusion_id": name, "finding_id": f"{number:024x}", "entity_kind": "lineage", "entity": f"p{number}",
             "joined_to": None, "weight": 4.0}
            for name, some in members.items() for number in some
        ]  # fmt: skip
        tx.write("steps", "link", pa.Table.from_pylist(steps, tables.STEPS))
    return root


def _findings(count: int):
    for start in range(0, count, PART):
        rows = [
            {"finding_id": f"{n:024x}", "evidence_id": "e", "detector": "sigma", "rule_id": f"rule-{n % 40}",
             "rule_title": f"Rule {n % 40}", "level": LEVELS[n % 3], "techniques": ["T1059.001"],
             "tactics": ["execution"], "software": [], "groups": [], "event_id": f"e-{n}", "event_ids": [],
             "kind": "windows/sysmon/1", "time": START + timedelta(seconds=20 * n), "host": f"h{n % 300}.corp.example",
             "account": f"CORP\\u{n % 900}",
             "values": [("CommandLine", f"powershell -file C:\\jobs\\{n}.ps1 -for {n * 7919 % 1000003:x}")]}
            for n in range(start, min(start + PART, count))
        ]  # fmt: skip
        yield from pa.Table.from_pylist(rows, tables.FINDINGS).to_batches()


def _intrusion(name: str, members: list[int]) -> dict:
    return {
        "intrusion_id": name, "first_time": START + timedelta(seconds=20 * members[0]),
        "last_time": START + timedelta(seconds=20 * members[-1]), "hosts": ["h0.corp.example"], "accounts": [],
        "tactics": ["execution"], "techniques": ["T1059.001"], "findings": len(members), "level": "high", "score": 8.0,
    }  # fmt: skip


def opening(page: Path) -> str:
    """Until a browser shows the first row of findings; "" where there is none."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return ""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return ""
    import time

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        view = browser.new_page()
        began = time.perf_counter()
        view.goto(f"{page.absolute().as_uri()}#findings")
        view.wait_for_selector("#table tbody tr:visible, #findings .note:visible")
        took = time.perf_counter() - began
        browser.close()
    return f"{took:.1f}"


if __name__ == "__main__":
    main()
