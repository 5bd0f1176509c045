"""MISP: one event for each campaign, made with PyMISP (``pip install 'ringleader[misp]'``)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ringleader.errors import UsageError
from ringleader.export import attack, identity, indicator, scale, text
from ringleader.export.base import Options, Source
from ringleader.export.formats.stix import ATTRIBUTABLE, REFERENCE
from ringleader.export.subject import Subject
from ringleader.schema import shown
from ringleader.schema.order import WORST_FIRST
from ringleader.schema.tlp import Tlp

# Whom MISP gives an event to: 0 your organisation, 1 this community, 2 connected communities, 3 all.
DISTRIBUTION = {Tlp.RED: 0, Tlp.AMBER_STRICT: 0, Tlp.AMBER: 1, Tlp.GREEN: 2, Tlp.CLEAR: 3}
_THREAT = {"critical": 1, "high": 1, "medium": 2, "low": 3, "informational": 3}
_ATTRIBUTES = {
    "domain": "domain",
    "user-agent": "user-agent",
    "service": "windows-service-name",
    "scheduled-task": "windows-scheduled-task",
    "named-pipe": "named pipe",
    "web-shell": "uri",
}
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
ANALYSIS = 1
"""Ongoing."""


class Misp:
    name = "misp"
    what = "MISP events, one for each campaign, with objects, galaxy tags, TLP and distribution (needs PyMISP)"
    suffix = ".misp.json"
    internal = False

    def write(self, source: Source, options: Options) -> Iterator[str]:
        library = _library()
        subjects = source.material.subjects
        yield '{"response": [\n'
        for number, subject in enumerate(subjects):
            event = _event(library, subject, source, options)
            yield '{"Event": ' + event.to_json(sort_keys=True, indent=None) + "}"
            yield ",\n" if number < len(subjects) - 1 else "\n"
        yield "]}\n"

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        left = indicator.left_out(source, options)
        if left:
            yield "no attributes: " + ", ".join(f"{count:,} {reason}" for reason, count in left.most_common())


def _library() -> Any:
    try:
        import pymisp
    except ImportError as error:
        raise UsageError("the format misp needs PyMISP", hint="pip install 'ringleader[misp]'") from error
    return pymisp


def _event(library: Any, subject: Subject, source: Source, options: Options) -> Any:
    event = library.MISPEvent()
    last = options.as_of or source.material.last or REFERENCE
    first = subject.first or REFERENCE
    worst = min((i.level for i in subject.intrusions if i.level in WORST_FIRST), key=WORST_FIRST.index, default="low")
    event.from_dict(
        uuid=_uuid(subject, "event"),
        info=text.plain(f"{subject.label}: {_size(subject)}"),
        date=first.date(),
        timestamp=last,
        distribution=DISTRIBUTION[options.tlp],
        threat_level_id=_THREAT[worst],
        analysis=ANALYSIS,
    )
    event.add_tag(f"tlp:{options.tlp.value}")
    for technique in subject.techniques:
        if _TECHNIQUE.fullmatch(technique) and attack.known(technique):
            event.add_tag(f'misp-galaxy:mitre-attack-pattern="{attack.name(technique)} - {technique}"')
    for software in subject.software:
        if attack.known(software):
            what = "tool" if attack.is_tool(software) else "malware"
            event.add_tag(f'misp-galaxy:mitre-{what}="{attack.name(software)} - {software}"')
    for candidate in subject.candidates:
        if candidate.verdict in ATTRIBUTABLE and attack.known(candidate.id):
            word, _ = scale.of_probability(candidate.probability)
            event.add_tag(f'misp-galaxy:threat-actor="{attack.name(candidate.id)}"')
            event.add_tag(f'estimative-language:likelihood-probability="{word.replace(" ", "-")}"')
    _campaign(event, library, subject, source, options)
    for one in indicator.of(subject, source, options):
        _indicator(event, library, subject, one)
    return event


def _campaign(event: Any, library: Any, subject: Subject, source: Source, options: Options) -> None:
    """What is said about the campaign: its facts, the hypotheses about it and the assessments of it."""
    words = [f"{_size(subject)}. The name claims nothing."]
    for candidate in subject.candidates[:3]:
        word, _ = scale.of_probability(candidate.probability)
        words.append(
            f"Hypothesis: the work of {candidate.name} ({candidate.id}): {candidate.probability:.2f}, {word};"
            f" verdict: {candidate.verdict}"
        )
    about = {subject.id, *(intrusion.id for intrusion in subject.intrusions)}
    for one in source.material.assessments:
        if one.subject_id in about:
            words.append(f"{one.aspect}: {one.statement} (confidence in the evidence: {one.confidence})")
    for number, said in enumerate(words):
        told = said if options.victims else source.victims.text(said)
        _attribute(event, subject, "text", text.plain(told, 2000), f"said-{number}", category="Other")
    if options.victims:
        for name in sorted({host for intrusion in subject.intrusions for host in intrusion.hosts}):
            _attribute(event, subject, "target-machine", text.plain(name), "victim", category="Targeting data")


def _indicator(event: Any, library: Any, subject: Subject, one: indicator.Indicator) -> None:
    trait = one.trait
    more: dict[str, Any] = {"to_ids": True, "comment": f"{trait.grade}; here {one.false_positives}"}
    if trait.first and trait.last and trait.first.year >= 1000:
        more |= {"first_seen": trait.first, "last_seen": trait.last}
    if trait.kind == "file-hash":
        name, _, digest = trait.value.partition(":")
        made = library.MISPObject("pe" if name == "imphash" else "file")
        made.uuid = _uuid(subject, trait.kind, trait.value)
        made.timestamp = event.timestamp
        made.add_attribute(name, digest, uuid=_uuid(subject, name, digest), timestamp=event.timestamp, **more)
        event.add_object(made)
    elif trait.kind == "path":
        folder, _, name = trait.value.rpartition("\\")
        made = library.MISPObject("file")
        made.uuid = _uuid(subject, trait.kind, trait.value)
        made.timestamp = event.timestamp
        made.add_attribute("filename", text.plain(name), uuid=_uuid(subject, "name", trait.value),
                           timestamp=event.timestamp, **more)  # fmt: skip
        made.add_attribute("path", text.plain(folder), uuid=_uuid(subject, "folder", trait.value),
                           timestamp=event.timestamp)  # fmt: skip
        event.add_object(made)
    elif trait.kind == "address":
        _attribute(event, subject, "ip-dst", trait.value, trait.kind, **more)
    elif trait.kind in _ATTRIBUTES:
        _attribute(event, subject, _ATTRIBUTES[trait.kind], text.plain(trait.value), trait.kind, **more)


def _attribute(event: Any, subject: Subject, kind: str, value: str, what: str, **more: Any) -> None:
    if value.strip():
        event.add_attribute(kind, value, uuid=_uuid(subject, what, value), timestamp=event.timestamp, **more)


def _uuid(subject: Subject, *parts: str) -> str:
    return identity.plain("misp", subject.id, *parts)


def _size(subject: Subject) -> str:
    return f"{shown.count(len(subject.intrusions), 'intrusion')}, {shown.count(subject.findings, 'finding')}"
