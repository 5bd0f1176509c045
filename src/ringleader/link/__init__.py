"""Join findings into intrusions."""

from ringleader.link.kernel import LEVELS, TACTICS, link
from ringleader.link.stage import Summary, run

__all__ = ["LEVELS", "TACTICS", "Summary", "link", "run"]
