"""Parse any supported evidence; record what was read and what could not be."""

from ringleader.ingest.limits import Limits
from ringleader.ingest.run import Summary, ingest
from ringleader.ingest.stream import Stream, read

__all__ = ["Limits", "Stream", "Summary", "ingest", "read"]
