"""Profiles for other operators: what goes out, what stays, and what a reader refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import exported
import pytest
from test_exporters import VICTIMS

from ringleader.compare.ordinary import ordinary
from ringleader.errors import UsageError
from ringleader.export import Source, share
from ringleader.schema import profiles

KEY = b"0123456789abcdef-a-groups-key"


def shared(source: Source, tmp_path: Path, **options: Any) -> tuple[profiles.Profiles, str]:
    out = io.StringIO()
    share(source, out, **options)
    path = tmp_path / "profiles.json"
    path.write_text(out.getvalue(), encoding="utf-8")
    return profiles.read(path), out.getvalue()


def test_it_holds_every_intrusion_and_no_name_of_the_victims(whole: Source, tmp_path: Path) -> None:
    found, text = shared(whole, tmp_path)
    assert {one.id for one in found.intrusions} == {exported.FIRST, exported.SECOND, exported.THIRD}
    assert not [name for name in VICTIMS if name in text.lower()]
    assert "60128" not in text, "subscribers' numbers"
    assert found.organisation == "Example Telecom"
    traits = {(trait.kind, trait.value) for one in found.intrusions for trait in one.traits}
    assert ("service", "qzupd") in traits and ("software", "S0020") in traits


def test_the_file_says_what_stayed_and_why(whole: Source, tmp_path: Path) -> None:
    found, _ = shared(whole, tmp_path)
    left = {one.kind: one.reason for one in found.left_out}
    assert {"host-hour", "account", "database-statement"} <= set(left)
    stored = whole.store.read("traits", ["kind"]).num_rows
    assert stored == sum(one.values for one in found.left_out) + sum(len(one.traits) for one in found.intrusions)


def test_hashed_values_compare_under_one_key_and_tell_nothing(whole: Source, tmp_path: Path) -> None:
    clear, _ = shared(whole, tmp_path)
    found, text = shared(whole, tmp_path, key=KEY)
    assert found.hashed and found.key_id == profiles.key_id(KEY) != profiles.key_id(KEY + b"x")
    assert all(profiles.is_hash(trait.value) for one in found.intrusions for trait in one.traits)
    assert "qzupd" not in text and "S0020" not in text
    for one, other in zip(clear.intrusions, found.intrusions, strict=True):
        told = {(trait.kind, profiles.hashed(KEY, trait.kind, trait.value)) for trait in one.traits}
        assert told == {(trait.kind, trait.value) for trait in other.traits}
        values = [trait.value for trait in other.traits if trait.kind == "file-name"]
        assert values == sorted(values), "their order must not be that of the clear values"


def test_what_says_nothing_of_who_it_was_stays(whole: Source, tmp_path: Path) -> None:
    found, _ = shared(whole, tmp_path)
    every = {trait.value for one in found.intrusions for trait in one.traits if trait.kind in ("path", "file-name")}
    assert every
    assert not [value for value in every if ordinary(value)]


def test_the_same_case_gives_the_same_bytes_and_can_be_nameless(whole: Source, tmp_path: Path) -> None:
    assert shared(whole, tmp_path)[1] == shared(exported.opened(whole.store.layout.root.parent), tmp_path)[1]
    assert shared(whole, tmp_path, named=False)[0].organisation is None


@pytest.mark.parametrize("name", ["empty", "alone", "hostile"])
def test_odd_cases_are_read_back(name: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    source = request.getfixturevalue(name)
    found, text = shared(source, tmp_path)
    assert len(found.intrusions) == source.store.rows("intrusions")
    assert not set("\x00\x1b\u202e") & set(text)


GOOD = {
    "format": "ringleader-profiles/1", "organisation": None, "hashed": False, "key_id": None, "tlp": "amber",
    "left_out": [], "intrusions": [{"id": "a", "traits": [{"kind": "path", "value": "x", "grade": "A1", "count": 1}]}],
}  # fmt: skip


def trait(**changes: Any) -> dict[str, Any]:
    return {
        "intrusions": [{"id": "a", "traits": [{"kind": "path", "value": "x", "grade": "A1", "count": 1} | changes]}]
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "ringleader-profiles/2"},
        {"hashed": True},
        {"key_id": "ab"},
        {"surprise": 1},
        {"intrusions": [GOOD["intrusions"][0]] * 2},
        {"intrusions": [{"id": "../x", "traits": []}]},
        trait(grade="Z9"),
        trait(count=0),
        trait(kind="<b>"),
        trait(value=1),
        trait(value="x" * 5000),
        trait(value=""),
        trait(count=10**30),
        trait(first_time="yesterday"),
        trait(first_time="2019-01-01T00:00:00"),
    ],
)
def test_a_reader_refuses_what_is_not_such_a_file(changes: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps(GOOD), encoding="utf-8")
    profiles.read(path)
    path.write_text(json.dumps(GOOD | changes), encoding="utf-8")
    with pytest.raises(UsageError):
        profiles.read(path)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[" * 100_000, b'{"format": NaN}', b"null"])
def test_a_reader_refuses_what_is_not_json(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(content)
    with pytest.raises(UsageError):
        profiles.read(tmp_path / "p.json")
    with pytest.raises(UsageError):
        profiles.read(tmp_path)


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"secret\n")
    with pytest.raises(UsageError, match="too short"):
        profiles.read_key(tmp_path / "key")
    (tmp_path / "key").write_bytes(KEY + b"\n")
    assert profiles.read_key(tmp_path / "key") == KEY
    with pytest.raises(UsageError):
        profiles.read_key(tmp_path / "none")
