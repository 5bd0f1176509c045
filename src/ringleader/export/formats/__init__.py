"""The exporters. A new one is a file here, a line in EXPORTERS, and a test with the receiver's library or schema."""

from __future__ import annotations

from ringleader.export.base import Exporter
from ringleader.export.formats import blocklist, misp, navigator, sigma, stix, table, timesketch

EXPORTERS: tuple[Exporter, ...] = (
    stix.Stix(),
    misp.Misp(),
    navigator.Navigator(),
    timesketch.TimesketchCsv(),
    timesketch.TimesketchJsonl(),
    table.Csv(),
    sigma.Sigma(),
    blocklist.Blocklist(),
)
BY_NAME = {exporter.name: exporter for exporter in EXPORTERS}
