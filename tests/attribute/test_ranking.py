from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringleader.attribute import UNKNOWN, Attribution, Attributor, verdict
from ringleader.attribute.traits import read
from ringleader.compare import Profile, Trait, likelihood
from ringleader.errors import UsageError
from ringleader.knowledge import Knowledge

KNOWLEDGE = Knowledge.load()
ITEMS = st.sampled_from([e for e in KNOWLEDGE.entities.values() if e.kind in ("technique", "software")])
PROFILES = st.lists(ITEMS, min_size=1, max_size=15).map(
    lambda found: Profile.of("evidence", [Trait(e.kind, e.id, "B2") for e in found])
)


def profile(*ids: str, grade: str = "A1") -> Profile:
    return Profile.of("evidence", [Trait("software" if i[0] == "S" else "technique", i, grade) for i in ids])


GALLIUM = ["T1505.003", "T1003.001", "S0020", "S0040", "S0564", "T1190", "T1560.001", "T1090.002"]


@settings(max_examples=10, deadline=None)
@given(PROFILES)
def test_probabilities_sum_to_one_and_contributions_to_the_odds(attributor: Attributor, given: Profile) -> None:
    import math

    answer = attributor.attribute(given)
    assert sum(c.probability for c in answer.candidates) == pytest.approx(1)
    assert [c.id for c in answer.candidates].count(UNKNOWN) == 1
    assert len(answer.candidates) == 1 + len(attributor.knowledge.of_kind("group"))
    best, *_, last = answer.groups
    none = next(c for c in answer.candidates if c.id == UNKNOWN)
    assert sum(line.weight for line in none.contributions) == pytest.approx(
        math.log(none.probability / (1 - none.probability)), abs=1e-4
    )
    odds = math.log(best.probability / last.probability)
    totals = [sum(line.weight for line in c.contributions) for c in (best, last)]
    assert totals[0] - totals[1] == pytest.approx(odds, abs=1e-4)


@settings(max_examples=10, deadline=None)
@given(PROFILES)
def test_techniques_alone_are_never_more_than_consistent(attributor: Attributor, given: Profile) -> None:
    alone = Profile.of("e", [t for t in given if t.kind == "technique"] or [Trait("technique", "T1190")])
    words = {c.verdict for c in attributor.attribute(alone).groups}
    assert words <= {"consistent with", "not indicated"}


def test_a_group_is_found_by_its_own_traits(attributor: Attributor) -> None:
    first = attributor.attribute(profile(*GALLIUM)).candidates[0]
    assert first.id == "G0093"
    assert first.verdict in ("likely", "very likely")


@pytest.mark.parametrize("item", ["T1505.003", "T1059.001", "T1003.001", "S0002"])
def test_one_item_is_no_evidence_though_a_report_names_just_that(attributor: Attributor, item: str) -> None:
    answer = attributor.attribute(profile(item))
    assert answer.candidates[0].id == UNKNOWN
    assert answer.groups[0].probability < 0.3


def test_worse_grades_claim_less(attributor: Attributor) -> None:
    def share(grade: str) -> float:
        answer = attributor.attribute(profile(*GALLIUM, grade=grade))
        return next(c.probability for c in answer.candidates if c.id == "G0093")

    assert share("A1") > share("C3") > share("E5")


def test_the_planted_item_is_the_one_that_takes_most(attributor: Attributor) -> None:
    answer = attributor.attribute(profile(*GALLIUM))
    assert answer.planted is not None

    def without(item: str) -> float:
        left = attributor.attribute(profile(*[i for i in GALLIUM if i != item]))
        return next(c.probability for c in left.candidates if c.id == "G0093")

    assert answer.planted.without == min(GALLIUM, key=without)


def test_each_kind_is_left_out_once(attributor: Attributor) -> None:
    answer = attributor.attribute(profile(*GALLIUM))
    assert [c.without for c in answer.without_kind] == ["all technique", "all software"]
    alone = attributor.attribute(profile(*[i for i in GALLIUM if i[0] == "S"]))
    assert answer.without_kind[0].unknown == pytest.approx(
        next(c.probability for c in alone.candidates if c.id == UNKNOWN)
    )
    assert not alone.without_kind


def test_a_prior_shifts_the_odds_and_is_one_of_the_lines(knowledge: Knowledge, attributor: Attributor) -> None:
    wary = Attributor(knowledge, attributor.model, strangers=0.7)
    plain, shifted = (one.attribute(profile(*GALLIUM)) for one in (attributor, wary))

    def odds(answer: Attribution) -> float:
        share = next(c.probability for c in answer.candidates if c.id == UNKNOWN)
        return math.log(share / (1 - share))

    assert odds(shifted) - odds(plain) == pytest.approx(math.log(0.7 / 0.3))
    assert sum(c.probability for c in shifted.candidates) == pytest.approx(1)
    assert [c.id for c in shifted.groups] == [c.id for c in plain.groups]
    none = next(c for c in shifted.candidates if c.id == UNKNOWN)
    assert sum(line.weight for line in none.contributions) == pytest.approx(odds(shifted), abs=1e-6)
    assert "70%" in next(line.reason for line in none.contributions if line.kind == "prior")


def test_leads_are_not_what_was_seen(attributor: Attributor) -> None:
    leads = attributor.attribute(profile(*GALLIUM)).leads
    assert leads
    assert not {lead.technique for lead in leads} & set(GALLIUM)
    assert [lead.gain for lead in leads] == sorted((lead.gain for lead in leads), reverse=True)


@pytest.mark.parametrize(
    ("probability", "by_kind", "rival", "word"),
    [
        (0.99, {"technique": 9.0, "software": 0.0}, 0.0, "consistent with"),
        (0.99, {"technique": 9.0, "software": 5.0}, 0.0, "very likely"),
        (0.60, {"technique": 9.0, "software": 5.0}, 0.1, "likely"),
        (0.55, {"technique": 9.0, "software": 5.0}, 0.4, "consistent with"),
        (0.01, {"technique": 9.0, "software": 5.0}, 0.4, "not indicated"),
        (0.60, {"technique": 0.1, "software": 0.2}, 0.0, "not indicated"),
    ],
)
def test_words_are_gated(probability: float, by_kind: dict[str, float], rival: float, word: str) -> None:
    assert verdict.verdict(probability, by_kind, rival) == word


@given(st.floats(0, 1))
def test_every_probability_has_a_word(probability: float) -> None:
    low, high = likelihood.band(probability).removesuffix(" %").split("-")
    assert likelihood.word(probability)
    assert float(low) <= probability * 100 + 0.5
    assert probability * 100 <= float(high) + 0.5
    assert verdict.unknown(probability)


def test_traits_come_as_text_file_or_bundle(tmp_path: Path) -> None:
    wanted = profile("T1505.003", "S0020").traits.keys()
    assert read("T1505.003, china chopper", KNOWLEDGE).profile.traits.keys() == wanted
    (tmp_path / "traits.txt").write_text("# seen on mail01\nT1505.003/B2\tS0020 # shell\n\n")
    found = read(str(tmp_path / "traits.txt"), KNOWLEDGE).profile
    assert found.traits.keys() == wanted
    assert found.traits["technique", "T1505.003"].grade == "B2"
    objects = [
        {
            "type": "attack-pattern",
            "id": "x",
            "external_references": [{"source_name": "mitre-attack", "external_id": "T1505.003"}],
        },
        {"type": "malware", "id": "y", "name": "China Chopper"},
        {"type": "identity", "id": "z"},
        {"type": "tool", "id": "w", "name": "Nobody's", "external_references": 3},
    ]
    packed = gzip.compress(json.dumps({"type": "bundle", "objects": objects}).encode())
    (tmp_path / "bundle.gz").write_bytes(packed)
    got = read(str(tmp_path / "bundle.gz"), KNOWLEDGE)
    assert got.profile.traits.keys() == wanted
    assert got.ignored == ("Nobody's",)


@pytest.mark.parametrize("text", ["", ",", "T9999", "G0093", "T1505.003/Z9", "\x00", "a" * 5000])
def test_nothing_known_is_wrong_use(text: str) -> None:
    with pytest.raises(UsageError):
        read(text, KNOWLEDGE)


def test_too_many_traits_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ringleader.attribute import traits

    monkeypatch.setattr(traits, "MOST", 1)
    with pytest.raises(UsageError, match="no profile"):
        read("T1505.003,S0020", KNOWLEDGE)
