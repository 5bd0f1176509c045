"""Intrusions into campaigns, and what campaigns have in common."""

from ringleader.cluster.decision import Decision, decide, undo
from ringleader.cluster.decision import read as decisions
from ringleader.cluster.stage import Other, Summary, run

__all__ = ["Decision", "Other", "Summary", "decide", "decisions", "run", "undo"]
