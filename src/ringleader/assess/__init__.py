"""Says how an intruder came in, what was reached, whose records were read, what could be disrupted, what changed after
each eviction and what is still in place: the table ``assessments``. ``questions/`` has a file for each question."""

from __future__ import annotations

from ringleader.assess.questions import QUESTIONS, Question
from ringleader.assess.stage import Summary, run
from ringleader.assess.statement import Statement

__all__ = ["QUESTIONS", "Question", "Statement", "Summary", "run"]
