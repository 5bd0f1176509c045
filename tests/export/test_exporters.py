"""What holds for every exporter."""

from __future__ import annotations

import io
from pathlib import Path

import exported
import pytest

from ringleader.export import EXPORTERS, Exporter, Options, Source, Summary, export

every = pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda one: one.name)
VICTIMS = ("ex01", "bil01", "fs01", "ws01", "corp.example", "svc-acme", "billapp", "acme billing", "10.1.0")


def written(exporter: Exporter, source: Source, options: Options | None = None) -> tuple[str, Summary]:
    out = io.StringIO()
    summary = export(exporter, source, out, options or Options())
    return out.getvalue(), summary


@every
def test_the_same_case_gives_the_same_text(exporter: Exporter, whole: Source, tmp_path: Path) -> None:
    text, _ = written(exporter, whole)
    assert text == written(exporter, exported.opened(whole.store.layout.root.parent))[0]
    assert text == written(exporter, exported.case(tmp_path))[0]


@every
def test_victims_are_named_only_where_that_is_wanted(exporter: Exporter, whole: Source) -> None:
    redacted = written(exporter, whole, Options(victims=False, named=False))[0].lower()
    assert not [name for name in (*VICTIMS, "example telecom") if name in redacted]
    default = written(exporter, whole)[0].lower()
    assert any(name in default for name in VICTIMS) == exporter.internal


@every
def test_a_case_without_findings_says_so(exporter: Exporter, empty: Source) -> None:
    _, summary = written(exporter, empty)
    assert "no intrusions" in summary.notes[0]


@every
def test_intrusions_stand_for_campaigns_and_that_is_said(exporter: Exporter, alone: Source) -> None:
    _, summary = written(exporter, alone)
    assert "stands for one" in summary.notes[0]


@every
def test_hostile_texts_do_not_reach_a_screen_as_they_are(exporter: Exporter, hostile: Source) -> None:
    text, _ = written(exporter, hostile, Options(victims=True, outside=1000))
    assert not set("\x00\x1b\u202e\u2028") & set(text)
