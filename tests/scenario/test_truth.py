"""The truth as files: what is written is read, and mistakes are named with file and line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from judged import truth

from ringleader.errors import TruthError
from ringleader.scenario import truth as truths
from ringleader.scenario.sheet import Label, Log, Sheet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    whole = truth()
    truths.write(tmp_path / "truth" / "alpha", whole.story, whole.lines)
    return tmp_path / "truth" / "alpha"


def test_what_is_written_is_read(folder: Path) -> None:
    assert truths.read(folder) == truth()
    assert truths.read(folder.parent) == truth(), "the only one in a folder"


def test_the_same_truth_is_the_same_bytes_in_any_order(folder: Path, tmp_path: Path) -> None:
    whole = truth()
    truths.write(tmp_path / "other", whole.story, reversed(whole.lines))
    for name in (truths.STORY, truths.LINES):
        assert (tmp_path / "other" / name).read_bytes() == (folder / name).read_bytes()


def test_files_are_plain_and_say_that_they_are_synthetic(folder: Path) -> None:
    story = json.loads((folder / truths.STORY).read_text(encoding="utf-8"))
    assert story["synthetic"] is True
    assert story["actors"][0]["intrusions"][0]["entry"]["time"] == "2021-03-01T00:00:00Z"
    first = json.loads((folder / truths.LINES).read_text(encoding="utf-8").splitlines()[0])
    assert list(first) == ["event_id", "path", "line", "time", "host", "actor", "intrusion", "step", "technique"]


def test_a_line_is_named_as_ingest_names_its_event(tmp_path: Path) -> None:
    """The whole way: a labelled line is written, ingested, and has the id that the truth says."""
    from ringleader.engines import Local
    from ringleader.engines.progress import Silent
    from ringleader.ingest import run as ingest
    from ringleader.store import Store

    sheet = Sheet(18_687)
    log = Log("win-%Y%m%d.json.gz")
    row = '{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Hostname":"ws01","Image":"C:\\\\%s.exe"}'
    for second, label in ((3, None), (2, Label("cobra", "cobra-1", 1, "T1003")), (1, None)):
        sheet.add(log, 18_687 * 86_400_000_000 + second, (row % f"x{second}").encode(), label)
    [mark] = sheet.write(tmp_path / "evidence").marks
    line = truths.line_of(mark, "ws01")
    assert (line.line, line.deed, line.time.isoformat()) == (
        2,
        ("cobra", "cobra-1", 1),
        "2021-03-01T00:00:00.000002+00:00",
    )
    store = Store.open(tmp_path / "case", create=True)
    ingest.ingest(store, [tmp_path / "evidence"], engine=Local(1), progress=Silent())
    store.refresh()
    events = store.read("events", ["event_id"])["event_id"].to_pylist()
    assert len(events) == 3
    assert line.event_id == sorted(events, key=lambda name: int(name.partition("-")[2]))[1]


def changed(folder: Path, change: Any) -> None:
    path = folder / truths.STORY
    story = json.loads(path.read_text(encoding="utf-8"))
    change(story)
    path.write_text(json.dumps(story), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("seed"), "seed: Field required"),
        (lambda s: s.update(more=1), "more: Extra inputs"),
        (lambda s: s.update(synthetic=False), "synthetic: "),
        (lambda s: s.update(first_time="2021-03-01T00:00:00"), "first_time: "),
        (lambda s: s["actors"][1].update(kind="spy"), r"actors\.1\.kind: "),
        (lambda s: s["actors"][1].update(imitates="APT41"), r"actors\.1\.imitates: "),
        (lambda s: s["actors"].append(s["actors"][0]), "the actor cobra is there 2 times"),
        (lambda s: s["actors"].pop(0), "the story has no step 0 of cobra-1 by cobra"),
        (
            lambda s: s["evictions"].append({"time": "2021-03-01T00:00:00Z", "what": "reset", "actors": ["crane"]}),
            "no actor is called crane",
        ),
    ],
)
def test_mistakes_of_the_story_are_named(folder: Path, change: Any, said: str) -> None:
    changed(folder, change)
    with pytest.raises(TruthError, match=said) as caught:
        truths.read(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", ":11: all of it: Invalid JSON"),
        ("[]", ":11: all of it: "),
        ('{"event_id": "x"}', ":11: event_id: "),
        ("{" * 100_000, ":11: all of it: "),
    ],
)
def test_mistakes_of_the_lines_are_named_with_their_line(folder: Path, line: str, said: str) -> None:
    with (folder / truths.LINES).open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    with pytest.raises(TruthError) as caught:
        truths.read(folder)
    assert said in str(caught.value)


def test_an_event_of_two_steps_is_a_mistake(folder: Path) -> None:
    whole = truth()
    twice = whole.lines[0].model_copy(update={"step": 1})
    truths.write(folder, whole.story, [*whole.lines, twice])
    with pytest.raises(TruthError, match="belongs to two steps"):
        truths.read(folder)


def test_long_lists_of_mistakes_are_cut(folder: Path) -> None:
    changed(folder, lambda story: story.update(actors=[]))
    with pytest.raises(TruthError, match=r"and 5 more\Z"):
        truths.read(folder)


def test_a_folder_without_truth_and_one_with_several_say_so(folder: Path, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere", folder / truths.STORY):
        with pytest.raises(TruthError, match="there is no truth in") as caught:
            truths.read(path)
        assert caught.value.hint
    truths.write(folder.parent / "beta", truth().story, [])
    with pytest.raises(TruthError, match="2 operators: alpha, beta"):
        truths.read(folder.parent)
    (folder / truths.LINES).unlink()
    with pytest.raises(TruthError, match="cannot be read"):
        truths.read(folder)
