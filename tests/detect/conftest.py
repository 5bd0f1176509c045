"""Every engine that decides rules on events, behind one signature, so that each detection test runs on all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from sigma.rule import SigmaRule

from ringleader.detect import logsource
from ringleader.detect.compiler import compile_rule
from ringleader.detect.kernel import Matcher
from ringleader.detect.oracle import Oracle
from ringleader.schema import kind as kinds
from ringleader.schema.batch import Batch

Hits = set[tuple[int, int]]
"""(place of the rule, place of the event)"""
Engine = Callable[[Sequence[SigmaRule], Batch], Hits]


def by_oracle(rules: Sequence[SigmaRule], batch: Batch) -> Hits:
    events = list(enumerate(zip(batch.kinds, batch.events, strict=True)))
    return {
        (number, place)
        for number, rule in enumerate(map(Oracle, rules))
        for place, (kind, event) in events
        if rule.matches(kind, event, batch.renames)
    }


def by_kernel(rules: Sequence[SigmaRule], batch: Batch) -> Hits:
    targets = [logsource.resolve(r.logsource.product, r.logsource.category, r.logsource.service).kinds for r in rules]

    def scope(kind: str) -> list[int]:
        return [n for n, prefixes in enumerate(targets) if any(kinds.covers(prefix, kind) for prefix in prefixes)]

    programs = {number: compile_rule(rule) for number, rule in enumerate(rules)}
    matcher = Matcher(programs, scope, logsource.aliases)
    return {(rule, place) for place, found in matcher.match(batch) for rule in found}


@pytest.fixture(params=[by_oracle, by_kernel], ids=["oracle", "kernel"])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def oracle() -> Engine:
    return by_oracle


@pytest.fixture
def kernel() -> Engine:
    return by_kernel
