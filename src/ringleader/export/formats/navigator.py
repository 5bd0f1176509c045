"""ATT&CK Navigator, layer format 4.5: a list of layers, one for each campaign and one of what they share.

The format: https://github.com/mitre-attack/attack-navigator/blob/master/layers/spec/v4.5/layerformat.md"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from ringleader.export import attack, text
from ringleader.export.base import Options, Source
from ringleader.export.subject import Subject
from ringleader.schema import shown

LAYER, NAVIGATOR = "4.5", "5.2.0"
OVERLAP = "#b8860b"
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")


class Navigator:
    name = "navigator"
    what = "ATT&CK Navigator layers: one for each campaign, and one of the techniques that campaigns share"
    suffix = ".navigator.json"
    internal = False

    def write(self, source: Source, options: Options) -> Iterator[str]:
        layers = [_of(subject, options) for subject in source.material.subjects]
        if len(layers) > 1:
            layers.append(_overlap(source.material.subjects, options))
        yield json.dumps(layers, indent=1, sort_keys=True) + "\n"

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        strange = {
            technique
            for subject in source.material.subjects
            for technique in subject.techniques
            if not attack.known(technique)
        }
        if strange:
            yield f"{len(strange):,} techniques are not in ATT&CK v{attack.VERSION}: the Navigator will not show them"


def _of(subject: Subject, options: Options) -> dict[str, Any]:
    entries = []
    for technique in _usable(subject):
        trait = subject.traits.get(("technique", technique))
        count = trait.count if trait else 1
        facts = [("grade", trait.grade if trait else "unknown"), ("events", f"{count:,}")]
        if trait:
            facts += [("first seen", text.moment(trait.first)), ("last seen", text.moment(trait.last))]
            hosts = ", ".join(text.plain(name) for name in sorted(trait.hosts)) if options.victims else ""
            facts.append(("hosts", hosts or f"{len(trait.hosts):,}"))
        entries.append(_entry(technique, count, facts))
    words = f"{_size(subject)}. Score: events that show the technique."
    return _layer(text.plain(subject.label), words, entries, ["#ffffff", "#c0392b"], options)


def _overlap(subjects: Iterable[Subject], options: Options) -> dict[str, Any]:
    users: dict[str, list[str]] = {}
    for subject in subjects:
        for technique in _usable(subject):
            users.setdefault(technique, []).append(text.plain(subject.label))
    entries = [
        _entry(technique, len(names), [("used by", name) for name in names])
        for technique, names in sorted(users.items())
        if len(names) > 1
    ]
    words = "Techniques that more than one campaign uses. Score: how many do. Common techniques prove nothing."
    return _layer("Overlap of campaigns", words, entries, ["#ffffff", OVERLAP], options)


def _usable(subject: Subject) -> list[str]:
    return [technique for technique in subject.techniques if _TECHNIQUE.fullmatch(technique)]


def _entry(technique: str, score: int, facts: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "techniqueID": technique,
        "score": score,
        "enabled": True,
        "comment": "; ".join(f"{name} {value}" for name, value in facts[:3]),
        "metadata": [{"name": name, "value": value or "unknown"} for name, value in facts],
    }


def _layer(
    name: str, words: str, techniques: list[dict[str, Any]], colours: list[str], options: Options
) -> dict[str, Any]:
    most = max((entry["score"] for entry in techniques), default=1)
    return {
        "name": name,
        "versions": {"attack": attack.VERSION, "navigator": NAVIGATOR, "layer": LAYER},
        "domain": "enterprise-attack",
        "description": f"{options.tlp.label}. {words}",
        "sorting": 3,
        "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
        "hideDisabled": False,
        "techniques": techniques,
        "gradient": {"colors": colours, "minValue": 0, "maxValue": most},
        "legendItems": [{"label": f"score {most:,}", "color": colours[-1]}],
        "metadata": [{"name": "marking", "value": options.tlp.label}],
    }


def _size(subject: Subject) -> str:
    return f"{shown.count(len(subject.intrusions), 'intrusion')}, {shown.count(subject.findings, 'finding')}"
