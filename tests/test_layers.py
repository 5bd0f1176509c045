"""Imports go one way, exhaustively: the contract is in pyproject.toml."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_in_src_imports_examples_or_tests() -> None:
    found = [
        f"{path.name}: {line}"
        for path in (ROOT / "src").rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith(("import examples", "from examples", "import tests", "from tests", "from docs"))
    ]
    assert not found


def test_only_the_command_line_prints() -> None:
    source = ROOT / "src" / "ringleader"
    speaks = re.compile(r"\bprint\(|^\s*(import|from) (rich|typer)\b|\bsys\.std(out|err)\b", re.MULTILINE)
    found = [
        str(path.relative_to(source))
        for path in source.rglob("*.py")
        if path.relative_to(source).parts[0] != "cli" and speaks.search(path.read_text(encoding="utf-8"))
    ]
    assert not found
