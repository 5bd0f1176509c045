"""Which process an event belongs to, and that process's ancestors.

A process id is used again and again, so a process is a *start* and what follows it under the same id on the same host.
Where the start was not recorded, the first sighting stands for it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ringleader.link.entities import Event, Process, Vocabulary, base, nearest, number

SAME_START = 2_000_000
"""Microseconds: two sources report the start of one process (Sysmon 1 and Security 4688) no further apart than this."""

MAX_DEPTH = 16
"""Ancestors looked at. Deeper chains are loops in damaged or forged evidence, or shells that meet earlier."""

Node = str
"""One process: what people read, ``cmd.exe (5884) on host``, made unique by the time of its start or its GUID."""


@dataclass(slots=True)
class _Known:
    node: Node
    image: str
    parent: Node | None = None
    started: Event | None = None


class Processes:
    """All processes that the events speak of. Pass every event that may start or name one, in any order."""

    def __init__(self, events: Iterable[Event], words: Vocabulary) -> None:
        self._words = words
        self._hubs = {hub.lower() for hub in words.hubs}
        self._known: dict[Node, _Known] = {}
        self._by_guid: dict[tuple[str, str], Node] = {}
        # Some exporters lose the id: then the same command at the same time is the same process.
        self._nameless: defaultdict[tuple[str, str, str], list[tuple[int, Node]]] = defaultdict(list)
        self._by_pid: defaultdict[tuple[str, int], list[tuple[int, Node]]] = defaultdict(list)
        ordered = sorted(
            (
                (event.time, event.event_id, event, shape)
                for event in events
                if event.time is not None and (shape := nearest(words.processes, event.kind))
            ),
            key=lambda row: row[:2],
        )
        starts = [row for row in ordered if row[3].starts]
        # GUIDs first, so that a start which only knows the id finds the one that knows both.
        for _, _, event, shape in sorted(starts, key=lambda row: not _get(row[2], row[3].guid)):
            self._start(event, shape)
        for entries in self._by_pid.values():
            entries.sort()
        for time, _, event, shape in ordered:
            if not shape.starts:
                self._sight(time, event, shape)
        for entries in self._by_pid.values():
            entries.sort()
        for time, _, event, shape in starts:
            self._adopt(time, event, shape)

    def of(self, event: Event) -> Node | None:
        """The process that the event tells of, or None if it tells of none or only of a hub."""
        shape = nearest(self._words.processes, event.kind)
        node = self.itself(event)
        if shape is None or node is None or self.is_hub(node) or base(_get(event, shape.image)) in self._hubs:
            return None
        return node

    def itself(self, event: Event) -> Node | None:
        """The same, and the hub where it tells of one."""
        shape = nearest(self._words.processes, event.kind)
        if shape is None or event.time is None:
            return None
        return self._resolve(event.host, _get(event, shape.guid), number(_get(event, shape.pid)), event.time)

    def chain(self, node: Node) -> Iterator[Node]:
        """The process and its ancestors, up to but without the first hub."""
        seen: set[Node] = set()
        current: Node | None = node
        while current is not None and current not in seen and len(seen) < MAX_DEPTH and not self.is_hub(current):
            seen.add(current)
            yield current
            current = self._known[current].parent if current in self._known else None

    def started(self, node: Node) -> Event | None:
        """The event that started it, if there is one."""
        return self._known[node].started if node in self._known else None

    def is_hub(self, node: Node) -> bool:
        return node in self._known and self._known[node].image in self._hubs

    def _start(self, event: Event, shape: Process) -> None:
        guid, pid, image = _get(event, shape.guid), number(_get(event, shape.pid)), base(_get(event, shape.image))
        assert event.time is not None
        node = self._by_guid.get((event.host, guid)) if guid else None
        if node is None and pid is not None:
            for time, candidate in self._by_pid[event.host, pid]:
                if abs(time - event.time) <= SAME_START and self._known[candidate].image == image and not guid:
                    node = candidate
        command = _get(event, shape.command)
        if node is None and not guid and command:
            node = self._same_command((event.host, image, command), event.time)
            if node is not None and pid is not None:
                self._by_pid[event.host, pid].append((event.time, node))
        if node is None:
            node = _label(image, pid, event.host, guid or str(event.time))
            self._known[node] = _Known(node, image)
            if pid is not None:
                self._by_pid[event.host, pid].append((event.time, node))
            elif command:
                self._nameless[event.host, image, command].append((event.time, node))
        if guid:
            self._by_guid[event.host, guid] = node
        known = self._known[node]
        known.started = known.started or event

    def _same_command(self, key: tuple[str, str, str], time: int) -> Node | None:
        """The process of this command that has no id yet and started at about this time; each is given away once."""
        entries = self._nameless.get(key, [])
        near = min(entries, key=lambda entry: (abs(entry[0] - time), entry[1]), default=None)
        if near is None or abs(near[0] - time) > SAME_START:
            return None
        entries.remove(near)
        return near[1]

    def _sight(self, time: int, event: Event, shape: Process) -> None:
        """A process whose start nobody recorded begins where it is first seen."""
        guid, pid, image = _get(event, shape.guid), number(_get(event, shape.pid)), base(_get(event, shape.image))
        if self._resolve(event.host, guid, pid, time) is not None or (not guid and pid in (None, 0, 4)):
            return
        node = _label(image, pid, event.host, guid or "unstarted")
        self._known.setdefault(node, _Known(node, image))
        if guid:
            self._by_guid[event.host, guid] = node
        if pid is not None and not any(known == node for _, known in self._by_pid[event.host, pid]):
            entries = self._by_pid[event.host, pid]
            # Without a GUID nothing tells it from earlier sightings, so it reaches back to the beginning.
            entries.insert(bisect_right(entries, (time if guid else 0, "")), (time if guid else 0, node))

    def _adopt(self, time: int, event: Event, shape: Process) -> None:
        child = self._resolve(event.host, _get(event, shape.guid), number(_get(event, shape.pid)), time + SAME_START)
        guid, pid = _get(event, shape.parent_guid), number(_get(event, shape.parent_pid))
        if (
            child is None
            or self._known[child].parent is not None
            or base(_get(event, shape.parent_image)) in self._hubs
        ):
            return
        parent = self._resolve(event.host, guid, pid, time)
        if parent is None and (guid or pid):
            parent = _label(base(_get(event, shape.parent_image)), pid, event.host, guid or "unstarted")
            self._known.setdefault(parent, _Known(parent, base(_get(event, shape.parent_image))))
            if guid:
                self._by_guid[event.host, guid] = parent
            elif pid is not None:
                self._by_pid[event.host, pid].insert(0, (0, parent))
        if parent != child:
            self._known[child].parent = parent

    def _resolve(self, host: str, guid: str, pid: int | None, time: int) -> Node | None:
        if guid:
            return self._by_guid.get((host, guid))
        if pid is None or (host, pid) not in self._by_pid:
            return None
        entries = self._by_pid[host, pid]
        # Clocks of two sources differ a little, so an event just before the start still belongs to it.
        at = bisect_right(entries, (time + SAME_START // 2, "\uffff"))
        return entries[at - 1][1] if at else None


def _get(event: Event, names: list[str]) -> str:
    for name in names:
        value = event.fields.get(name)
        if value and value != "-":
            return value.lower()
    return ""


def _label(image: str, pid: int | None, host: str, unique: str) -> Node:
    return f"{image or 'process'} ({'?' if pid is None else pid}) on {host} #{unique}"
