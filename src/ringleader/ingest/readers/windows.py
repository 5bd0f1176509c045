"""A Windows event under its canonical field names, from each of the shapes in which exporters nest it.

Canonical are ``EventID``, ``Channel``, ``Provider_Name``, ``Computer``, ``TimeCreated``, ``EventRecordID``, ``Level``,
``Task``, ``Opcode``, ``Keywords``, ``Version``, ``Execution_ProcessID``, ``Execution_ThreadID``, ``Security_UserID``,
``Message``; then the fields of EventData or UserData under their own names. Where such a field has a canonical name, it
keeps it, and the value of the event's own is ``System_<name>``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ringleader.schema import kind, value
from ringleader.schema.batch import Event

FLAT = {
    "Computer": "Hostname",
    "Provider_Name": "SourceName",
    "EventRecordID": "RecordNumber",
    "Execution_ProcessID": "ExecutionProcessID",
    "Execution_ThreadID": "ThreadID",
    "Security_UserID": "UserID",
}
"""Canonical names and what NXLog calls them."""

# What Winlogbeat 6 calls a canonical field at its top level, and 7 and 8 inside ``winlog``.
_BEAT = {
    "event_id": "EventID",
    "log_name": "Channel",
    "channel": "Channel",
    "source_name": "Provider_Name",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "computer_name": "Computer",
    "record_number": "EventRecordID",
    "record_id": "EventRecordID",
    "level": "Level",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
    "process_id": "Execution_ProcessID",
    "thread_id": "Execution_ThreadID",
    "process.pid": "Execution_ProcessID",
    "process.thread.id": "Execution_ThreadID",
    "user.identifier": "Security_UserID",
    "message": "Message",
}
_KINDS: dict[tuple[Any, Any], str] = {}
_MOST_KINDS = 65536


def kind_of(channel: Any, event_id: Any) -> str:
    """The kind of an event with these values, in whatever type they came."""
    try:
        return _KINDS[channel, event_id]
    except (KeyError, TypeError):
        found = kind.windows(_word(channel), _word(event_id))
        if isinstance(channel, str) and isinstance(event_id, str | int) and len(_KINDS) < _MOST_KINDS:
            _KINDS[channel, event_id] = found
        return found


def _word(found: Any) -> str:
    # True and 1 are one key in a memo of kinds, so they must be one word.
    return "" if found is None else str(int(found)) if isinstance(found, bool) else value.scalar(found)[:256]


def is_flat(event: Event) -> bool:
    """Whether the event has the flat shape, where ``FLAT`` applies."""
    return "EventID" in event and "Channel" in event


def canonical(event: Event) -> Event:
    """``event`` from any exporter that is not flat, under canonical names and without inner objects."""
    if "event_id" in event:
        return _winlogbeat_6(event)
    inner = event.get("Event")
    if type(inner) is dict:
        return nested(inner)
    if "winlog" in event or any(name.startswith("winlog.") for name in event):
        return _winlogbeat(event)
    source = event.get("_source")
    if type(source) is dict and "_source" not in source:
        return canonical(source)  # exported from a search index
    return value.flatten(event)


def fit_flat(event: Event) -> None:
    """Change ``event`` so that ``FLAT`` holds for it: it has the counterparts, never a canonical name."""
    for name, theirs in FLAT.items():
        if name in event:
            if theirs in event:
                event["System_" + name] = event.pop(theirs)  # a field of the event's data keeps the name
            event[theirs] = event.pop(name)


def nested(event: Mapping[str, Any]) -> Event:
    """The content of ``Event`` as evtx_dump and the evtx package write it."""
    inner = event.get("System")
    system = _system(inner) if type(inner) is dict else {}
    data = event.get("EventData")
    out = data if type(data) is dict and _is_plain(data) else _data(data)
    for name, found in event.items():
        if name not in _PARTS:
            _part(system, out, name, found)
    return _joined(system, out)


_PARTS = frozenset(("System", "EventData", "#attributes"))
_ATTRIBUTES: dict[str, dict[str, str]] = {"TimeCreated": {"SystemTime": "TimeCreated"}}
"""Element and attribute of System to the canonical name; ``<element>_<attribute>`` where it says nothing."""


def _system(inner: Event) -> Event:
    """System: an element's text is under its name, its attributes under ``<name>_<attribute>``."""
    out: Event = {}
    for name, found in inner.items():
        if type(found) is not dict:
            if found is not None:
                out[name] = found
            continue
        attributes = found.get("#attributes")
        names = _ATTRIBUTES.get(name)
        if names is not None and type(attributes) is dict and len(found) == 1:
            # Nearly all are like this.
            for key, item in attributes.items():
                if key not in names:
                    _attributes(out, name, {key: item})
                elif item is not None:
                    out[names[key]] = item
            continue
        if attributes is None:
            attributes = found if "#text" not in found else {}
        if "#text" in found:
            out[name] = found["#text"]
        _attributes(out, name.removesuffix("_attributes"), attributes)
    number = out.get("EventID")
    if type(number) is str and number.isdecimal() and len(number) < 20:
        out["EventID"] = int(number)
    return out


def _attributes(out: Event, element: str, attributes: Any) -> None:
    if type(attributes) is not dict:
        return
    names = _ATTRIBUTES.get(element)
    if names is None:
        # Bounded: hostile evidence may name elements without end.
        names = _ATTRIBUTES.setdefault(element, {}) if len(_ATTRIBUTES) < 256 and len(element) < 256 else {}
    for key, item in attributes.items():
        name = names.get(key)
        if name is None:
            name = f"{element}_{key}"
            if len(names) < 256 and len(key) < 256:
                names[key] = name
        if item is not None:
            out[name] = item


def _part(system: Event, out: Event, name: str, found: Any) -> None:
    """Whatever stands beside System and EventData."""
    if name == "UserData" and isinstance(found, dict):
        for element, inner in found.items():
            for key, item in (_data(inner) if isinstance(inner, dict) else {element: inner}).items():
                _put(out, key, item)
    elif name == "RenderingInfo" and isinstance(found, dict) and isinstance(found.get("Message"), str):
        system["Message"] = found["Message"]
    elif not name.startswith("#") and not name.endswith("_attributes") and found is not None:
        system.update(value.flatten({name: _plain(found)}))


def _is_plain(data: Event) -> bool:
    """Whether EventData needs no work: named values only, no attributes."""
    return "Data" not in data and dict not in map(type, data.values())


def _data(found: Any) -> Event:
    """The fields of EventData, or of the element inside UserData; unnamed data are the list ``Data``."""
    if not isinstance(found, dict):
        return {} if found is None else {"Data": found if isinstance(found, list) else [found]}
    out: Event = {}
    for name, item in found.items():
        if name.startswith("#") or name.endswith("_attributes"):
            continue
        item = _plain(item)
        if name == "Data" and not isinstance(item, list):
            item = [] if item is None else [item]
        out[name] = item
    return value.flatten(out)


def _plain(item: Any) -> Any:
    """An element without its attributes: the text alone where it has one."""
    if type(item) is not dict:
        return item
    if "#text" in item:
        return item["#text"]
    return {name: inner for name, inner in item.items() if name != "#attributes"} or None


def _winlogbeat(event: Event) -> Event:
    """Winlogbeat 7 and 8: the event is in ``winlog``, its id also in ``event.code``. Dotted names are the same, spelled
    out.
    """
    winlog = event.get("winlog")
    if type(winlog) is not dict:
        return _winlogbeat(_undotted(event))
    rest = {name: item for name, item in event.items() if name != "winlog"}
    data, user = winlog.pop("event_data", None), winlog.pop("user_data", None)
    own = {_BEAT.get(name) or "winlog." + name: item for name, item in value.flatten(winlog).items()}
    rest = value.flatten(rest)
    own.setdefault("EventID", rest.get("event.code"))
    if "message" in rest:
        own["Message"] = rest.pop("message")
    if own.get("Computer") is None and "host.name" in rest:
        own["Computer"] = rest["host.name"]
    rest.update(own)
    return _joined(_joined(rest, _beat_data(user)), _beat_data(data, rest.get("Channel")))


def _undotted(event: Event) -> Event:
    """``{"winlog.channel": ...}`` as ``{"winlog": {"channel": ...}}``, with its data inside."""
    winlog: Event = {}
    rest: Event = {}
    for name, found in event.items():
        if not name.startswith("winlog."):
            rest[name] = found
            continue
        for inner in ("event_data", "user_data"):
            if name.startswith(f"winlog.{inner}."):
                winlog.setdefault(inner, {})[name[len(f"winlog.{inner}.") :]] = found
                break
        else:
            winlog[name[7:]] = found
    rest["winlog"] = winlog
    return rest


def _winlogbeat_6(event: Event) -> Event:
    out: Event = {}
    for name, found in event.items():
        if type(found) is not dict:
            out[_BEAT.get(name, name)] = found
        elif name != "event_data" and name != "user_data":
            _lift(out, name, found)
    for name in ("user_data", "event_data"):
        if name in event:
            out = _joined(out, _beat_data(event[name], out.get("Channel")))
    return out


def _lift(out: Event, name: str, inner: Event) -> None:
    """Put the fields of ``inner`` into ``out`` under dotted names."""
    if dict in map(type, inner.values()):
        inner = value.flatten(inner)
    for key, found in inner.items():
        dotted = f"{name}.{key}"
        dotted = _BEAT.get(dotted, dotted)
        out[f"System_{dotted}" if dotted in out else dotted] = found


_UNNAMED = frozenset(("Application", "MSExchange Management", "Windows PowerShell"))
"""Logs of the old kind, whose values have no names. Elsewhere a provider may call its own ``param1`` (System 7036)."""


def _beat_data(found: Any, channel: Any = None) -> Event:
    """The fields of ``event_data`` or ``user_data``. Winlogbeat calls unnamed data ``param1`` and so on."""
    if type(found) is not dict:
        return {} if found is None else {"Data": found if isinstance(found, list) else [found]}
    found.pop("xml_name", None)
    if channel in _UNNAMED and found and all(map(_PARAM.fullmatch, found)):
        return {"Data": [found[name] for name in sorted(found, key=lambda name: int(name[5:]))]}
    return value.flatten(found) if dict in map(type, found.values()) else found


_PARAM = re.compile(r"param\d{1,4}")


def _joined(system: Event, data: Event) -> Event:
    """Both in one event; on a clash the data keeps the name."""
    if not system.keys().isdisjoint(data):
        for name in system.keys() & data.keys():
            system[f"System_{name}"] = system.pop(name)
    system.update(data)
    return system


def _put(event: Event, name: str, found: Any) -> None:
    """Set a field that may be there already: then the one that is there keeps the name."""
    if name in event:
        name = "System_" + name
    event[name] = found


def own_kind(event: Event) -> str:
    """The kind of a canonical event, also where a field of its data took a name."""
    channel = event["System_Channel"] if "System_Channel" in event else event.get("Channel")
    return kind_of(channel, event["System_EventID"] if "System_EventID" in event else event.get("EventID"))


def time(event: Event, renames: Mapping[str, str]) -> str | float | None:
    """``TimeCreated``, else NXLog's ``EventTime`` (often local time without a zone), else when a collector took it."""
    for name in ("TimeCreated", "System_TimeCreated", "EventTime", "@timestamp"):
        found = event.get(name)
        if found is not None and not isinstance(found, list):
            return found  # type: ignore[no-any-return]
    return None


def host(event: Event, renames: Mapping[str, str]) -> str | None:
    """The computer that wrote the event."""
    found = event.get("System_Computer") or event.get(renames.get("Computer", "Computer"))
    return found if isinstance(found, str) else None
