"""The questions. A new one is a file here, a line in QUESTIONS and a test."""

from __future__ import annotations

from ringleader.assess.questions import adaptation, entry, persistence, since, targets
from ringleader.assess.questions.base import Question

QUESTIONS: tuple[Question, ...] = (
    entry.Entry(),
    targets.Targets(),
    adaptation.Adaptation(),
    persistence.Persistence(),
    since.Since(),
)

__all__ = ["QUESTIONS", "Question"]
