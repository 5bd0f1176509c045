"""A kind says what sort of event this is: a path such as ``windows/sysmon/1``, ``exchange/httpproxy`` or ``zeek/conn``.

The first part is the platform or product, the second the log, a third (Windows) the event id. Detection asks for kinds
by prefix, so ``windows/security`` means every Security event.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Channels with a name that the field uses; every other channel gets its slug.
_NAMED = {
    "microsoft-windows-sysmon/operational": "sysmon",
    "microsoft-windows-powershell/operational": "powershell",
    "powershellcore/operational": "powershell",
    "windows powershell": "powershell-classic",
    "msexchange management": "msexchange-management",
}
_UNSAFE = re.compile(r"[^a-z0-9]+")


@lru_cache(maxsize=65536)
def slug(name: str) -> str:
    """``name`` as one safe part of a kind: lower case, ``[a-z0-9-]``, at most 80 characters, ``unknown`` when empty."""
    return _UNSAFE.sub("-", name.lower()).strip("-")[:80].strip("-") or "unknown"


@lru_cache(maxsize=65536)
def windows(channel: str, event_id: str) -> str:
    """The kind of a Windows event. ``channel`` in any case; ``Microsoft-Windows-`` is left out of slugs.

    >>> windows("Microsoft-Windows-Sysmon/Operational", "1")
    'windows/sysmon/1'
    >>> windows("Microsoft-Windows-TaskScheduler/Operational", "106")
    'windows/taskscheduler-operational/106'
    """
    lowered = channel.lower()
    log = _NAMED.get(lowered) or slug(lowered.removeprefix("microsoft-windows-"))
    return f"windows/{log}/{slug(event_id)}"


def covers(prefix: str, kind: str) -> bool:
    """Whether ``kind`` is ``prefix`` or lies below it. ``*`` covers all."""
    return prefix == "*" or kind == prefix or kind.startswith(prefix + "/")
