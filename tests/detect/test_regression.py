"""SigmaHQ's own regression cases: each rule matches its recording as often as SigmaHQ says.

Reads SigmaHQ's layout (``rules*/**.yml``; ``regression_data/**/info.yml`` with ``.evtx`` and ``.json`` beside it) from
a checkout or a zip archive of one, named by ``$RINGLEADER_SIGMA``; without it, from the public evidence, where rules
and cases are two archives. ``$RINGLEADER_MATRIX`` names a CSV file to write: which rule matches how many events of
which case.
"""

from __future__ import annotations

import csv
import io
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
import yaml
from sigma.rule import SigmaRule

from ringleader.detect.rules import load
from ringleader.ingest.readers import sniff
from ringleader.schema.batch import Batch

Engine = Callable[[list[SigmaRule], Batch], set[tuple[int, int]]]

SHARED = Path(os.environ.get("RINGLEADER_SHARED", Path(__file__).parents[3] / "shared" / "data")) / "sigma"
SIGMA = os.environ.get("RINGLEADER_SIGMA")
PATHS = [Path(SIGMA)] if SIGMA else [SHARED / "sigmahq-rules-8eaafff.zip", SHARED / "regression-part.zip"]
MISSING = [str(path) for path in PATHS if not path.exists()]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not there: {', '.join(MISSING)}; set RINGLEADER_SIGMA")


@dataclass(frozen=True)
class Case:
    """One recording of a rule. ``name`` is the path of its info.yml and the place in it."""

    name: str
    rule_ids: tuple[str, ...]
    matches: int
    data: Mapping[str, bytes]


def _files(path: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes
    elif path.exists():
        archive = zipfile.ZipFile(path)
        for name in sorted(archive.namelist()):
            yield name, lambda name=name: archive.read(name)  # type: ignore[misc]


def _cases() -> list[Case]:
    files = {name[name.find("regression_data/") :]: read for path in PATHS for name, read in _files(path)}
    cases = []
    for name, read in files.items():
        if not (name.startswith("regression_data/") and name.endswith("/info.yml")):
            continue
        info = yaml.safe_load(read())
        for number, test in enumerate(info["regression_tests_info"]):
            stem = str(PurePosixPath(test["path"]).with_suffix(""))
            data = {end: files[stem + end]() for end in (".evtx", ".json") if stem + end in files}
            ids = tuple(rule["id"] for rule in info["rule_metadata"])
            label = f"{PurePosixPath(name).parent.name}-{number}"
            cases.append(Case(label, ids, test.get("match_count", 1), data))
    return cases


CASES = _cases()


def _batches(content: bytes) -> list[Batch]:
    reader = sniff(content)
    assert reader is not None
    source = io.BytesIO(content)
    return [batch for unit in reader.plan(source, len(content)) for batch in reader.read(source, unit)]


def _matches(engine: Engine, rules: list[SigmaRule], content: bytes) -> Counter[int]:
    return Counter(number for batch in _batches(content) for number, _ in engine(rules, batch))


@pytest.fixture(scope="module")
def rules() -> dict[str, SigmaRule]:
    wanted = {rule_id for case in CASES for rule_id in case.rule_ids}
    loaded = load(PATHS)
    found = {p.rule.id: p.sigma for p in loaded.rules if p.rule.id in wanted and isinstance(p.sigma, SigmaRule)}
    assert set(found) == wanted
    return found


def test_there_are_cases() -> None:
    assert len(CASES) >= 74
    assert all(case.data for case in CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_rule_matches_its_recording(case: Case, rules: dict[str, SigmaRule], engine: Engine) -> None:
    for ending, content in case.data.items():
        for rule_id in case.rule_ids:
            assert _matches(engine, [rules[rule_id]], content)[0] >= case.matches, ending


def test_engines_agree_on_every_rule_and_every_case(
    rules: dict[str, SigmaRule], oracle: Engine, kernel: Engine
) -> None:
    matrix, other = (_matrix(rules, engine) for engine in (oracle, kernel))
    if target := os.environ.get("RINGLEADER_MATRIX"):
        with Path(target).open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["rule", "title", "case", "own", "events"])
            for (rule_id, case), count in sorted(matrix.items()):
                own = any(rule_id in each.rule_ids for each in CASES if each.name == case)
                writer.writerow([rule_id, rules[rule_id].title, case, own, count])
    assert matrix == other
    assert len(matrix) >= len(CASES)


def _matrix(rules: Mapping[str, SigmaRule], engine: Engine) -> dict[tuple[str, str], int]:
    """Rule and case to the number of events that match; the EVTX file where there is one."""
    ids = list(rules)
    return {
        (ids[number], case.name): count
        for case in CASES
        for number, count in _matches(engine, list(rules.values()), next(iter(case.data.values()))).items()
    }
