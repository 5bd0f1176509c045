"""The docs say what the code does: generated pages are up to date, everything is documented, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout of the repository")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[Path, str]:
    found = {}
    for path in tracked():
        try:
            found[path.relative_to(ROOT)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    return generate.pages()


def test_reference_is_what_the_code_says(pages: dict[str, str]) -> None:
    folder = ROOT / "docs" / "reference"
    stale = [name for name, text in pages.items() if (folder / name).read_text(encoding="utf-8") != text]
    assert not stale, "run `make docs` and look at the difference"
    assert {path.name for path in folder.iterdir()} == {name for name in pages if "/" not in name}


def test_every_command_and_option_is_explained(pages: dict[str, str]) -> None:
    from ringleader.pipeline import STAGES

    page = pages["commands.md"]
    for verb in [
        "hunt",
        "scan",
        "init",
        "status",
        "verify",
        "score",
        "export",
        "share",
        "taxii push",
        "taxii pull",
        "taxii list",
        "rules list",
        "rules check",
        "knowledge build",
        "knowledge show",
        "knowledge list",
        "attribute",
        "evaluate attribution",
        "evaluate overlap",
        "evaluate falseflag",
        *(s.name for s in STAGES),
    ]:
        assert f"## ringleader {verb}\n" in page
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert rows
    assert not [row for row in rows if re.search(r"\| (None)? *\|$", row)]


def test_every_column_is_explained(pages: dict[str, str]) -> None:
    from ringleader.schema import tables

    for name, schema in tables.ALL.items():
        assert f"## {name}\n" in pages["tables.md"]
        for field in schema:
            assert len(field.metadata[b"doc"]) > 5, f"{name}.{field.name}"


def test_every_error_says_what_it_is(pages: dict[str, str]) -> None:
    from ringleader import errors

    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.RingleaderError):
            assert f"| {kind.exit_code} | `{name}`: {(kind.__doc__ or '?').split('. ')[0].rstrip('.')} |" in (
                pages["errors.md"].replace("`ringleader.toml`", "ringleader.toml")
            )


def test_codes_of_refusals_are_told_apart(pages: dict[str, str]) -> None:
    from ringleader.detect import documents
    from ringleader.ingest import limits, readers

    assert not set(limits.CODES) & set(readers.CODES), "one code, one meaning"
    for code in [*limits.CODES, *readers.CODES]:
        assert f"| `{code}` |" in pages["rejects.md"]
    for code in documents.CODES:
        assert f"| `{code}` |" in pages["rules.md"]


def test_no_machine_path_and_no_address_of_a_package_registry() -> None:
    # Written in parts, so that this file does not find itself.
    forbidden = re.compile(
        "|".join(
            [
                "/" + "root/",
                "/" + "work/",
                "/" + "tmp/rl",
                "/home/" + r"[a-z]+/",
                "pypi" + r"\.org",
                "python" + "hosted",
                "index" + "-url",
                "crates" + r"\.io/",
            ]
        )
    )
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found, "\n".join(found)


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for path, text in texts().items():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            if "://" not in target and not (ROOT / path.parent / target).exists():
                broken.append(f"{path}: {target}")
    assert not broken, "\n".join(broken)


def test_constraints_pin_every_dependency() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    pinned = {
        re.split("==", line)[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    names = {re.split(r"[<>=!~\[; ]", item)[0].lower().replace("_", "-") for item in wanted}
    assert not names - pinned
