"""One YAML document as one object of pySigma, and everything that is wrong with it.

pySigma stops at the first error of a rule and gives no line. Here all are found, with their lines. What concerns only
metadata is a warning. A part of the log source that is a condition becomes part of the rule; ranges in correlations,
which pySigma refuses, are taken apart; placeholders get their values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigma import exceptions as sigma_errors
from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationConditionOperator, SigmaCorrelationRule
from sigma.exceptions import SigmaError
from sigma.filters import SigmaFilter
from sigma.rule import SigmaDetectionItem, SigmaRule
from sigma.rule.detection import EmptySigmaDetections
from sigma.rule.logsource import EmptyLogSource

from ringleader.detect import logsource, placeholders
from ringleader.detect.documents import Document
from ringleader.detect.regexes import POLICY
from ringleader.detect.rule import Problem

MAX_NESTING = 64
MAX_CONDITION = 65536

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
UNEXPECTED = (AttributeError, TypeError, ValueError, KeyError, IndexError)


class Parser:
    """Parses documents; what is wrong with them goes to ``problems``. A document that cannot be used gives None."""

    def __init__(self, problems: list[Problem], expansions: Mapping[str, Sequence[str]]) -> None:
        self.problems = problems
        self.expansions = expansions

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
        return sigma if usable and self.complete(document, sigma) else None

    def sweep(self, document: Document, detection: dict[str, Any]) -> None:
        """Every detection item that pySigma refuses: it stops at the first, and does not say where."""
        for at, key, value in _items(detection):
            try:
                SigmaDetectionItem.from_mapping(key, value, policy=POLICY)
            except (SigmaError, *UNEXPECTED) as error:
                self.fail(document, _code(error), message_of(error), *at)

    def report(self, document: Document, error: SigmaError, *, swept: bool) -> bool:
        """Adds the problem; whether the rule can be used all the same."""
        if type(error) in _METADATA and not _of_detection(error):
            code, key = _METADATA[type(error)]
            self.fail(document, code, message_of(error), key, warning=True)
            return True
        code = _code(error)
        if "correlation" in document.content and code != "title":
            code = "correlation"
        keys = {"title": ["title"], "logsource": ["logsource"], "correlation": ["correlation"], "filter": ["filter"]}
        at = ["detection", "condition"] if code == "condition" else keys.get(code, ["detection"])
        if not swept or at != ["detection"]:
            self.fail(document, code, message_of(error), *at)
        return False

    def complete(self, document: Document, sigma: SigmaRule) -> bool:
        """Whether the rule's conditions can be parsed and its placeholders, which this replaces, have values."""
        for condition in sigma.detection.parsed_condition:
            try:
                if condition.parsed is None:
                    raise sigma_errors.SigmaConditionError("the condition is empty")
            except SigmaError as error:
                self.fail(document, "condition", message_of(error), "detection", "condition")
                return False
        try:
            missing = placeholders.expand(sigma, self.expansions)
        except SigmaError as error:
            self.fail(document, "placeholder", message_of(error), "detection")
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
            self.fail(document, "correlation", message_of(error), "correlation")
            return None
        if bounds:
            sigma.custom_attributes["bounds"] = bounds
        reports = [self.report(document, error, swept=False) for error in sigma.errors]
        return sigma if all(reports) else None

    def filter(self, document: Document) -> SigmaFilter | None:
        if not isinstance(document.content["filter"], dict):  # the file of another tool
            return None
        try:
            sigma = SigmaFilter.from_dict(document.content, collect_errors=True, policy=POLICY)
        except SigmaError as error:
            self.fail(document, "filter", message_of(error), "filter")
            return None
        reports = [self.report(document, error, swept=False) for error in sigma.errors]
        return sigma if all(reports) else None


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


def _of_detection(error: SigmaError) -> bool:
    return isinstance(error, sigma_errors.SigmaModifiedError) and "windash" in str(error)


def _code(error: Exception) -> str:
    return next((code for kind, code in _CODES if isinstance(error, kind)), "malformed")


def message_of(error: Exception) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
