"""Parse any supported evidence; record what was read and what could not be."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringleader.ingest.limits import Limits
    from ringleader.ingest.run import Summary, ingest
    from ringleader.ingest.stream import Stream, read

__all__ = ["Limits", "Stream", "Summary", "ingest", "read"]

_HOMES = {"Limits": "limits", "Stream": "stream", "read": "stream"}


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is asked for: ``scan`` starts without Arrow."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'run')}"), name)
