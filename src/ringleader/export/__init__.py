"""Hand what was found to others' tools: one exporter for each format, profiles without logs, and a TAXII client.

An exporter reads tables and writes one file. What it writes leaves the operator, so names of its hosts and accounts
stay out unless the format is for the operator's own people, or the user says otherwise."""

from ringleader.export.base import Exporter, Options, Source
from ringleader.export.formats import BY_NAME, EXPORTERS
from ringleader.export.share import Shared, share
from ringleader.export.stage import Summary, export

__all__ = ["BY_NAME", "EXPORTERS", "Exporter", "Options", "Shared", "Source", "Summary", "export", "share"]
