"""The kernel gives the oracle's answers: over generated rules and events, in every way that it is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from ringleader.detect import kernel, oracle
from ringleader.detect.columns import Columns
from ringleader.detect.compiler import compile_rule
from ringleader.detect.held import Held, Piece
from ringleader.detect.kernel import Matcher
from ringleader.detect.loose import Loose
from ringleader.detect.program import Program
from ringleader.detect.regexes import POLICY
from ringleader.detect.suspects import Suspects
from ringleader.schema import value
from ringleader.schema.batch import Batch

KIND = "windows/test/7"
FIELDS = ["Image", "CommandLine", "EventID", "User"]

# Few letters, so that needles meet values; and the characters that break naive matching.
WORDS = [
    "a",
    "ab",
    "cmd",
    "Cmd.EXE",
    "\\cmd.exe",
    "k",
    "ſ",
    "s",
    "İ",
    "i",
    "Σ",
    "ς",
    "σ",
    "\n",
    "\x00",
    "-c",
    "/c",
    "1",
    "1.0",
]
texts = st.lists(
    st.sampled_from([*WORDS, "powershell", "\u212a", "ΑΣΑ", "é", '"', "\\", "{", "<", "::", "lsadump::"]), max_size=5
).map("".join)
scalars = st.one_of(
    texts,
    st.sampled_from(
        [
            0,
            1,
            7,
            1.0,
            1.5,
            -0.0,
            True,
            False,
            None,
            2**53,
            float(2**53),
            2**63,
            "7",
            "true",
            "10.1.2.3",
            "fe80::1",
            "2024-05-06T07:08:09Z",
        ]
    ),
)
values = st.one_of(scalars, st.lists(scalars, max_size=3))
events = st.dictionaries(st.sampled_from([*FIELDS, "Other"]), values, max_size=5).map(lambda e: e | {"EventID": 7})

needles = st.one_of(
    st.lists(st.sampled_from([*WORDS, "*", "?", "\\*", "powershell", "\u212a"]), min_size=1, max_size=4).map("".join),
    st.sampled_from([0, 1, 7, 1.5, True, False, None]),
)
items = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                "",
                "|contains",
                "|startswith",
                "|endswith",
                "|cased",
                "|contains|cased",
                "|neq",
                "|windash",
                "|contains|windash",
                "|contains|all",
                "|endswith|cased",
            ]
        ),
        st.one_of(needles, st.lists(needles, min_size=1, max_size=3)),
    ),
    st.tuples(
        st.sampled_from(["|re", "|re|i", "|re|m", "|re|s", "|re|i|m"]),
        st.sampled_from(
            [
                "cmd",
                "^a.*$",
                "k",
                "(?i)S",
                "a$",
                ".",
                "[ab]{2}",
                "(cmd|exe)$",
                "cmd(?!.exe)",
                "(a)\\1",
                "\\Acmd",
                "",
                "powershell.*-c",
                "^$",
            ]
        ),
    ),
    st.tuples(st.sampled_from(["|lt", "|lte", "|gt", "|gte"]), st.sampled_from([0, 1, 7, 1.5])),
    st.tuples(st.just("|cidr"), st.sampled_from(["10.0.0.0/8", "10.1.2.3/32", "fe80::/10", "0.0.0.0/0"])),
    st.tuples(st.just("|exists"), st.booleans()),
    st.tuples(
        st.sampled_from(["|fieldref", "|fieldref|startswith", "|fieldref|endswith", "|fieldref|contains"]),
        st.sampled_from(FIELDS),
    ),
    st.tuples(
        st.sampled_from(["|hour", "|minute", "|day", "|week", "|month", "|year"]),
        st.sampled_from([5, 6, 7, 8, 19, 2024]),
    ),
    st.tuples(st.sampled_from(["|base64offset|contains", "|wide|base64|contains"]), st.sampled_from(["a", "cmd"])),
)
maps = st.dictionaries(st.sampled_from(FIELDS), items, min_size=1, max_size=3).map(
    lambda chosen: {field + modifier: operand for field, (modifier, operand) in chosen.items()}
)
keywords = st.lists(
    st.sampled_from(["cmd", "a", "*", "k", "powershell", "lsadump::", 7, "::", "sſ", "c?d", "σ"]),
    min_size=1,
    max_size=3,
)
detections = st.one_of(maps, st.lists(maps, min_size=1, max_size=2), keywords, keywords.map(lambda k: {"|all": k}))
CONDITIONS = [
    "a",
    "not a",
    "a and b",
    "a or b",
    "a and not b",
    "a or not b",
    "not a and not b",
    "1 of them",
    "all of them",
    "not 1 of them",
    "(a or b) and not (a and b)",
]


def rule(first: Any, second: Any, condition: str) -> SigmaRule | None:
    """The parsed rule, or None where pySigma refuses the combination."""
    document = {
        "title": "t",
        "logsource": {"product": "windows"},
        "detection": {"a": first, "b": second, "condition": condition},
    }
    try:
        sigma = SigmaRule.from_dict(document, policy=POLICY)
        _ = [parsed.parsed for parsed in sigma.detection.parsed_condition]
    except (SigmaError, AttributeError, TypeError, ValueError):
        return None
    return sigma


def matcher(programs: list[Program]) -> Matcher:
    return Matcher(dict(enumerate(programs)), lambda kind: list(range(len(programs))), lambda kind: {})


def stored(batch: list[dict[str, Any]]) -> Columns:
    """The events as the store would hand them back: plain texts in columns, all else without one."""
    texts: dict[str, list[str | None]] = {name: [None] * len(batch) for event in batch for name in event}
    rest: list[tuple[int, str, str]] = []
    for row, event in enumerate(batch):
        for name, content in event.items():
            text = value.text(content)
            if isinstance(text, str):
                texts[name][row] = text
            else:
                rest.append((row, name, orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS).decode()))
    plain = Held(len(batch), {name: [Piece(0, pa.array(some, pa.string()))] for name, some in texts.items()})
    rows, names, contents = zip(*rest, strict=True) if rest else ((), (), ())
    loose = Loose(np.array(rows, np.int64), pa.array(names, pa.string()), pa.array(contents, pa.string()))
    return Columns(len(batch), plain, loose, Suspects(plain, loose))


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(detections, detections, st.sampled_from(CONDITIONS), st.lists(events, min_size=1, max_size=6))
@example({"Image": "x"}, {"Image|contains": "\\cmd"}, "a or not b", [{"EventID": 7}])  # negation and a missing field
@example({"Image|cased": "Cmd"}, ["zzz"], "a", [{"Image": "cmd", "EventID": 7}, {"Image": "Cmd", "EventID": 7}])
@example({"EventID": "7"}, {"User": 1}, "a and b", [{"EventID": 7, "User": True}, {"EventID": 7, "User": [2, "1"]}])
@example({"Image|contains": "k"}, ["a"], "a", [{"Image": "\u212a", "EventID": 7}, {"Image": "k", "EventID": 7}])
@example(["lsadump::"], ["cmd"], "1 of them", [{"User": "LSADUMP::x", "EventID": 7}, {"User": {}, "EventID": 7}])
def test_the_kernel_and_the_oracle_agree(first: Any, second: Any, condition: str, batch: list[dict[str, Any]]) -> None:
    sigma = rule(first, second, condition)
    if sigma is None:
        return
    batch = [value.flatten(event) for event in batch]
    expected = [oracle.matches(sigma, KIND, event) for event in batch]
    program = compile_rule(sigma)

    one = matcher([program])
    assert [bool(one.plan(KIND).match(event)) for event in batch] == expected, "event by event"
    again = [bool(one.plan(KIND).match(event)) for event in batch]
    assert again == expected, "from the memos"

    decoded = Batch(kinds=[KIND] * len(batch), events=batch, offsets=list(range(len(batch))))
    assert _hit(matcher([program]).match(decoded), len(batch)) == expected, "a batch"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ringleader.detect.plan.SCREENED_FROM", -1)
        patch.setattr("ringleader.detect.field.LONG", 0)
        assert _hit(matcher([program]).match(decoded), len(batch)) == expected, "a batch through a screen"

    lines = [orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS) for event in batch]
    raw = b"\n".join(lines)
    offsets = [sum(len(line) + 1 for line in lines[:place]) for place in range(len(lines))]
    parsed = [orjson.loads(line) for line in lines]
    with_raw = Batch(kinds=[KIND] * len(batch), events=parsed, offsets=offsets, raw=raw)
    assert _hit(matcher([program]).match(with_raw), len(batch)) == expected, "a batch with its raw text"

    escaped = [_escaped(line) for line in lines]
    raw = b"\n".join(escaped)
    offsets = [sum(len(line) + 1 for line in escaped[:place]) for place in range(len(escaped))]
    with_escapes = Batch(kinds=[KIND] * len(batch), events=parsed, offsets=offsets, raw=raw)
    assert _hit(matcher([program]).match(with_escapes), len(batch)) == expected, "raw text spelled with escapes"

    assert _hit(matcher([program]).match_columns(KIND, stored(batch)), len(batch)) == expected, "stored columns"


def _hit(hits: list[kernel.Hit], size: int) -> list[bool]:
    found = {place for place, rules in hits if rules}
    return [place in found for place in range(size)]


def _escaped(line: bytes) -> bytes:
    """The same JSON with letters of its strings as \\u escapes."""
    out, inside, skip = [], False, False
    for char in line.decode():
        if skip:
            out.append(char)
            skip = False
        elif char == "\\":
            out.append(char)
            skip = True
        elif char == '"':
            inside = not inside
            out.append(char)
        elif inside and char in "aklςK\u212a":
            out.append(f"\\u{ord(char):04x}")
        else:
            out.append(char)
    return "".join(out).encode()


@settings(max_examples=100, deadline=None)
@given(st.lists(detections, min_size=2, max_size=8), st.lists(events, min_size=1, max_size=20))
def test_rules_do_not_disturb_each_other(several: list[Any], batch: list[dict[str, Any]]) -> None:
    parsed = [sigma for first in several if (sigma := rule(first, {"User": "nobody"}, "a or b"))]
    expected = [[n for n, sigma in enumerate(parsed) if oracle.matches(sigma, KIND, event)] for event in batch]
    programs = [compile_rule(sigma) for sigma in parsed]
    plan = matcher(programs).plan(KIND)
    assert [list(plan.match(event)) for event in batch] == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ringleader.detect.plan.SCREENED_FROM", 0)
        patch.setattr("ringleader.detect.field.LONG", 0)
        one = matcher(programs)
        one.plan(KIND)._seen = 1_000_000  # the screen stays however much it lets through
        found = dict(one.match(Batch([KIND] * len(batch), batch, list(range(len(batch))))))
    assert [list(found.get(place, ())) for place in range(len(batch))] == expected


def test_a_screen_looks_at_few_fields() -> None:
    first = rule({"Image|endswith": "cmd.exe", "User": "x"}, {"Image": "y", "ParentUser|contains": "adm"}, "a or b")
    assert first is not None
    one = matcher([compile_rule(first)])
    events = [{"Image": f"{number % 7}.exe", "User": f"u{number}", "EventID": 7} for number in range(1000)]
    events[500]["Image"], events[500]["User"] = "cmd.exe", "X"
    hits = []
    for start in range(0, 1000, 50):
        batch = Batch([KIND] * 50, events[start : start + 50], list(range(50)))
        hits += [start + place for place, _ in one.match(batch)]
    assert hits == [500]
    plan = one.plan(KIND)
    assert plan.screened(0).names == ("Image",)  # type: ignore[union-attr]
    assert len(plan.memos[plan.fields.index("User")]) < 150


def test_memos_stay_within_their_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringleader.detect.plan.MEMO_CHARS", 10_000)
    sigma = rule({"Image|contains": "77"}, {"User": "x"}, "a")
    assert sigma is not None
    plan = matcher([compile_rule(sigma)]).plan(KIND)
    for number in range(5_000):
        assert bool(plan.match({"Image": f"value {number}", "EventID": 7})) == ("77" in str(number))
    assert sum(map(len, plan.memos)) < 200


def test_an_expression_that_takes_too_long_is_reported() -> None:
    sigma = rule({"Image|re": "(?=a)(a|aa)+$"}, {"User": "x"}, "a")
    assert sigma is not None
    told: list[int] = []
    slow = Matcher({0: compile_rule(sigma)}, lambda kind: [0], lambda kind: {}, told.append)
    assert slow.plan(KIND).match({"Image": "a" * 60 + "b", "EventID": 7}) == ()
    assert told == [0]
