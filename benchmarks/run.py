"""All benchmarks one after the other, or those named: ``python run.py [--quick] [NAME...]``. What each gave is printed
and kept in the cache folder's ``results/``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import measure

HERE = Path(__file__).resolve().parent
SCRIPTS = {
    "rules": ["--times", "1"],
    "scan": ["--times", "1", "--part", "20", "--megabytes", "100"],
    "agree": ["--megabytes", "20"],
    "ingest": ["--times", "1", "--megabytes", "100"],
    "detect": ["--times", "1", "--megabytes", "100"],
    "traits": ["--findings", "20000", "--intrusions", "50"],
    "memory": ["--times", "1", "--megabytes", "20"],
}
"""The scripts, and what ``--quick`` asks of them: minutes instead of an hour, figures for orientation only."""


def main() -> None:
    listed = "; ".join(SCRIPTS)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one or more of: {listed}; default: all")
    parser.add_argument("--quick", action="store_true", help="a small part of the evidence, once")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(SCRIPTS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {listed}")
    failed = []
    for name in asked.names or SCRIPTS:
        measure.say(f"== {name}")
        command = [sys.executable, str(HERE / f"{name}.py"), *(SCRIPTS[name] if asked.quick else [])]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
