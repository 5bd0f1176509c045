from __future__ import annotations

import random
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from ringleader.cluster.linkage import Edge, linkage

BASE = -2.0
SIZE = 7
PAIRS = list(combinations(range(SIZE), 2))
EDGES = st.dictionaries(
    st.sampled_from(PAIRS),
    st.builds(Edge, st.integers(-40, 60).map(lambda tenths: tenths / 10), st.booleans()),
)


def run(edges: dict[tuple[int, int], Edge], **more: object) -> list[list[int]]:
    return linkage(SIZE, edges, base=BASE, cut=0.0, **more)[0]  # type: ignore[arg-type]


@given(EDGES)
def test_every_one_is_in_exactly_one_cluster(edges: dict[tuple[int, int], Edge]) -> None:
    assert sorted(member for some in run(edges) for member in some) == list(range(SIZE))


@given(EDGES, st.randoms())
def test_the_order_of_the_edges_does_not_matter(edges: dict[tuple[int, int], Edge], draw: random.Random) -> None:
    shuffled = list(edges.items())
    draw.shuffle(shuffled)
    assert run(dict(shuffled)) == run(edges)


@given(EDGES)
def test_it_is_average_linkage_as_one_would_write_it(edges: dict[tuple[int, int], Edge]) -> None:
    """Written again, slowly and without a heap."""

    def micro(pair: tuple[int, int]) -> int:
        return round(edges[pair].log_odds * 1_000_000) if pair in edges else round(BASE * 1_000_000)

    clusters = [[n] for n in range(SIZE)]
    while True:
        best = None
        for a, b in combinations(clusters, 2):
            pairs = [tuple(sorted((x, y))) for x in a for y in b]
            if any(pair in edges and edges[pair].joins for pair in pairs):
                average = sum(micro(pair) for pair in pairs) / len(pairs)
                key = (-average, min(min(a), min(b)), max(min(a), min(b)))
                if average >= 0 and (best is None or key < best[0]):
                    best = key, a, b
        if best is None:
            break
        _, a, b = best
        clusters = [c for c in clusters if c not in (a, b)] + [sorted(a + b)]
    assert run(edges) == sorted(clusters)


@given(EDGES, st.sets(st.sampled_from(PAIRS), max_size=3), st.sets(st.sampled_from(PAIRS), max_size=3))
def test_decisions_are_obeyed(
    edges: dict[tuple[int, int], Edge], same: set[tuple[int, int]], different: set[tuple[int, int]]
) -> None:
    bound = linkage(SIZE, {}, base=BASE, cut=0.0, same=sorted(same))[0]
    possible = {pair for pair in different if not any(set(pair) <= set(some) for some in bound)}
    found = run(edges, same=sorted(same), different=sorted(possible))
    for pair in same:
        assert any(set(pair) <= set(some) for some in found)
    for pair in possible:
        assert not any(set(pair) <= set(some) for some in found)


def test_likeness_that_is_no_reason_to_join_joins_nothing() -> None:
    assert run({(0, 1): Edge(9.0, False)}) == [[n] for n in range(SIZE)]


def test_of_crowded_ones_a_pair_that_was_not_looked_at_does_not_count() -> None:
    chain = {(n, n + 1): Edge(4.0, True) for n in range(SIZE - 1)}
    assert len(run(chain)) > 1
    assert run(chain, crowded=set(range(SIZE))) == [list(range(SIZE))]
