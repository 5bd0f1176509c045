"""YAML documents out of rule files, folders and zip archives, with what is wrong with them.

Rules may come from anywhere, so this is an edge: sizes, counts, ratios, aliases and tags are bounded before anything is
built from a document. Nothing is written to disk, and names inside archives are labels only.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sigma.exceptions import SigmaError
from sigma.rule.base import check_alias_expansion

from ringleader.detect.rule import Problem as Problem
from ringleader.errors import UsageError

MAX_FILE_BYTES = 8 << 20
MAX_ARCHIVE_BYTES = 512 << 20
MAX_MEMBERS = 100_000
MAX_RATIO = 200
"""A member may unpack to this many times its packed size; small ones (64 KiB) may do as they like."""

CODES: dict[str, str] = {
    "alias-bomb": "the aliases of the YAML expand to too much, or to themselves",
    "archive": "the archive, or this member, is damaged, encrypted or unpacks to too much",
    "condition": "the condition cannot be parsed, or asks for what the rule does not define",
    "correlation": "the correlation section is wrong",
    "detection": "the detection section is wrong",
    "duplicate-id": "another rule has the same id; both are used",
    "duplicate-key": "a key is there twice in one mapping",
    "encoding": "the file is not UTF-8",
    "filter": "the filter section is wrong",
    "identifier": "the id is no UUID; the rule is used",
    "level": "there is no such level; the rule is used with the default",
    "logsource": "the log source is missing or wrong",
    "malformed": "a value has a type that no rule has there",
    "metadata": "an attribute such as date, author or tags is wrong; the rule is used",
    "modifier": "there is no such modifier, or it cannot be applied to this value",
    "no-rule": "there is no Sigma rule at this path",
    "object-tag": "the YAML asks for an object to be built",
    "placeholder": "a placeholder for which no values are given",
    "reference": "the correlation refers to a rule that is not there or cannot be used, or to itself",
    "regex": "the regular expression is wrong",
    "timeframe": "a timeframe without a correlation has no effect; the rule is used",
    "title": "the title is missing or too long",
    "too-deep": "nested more than 64 deep, or a condition longer than 64 KiB",
    "too-large": "the file is larger than 8 MiB",
    "unreadable": "the file cannot be read",
    "unsupported": "the rule asks for what cannot be evaluated on events",
    "value": "the value has a type or form that its modifier does not take",
    "yaml": "the file is not YAML",
}
"""Every code of a problem with a rule, and its meaning."""

_ENDINGS = (".yml", ".yaml")


@dataclass
class Document:
    """One mapping out of a YAML file."""

    path: str
    content: dict[str, Any]
    text: str = field(repr=False)
    index: int = 0

    def problem(self, code: str, message: str, at: Sequence[str | int], *, warning: bool = False) -> Problem:
        """A problem with the node at the path ``at``, or the deepest part of that path which is there."""
        line = self._line(at)
        return Problem(self.path, line, code, message, _line(self.text, line), "warning" if warning else "error")

    def _line(self, at: Sequence[str | int]) -> int:
        node: yaml.Node | None = self._root
        line = node.start_mark.line + 1 if node else 0
        for step in at:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == step), None)
                if pair is None:
                    break
                line, node = pair[0].start_mark.line + 1, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line + 1
            else:
                break
        return line

    @property
    def _root(self) -> yaml.Node | None:
        nodes = _nodes(self.text)
        return nodes[self.index] if self.index < len(nodes) else None


@lru_cache(maxsize=2)
def _nodes(text: str) -> list[yaml.Node]:
    # Only for a file with a problem: the nodes with their places cost as much as its documents. Kept, because a file
    # may hold thousands of documents with a problem each.
    return list(yaml.compose_all(text, yaml.CSafeLoader))


@lru_cache(maxsize=2)
def _lines(text: str) -> list[str]:
    return text.splitlines()


def read(path: Path) -> Iterator[Document | Problem]:
    """Documents and problems of a file, of the ``.yml`` and ``.yaml`` files of a folder, or of a zip archive's.

    The order is that of the names. Raises :class:`UsageError` when there is nothing at ``path``.
    """
    if not path.exists():
        raise UsageError(f"no rules at {path}", hint="give a file, a folder or a zip archive of Sigma rules")
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.suffix.lower() in _ENDINGS):
            yield from _file(file)
    else:
        yield from _file(path)


def _file(path: Path) -> Iterator[Document | Problem]:
    name = str(path)
    try:
        if not path.is_file():
            yield Problem(name, 0, "unreadable", "not a regular file")
        elif zipfile.is_zipfile(path):
            yield from _archive(path)
        else:
            with path.open("rb") as file:
                yield from parse(name, file.read(MAX_FILE_BYTES + 1))
    except OSError as error:
        yield Problem(name, 0, "unreadable", error.strerror or str(error))


def _archive(path: Path) -> Iterator[Document | Problem]:
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS:
                yield Problem(str(path), 0, "archive", f"{len(members)} members, more than {MAX_MEMBERS}")
                return
            for member in sorted(members, key=lambda m: m.filename):
                if member.is_dir() or not member.filename.lower().endswith(_ENDINGS):
                    continue
                name = f"{path}!{member.filename}"
                try:
                    with archive.open(member) as file:
                        content = file.read(MAX_FILE_BYTES + 1)
                except (RuntimeError, NotImplementedError, EOFError, zipfile.BadZipFile, zlib.error) as error:
                    yield Problem(name, 0, "archive", f"cannot be unpacked: {error}")
                    continue
                total += len(content)
                if total > MAX_ARCHIVE_BYTES:
                    yield Problem(str(path), 0, "archive", f"unpacks to more than {MAX_ARCHIVE_BYTES} bytes")
                    return
                if len(content) > max(MAX_RATIO * member.compress_size, 65536):
                    yield Problem(name, 0, "archive", f"unpacks to more than {MAX_RATIO} times its size")
                    continue
                yield from parse(name, content)
    except zipfile.BadZipFile as error:
        yield Problem(str(path), 0, "archive", f"damaged archive: {error}")


def parse(path: str, content: bytes) -> Iterator[Document | Problem]:
    """The mappings in a YAML text, and what is wrong with it; other documents (lists, texts) are passed over."""
    if len(content) > MAX_FILE_BYTES:
        yield Problem(path, 0, "too-large", f"more than {MAX_FILE_BYTES} bytes")
        return
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Problem(path, content[: error.start].count(b"\n") + 1, "encoding", f"not UTF-8: {error.reason}")
        return
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        index = 0
        while loader.check_data():  # type: ignore[no-untyped-call]
            document = loader.get_data()
            duplicates, loader.duplicates = loader.duplicates, []
            for key, line in duplicates:
                yield Problem(path, line, "duplicate-key", f"the key {key!r} is there twice", _line(text, line))
            if isinstance(document, dict) and not duplicates:
                yield _bounded(Document(path, document, text, index))
            index += 1
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 0
        tagged = isinstance(error, yaml.constructor.ConstructorError) and "constructor" in str(error.problem)
        message = str(error.problem or error.context)
        yield Problem(path, line, "object-tag" if tagged else "yaml", message, _line(text, line))
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:  # a date of 2024-13-45, an unhashable key
        yield Problem(path, 0, "yaml", str(error).splitlines()[0] if str(error) else type(error).__name__)
    except RecursionError:
        yield Problem(path, 0, "too-deep", "nested too deeply")
    finally:
        if loader is not None:
            loader.dispose()


def _bounded(document: Document) -> Document | Problem:
    try:
        check_alias_expansion(document.content)
    except SigmaError as error:
        return Problem(document.path, 0, "alias-bomb", str(error))
    return document


def _line(text: str, line: int) -> str:
    lines = _lines(text)
    return lines[line - 1].strip()[:200] if 0 < line <= len(lines) else ""


class _Loader(yaml.CSafeLoader):
    """The C loader, which notes duplicate keys instead of keeping the last one in silence."""

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self.duplicates: list[tuple[str, int]] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        own = node.value  # flattening of ``<<`` replaces the list, and what it merges in may be overridden
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        if node.value is not own or len(mapping) < len(own):
            seen: set[str] = set()
            for key, _ in own:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in seen:
                        self.duplicates.append((key.value[:80], key.start_mark.line + 1))
                    seen.add(key.value)
        return mapping
