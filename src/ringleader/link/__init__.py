"""Join findings into intrusions."""

from ringleader.link.kernel import link
from ringleader.link.stage import Summary, run

__all__ = ["Summary", "link", "run"]
