"""The formats that can be read. A new one is one file with one class, and one line here."""

from __future__ import annotations

from ringleader.ingest.readers.alerts import Alerts
from ringleader.ingest.readers.auditd import Auditd
from ringleader.ingest.readers.base import BLOCK, CODES, HEAD, Reader, Unit
from ringleader.ingest.readers.evtx import Evtx
from ringleader.ingest.readers.exchange import Exchange
from ringleader.ingest.readers.lines import as_utf8
from ringleader.ingest.readers.oracle_csv import OracleCsv
from ringleader.ingest.readers.postgresql import Postgresql
from ringleader.ingest.readers.suricata import Suricata
from ringleader.ingest.readers.syslog import Syslog
from ringleader.ingest.readers.w3c import W3c
from ringleader.ingest.readers.wazuh import Wazuh
from ringleader.ingest.readers.windows_json import WindowsJson
from ringleader.ingest.readers.zeek import Zeek
from ringleader.ingest.readers.zeek_json import ZeekJson

READERS: tuple[Reader, ...] = (
    Evtx(),
    Suricata(),
    Wazuh(),
    WindowsJson(),
    ZeekJson(),
    Zeek(),
    Exchange(),
    W3c(),
    Auditd(),
    Syslog(),
    OracleCsv(),
    Postgresql(),
    Alerts(),
)
"""Every reader, asked in this order."""

BY_NAME: dict[str, Reader] = {reader.name: reader for reader in READERS}


def sniff(head: bytes) -> Reader | None:
    """The reader for a file that begins with ``head`` (its first :data:`HEAD` bytes); its name plays no part."""
    text = as_utf8(head[:HEAD])
    return next((reader for reader in READERS if reader.sniff(text)), None)


__all__ = ["BLOCK", "BY_NAME", "CODES", "HEAD", "READERS", "Reader", "Unit", "sniff"]
