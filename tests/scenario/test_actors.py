"""Actors' files: what they may say, and how mistakes are answered."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from stories import setup, told

from ringleader.errors import ConfigError
from ringleader.scenario import truth
from ringleader.scenario.acts import ACTS, mistake
from ringleader.scenario.cast import cast, read
from ringleader.scenario.operators import operators

ONE = {
    "id": "paper-kite",
    "title": "A test",
    "kind": "espionage",
    "hours": {"zone": "UTC"},
    "addresses": ["203.0.113.0/29"],
    "tools": {"implant": {"file": "C:\\x.exe"}},
    "intrusions": [
        {
            "begins": 0.1,
            "ends": 0.5,
            "entry": "stolen-credential",
            "sessions": [{"what": "in", "acts": [{"do": "vpn-login", "account": "administrator"}]}],
            "beacons": [{"tool": "implant", "at": "jump-host"}],
        }
    ],
}


def _file(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "actor.yml"
    path.write_text(yaml.safe_dump(ONE | changes))
    return path


def _acts(*acts: dict[str, object]) -> list[dict[str, object]]:
    intrusion = ONE["intrusions"][0] | {"sessions": [{"what": "in", "acts": list(acts)}]}
    return [intrusion]


def test_those_that_come_along_are_read() -> None:
    found = cast(())
    assert len(found) >= 8
    assert [actor.id for actor in found] == sorted(actor.id for actor in found)


def test_a_plain_actor_is_read(tmp_path: Path) -> None:
    assert read(_file(tmp_path)).id == "paper-kite"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "spy"}, "espionage"),
        ({"hours": {"zone": "Asia/Atlantis"}}, "no time zone is called"),
        ({"addresses": ["203.0.113.0/33"]}, "is no network"),
        ({"intrusions": _acts({"do": "fly"})}, "there is no act 'fly'; known: account"),
        ({"intrusions": _acts({"do": "vpn-login"})}, "vpn-login needs account"),
        ({"intrusions": _acts({"do": "vpn-login", "account": "x", "on": "mail"})}, "valid string"),
        ({"intrusions": _acts({"do": "vpn-login", "account": "x", "via": "mail"})}, "takes no 'via'"),
        ({"intrusions": _acts({"do": "run", "commands": "whoami"})}, "commands cannot be 'whoami'"),
        ({"intrusions": _acts({"act": "run"})}, "an act is written as"),
        ({"intrusions": [ONE["intrusions"][0] | {"begins": 0.9}]}, "the end must come later"),
        ({"intrusions": [ONE["intrusions"][0], ONE["intrusions"][0]]}, "before the one before it ends"),
        ({"intrusions": [ONE["intrusions"][0] | {"beacons": [{"tool": "y", "at": "mail"}]}]}, "no tool of the actor"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    text = yaml.safe_dump(ONE | changes)
    path = tmp_path / "actor.yml"
    path.write_text(text.replace("'on':", "on:"))
    with pytest.raises(ConfigError) as caught:
        read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_yaml_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "actor.yml"
    path.write_text("id: a\ntitle: [\n")
    with pytest.raises(ConfigError, match=r"actor.yml:3: not valid YAML"):
        read(path)


def test_every_act_says_what_it_does_and_takes_simple_parameters() -> None:
    for name, act in ACTS.items():
        assert act.__doc__, name
        for parameter in list(inspect.signature(act).parameters)[1:]:
            assert parameter not in ("on", "off", "yes", "no"), f"{name}: YAML takes {parameter} for a truth value"


def test_a_flag_is_no_number() -> None:
    assert mistake("spray", {"tries": True}) == "spray: tries cannot be True"


def test_every_act_can_be_played(tmp_path: Path) -> None:
    """Each act once, with what it cannot do without; together they leave a step each and more."""
    needed: dict[str, dict[str, object]] = {
        "run": {"commands": ["T1033 whoami"]},
        "web-shell": {"commands": ["T1033 whoami"]},
        "supplier-login": {"supplier": "billing"},
        "vpn-login": {"account": "administrator"},
        "work": {"account": "billing-clerk"},
        "move": {"to": "files", "how": "psexec", "commands": ["T1033 whoami"]},
        "ssh": {"to": "cdr", "commands": ["T1083 ls /data"]},
        "timestomp": {"path": "C:\\x.exe"},
        **{name: {"tool": "implant"} for name in ("install", "tunnel", "mine", "encrypt")},
        **{name: {"tool": "implant", "at": "jump-host"} for name in ("resume", "beacon")},
    }
    first = [{"do": "vpn-login", "account": "administrator"}]
    own = {**ONE, "values": {name: name for name in VALUES}, "subscribers": 3}
    own["tools"] = {"implant": {"file": "C:\\x.exe"}, "archiver": {"file": "C:\\a.exe", "arguments": "a {name} {what}"}}
    sessions = [
        {"what": name, "after": 0.1, "acts": [*first, {"do": name, **needed.get(name, {})}]} for name in sorted(ACTS)
    ]
    intrusion = ONE["intrusions"][0] | {"begins": 0.0, "ends": 1.0, "sessions": sessions, "beacons": []}
    own["intrusions"] = [intrusion]
    actor = read(_file(tmp_path, **own))
    folder = tmp_path / "told"
    told(folder, replace(setup(days=60), actors=(actor,)))
    steps = [step.technique for step in truth.read(folder / "truth").story.actors[0].intrusions[0].steps]
    assert len(steps) > 2 * len(ACTS)
    assert {"T1110.003", "T1114.002", "T1486", "T1496.001", "T1136.001", "T1505.004"} <= set(steps)


VALUES = (
    "account",
    "agent",
    "archive",
    "c2",
    "dbpassword",
    "extension",
    "kept",
    "module",
    "password",
    "pool",
    "service",
    "shell",
    "staging",
    "task",
)


def test_the_examples_of_the_guide_work_together(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "scenarios.md").read_text(encoding="utf-8")
    for block in re.findall(r"^```yaml\n# (\S+)\n(.*?)^```", guide, re.DOTALL | re.MULTILINE):
        (tmp_path / block[0]).write_text(block[1])
    one = setup(1, days=20, hosts=30)
    actor, operator = read(tmp_path / "paper-kite.yml"), operators([str(tmp_path / "mini.yml")])[0]
    told(tmp_path / "told", replace(one, operator=operator, actors=(actor,)))
    story = truth.read(tmp_path / "told" / "truth" / "mini").story
    assert [found.id for found in story.actors] == ["paper-kite"]
    assert {"T1133", "T1047", "T1053.005", "T1071.001"} <= {
        step.technique for intrusion in story.actors[0].intrusions for step in intrusion.steps
    }


@pytest.mark.parametrize(
    ("acts", "said"),
    [
        ([{"do": "run", "commands": ["T1033 whoami"]}], "the actor is nowhere yet"),
        ([{"do": "web-shell", "commands": ["T1033 whoami"]}], "no host of the role 'mail'"),
        ([{"do": "vpn-login", "account": "{nobody}"}], "nothing is called 'nobody'"),
        ([{"do": "vpn-login", "account": "administrator"}, {"do": "look-up", "how": "list"}], "no host of a role"),
        ([{"do": "supplier-login", "supplier": "billing"}], "no supplier is of the kind 'billing'"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_first_day(tmp_path: Path, acts: list[dict], said: str) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "guides" / "scenarios.md").read_text(encoding="utf-8")
    mini = re.search(r"^```yaml\n# mini.yml\n(.*?)^```", guide, re.DOTALL | re.MULTILINE)
    assert mini is not None
    (tmp_path / "mini.yml").write_text(mini[1])
    (tmp_path / "actor.yml").write_text(
        yaml.safe_dump(
            ONE
            | {
                "values": {"shell": "/x.aspx", "agent": "a", "dbpassword": "x", "staging": "C:\\"},
                "intrusions": _acts(*acts),
            }
        )
    )
    one = replace(
        setup(1, days=8, hosts=30),
        actors=(read(tmp_path / "actor.yml"),),
        operator=operators([str(tmp_path / "mini.yml")])[0],
    )
    with pytest.raises(ConfigError, match=said) as caught:
        told(tmp_path / "told", one)
    assert "at mini, intrusion 1, 'in', " in str(caught.value) and caught.value.hint
    assert not (tmp_path / "told").exists()
