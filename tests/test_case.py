from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ringleader import case
from ringleader.errors import CaseError, ConfigError


def uncommented() -> str:
    return "\n".join(line.removeprefix("# ") for line in case.template().splitlines())


def test_template_as_written_is_the_default() -> None:
    assert case.parse(case.template()) == case.Config()


def test_template_shows_every_key_with_a_value_that_works() -> None:
    config = case.parse(uncommented())
    for name, (model, repeated) in case.sections().items():
        block = getattr(config, name)[0] if repeated else getattr(config, name)
        assert block.model_fields_set == set(model.model_fields), name


def test_every_key_is_explained() -> None:
    for model, _ in case.sections().values():
        assert model.__doc__
        assert all(field.description for field in model.model_fields.values())


@pytest.mark.parametrize(
    ("text", "line", "said", "instead"),
    [
        ('[organisation]\nnam = "x"', 2, "unknown key 'nam'", "did you mean 'name'?"),
        ('[assets]\nhost = "x"', 1, "unknown key 'assets'", "did you mean 'asset'?"),
        ("[organisation]\n\nname = 3", 3, "organisation.name: cannot be 3", "text in quotes"),
        ('[organisation]\ncountry = "Malaysia"', 2, "cannot be 'Malaysia'", "two capital letters"),
        ('[organisation]\nzone = "Mars"', 2, "no time zone is called 'Mars'", "Asia/Kuala_Lumpur"),
        ("[organisation]\nzone = '../../etc/passwd'", 2, "no time zone", "UTC"),
        ('[asset]\nhost = "x"', 1, "single brackets", "[[asset]]"),
        ('[[asset]]\nhost = "x"\n[[asset]]\nrole = "cdr"', 3, "'host' is missing", "add host"),
        ('[[asset]]\nhost = "x"\n[[asset]]\nhost = "y"\nrole = "domain-contr"', 5, "not known", "'domain-controller'"),
        ('[[asset]]\nhost = "x"\naliases = "y"', 3, "cannot be 'y'", "list in brackets"),
        ('[[watch]]\nkind = "account"\nvalue = ""', 3, "cannot be ''", "not empty"),
        ("[[remediation]]\ntime = 2021-03-04T02:00:00\nwhat = 'x'", 2, "has no zone", "2021-03-04T02:00:00Z"),
        ("[[remediation]]\ntime = '2021'\nwhat = 'x'", 2, "not a time", "without quotes"),
        ("organisation = 3", 1, "cannot be 3", "[organisation]"),
        ('[[supplier]]\nname = "A"\naddresses = ["10.0.0.300"]', 3, "'10.0.0.300' is no address", "198.51.100.0/24"),
        ('[[supplier]]\nname = "A"\naddresses = ["10.0.0.0/99"]', 3, "'10.0.0.0/99' is no address", "198.51.100.7"),
        ('[[watch]]\nkind = "subscriber"\nvalue = "Jane Doe"', 1, "'Jane Doe' is no subscriber", "60128123456"),
        ('[[watch]]\nkind = "hash"\nvalue = "abc"', 1, "'abc' is no hash", "SHA-256"),
        ('[[watch]]\nkind = "domain"\nvalue = "https://x.example/a"', 1, "is no domain", "without https://"),
        ('[[watch]]\nkind = "address"\nvalue = "1.2.3.4.5"', 1, "'1.2.3.4.5' is no address", "198.51.100.7"),
        ('[[watch]]\nkind = "account"\nvalue = "x"\ncategory = "politicians"', 4, "not known", "'politician'"),
        ('[[asset]]\nhost = "x"\nserves = { voice = 1.4 }', 3, "cannot be 1.4", "between 0 and 1"),
        ('[[asset]]\nhost = "x"\nserves = { vice = 0.4 }', 3, "'vice' is not known", "'voice'"),
        ('[[asset]]\nhost = "x"\nserves = 0.4', 3, "cannot be 0.4", "table in braces"),
        (
            '[[asset]]\nhost = "X"\nrole = "cdr"\n[[asset]]\nhost = "x"\nrole = "mail"',
            6,
            "'x' is cdr above",
            "keep one",
        ),
        (
            '[[supplier]]\nname = "A"\naccounts = ["a"]\n[[supplier]]\nname = "B"\naccounts = ["A"]',
            6,
            "of 'A' above",
            "once",
        ),
        ("[organisation]\nname = Example", 2, "not valid TOML", "quotes"),
    ],
)
def test_a_mistake_is_named_with_line_and_remedy(text: str, line: int, said: str, instead: str) -> None:
    with pytest.raises(ConfigError) as caught:
        case.parse(text, "case/ringleader.toml")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"case/ringleader.toml:{line}: ")
    assert said in str(caught.value)
    assert instead in (caught.value.hint or "")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        case.parse('[organisation]\nnam = "x"\nzone = 3\n[[watch]]\nkind = "who"\nvalue = "x"')
    assert "line 3" in str(caught.value)
    assert "line 5" in str(caught.value)


def test_values_arrive() -> None:
    config = case.parse('[[remediation]]\ntime = 2021-03-04T02:00:00+08:00\nwhat = "reset"\n')
    assert config.remediation[0].time == datetime(2021, 3, 3, 18, tzinfo=UTC)


def test_create_open_and_never_overwrite(tmp_path: Path) -> None:
    root = tmp_path / "new" / "case"
    case.Case.create(root)
    (root / case.CONFIG).write_text('[organisation]\nname = "Example"\n')
    with pytest.raises(CaseError, match="there already"):
        case.Case.create(root)
    assert case.Case.open(root).config.organisation.name == "Example"


def test_open_refuses_what_is_no_case(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="not a case") as caught:
        case.Case.open(tmp_path)
    assert "ringleader init" in (caught.value.hint or "")
    (tmp_path / case.CONFIG).write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match="UTF-8"):
        case.Case.open(tmp_path)


def test_a_file_where_the_case_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError):
        case.Case.create(tmp_path / "file")
    with pytest.raises(CaseError):
        case.Case.open(tmp_path / "file")


def test_a_key_that_was_never_written_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / case.KEY).write_bytes(b"")
    key = case.subscribers_key(tmp_path)
    assert len(key) == 32 and case.subscribers_key(tmp_path) == key
    assert (tmp_path / case.KEY).stat().st_mode & 0o077 == 0
