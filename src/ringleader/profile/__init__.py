"""Say what is characteristic of each intrusion."""

from ringleader.profile.kernel import profile
from ringleader.profile.kinds import KINDS
from ringleader.profile.stage import Summary, run

__all__ = ["KINDS", "Summary", "profile", "run"]
