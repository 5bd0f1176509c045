"""Intrusions into campaigns, and what campaigns have in common."""

from ringleader.cluster.stage import Summary, run

__all__ = ["Summary", "run"]
