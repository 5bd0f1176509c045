from __future__ import annotations

import pytest

from ringleader.attribute import Attributor, Model
from ringleader.attribute.corpus import Corpus
from ringleader.knowledge import BUILT_IN, Knowledge


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return Knowledge.load()


@pytest.fixture(scope="session")
def corpus(knowledge: Knowledge) -> Corpus:
    return Corpus.of(knowledge)


@pytest.fixture(scope="session")
def attributor(knowledge: Knowledge) -> Attributor:
    return Attributor(knowledge, Model.load(BUILT_IN))
