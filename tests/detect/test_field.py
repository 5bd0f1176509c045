"""A field's predicates over several texts at once, by their lines, against each text as a whole."""

from __future__ import annotations

from unittest import mock

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from ringleader.detect import field, literals
from ringleader.detect.field import Field
from ringleader.detect.lines import Lines
from ringleader.detect.program import Predicate

WORDS = st.text("abA\nſ.", min_size=1, max_size=3)
TEXTS = st.lists(st.text("abA\nſ.", max_size=12), min_size=1, max_size=6, unique=True)
PREDICATES = st.lists(
    st.one_of(
        st.builds(Predicate, st.just("f"), st.sampled_from(["contains", "startswith", "endswith", "eq"]), WORDS),
        st.builds(lambda word: Predicate("f", "contains", word, cased=True), WORDS),
        st.builds(lambda word: Predicate("f", "glob", rf"(?s)\Aaba{word}.*\z"), st.sampled_from(["a", "b"])),
        st.just(Predicate("f", "any")),
    ),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(PREDICATES, TEXTS, st.data())
def test_texts_by_their_lines_are_of_the_same_class(
    some: list[Predicate], texts: list[str], data: st.DataObject
) -> None:
    folded = [p if p.cased or p.op == "glob" else Predicate(p.field, p.op, p.arg.lower()) for p in some]
    predicates = dict(enumerate(dict.fromkeys(folded)))
    gates = data.draw(st.sampled_from([None, frozenset([0])]))
    whole = Field(predicates)
    expected = [whole.classify(text) for text in texts]
    with mock.patch.object(field, "LONG", 4), mock.patch.object(literals, "LONG", 4):
        asked = Field(predicates, None, gates)
        got = asked.classes(pa.array(["skipped" * 9, *texts]).slice(1)) or [None] * len(texts)
        for text, each, right in zip(texts, got, expected, strict=True):
            answer = asked.classify(text) if each is None else each
            # What a gate keeps out may hold all the same: no rule can hold on it.
            assert answer == right or (gates is not None and not right & gates and not answer)


def test_each_line_is_there_once() -> None:
    lines = Lines(pa.array(["a\nb\na", "", "b\na", "\n\n", "é\n"]))
    assert sorted(lines.distinct) == ["\n", "a", "a\n", "b\n", "é\n"]
    numbers = {"a": 1, "a\n": 2, "b\n": 0, "\n": 3, "é\n": -1}
    assert lines.keys(numbers.__getitem__) == [((1, 2), 2, 1), ((), 0, 0), ((1,), 0, 1), ((3,), 3, 3), None]
