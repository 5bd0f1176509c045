"""Placeholders: under the modifier ``expand``, ``%name%`` stands for values that each organisation fills in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigma.rule import SigmaDetection, SigmaDetectionItem, SigmaRule
from sigma.types import Placeholder, SigmaExpansion, SigmaRegularExpression, SigmaString, SigmaType


def expand(rule: SigmaRule, expansions: Mapping[str, Sequence[str]]) -> list[str]:
    """Puts the values in place of the placeholders of ``rule``; gives the names for which there are none.

    Several values are alternatives, also under ``all``.
    """
    missing: dict[str, None] = {}
    for item in _items(list(rule.detection.detections.values())):
        item.value = [_value(value, expansions, missing) for value in item.value]
    return list(missing)


def used(detection: Any, expansions: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """The part of ``expansions`` that a rule with this detection section may depend on."""
    text = str(detection) if expansions else ""
    return {name: list(values) for name, values in expansions.items() if f"%{name}%" in text}


def _items(detections: Sequence[SigmaDetection | SigmaDetectionItem]) -> Iterator[SigmaDetectionItem]:
    for detection in detections:
        if isinstance(detection, SigmaDetectionItem):
            yield detection
        else:
            yield from _items(detection.detection_items)


def _value(value: SigmaType, expansions: Mapping[str, Sequence[str]], missing: dict[str, None]) -> SigmaType:
    if isinstance(value, SigmaExpansion):
        return SigmaExpansion([_value(inner, expansions, missing) for inner in value.values])
    if not isinstance(value, SigmaString | SigmaRegularExpression) or not value.contains_placeholder():
        return value

    def replacements(placeholder: Placeholder) -> Iterator[str | Placeholder]:
        if not expansions.get(placeholder.name):
            missing[placeholder.name] = None
            yield placeholder
        else:
            yield from expansions[placeholder.name]

    expanded: list[SigmaType] = list(value.replace_placeholders(replacements))
    return expanded[0] if len(expanded) == 1 else SigmaExpansion(expanded)
