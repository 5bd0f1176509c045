"""Sigma rules: ``load`` gives those that can be used, parsed, and says of each other one why not.

``documents`` reads files, ``parse`` makes pySigma's objects of them; here rules come together: what is there twice,
which filters narrow which rules, what correlations refer to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import orjson
from sigma.collection import SigmaCollection, deep_dict_update
from sigma.correlations import SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaLevel, SigmaRule

from ringleader.detect import documents, placeholders
from ringleader.detect.documents import Document
from ringleader.detect.parse import MAX_NESTING, UNEXPECTED, Parser, message_of
from ringleader.detect.rule import LogSource, Problem, Rule

__all__ = ["Loaded", "LogSource", "Parsed", "Problem", "Rule", "Sigma", "load"]

Sigma: TypeAlias = SigmaRule | SigmaCorrelationRule

DEFAULT_LEVEL = "medium"
"""The level of a rule that states none. The specification has no default; medium keeps it in sight without alarm."""


@dataclass(frozen=True)
class Parsed:
    """A usable rule. ``emits`` is false for one that only feeds correlations (and none of them says ``generate``)."""

    rule: Rule
    sigma: Sigma
    emits: bool = True


@dataclass(frozen=True)
class Loaded:
    """Rules in the order of the paths and names they came from; correlations have their references resolved."""

    rules: list[Parsed] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def load(paths: Iterable[Path], expansions: Mapping[str, Sequence[str]] | None = None) -> Loaded:
    """All Sigma rules at ``paths`` (files, folders, zip archives). ``expansions``: placeholder name to its values.

    The same rule twice counts once. YAML that is no rule is passed over, but a path without any is a problem. Raises
    :class:`UsageError` if a path is not there.
    """
    return _Loading(expansions or {}).run(paths)


class _Loading:
    def __init__(self, expansions: Mapping[str, Sequence[str]]) -> None:
        self.problems: list[Problem] = []
        self.parser = Parser(self.problems, expansions)
        self.rules: dict[str, tuple[Document, Rule, Sigma]] = {}
        self.ids: dict[str, str] = {}
        self.filters: list[tuple[str, SigmaFilter]] = []
        self.template: dict[str, Any] = {}  # of an ``action: global`` document, for the rest of its file
        self.previous: dict[str, Any] = {}

    def run(self, paths: Iterable[Path]) -> Loaded:
        where = ""
        for path in paths:
            nothing = True
            for document in documents.read(path):
                if isinstance(document, Problem):
                    nothing = False
                    self.problems.append(document)
                    continue
                nothing &= not {"detection", "correlation", "filter"} & document.content.keys()
                if document.path != where:
                    where, self.template, self.previous = document.path, {}, {}
                try:
                    self.add(document)
                except RecursionError:
                    self.parser.fail(document, "too-deep", "nested too deeply")
                except UNEXPECTED as error:
                    self.parser.fail(document, "malformed", f"{type(error).__name__}: {error}")
            if nothing:
                self.problems.append(Problem(str(path), 0, "no-rule", documents.CODES["no-rule"]))
        self.apply_filters()
        return Loaded(self.link(), self.problems)

    def add(self, document: Document) -> None:
        match document.content.pop("action", None):
            case "global":
                self.template = document.content
                return
            case "reset":
                self.template = {}
                return
            case "repeat":
                document.content = deep_dict_update(self.previous, document.content)
            case None if self.template:
                document.content = deep_dict_update(document.content, self.template)
        self.previous = content = document.content
        if "correlation" in content:
            self.keep(document, self.parser.correlation(document))
        elif "detection" in content:
            self.keep(document, self.parser.rule(document))
        elif "filter" in content:
            found = self.parser.filter(document)
            if found is not None:
                self.filters.append((_digest(content), found))

    def keep(self, document: Document, sigma: Sigma | None) -> None:
        if sigma is None:
            return
        rule = _describe(document, sigma, self.parser.expansions)
        if rule.digest in self.rules:
            return
        if rule.id in self.ids:
            self.parser.fail(document, "duplicate-id", f"{self.ids[rule.id]} has the same id", "id", warning=True)
        self.ids.setdefault(rule.id, document.path)
        self.rules[rule.digest] = document, rule, sigma

    def apply_filters(self) -> None:
        for digest, (document, rule, sigma) in list(self.rules.items()):
            if not isinstance(sigma, SigmaRule):
                continue
            applied = [(key, f) for key, f in self.filters if f._should_apply_on_rule(sigma)]
            if not applied:
                continue
            filtered: Sigma = sigma
            for _, each in applied:
                filtered = each.apply_on_rule(filtered)
            if isinstance(filtered, SigmaRule) and self.parser.complete(document, filtered):
                changed = hashlib.sha256("".join([digest, *(key for key, _ in applied)]).encode()).hexdigest()
                self.rules[digest] = document, msgspec.structs.replace(rule, digest=changed), filtered
            else:
                del self.rules[digest]

    def link(self) -> list[Parsed]:
        """Resolves what correlations refer to; one that refers to what is not there, or to itself, is not used."""
        while True:
            collection = SigmaCollection([sigma for _, _, sigma in self.rules.values()], resolve_references=False)
            broken: dict[str, str] = {}
            for digest, (_, _, sigma) in self.rules.items():
                if isinstance(sigma, SigmaCorrelationRule):
                    try:
                        sigma.resolve_rule_references(collection)
                        sigma.aliases.resolve_rule_references(collection)
                    except SigmaError as error:
                        broken[digest] = message_of(error)
            if not broken:
                broken = self.endless()
            if not broken:
                break
            for digest, message in broken.items():
                document, _, _ = self.rules.pop(digest)
                self.parser.fail(document, "reference", message, "correlation", "rules")
        correlations = [sigma for _, _, sigma in self.rules.values() if isinstance(sigma, SigmaCorrelationRule)]
        used = {id(ref.rule): False for sigma in correlations for ref in sigma.referenced_rules}
        used |= {id(ref.rule): True for sigma in correlations if sigma.generate for ref in sigma.referenced_rules}
        return [Parsed(rule, sigma, used.get(id(sigma), True)) for _, rule, sigma in self.rules.values()]

    def endless(self) -> dict[str, str]:
        """Correlations that refer to themselves, or through so many others that it cannot be meant."""
        left = {digest: s for digest, (_, _, s) in self.rules.items() if isinstance(s, SigmaCorrelationRule)}
        for _ in range(MAX_NESTING):
            waiting = {id(sigma) for sigma in left.values()}
            left = {d: s for d, s in left.items() if any(id(ref.rule) in waiting for ref in s.referenced_rules)}
        return dict.fromkeys(left, f"it refers to itself, or through more than {MAX_NESTING} others")


def _describe(document: Document, sigma: Sigma, expansions: Mapping[str, Sequence[str]]) -> Rule:
    tags = [tag.name for tag in sigma.tags if tag.namespace == "attack"]
    source = sigma.logsource if isinstance(sigma, SigmaRule) else None

    def matching(pattern: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(tag.upper() for tag in tags if re.fullmatch(pattern, tag, re.IGNORECASE)))

    tactics = [
        tag.lower().replace("_", "-") for tag in tags if re.fullmatch(r"[a-z]+([-_][a-z]+)*", tag, re.IGNORECASE)
    ]
    title = str(sigma.title)
    used = (
        {} if isinstance(sigma, SigmaCorrelationRule) else placeholders.used(document.content["detection"], expansions)
    )
    return Rule(
        id=str(sigma.id) if sigma.id else hashlib.sha256(title.encode(errors="replace")).hexdigest()[:32],
        title=title,
        level=str(sigma.level) if isinstance(sigma.level, SigmaLevel) else DEFAULT_LEVEL,
        status=str(sigma.status or ""),
        techniques=matching(r"t\d{4}(\.\d{3})?"),
        tactics=tuple(dict.fromkeys(tactics)),
        software=matching(r"s\d{4}"),
        groups=matching(r"g\d{4}"),
        logsource=LogSource(source.product, source.category, source.service) if source else LogSource(),
        path=document.path,
        name=str(sigma.name or ""),
        digest=_digest([document.content, used] if used else document.content),
    )


def _digest(content: Any) -> str:
    text = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()
