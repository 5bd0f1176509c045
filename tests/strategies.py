"""Hypothesis strategies for what the project handles. Built from the contracts in ``ringleader.schema``."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from ringleader.schema.batch import Batch

# What JSON cannot say but a decoder may give (half surrogate pairs), and what tools trip over.
TEXTS = st.one_of(
    st.sampled_from(["", "\x00", "a\x00b", "\ud800", "ı", "ς", "-", "null", "true", "4688", "x" * 3000]),
    st.text(st.characters(codec=None), max_size=20),
)
SCALARS = st.one_of(
    TEXTS,
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
)
VALUES = st.one_of(SCALARS, TEXTS, st.lists(SCALARS, max_size=4))
"""Values of fields, plain texts more often than others."""

NAMES = st.one_of(
    st.sampled_from(
        ["Image", "CommandLine", "EventID", "Computer", "host", "kind", "rest", "field:host", "field:x", ""]
    ),
    st.text(st.characters(codec="utf-8"), max_size=8),
)

EVENTS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(NAMES, VALUES, max_size=8)
"""Flat events: no inner objects, as readers guarantee."""

KINDS = st.sampled_from(["windows/sysmon/1", "windows/security/4688", "zeek/conn"])


@st.composite
def batches(draw: st.DrawFn, start: int = 0) -> Batch:
    """A batch with offsets from ``start`` on, not always in order."""
    events = draw(st.lists(EVENTS, max_size=12))
    offsets = draw(st.permutations(range(start, start + len(events))))
    return Batch([draw(KINDS) for _ in events], events, list(offsets))
