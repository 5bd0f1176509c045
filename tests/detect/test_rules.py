from __future__ import annotations

import os
import re
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from sigma.correlations import SigmaCorrelationRule
from sigma.rule import SigmaRule

from ringleader import pipeline
from ringleader.detect import documents, ruleset
from ringleader.detect.rules import DEFAULT_LEVEL, Loaded, load
from ringleader.errors import RuleError, UsageError

RULE = """\
title: A rule
id: 11111111-2222-3333-4444-555555555555
status: test
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\\cmd.exe'
    condition: selection
level: high
tags:
    - attack.t1059.003
    - attack.credential_access
    - attack.s0002
    - attack.g0093
    - cve.2021-26855
"""


def _load(folder: Path, *texts: str, **kwargs: object) -> Loaded:
    for number, text in enumerate(texts):
        (folder / f"{number}.yml").write_text(text, encoding="utf-8")
    return load([folder], **kwargs)  # type: ignore[arg-type]


def _codes(loaded: Loaded) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in loaded.problems]


def _changed(old: str, new: str) -> str:
    assert old in RULE
    return RULE.replace(old, new)


def test_what_is_known_of_a_rule(tmp_path: Path) -> None:
    loaded = _load(tmp_path, RULE)
    rule = loaded.rules[0].rule
    assert not loaded.problems
    assert (rule.id, rule.title) == ("11111111-2222-3333-4444-555555555555", "A rule")
    assert (rule.level, rule.status) == ("high", "test")
    assert rule.techniques == ("T1059.003",)
    assert rule.tactics == ("credential-access",)
    assert (rule.software, rule.groups) == (("S0002",), ("G0093",))
    assert rule.logsource.category == "process_creation"
    assert rule.path == str(tmp_path / "0.yml")
    assert loaded.rules[0].emits


def test_a_rule_without_id_and_level_gets_stable_ones(tmp_path: Path) -> None:
    text = _changed("id: 11111111-2222-3333-4444-555555555555\n", "").replace("level: high\n", "")
    first, second = _load(tmp_path, text).rules[0].rule, _load(tmp_path, text).rules[0].rule
    assert first.id == second.id and len(first.id) == 32
    assert first.level == DEFAULT_LEVEL


def test_the_same_rule_counts_once_however_often_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(RULE)
    with zipfile.ZipFile(tmp_path / "rules.zip", "w") as archive:
        archive.writestr("inner/a.yml", RULE)
    loaded = load([tmp_path, tmp_path / "a.yml", tmp_path / "rules.zip"])
    assert len(loaded.rules) == 1 and not loaded.problems
    alone = load([tmp_path / "rules.zip"])
    assert alone.rules[0].rule.path == f"{tmp_path / 'rules.zip'}!inner/a.yml"
    assert alone.rules[0].rule.digest == loaded.rules[0].rule.digest


def test_two_rules_with_one_id_are_both_used(tmp_path: Path) -> None:
    loaded = _load(tmp_path, RULE, _changed("cmd.exe", "powershell.exe"))
    assert len(loaded.rules) == 2
    assert [(p.code, p.line, p.severity) for p in loaded.problems] == [("duplicate-id", 2, "warning")]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (_changed("endswith", "endwith"), "modifier", 9),
        (_changed("endswith: '\\cmd.exe'", "re: '(unclosed'"), "regex", 9),
        (_changed("endswith: '\\cmd.exe'", "cidr: '10.0.0.0/99'"), "value", 9),
        (_changed("endswith: '\\cmd.exe'", "gt: text"), "value", 9),
        (_changed("endswith: '\\cmd.exe'", "windash|contains: ' -a -b -c -d'"), "modifier", 9),
        (_changed("condition: selection", "condition: selection and other"), "condition", 10),
        (_changed("condition: selection", "condition: 1 of other_*"), "condition", 10),
        (_changed("condition: selection", "condition: selection | count() > 5"), "condition", 10),
        (_changed("condition: selection", "condition: " + "(" * 65 + "selection" + ")" * 65), "too-deep", 10),
        (_changed("condition: selection", "condition: " + "not " * 65 + "selection"), "too-deep", 10),
        (_changed("    condition: selection\n", ""), "condition", 7),
        (_changed("title: A rule\n", ""), "title", 1),
        (_changed("    product: windows\n    category: process_creation", "    definition: none"), "logsource", 4),
        (_changed("        Image|endswith: '\\cmd.exe'", "        []"), "condition", 10),
        (_changed("        Image", "        Image: x\n        Image: y\n        Image"), "duplicate-key", 10),
        (_changed("level: high", "level: high\nlevel: low"), "duplicate-key", 12),
        (_changed("level: high", "level: !!python/object/apply:os.system ['true']"), "object-tag", 11),
        (_changed("level: high", "level: [unclosed"), "yaml", 12),
        (_changed("level: high", "date: 2024-13-45"), "yaml", 0),
        (_changed("endswith: '\\cmd.exe'", "expand: '%tools%'"), "placeholder", 9),
        (_changed("cmd.exe'", "cmd.exe'" + "\n        X: " + "[" * 900 + "]" * 900), "value", 10),
        (RULE + "x: " + "[" * 100_000, "yaml", 18),
    ],
)
def test_an_unusable_rule_is_named_with_line_and_code(tmp_path: Path, text: str, code: str, line: int) -> None:
    loaded = _load(tmp_path, text)
    assert loaded.rules == []
    assert _codes(loaded) == [(code, line)]
    problem = loaded.problems[0]
    assert problem.severity == "error" and problem.message
    assert problem.text == (text.splitlines()[line - 1].strip()[:200] if line else "")


def test_all_errors_at_once(tmp_path: Path) -> None:
    text = _changed(
        "    selection:\n        Image|endswith: '\\cmd.exe'",
        textwrap.indent("one:\n    - A|nonsense: 1\n    - B: 1\n      C|re: '['\ntwo:\n    D|cidr: x", "    "),
    ).replace("title: A rule\n", "")
    loaded = _load(tmp_path, text, RULE)
    assert len(loaded.rules) == 1, "one bad rule does not cost the others"
    assert sorted(_codes(loaded)) == [("modifier", 8), ("regex", 10), ("title", 1), ("value", 12)]


@pytest.mark.parametrize(
    ("old", "new", "code", "line"),
    [
        ("level: high", "level: extreme", "level", 11),
        ("status: test", "status: fresh", "status", 3),
        ("id: 11111111-2222-3333-4444-555555555555", "id: mine", "identifier", 2),
        ("level: high", "author: [a, b]", "metadata", 11),
    ],
)
def test_bad_metadata_is_only_a_warning(tmp_path: Path, old: str, new: str, code: str, line: int) -> None:
    loaded = _load(tmp_path, _changed(old, new))
    assert len(loaded.rules) == 1
    assert [(p.line, p.severity) for p in loaded.problems] == [(line, "warning")]
    assert loaded.problems[0].code == {"status": "metadata"}.get(code, code)


def test_yaml_that_is_no_rule_is_passed_over(tmp_path: Path) -> None:
    assert _load(tmp_path, "logsources: {a: 1}", "- a\n- b", "just text", "", "filter: yes\n") == Loaded()


def test_several_documents_and_global_ones(tmp_path: Path) -> None:
    second = _changed("A rule", "Another").replace("1111-", "2222-").replace("cmd.exe", "sh.exe")
    assert [r.rule.title for r in _load(tmp_path, f"{RULE}---\n{second}---\n").rules] == ["A rule", "Another"]
    template = "action: global\ntitle: Shared\nlogsource: {product: windows}\ndetection: {condition: a}\n"
    parts = ["detection: {a: {X: 1}}\n", "detection: {a: {X: 2}}\n"]
    loaded = _load(tmp_path, "---\n".join([template, *parts]))
    assert [r.rule.title for r in loaded.rules] == ["Shared", "Shared"]


def test_templates_that_do_not_fit_are_no_crash(tmp_path: Path) -> None:
    template = "action: global\ndetection: {a: {X: 1}, condition: a}\n"
    assert [p.code for p in _load(tmp_path, f"{template}---\ntitle: x\ndetection: text\n").problems] == ["malformed"]


def test_placeholders(tmp_path: Path) -> None:
    text = _changed("endswith: '\\cmd.exe'", "expand: '%tools%'")
    one, two = (load([tmp_path], {"tools": v}) for v in (["a", "b"], ["c"]) if _load(tmp_path, text))
    assert [len(loaded.rules) for loaded in (one, two)] == [1, 1]
    assert one.rules[0].rule.digest != two.rules[0].rule.digest, "other values match other events"


def test_a_timeframe_is_not_searched_for(tmp_path: Path) -> None:
    text = _changed("    condition: selection", "    timeframe: 5m\n    condition: all of them")
    loaded = _load(tmp_path, text)
    sigma = loaded.rules[0].sigma
    assert isinstance(sigma, SigmaRule) and list(sigma.detection.detections) == ["selection"]
    assert [(p.code, p.severity) for p in loaded.problems] == [("timeframe", "warning")]


CORRELATION = """\
title: Many
correlation:
    type: event_count
    rules: {rules}
    group-by: [User]
    timespan: 5m
    condition: {{gte: 3}}
    generate: {generate}
"""


def test_a_rule_that_feeds_a_correlation_is_silent_unless_told(tmp_path: Path) -> None:
    named = RULE.replace("status:", "name: base\nstatus:")
    by_name = _load(tmp_path, named, CORRELATION.format(rules="base", generate="false"))
    assert [r.emits for r in by_name.rules] == [False, True]
    by_id = _load(tmp_path, named, CORRELATION.format(rules="[11111111-2222-3333-4444-555555555555]", generate="true"))
    assert [r.emits for r in by_id.rules] == [True, True]
    assert isinstance(by_id.rules[1].sigma, SigmaCorrelationRule)


def test_correlations_with_bad_references(tmp_path: Path) -> None:
    missing = _load(tmp_path, RULE, CORRELATION.format(rules="nothing", generate="false"))
    assert [r.rule.title for r in missing.rules] == ["A rule"]
    assert _codes(missing) == [("reference", 4)]
    chained = "name: one\n" + CORRELATION.format(rules="nothing", generate="false")
    upon = CORRELATION.replace("Many", "Upon").format(rules="one", generate="false")
    assert _codes(_load(tmp_path, chained, upon)) == [("reference", 5), ("reference", 4)]
    loop = "name: one\n" + CORRELATION.format(rules="one", generate="false")
    assert _load(tmp_path, loop, "").problems[0].code == "reference"
    named = "name: c{}\n" + CORRELATION.replace("Many", "Chain {}")
    chain = [named.replace("{}", str(n)).format(rules=f"c{n + 1}", generate="false") for n in range(2000)]
    endless = _load(tmp_path, "---\n".join(chain), "name: c2000\n" + RULE)
    assert len(endless.rules) == 65 and {code for code, _ in _codes(endless)} == {"reference"}
    bad = CORRELATION.format(rules="one", generate="false").replace("event_count", "event_sum").replace("5m", "5x")
    assert _codes(_load(tmp_path, bad, "")) == [("correlation", 2), ("correlation", 2)]


def test_filters_narrow_the_rules_that_they_name(tmp_path: Path) -> None:
    text = (
        "title: Not ours\nlogsource: {product: windows}\n"
        "filter:\n  rules: [11111111-2222-3333-4444-555555555555]\n  ours: {User: scanner}\n  condition: not ours\n"
    )
    plain, filtered = load([_written(tmp_path / "a.yml", RULE)]), _load(tmp_path, RULE, text)
    assert not filtered.problems
    assert plain.rules[0].rule.digest != filtered.rules[0].rule.digest
    sigma = filtered.rules[0].sigma
    assert isinstance(sigma, SigmaRule) and len(sigma.detection.detections) == 2


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_hostile_yaml_costs_little(tmp_path: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + i)}: &{chr(98 + i)} [{', '.join(['*' + chr(97 + i)] * 10)}]\n" for i in range(9)
    )
    cycle = "title: &a\n  - *a\ndetection: 1\n"
    start = time.monotonic()
    assert _codes(_load(tmp_path, bomb, cycle, RULE.replace("high", "&x high"))) == [("alias-bomb", 0)] * 2
    assert time.monotonic() - start < 2


def test_hostile_archives(tmp_path: Path) -> None:
    path = tmp_path / "rules.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.yml", "#" * 1_000_000)
        archive.writestr("large.yml", os.urandom(documents.MAX_FILE_BYTES + 1))
        archive.writestr("../../escape.yml", RULE)
        archive.writestr("good.yml", _changed("A rule", "Good"))
        archive.writestr("other.txt", "title: [")
    loaded = load([path])
    assert {r.rule.title for r in loaded.rules} == {"A rule", "Good"}
    assert sorted(p.code for p in loaded.problems if p.severity == "error") == ["archive", "too-large"]
    assert not (tmp_path.parent.parent / "escape.yml").exists()
    path.write_bytes(path.read_bytes()[:-400])
    assert [p.code for p in load([path]).problems]


def test_what_is_not_a_file_of_text(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo.yml")
    (tmp_path / "binary.yml").write_bytes(b"title: ok\n\xff\xfe")
    assert _codes(load([tmp_path])) == [("encoding", 2), ("unreadable", 0)]
    with pytest.raises(UsageError):
        load([tmp_path / "nothing"])


def test_all_of_sigmahq(shared: Path) -> None:
    archive = zipfile.ZipFile(shared / "sigma" / "sigmahq-rules-8eaafff.zip")
    start = time.process_time()
    for name in archive.namelist():
        if name.endswith(".yml"):
            list(yaml.load_all(archive.read(name), yaml.CSafeLoader))
    plain = time.process_time() - start
    start = time.process_time()
    loaded = load([shared / "sigma" / "sigmahq-rules-8eaafff.zip"])
    took = time.process_time() - start
    assert took < 8 * plain, (took, plain)  # about 5 times; what else the machine does cancels out
    assert len(loaded.rules) == 3752
    assert [(p.code, "%known_cdcs%" in p.message) for p in loaded.problems] == [("placeholder", True)] * 2
    filled = load([shared / "sigma" / "sigmahq-rules-8eaafff.zip"], {"known_cdcs": ["cdc.example.org"]})
    assert len(filled.rules) == 3754 and not filled.problems


def test_every_code_is_explained_and_given_by_something() -> None:
    listed = Path(documents.__file__)
    source = listed.read_text()
    text = source[: source.index("CODES: ")] + source[source.index('"""Every code of a problem') :]
    text += "".join(path.read_text() for path in sorted(listed.parent.glob("*.py")) if path != listed)
    given = {code for code in documents.CODES if f'"{code}"' in text}
    assert given == set(documents.CODES)
    named = re.findall(r'(?:\bProblem\([\w.]+(?:\(\w+\))?, [^,]+, |\.fail\(\w+, )"([a-z-]+)"', text)
    assert len(named) > 20 and set(named) <= set(documents.CODES)


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that nobody can read")
def test_a_rule_file_that_cannot_be_read_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "good.yml").write_text(RULE)
    (tmp_path / "bad.yml").symlink_to("/proc/self/mem")
    found, _ = ruleset.load([tmp_path], cache=tmp_path / "cache")
    assert len(found.entries) == 1
    assert [(problem.code, Path(problem.path).name) for problem in found.problems] == [("unreadable", "bad.yml")]
    assert pipeline.fingerprint([tmp_path]) != pipeline.fingerprint([tmp_path / "good.yml"])


def test_a_path_without_any_rule_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "good.yml").write_text(RULE)
    (tmp_path / "empty").mkdir()
    (tmp_path / "compose.yml").write_text("services: {web: {image: nginx}}")
    loaded = load([tmp_path / "rules", tmp_path / "empty", tmp_path / "compose.yml"])
    assert len(loaded.rules) == 1
    assert [(each.code, Path(each.path).name) for each in loaded.problems] == [
        ("no-rule", "empty"),
        ("no-rule", "compose.yml"),
    ]


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(RULE)
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(RuleError, match="cannot be kept in") as told:
        ruleset.load([tmp_path / "rule.yml"], cache=tmp_path / "cache" / "rules")
    assert "XDG_CACHE_HOME" in (told.value.hint or "")
