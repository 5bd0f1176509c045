"""Sigma rules: ``load`` gives those that can be used, parsed, and says of each other one why not.

pySigma does the parsing. What is added here: where a problem stands in its file, that all problems are found and not
only the first, the part of a log source that is a condition, placeholders, filters, and what correlations refer to.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import orjson
from sigma import exceptions as sigma_errors
from sigma.collection import SigmaCollection, deep_dict_update
from sigma.correlations import (
    SigmaCorrelationCondition,
    SigmaCorrelationConditionOperator,
    SigmaCorrelationRule,
)
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaDetectionItem, SigmaLevel, SigmaRule
from sigma.rule.detection import EmptySigmaDetections
from sigma.rule.logsource import EmptyLogSource

from ringleader.detect import documents, logsource, placeholders
from ringleader.detect.documents import Document, Problem
from ringleader.detect.regexes import POLICY

__all__ = ["Loaded", "LogSource", "Parsed", "Problem", "Rule", "Sigma", "load"]

Sigma: TypeAlias = SigmaRule | SigmaCorrelationRule

MAX_NESTING = 64
MAX_CONDITION = 65536
DEFAULT_LEVEL = "medium"
"""The level of a rule that states none. The specification has no default; medium keeps it in sight without alarm."""


class LogSource(msgspec.Struct, frozen=True):
    """What the rule says of where its events come from; see ``logsource.resolve``."""

    product: str | None = None
    category: str | None = None
    service: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """What is to be known of a rule beside its logic. ``digest`` identifies the content: equal digests match alike."""

    id: str
    title: str
    level: str
    status: str
    techniques: tuple[str, ...]
    tactics: tuple[str, ...]
    software: tuple[str, ...]
    groups: tuple[str, ...]
    logsource: LogSource
    path: str
    name: str
    digest: str


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


# What is wrong with a description, an author or a date does not keep a rule from matching.
_METADATA: dict[type[SigmaError], tuple[str, str]] = {
    sigma_errors.SigmaAuthorError: ("metadata", "author"),
    sigma_errors.SigmaDateError: ("metadata", "date"),
    sigma_errors.SigmaDescriptionError: ("metadata", "description"),
    sigma_errors.SigmaFalsePositivesError: ("metadata", "falsepositives"),
    sigma_errors.SigmaFieldsError: ("metadata", "fields"),
    sigma_errors.SigmaIdentifierError: ("identifier", "id"),
    sigma_errors.SigmaLevelError: ("level", "level"),
    sigma_errors.SigmaLicenseError: ("metadata", "license"),
    sigma_errors.SigmaModifiedError: ("metadata", "modified"),
    sigma_errors.SigmaNameError: ("metadata", "name"),
    sigma_errors.SigmaReferencesError: ("metadata", "references"),
    sigma_errors.SigmaRelatedError: ("metadata", "related"),
    sigma_errors.SigmaScopeError: ("metadata", "scope"),
    sigma_errors.SigmaStatusError: ("metadata", "status"),
    sigma_errors.SigmaTagError: ("metadata", "tags"),
    sigma_errors.SigmaTaxonomyError: ("metadata", "taxonomy"),
}
_CODES: list[tuple[type[SigmaError], str]] = [  # the first that fits: some derive from others
    (sigma_errors.SigmaRegularExpressionError, "regex"),
    (sigma_errors.SigmaTypeError, "value"),
    (sigma_errors.SigmaValueError, "value"),
    (sigma_errors.SigmaTitleError, "title"),
    (sigma_errors.SigmaLogsourceError, "logsource"),
    (sigma_errors.SigmaModifierError, "modifier"),
    (sigma_errors.SigmaModifiedError, "modifier"),  # also what pySigma raises for too many dashes under windash
    (sigma_errors.SigmaConditionError, "condition"),
    (sigma_errors.SigmaFilterError, "filter"),
    (sigma_errors.SigmaFilterConditionError, "filter"),
    (sigma_errors.SigmaFilterRuleReferenceError, "filter"),
    (sigma_errors.SigmaDetectionError, "detection"),
]
# pySigma checks less than everything; these come out of a rule whose values have types that it does not expect.
_UNEXPECTED = (AttributeError, TypeError, ValueError, KeyError, IndexError)


def load(paths: Iterable[Path], expansions: Mapping[str, Sequence[str]] | None = None) -> Loaded:
    """All Sigma rules at ``paths`` (files, folders, zip archives). ``expansions``: placeholder name to its values.

    The same rule twice counts once. YAML that is no rule is passed over. Raises :class:`UsageError` if a path is not
    there.
    """
    return _Loading(expansions or {}).run(paths)


class _Loading:
    def __init__(self, expansions: Mapping[str, Sequence[str]]) -> None:
        self.expansions = expansions
        self.problems: list[Problem] = []
        self.rules: dict[str, tuple[Document, Rule, Sigma]] = {}
        self.ids: dict[str, str] = {}
        self.filters: list[tuple[str, SigmaFilter]] = []

    def run(self, paths: Iterable[Path]) -> Loaded:
        template: dict[str, Any] = {}  # of an ``action: global`` document, for the rest of its file
        previous: dict[str, Any] = {}
        where = ""
        for path in paths:
            for document in documents.read(path):
                if isinstance(document, Problem):
                    self.problems.append(document)
                    continue
                if document.path != where:
                    where, template, previous = document.path, {}, {}
                match document.content.pop("action", None):
                    case "global":
                        template = document.content
                        continue
                    case "reset":
                        template = {}
                        continue
                    case "repeat":
                        document.content = deep_dict_update(previous, document.content)
                    case None if template:
                        document.content = deep_dict_update(document.content, template)
                previous = document.content
                self.add(document)
        self.apply_filters()
        return Loaded(self.link(), self.problems)

    def add(self, document: Document) -> None:
        content = document.content
        try:
            if "correlation" in content:
                self.keep(document, self.correlation(document))
            elif "filter" in content and "detection" not in content:
                self.add_filter(document)
            elif "detection" in content:
                self.keep(document, self.rule(document))
        except RecursionError:
            self.fail(document, "too-deep", f"nested more than {MAX_NESTING} deep")
        except _UNEXPECTED as error:
            self.fail(document, "malformed", f"{type(error).__name__}: {error}")

    def fail(self, document: Document, code: str, message: str, *at: str | int, warning: bool = False) -> None:
        self.problems.append(document.problem(code, message, at, warning=warning))

    def rule(self, document: Document) -> SigmaRule | None:
        content, detection = document.content, document.content["detection"]
        if not isinstance(detection, dict):
            self.fail(document, "detection", "must be a mapping", "detection")
            return None
        if "timeframe" in detection:  # of the old aggregations; pySigma would take it for something to search for
            detection = {name: value for name, value in detection.items() if name != "timeframe"}
            self.fail(
                document, "timeframe", "a timeframe without a correlation has no effect", "detection", warning=True
            )
        conditions = detection.get("condition")
        for condition in conditions if isinstance(conditions, list) else [conditions]:
            if isinstance(condition, str) and _too_deep(condition):
                self.fail(document, "too-deep", f"nested more than {MAX_NESTING} deep", "detection", "condition")
                return None
        content["detection"] = _with_unless(content.get("logsource"), detection)
        sigma = SigmaRule.from_dict(dict(content), collect_errors=True, policy=POLICY)
        usable = not isinstance(sigma.detection, EmptySigmaDetections) and not isinstance(
            sigma.logsource, EmptyLogSource
        )
        errors = len(self.problems)
        if isinstance(sigma.detection, EmptySigmaDetections):
            self.sweep(document, detection)
        for error in sigma.errors:
            usable &= self.report(document, error, swept=len(self.problems) > errors)
        if usable:
            usable = self.check_conditions(document, sigma) and self.expand(document, sigma)
        return sigma if usable else None

    def sweep(self, document: Document, detection: dict[str, Any]) -> None:
        """Every detection item that pySigma refuses: it stops at the first, and does not say where."""
        for at, key, value in _items(detection):
            try:
                SigmaDetectionItem.from_mapping(key, value, policy=POLICY)
            except (SigmaError, *_UNEXPECTED) as error:
                self.fail(document, _code(error), _message(error), *at)

    def report(self, document: Document, error: SigmaError, *, swept: bool) -> bool:
        """Adds the problem; whether the rule can be used all the same."""
        if type(error) in _METADATA and not _of_detection(error):
            code, key = _METADATA[type(error)]
            self.fail(document, code, _message(error), key, warning=True)
            return True
        code = _code(error)
        if "correlation" in document.content and code != "title":
            code = "correlation"
        keys = {"title": ["title"], "logsource": ["logsource"], "correlation": ["correlation"], "filter": ["filter"]}
        at = ["detection", "condition"] if code == "condition" else keys.get(code, ["detection"])
        if not swept or at != ["detection"]:
            self.fail(document, code, _message(error), *at)
        return False

    def check_conditions(self, document: Document, sigma: SigmaRule) -> bool:
        for condition in sigma.detection.parsed_condition:
            try:
                if condition.parsed is None:
                    raise sigma_errors.SigmaConditionError("the condition is empty")
            except SigmaError as error:
                self.fail(document, "condition", _message(error), "detection", "condition")
                return False
        return True

    def expand(self, document: Document, sigma: SigmaRule) -> bool:
        try:
            missing = placeholders.expand(sigma, self.expansions)
        except SigmaError as error:
            self.fail(document, "placeholder", _message(error), "detection")
            return False
        for name in missing:
            uses = (at for at, key, value in _items(document.content["detection"]) if f"%{name}%" in str(value))
            message = f"no values are given for the placeholder %{name}%"
            self.fail(document, "placeholder", message, *next(uses, ("detection",)))
        return not missing

    def correlation(self, document: Document) -> SigmaCorrelationRule | None:
        try:
            content, bounds = _bounds(document.content)
            sigma = SigmaCorrelationRule.from_dict(content, collect_errors=True)
        except SigmaError as error:
            self.fail(document, "correlation", _message(error), "correlation")
            return None
        if bounds:
            sigma.custom_attributes["bounds"] = bounds
        reports = [self.report(document, error, swept=False) for error in sigma.errors]
        return sigma if all(reports) else None

    def add_filter(self, document: Document) -> None:
        if not isinstance(document.content["filter"], dict):  # the file of another tool
            return
        try:
            sigma = SigmaFilter.from_dict(document.content, collect_errors=True, policy=POLICY)
        except SigmaError as error:
            self.fail(document, "filter", _message(error), "filter")
            return
        reports = [self.report(document, error, swept=False) for error in sigma.errors]
        if all(reports):
            self.filters.append((_digest(document.content), sigma))

    def keep(self, document: Document, sigma: Sigma | None) -> None:
        if sigma is None:
            return
        rule = _describe(document, sigma, self.expansions)
        if rule.digest in self.rules:
            return
        if rule.id in self.ids:
            self.fail(document, "duplicate-id", f"{self.ids[rule.id]} has the same id", "id", warning=True)
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
            if isinstance(filtered, SigmaRule) and self.check_conditions(document, filtered):
                changed = hashlib.sha256("".join([digest, *(key for key, _ in applied)]).encode()).hexdigest()
                self.rules[digest] = document, msgspec.structs.replace(rule, digest=changed), filtered
            else:
                del self.rules[digest]

    def link(self) -> list[Parsed]:
        """Resolves what correlations refer to; one that refers to what is not there, or to itself, is not used."""
        while True:
            collection = SigmaCollection([sigma for _, _, sigma in self.rules.values()], resolve_references=False)
            broken = []
            for digest, (document, _, sigma) in self.rules.items():
                if isinstance(sigma, SigmaCorrelationRule):
                    try:
                        sigma.resolve_rule_references(collection)
                        sigma.aliases.resolve_rule_references(collection)
                        if _circular(sigma, ()):
                            raise sigma_errors.SigmaCorrelationRuleError("it refers to itself")
                    except SigmaError as error:
                        self.fail(document, "reference", _message(error), "correlation", "rules")
                        broken.append(digest)
            if not broken:
                break
            for digest in broken:
                del self.rules[digest]
        correlations = [sigma for _, _, sigma in self.rules.values() if isinstance(sigma, SigmaCorrelationRule)]
        used = {id(ref.rule): False for sigma in correlations for ref in sigma.referenced_rules}
        used |= {id(ref.rule): True for sigma in correlations if sigma.generate for ref in sigma.referenced_rules}
        return [Parsed(rule, sigma, used.get(id(sigma), True)) for _, rule, sigma in self.rules.values()]


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


def _with_unless(source: Any, detection: dict[str, Any]) -> dict[str, Any]:
    """``detection`` without the events that the log source leaves out (see ``logsource.Target.unless``)."""
    names = [source.get(name) for name in ("product", "category", "service")] if isinstance(source, dict) else []
    if not names or not all(name is None or isinstance(name, str) for name in names):
        return detection
    unless = logsource.resolve(*names).unless
    conditions = detection.get("condition")
    if not unless or conditions is None:
        return detection
    conditions = conditions if isinstance(conditions, list) else [conditions]
    return {
        **detection,
        "_unless": [{name: list(values)} for name, values in unless.items()],
        "condition": [f"({condition}) and not _unless" for condition in conditions],
    }


def _items(detection: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str, Any]]:
    """Each field of a detection section: where it stands, its name with modifiers, its value."""
    pending: list[tuple[tuple[str | int, ...], Any]] = [
        (("detection", name), definition) for name, definition in detection.items() if name != "condition"
    ]
    while pending:
        at, node = pending.pop(0)
        if isinstance(node, dict):
            yield from (((*at, str(key)), str(key), value) for key, value in node.items())
        elif isinstance(node, list):
            pending += [((*at, index), inner) for index, inner in enumerate(node)]


def _bounds(content: dict[str, Any]) -> tuple[dict[str, Any], list[SigmaCorrelationCondition]]:
    """A range such as ``{gt: 100, lte: 200}`` in parts: pySigma takes one bound, the specification allows several."""
    section = content["correlation"]
    condition = section.get("condition") if isinstance(section, dict) else None
    operators = SigmaCorrelationConditionOperator.operators()
    given = [key for key in condition if key in operators] if isinstance(condition, dict) else []
    if len(given) < 2 or not isinstance(condition, dict):
        return content, []
    rest = {key: value for key, value in condition.items() if key not in operators}
    bounds = [SigmaCorrelationCondition.from_dict({key: condition[key], **rest}) for key in given]
    single = {given[0]: condition[given[0]], **rest}
    return {**content, "correlation": {**section, "condition": single}}, bounds


def _too_deep(condition: str) -> bool:
    depth = deepest = 0
    for char in condition:
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest > MAX_NESTING or len(condition) > MAX_CONDITION or bool(_NOTS.search(condition))


_NOTS = re.compile(rf"(?:\bnot[\s(]+){{{MAX_NESTING + 1}}}")


def _circular(sigma: SigmaCorrelationRule, above: tuple[int, ...]) -> bool:
    if id(sigma) in above:
        return True
    inner = [ref.rule for ref in sigma.referenced_rules if isinstance(getattr(ref, "rule", None), SigmaCorrelationRule)]
    return any(_circular(rule, (*above, id(sigma))) for rule in inner if isinstance(rule, SigmaCorrelationRule))


def _of_detection(error: SigmaError) -> bool:
    return isinstance(error, sigma_errors.SigmaModifiedError) and "windash" in str(error)


def _code(error: Exception) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "malformed")


def _message(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__


def _digest(content: Any) -> str:
    text = orjson.dumps(content, default=str, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.sha256(text).hexdigest()
