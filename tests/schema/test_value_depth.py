"""Text forms of what orjson decodes, however deep."""

from __future__ import annotations

import io

import orjson
import pytest

from ringleader.ingest.readers import BY_NAME
from ringleader.schema import value


@pytest.mark.parametrize("depth", [1, 16, 17, 200, 300, 1000])
def test_nothing_is_too_deep(depth: int) -> None:
    objects = orjson.loads('{"a":' * depth + "1" + "}" * depth)
    (text,) = value.flatten(objects).values()
    assert value.text(text) is not None
    mixed = orjson.loads("[" * depth + '{"a":1}, null, "x", [2]' + "]" * depth)
    assert value.text(mixed) == ['{"a":1}', None, "x", "2"]
    lists = orjson.loads("[" * 500 + '{"a":' * (depth // 2 + 1) + "1" + "}" * (depth // 2 + 1) + "]" * 500)
    (inner,) = value.text(lists) or [None]
    assert inner is not None and (inner == value.TOO_DEEP or inner.startswith('{"a":'))


def test_a_reader_keeps_an_event_with_deep_values() -> None:
    reader = BY_NAME["windows-json"]
    data = b'{"EventID":1,"Channel":"x","a":' + b'{"a":' * 900 + b"1" + b"}" * 901 + b"\n"
    units = reader.plan(io.BytesIO(data), len(data))
    assert [len(batch) for unit in units for batch in reader.read(io.BytesIO(data), unit)] == [1]
