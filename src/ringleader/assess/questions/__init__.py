"""The questions. A new one is a file here, a line in QUESTIONS and a test."""

from __future__ import annotations

from ringleader.assess.questions import (
    adaptation,
    credentials,
    entry,
    impact,
    jewels,
    persistence,
    since,
    supplier,
    targets,
    watchlist,
)
from ringleader.assess.questions.base import Question

QUESTIONS: tuple[Question, ...] = (
    entry.Entry(),
    supplier.Suppliers(),
    jewels.CrownJewels(),
    credentials.Credentials(),
    targets.Targets(),
    watchlist.Watchlist(),
    impact.Impact(),
    adaptation.Adaptation(),
    persistence.Persistence(),
    since.Since(),
)

__all__ = ["QUESTIONS", "Question"]
