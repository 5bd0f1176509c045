"""Pseudonyms: nobody is named, the same name gets the same one, and only the case can tell whose it is."""

from __future__ import annotations

import json
import re
import stat
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
import made
import sample

from ringleader.case import Case
from ringleader.errors import CaseError
from ringleader.report import RENDERERS, Options, from_tables, run
from ringleader.report.redact import FILE, Redactor, keep, of_case
from ringleader.schema.tlp import Tlp


def settled(**names: list[str]) -> Redactor:
    redactor = Redactor()
    for kind, some in names.items():
        redactor.learn(kind, some)
    redactor.settle()
    return redactor


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("net use \\\\ex01\\c$ from EX01.corp.example.", "net use \\\\host-1\\c$ from host-2."),
        ("backup_ex01_old and ex011", "backup_host-1_old and ex011"),
        ("CORP\\svc-acme ran C:\\Users\\j.doe\\x.exe", "account-1 ran C:\\Users\\account-2\\x.exe"),
        ("from 10.1.0.4:445 and ip_10.1.0.5, ::ffff:10.1.0.4", None),
        ("IN ('60128000001','60128000002')", "IN ('number-1','number-2')"),
        ("mail to j.doe@corp.example", "mail to account-1"),
        ("09:12:04 on 2026-03-02, 104233 events", "09:12:04 on 2026-03-02, 104233 events"),
        ("NT AUTHORITY\\SYSTEM", "NT AUTHORITY\\SYSTEM"),
    ],
)
def test_names_are_replaced_wherever_they_stand(text: str, said: str | None) -> None:
    redactor = settled(host=["ex01", "ex01.corp.example"], account=["corp\\svc-acme"] if "svc" in text else [])
    told = redactor("", text)
    if said is not None:
        assert told == said
    assert not re.search(r"10\.1\.0\.\d|60128|j\.doe|svc-acme", told)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("TargetUserName", "jdoe"),
        ("WorkstationName", "WS7"),
        ("MSISDN", "0123"),
        ("IpAddress", "fe80::1"),
        ("User", "jo"),
    ],
)
def test_a_field_that_holds_a_name_is_one_whatever_it_is(field: str, value: str) -> None:
    redactor = settled()
    told = redactor(field, value)
    assert re.fullmatch(r"(account|host|subscriber|address)-1", told)
    assert redactor(field, value.upper()) == told


def test_the_order_in_which_names_are_met_does_not_matter() -> None:
    one, other = settled(host=["b", "aa", "cc"]), settled(host=["cc", "b", "aa"])
    assert one.given == other.given


def test_a_name_keeps_its_pseudonym_in_later_reports() -> None:
    first = settled(host=["ex01", "ex02"])
    later = Redactor(first.given)
    later.learn("host", ["ex00", "ex01", "ex02", "ex03"])
    later.settle()
    assert {name: later.given[name] for name in first.given} == first.given
    assert later.given["ex00"] == "host-3"


@given(st.lists(st.text("abcdeßİK.-", min_size=2, max_size=9), min_size=1, max_size=6), st.text(max_size=60))
def test_no_name_that_was_learned_is_left(names: list[str], around: str) -> None:
    redactor = settled(host=names)
    for name in names:
        told = redactor("", f"{around} {name} {around}")
        key = name.strip().lower()
        if len(key) == len(name.strip()) > 1 and key in redactor.given:
            assert not re.search(
                rf"(?<![^\W_]){re.escape(key)}(?![^\W_])", told.lower().replace(redactor.given[key], "")
            )


SECRET = ["mail01", "fs02", "bill-db1", "ws117", "hlr01", "svc-backup", "svc-acme", "corp.example", "acme billing",
          "example telecom", "203.0.113.77", "ex01", "bil01", "corp\\"]  # fmt: skip


def names_in(content: str) -> list[str]:
    return [name for name in SECRET if name in content.lower()]


def case_of(tmp_path: Path) -> Case:
    (tmp_path / "ringleader.toml").write_text(made.CASE, encoding="utf-8")
    return Case.open(tmp_path)


def test_no_form_of_a_redacted_report_names_anyone(tmp_path: Path) -> None:
    case, tables = case_of(tmp_path), sample.whole()
    rows = tables.findings.to_pylist()
    rows[0]["values"] = [("SubjectUserName", "svc-acme"), ("CommandLine", "net use \\\\MAIL01 /user:CORP\\svc-backup")]
    tables = replace(tables, findings=tables.findings.from_pylist(rows, tables.findings.schema))
    config = sample.config()
    hide = of_case(case.root, tables, config)
    from_tables(tables, "UTC", [], config, hide=hide)
    hide.settle()
    model = from_tables(tables, "UTC", [], config, "TLP:GREEN", hide)
    open_ = from_tables(tables, "UTC", [], config)
    for renderer in RENDERERS:
        own = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", renderer.render(model).decode(), flags=re.S)
        assert names_in(own) == []
        assert re.search(r"host-\d", own) and re.search(r"account-\d", own)
        assert len(names_in(renderer.render(open_).decode().replace("\\\\", "\\"))) > 8
    assert model.headline == open_.headline
    keep(hide, case.root)
    kept = json.loads((case.root / FILE).read_text(encoding="utf-8"))
    assert kept["mail01.corp.example"].startswith("host-")
    assert stat.S_IMODE((case.root / FILE).stat().st_mode) == 0o600


def test_the_stage_writes_all_forms_and_keeps_the_pseudonyms(tmp_path: Path) -> None:
    store, _ = made.tale().store(tmp_path / "case")
    case = Case.open(tmp_path / "case")
    plain = run(store, case, problems=[])
    assert set(plain.files) == {"report.html", "report.md", "report.json"}
    assert not (case.root / FILE).exists()
    summary = run(store, case, problems=[], options=Options(Tlp.RED, redact=True))
    assert set(summary.files) == {"report-redacted.html", "report-redacted.md", "report-redacted.json"}
    assert all((case.reports / name).exists() for name in plain.files)
    for name in summary.files:
        told = (case.reports / name).read_text(encoding="utf-8")
        told = re.sub(r"<script>.*?</script>|<style>.*?</style>", "", told, flags=re.S)
        assert "TLP:RED" in told
        assert not re.search(r"ex01|bil01|svc-acme|60128\d|203\.0\.113|10\.1\.0\.|Example Telecom", told, re.I)
    before = {name: (case.reports / name).read_bytes() for name in summary.files}
    run(store, case, problems=[], options=Options(Tlp.RED, redact=True))
    assert {name: (case.reports / name).read_bytes() for name in summary.files} == before


def test_a_lost_mapping_is_not_made_anew_in_silence(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    (tmp_path / FILE).write_text("{", encoding="utf-8")
    with pytest.raises(CaseError, match="pseudonyms"):
        of_case(case.root, sample.story(), case.config)
