"""The vectorised features, one by one against what their words say."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.attribute import features
from ringleader.attribute.corpus import Corpus, Standing
from ringleader.attribute.features import NAMES, Evidence
from ringleader.compare.contribution import PRIOR


def plain(standing: Standing, techniques: list[int], software: list[int], group: int) -> dict[str, float]:
    """One group at a time, with sets."""
    c = standing.corpus
    groups = [g for g in range(len(c.groups)) if standing.known[g]]
    uses = {g: set(np.flatnonzero(standing.technique[g])) for g in range(len(c.groups))}
    tools = {g: set(np.flatnonzero(standing.software[g])) for g in range(len(c.groups))}
    does = {s: set(np.flatnonzero(standing.implied_reports[s])) for s in range(len(c.software))}
    n = len(groups)
    holders = {t: sum(t in uses[g] for g in groups) for t in range(len(c.techniques))}
    users = {s: sum(s in tools[g] for g in groups) for s in range(len(c.software))}
    total_t, total_s = sum(holders.values()), sum(users.values())

    def llr(count: int, total: int, distinct: int) -> float:
        return math.log(1 + 1 / (PRIOR * (count + 0.5) / (total + 0.5 * distinct)))

    def idf(count: int) -> float:
        return math.log((n + 1) / (count + 0.5))

    own, mine = uses[group], tools[group]
    implied = set().union(*[does[s] for s in software]) if software else set()
    through = {g: set().union(*[does[s] for s in tools[g]]) if tools[g] else set() for g in groups}
    family = {g: {c.parent[t] for t in uses[g]} for g in groups}
    out = dict.fromkeys(NAMES, 0.0)
    for t in techniques:
        if t in own:
            out["technique"] += llr(holders[t], total_t, len(c.techniques))
            out["fresh"] += 0 if t in implied else llr(holders[t], total_t, len(c.techniques))
            continue
        if t in through.get(group, ()):
            out["credited"] += idf(sum(t in through[g] for g in groups))
        if c.parent[t] in family.get(group, ()):
            out["parent"] += idf(sum(c.parent[t] in family[g] for g in groups))
    for s in software:
        if s in mine:
            out["software"] += llr(users[s], total_s, len(c.software))
            out["unique"] += users[s] == 1
            out["rare"] += users[s] == 2
    more_t = 2 * sum(holders[t] * idf(holders[t]) ** 2 for t in holders) / max(total_t, 1)
    more_s = 2 / 3 * sum(users[s] * idf(users[s]) ** 2 for s in users) / max(total_s, 1)
    for pair in np.flatnonzero(standing.kept & (c.pair_group == group)):
        rt, rs = set(np.flatnonzero(c.pair_technique[pair])), set(np.flatnonzero(c.pair_software[pair]))
        wt = {t: idf(holders[t]) ** 2 for t in rt | set(techniques)}
        ws = {s: idf(users[s]) ** 2 for s in rs | set(software)}
        ht, hs = sum(wt[t] for t in rt & set(techniques)), sum(ws[s] for s in rs & set(software))
        nt, ns = sum(wt[t] for t in rt), sum(ws[s] for s in rs)
        ot, os_ = sum(wt[t] for t in techniques), sum(ws[s] for s in software)
        hits = len(rt & set(techniques)) + 3 * len(rs & set(software))
        either = len(rt | set(techniques)) + 3 * len(rs | set(software))
        for name, above, below in (
            ("report-technique", ht, math.sqrt((nt + more_t) * (ot + more_t))),
            ("report-software", hs, math.sqrt((ns + more_s) * (os_ + more_s))),
            ("report-both", ht + hs, math.sqrt((nt + ns + more_t) * (ot + os_ + more_t))),
            ("report-overlap", hits, either + 4),
        ):  # fmt: skip
            out[name] = max(out[name], above / below if below else 0)
    out["technique-size"] = -len(techniques) * math.log(1 + len(own) / 50)
    out["software-size"] = -len(software) * math.log(1 + len(mine) / 10)
    out["techniques"] = math.log(1 + len(own))
    out["reports"] = math.log(1 + int((standing.kept & (c.pair_group == group)).sum()))
    return out


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(0, 690), max_size=12, unique=True),
    st.lists(st.integers(0, 783), max_size=6, unique=True),
    st.integers(0, 171),
    st.lists(st.integers(0, 1700), max_size=30),
)
def test_the_fast_way_equals_the_plain_one(
    corpus: Corpus, techniques: list[int], software: list[int], group: int, gone: list[int]
) -> None:
    standing = corpus.standing(gone)
    # Half of what is seen comes from the group itself, or there would be nothing to compare.
    techniques = sorted({*techniques, *np.flatnonzero(corpus.group_technique[group])[:6].tolist()})
    software = sorted({*software, *np.flatnonzero(corpus.group_software[group])[:4].tolist()})
    fast = features.table(standing, Evidence.of(techniques, software))[group]
    slow = plain(standing, techniques, software, group)
    for name, value in zip(NAMES, fast, strict=True):
        assert value == pytest.approx(slow[name], rel=1e-4, abs=1e-5), name


def test_trust_tempers_every_match(corpus: Corpus) -> None:
    standing = corpus.standing()
    t, s = np.flatnonzero(corpus.group_technique[5])[:8], np.flatnonzero(corpus.group_software[5])[:4]
    full = features.table(standing, Evidence.of(t, s))
    half = features.table(standing, Evidence(t, s, np.full(len(t), 0.5), np.full(len(s), 0.5)))
    matching = len(features.MATCHING)
    assert (half[:, :matching] <= full[:, :matching] + 1e-12).all()
    assert half[:, matching : matching + 2] == pytest.approx(full[:, matching : matching + 2] / 2)
    assert (half[:, matching + 2 :] == full[:, matching + 2 :]).all()


def test_what_is_hardly_believed_is_hardly_there(corpus: Corpus) -> None:
    standing = corpus.standing()
    t, s = np.flatnonzero(corpus.group_technique[5])[:8], np.flatnonzero(corpus.group_software[5])[:4]
    noise = np.setdiff1d(np.arange(40), t)
    alone = features.table(standing, Evidence.of(t, s))
    trust = np.concatenate([np.ones(len(t)), np.full(len(noise), 1e-9)])
    among = features.table(standing, Evidence(np.concatenate([t, noise]), s, trust, np.ones(len(s))))
    assert among == pytest.approx(alone, abs=1e-4)
