"""The exporters. A new one is a file here, a line in EXPORTERS, and a test with the receiver's library or schema."""

from __future__ import annotations

from ringleader.export.base import Exporter
from ringleader.export.formats import stix

EXPORTERS: tuple[Exporter, ...] = (stix.Stix(),)
BY_NAME = {exporter.name: exporter for exporter in EXPORTERS}
