"""STIX 2.1: what another operator's or a CERT's platform imports. Made with OASIS's library, which checks each object.

Ids and times come from the case, so the same case gives the same bytes. ``created`` is the time that a thing was first
seen, ``modified`` the latest event of the evidence (or ``as_of``): a receiver takes the later of two versions.

A campaign is an intrusion set (who, unnamed) and a campaign (what they did, when). Whom it is like is said in notes and
opinions; a relation ``attributed-to`` to a known group is made only where the verdict is that it is likely."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import stix2

from ringleader.export import attack, identity, indicator, pattern, scale, text, tlp
from ringleader.export.base import Options, Source
from ringleader.export.subject import Assessment, Candidate, Intrusion, Pair, Subject
from ringleader.schema import shown

V = stix2.v21
ATTRIBUTABLE = ("very likely", "likely")
"""Verdicts that allow ``attributed-to``."""
CANDIDATES = 3
LINES = 12
"""Lines of a comparison that a note repeats."""
ASSESSMENTS = 200
NOTABLE_P, NOTABLE_PROBABILITY = 0.05, 0.2
"""A pair of campaigns is told where its overlap is this significant, or one actor this probable."""
REFERENCE = datetime(2021, 8, 3, tzinfo=UTC)
"""``created`` of objects that only refer to ATT&CK, and of what has no time."""
_TECHNIQUE = re.compile(r"T\d{4}(?:\.\d{3})?")
_DAY = 86_400_000  # milliseconds


class Stix:
    name = "stix"
    what = "STIX 2.1 bundle for OpenCTI, MISP, TAXII servers: intrusion sets, indicators, sightings, rival hypotheses"
    suffix = ".stix.json"
    internal = False

    def write(self, source: Source, options: Options) -> Iterator[str]:
        objects = _Bundle(source, options).objects()
        yield f'{{"type": "bundle", "id": "{_bundle_id(objects)}", "objects": [\n'
        for number, key in enumerate(objects):
            yield objects[key] + (",\n" if number < len(objects) - 1 else "\n")
        yield "]}\n"

    def notes(self, source: Source, options: Options) -> Iterable[str]:
        quiet = sum(not notable(pair) for pair in source.material.pairs)
        if quiet:
            yield f"{shown.count(quiet, 'pair')} of campaigns without notable overlap left out"
        left = indicator.left_out(source, options)
        if left:
            yield "no indicators: " + ", ".join(f"{count:,} {reason}" for reason, count in left.most_common())


def objects(source: Source, options: Options) -> list[str]:
    """The objects of the bundle as JSON texts: what they refer to by marking and by creator comes first."""
    chosen = options if options.victims is not None else replace(options, victims=Stix.internal)
    made = _Bundle(source, chosen).objects()
    return [made[key] for key in sorted(made, key=lambda key: (not key.startswith(("marking", "identity")), key))]


def notable(pair: Pair) -> bool:
    """Whether there is something to explain: of most pairs the answer is that they have nothing to do with each
    other."""
    chances = [p for p in (pair.q_value, pair.colocation_p) if p is not None]
    if not chances and pair.probability is None:
        return bool(pair.hypotheses)
    return any(p <= NOTABLE_P for p in chances) or (pair.probability or 0.0) >= NOTABLE_PROBABILITY


def _bundle_id(objects: Mapping[str, str]) -> str:
    return identity.made("bundle", *sorted(objects))


class _Bundle:
    def __init__(self, source: Source, options: Options) -> None:
        self._source, self._options = source, options
        self._found: dict[str, Any] = {}
        self._marking = [tlp.marking_id(options.tlp)]
        self._hide = None if options.victims else source.victims
        material = source.material
        self._as_of = options.as_of or material.last or REFERENCE
        self._tag = material.subjects[0].id if material.subjects else "empty"
        told = source.config.organisation
        named = told.name if options.named and told.name else f"Telecommunications operator (RL-{self._tag})"
        self._me = identity.made("identity", named)
        self._add(
            V.Identity,
            REFERENCE,
            id=self._me,
            modified=REFERENCE,
            name=text.plain(named),
            identity_class="organization",
            sectors=["telecommunications"],
        )

    def objects(self) -> dict[str, str]:
        """Id to text, the marking definition first."""
        material = self._source.material
        marking = tlp.marking(self._options.tlp)
        for subject in material.subjects:
            self._subject(subject)
        for pair in material.pairs:
            self._pair(pair)
        for assessment in material.assessments[:ASSESSMENTS]:
            self._assessment(assessment)
        self._report()
        made = {marking["id"]: stix2.parse(marking, allow_custom=False).serialize(sort_keys=True)}
        for key in sorted(self._found):
            made[key] = self._found[key].serialize(sort_keys=True)
        return made

    # One campaign

    def _subject(self, subject: Subject) -> None:
        who, what = self._who(subject), self._campaign(subject)
        first, last = _seen(subject.first, subject.last)
        if subject.kind == "campaign":
            told = f"{shown.count(len(subject.intrusions), 'intrusion')} of one unnamed actor"
        else:
            told = "one intrusion; the case has no campaigns"
        facts = f"{told}, {shown.count(subject.findings, 'finding')}. The name claims nothing."
        self._add(
            V.IntrusionSet, subject.first, id=who, name=text.plain(subject.label), description=facts, **first, **last
        )
        self._add(
            V.Campaign,
            subject.first,
            id=what,
            name=text.plain(f"Activity of {subject.label}"),
            description=facts,
            **first,
            **last,
        )
        self._relate(what, "attributed-to", who, subject.first, description="the unnamed actor of this activity itself")
        for intrusion in subject.intrusions:
            self._incident(intrusion, what)
        for technique in subject.techniques:
            if _TECHNIQUE.fullmatch(technique):
                self._relate(who, "uses", self._attack_pattern(technique), subject.first)
        for software in subject.software:
            self._relate(who, "uses", self._software(software), subject.first)
        self._sighting(who, subject, subject.first, subject.last, subject.findings)
        self._indicators(subject, who)
        for candidate in subject.candidates[:CANDIDATES]:
            self._candidate(subject, candidate)

    def _who(self, subject: Subject) -> str:
        return identity.made("intrusion-set", self._me, subject.id)

    def _campaign(self, subject: Subject) -> str:
        return identity.made("campaign", self._me, subject.id)

    def _incident(self, intrusion: Intrusion, campaign: str) -> None:
        key = identity.made("incident", self._me, intrusion.id)
        words = [
            f"{shown.count(intrusion.findings, 'finding')}, the gravest {intrusion.level}, on "
            + shown.count(len(intrusion.hosts), "host"),
            f"from {text.moment(intrusion.first) or 'unknown'} to {text.moment(intrusion.last) or 'unknown'}",
            "tactics: " + (", ".join(map(text.prose, intrusion.tactics)) or "none known"),
        ]
        if self._options.victims:
            words.append("hosts: " + ", ".join(map(text.code, intrusion.hosts[:100])))
            words.append("accounts: " + ", ".join(map(text.code, intrusion.accounts[:100])))
        self._add(
            V.Incident, intrusion.first, id=key, name=f"Intrusion RL-{intrusion.id}", description="; ".join(words) + "."
        )
        self._relate(key, "related-to", campaign, intrusion.first, description="is part of")

    def _attack_pattern(self, technique: str) -> str:
        key = identity.made("attack-pattern", self._me, technique)
        phases = [{"kill_chain_name": "mitre-attack", "phase_name": tactic} for tactic in attack.tactics(technique)]
        self._reference(V.AttackPattern, key, technique, **({"kill_chain_phases": phases} if phases else {}))
        return key

    def _software(self, software: str) -> str:
        tool = attack.is_tool(software)
        key = identity.made("tool" if tool else "malware", self._me, software)
        if tool:
            self._reference(V.Tool, key, software)
        else:
            self._reference(V.Malware, key, software, is_family=True)
        return key

    def _reference(self, kind: Any, key: str, attack_id: str, **more: Any) -> None:
        refs = []
        if attack.known(attack_id):
            refs = [{"source_name": "mitre-attack", "external_id": attack_id, "url": attack.url(attack_id)}]
        elif _TECHNIQUE.fullmatch(attack_id):
            refs = [{"source_name": "mitre-attack", "external_id": attack_id}]
        told = {"external_references": refs} if refs else {}
        name = text.plain(attack.name(attack_id))
        self._add(kind, REFERENCE, id=key, modified=REFERENCE, name=name, **told, **more)

    def _indicators(self, subject: Subject, who: str) -> None:
        network = []
        for one in indicator.of(subject, self._source, self._options):
            trait = one.trait
            found = pattern.pattern(trait.kind, trait.value)
            if found is None:
                continue
            key = identity.made("indicator", self._me, found)
            more = _confidence(scale.of_grade(trait.grade))
            self._add(
                V.Indicator,
                trait.first,
                id=key,
                name=text.plain(f"{trait.kind} {trait.value}", 200),
                description=f"Graded {trait.grade} (Admiralty). Here: {one.false_positives}.",
                indicator_types=["malicious-activity"],
                pattern=found,
                pattern_type="stix",
                pattern_version="2.1",
                valid_from=_usable(trait.first) or REFERENCE,
                **more,
            )
            self._relate(key, "indicates", who, trait.first, **more)
            seen = pattern.observables(trait.kind, trait.value)
            data = self._observed(one, seen) if seen else None
            self._sighting(key, subject, trait.first, trait.last, trait.count, data)
            if trait.kind in ("address", "domain"):
                network.append(seen[0].id)
        if network:
            used = identity.made("infrastructure", self._me, subject.id)
            name = text.plain(f"Infrastructure of {subject.label}")
            self._add(V.Infrastructure, subject.first, id=used, name=name, infrastructure_types=["unknown"])
            self._relate(who, "uses", used, subject.first)
            for observable in sorted(network):
                self._relate(used, "consists-of", observable, subject.first)

    def _observed(self, one: indicator.Indicator, seen: list[Any]) -> str:
        """One for each value, whoever used it: OpenCTI takes two of the same observables for one."""
        for observable in seen:
            self._found.setdefault(observable.id, observable)
        key = one.trait.kind, one.trait.value
        everywhere = [s.traits[key] for s in self._source.material.subjects if key in s.traits]
        times = [t for trait in everywhere for t in (_usable(trait.first), _usable(trait.last)) if t]
        made = identity.made("observed-data", self._me, *key)
        self._add(
            V.ObservedData,
            min(times, default=None),
            id=made,
            first_observed=min(times, default=REFERENCE),
            last_observed=max(times, default=REFERENCE),
            number_observed=min(max(one.count.inside, 1), 999_999_999),
            object_refs=[observable.id for observable in seen],
        )
        return made

    def _sighting(
        self,
        key: str,
        subject: Subject,
        first: datetime | None,
        last: datetime | None,
        count: int,
        observed: str | None = None,
    ) -> None:
        seen, until = _seen(first, last)
        self._add(
            V.Sighting,
            first,
            id=identity.made("sighting", self._me, key, subject.id),
            sighting_of_ref=key,
            where_sighted_refs=[self._me],
            count=min(max(count, 0), 999_999_999),
            **seen,
            **until,
            **({"observed_data_refs": [observed]} if observed else {}),
        )

    # What it could mean

    def _candidate(self, subject: Subject, candidate: Candidate) -> None:
        word, confidence = scale.of_probability(candidate.probability)
        campaign = self._campaign(subject)
        group = "none of the known groups" if candidate.id == "unknown" else f"{candidate.name} ({candidate.id})"
        words = [
            f"Hypothesis: {text.prose(subject.label)} is the work of {text.prose(group)}.",
            f"Probability {candidate.probability:.2f}: {word} (ICD 203). Verdict: {text.prose(candidate.verdict)}.",
            "It says how alike this is to what is published, not who ordered it.",
            *self._lines(candidate.contributions),
        ]
        self._hypothesis(
            f"Attribution of {subject.label}: {candidate.name}",
            words,
            (candidate.probability, f"Probability {candidate.probability:.2f}: {word} (ICD 203)."),
            confidence,
            [campaign],
            subject.first,
            ("attribution", subject.id, candidate.id),
        )
        if candidate.verdict in ATTRIBUTABLE and attack.known(candidate.id):
            known = identity.made("intrusion-set", self._me, candidate.id)
            self._reference(V.IntrusionSet, known, candidate.id)
            told = f"{word} (ICD 203); by likeness to published reports"
            self._relate(campaign, "attributed-to", known, subject.first, description=told, confidence=confidence)

    def _pair(self, pair: Pair) -> None:
        subjects = {subject.id: subject for subject in self._source.material.subjects}
        left, right = subjects.get(pair.left), subjects.get(pair.right)
        if left is None or right is None or not notable(pair):
            return
        numbers = {
            "log-likelihood ratio in nats": pair.log_lr,
            "p of the overlap": pair.p_value,
            "q over all pairs": pair.q_value,
            "p of being at the same hosts and hours": pair.colocation_p,
        }
        words = "; ".join(f"{name} {number:.3g}" for name, number in numbers.items() if number is not None)
        more = {} if pair.probability is None else {"confidence": scale.of_probability(pair.probability)[1]}
        ends = self._who(left), self._who(right)
        time = max((t for t in (left.first, right.first) if t), default=None)
        related = self._relate(
            ends[0], "related-to", ends[1], time, description=f"Overlap: {words or 'told in notes'}.", **more
        )
        for one in pair.hypotheses:
            weight = one.get("weight")
            share = float(weight) if isinstance(weight, (int, float)) and 0 <= weight <= 1 else None
            title = str(one.get("title") or one.get("name") or "")
            words_of = [f"Hypothesis: {self._prose(title)}."]
            for side, word in (("for", "For"), ("against", "Against")):
                points = one.get(side) or ()
                words_of += [f"{word}: {self._prose(p.get('text', ''))}" for p in points if isinstance(p, dict)]
            words_of += [f"Would change it: {self._prose(change)}" for change in pair.would_change]
            said = None
            if share is not None:
                said = f"Weight {share:.2f} among the hypotheses named. It orders them and is no measured probability."
            self._hypothesis(
                f"{left.label} and {right.label}: {title}",
                words_of,
                (share, said),
                None,
                [related, *ends],
                time,
                ("pair", pair.left, pair.right, str(one.get("name") or title)),
            )

    def _hypothesis(
        self,
        title: str,
        words: list[str],
        belief: tuple[float | None, str | None],
        confidence: int | None,
        about: list[str],
        time: datetime | None,
        parts: tuple[str, ...],
    ) -> None:
        """A note says it, an opinion on the note says how far it is believed: ``belief`` is a share and its words."""
        note = identity.made("note", self._me, *parts)
        self._add(
            V.Note,
            time,
            id=note,
            abstract=self._prose(title, 300),
            content="\n\n".join(words),
            object_refs=about,
            **_confidence(confidence),
        )
        share, said = belief
        if share is None:
            return
        key = identity.made("opinion", self._me, *parts)
        self._add(
            V.Opinion,
            time,
            id=key,
            opinion=scale.opinion(share),
            explanation=said,
            object_refs=[note],
            **_confidence(confidence),
        )

    def _lines(self, contributions: list[dict[str, Any]]) -> list[str]:
        out = []
        for line in contributions[:LINES]:
            kind, value = str(line.get("kind", "")), str(line.get("value", ""))
            if self._hide is not None and self._hide.withheld(kind, value):
                value = "withheld"
            weight = line.get("weight")
            said = f"{weight:+.2f} nats " if isinstance(weight, (int, float)) else ""
            out.append(f"- {said}{text.prose(kind)} {text.code(value, 200)}: {self._prose(line.get('reason', ''))}")
        return out

    def _assessment(self, one: Assessment) -> None:
        about = {
            "campaign": "campaign",
            "intrusion": "incident",
        }.get(one.subject_kind)
        key = identity.made(about, self._me, one.subject_id) if about else self._me
        if key not in self._found:
            key = self._me
        subject = next((s for s in self._source.material.subjects if s.id == one.subject_id), None)
        self._add(
            V.Note,
            subject.first if subject else None,
            id=identity.made("note", self._me, one.subject_kind, one.subject_id, one.aspect, one.statement),
            abstract=text.prose(one.aspect or "assessment"),
            content=self._prose(one.statement) or "empty",
            object_refs=[key],
            **_confidence(scale.of_word(one.confidence)),
        )

    def _report(self) -> None:
        material = self._source.material
        count = len(material.subjects)
        what = shown.count(count, "intrusion" if material.stand_in else "campaign")
        more = "; the case has no campaigns, each intrusion stands for one" if count and material.stand_in else ""
        self._add(
            V.Report,
            material.subjects[0].first if count else None,
            id=identity.made("report", self._me, self._tag),
            name=f"Ringleader: {what} (RL-{self._tag})",
            description=what + more,
            report_types=["campaign"],
            published=self._as_of,
            object_refs=sorted(self._found),
        )

    # Making objects

    def _relate(self, source: str, how: str, target: str, time: datetime | None, **more: Any) -> str:
        key = identity.made("relationship", self._me, source, how, target)
        self._add(V.Relationship, time, id=key, source_ref=source, relationship_type=how, target_ref=target, **more)
        return key

    def _add(self, kind: Any, time: datetime | None, **properties: Any) -> None:
        """The first of equal ids stays: of an indicator of two campaigns that is the earlier one's."""
        if properties["id"] in self._found:
            return
        created = _usable(time) or REFERENCE
        if kind in (V.Note, V.Opinion):
            # OpenCTI takes two of one text and time for the same: each has a moment of its own.
            created += timedelta(milliseconds=int(properties["id"][-12:], 16) % _DAY)
        modified = max(created, properties.pop("modified", None) or self._as_of)
        mine = {} if kind is V.Identity else {"created_by_ref": self._me}
        self._found[properties["id"]] = kind(
            created=created, modified=modified, object_marking_refs=self._marking, **mine, **properties
        )

    def _prose(self, content: object, longest: int = 2000) -> str:
        told = str(content)
        return text.prose(told if self._hide is None else self._hide.text(told), longest)


def _usable(time: datetime | None) -> datetime | None:
    """A time that STIX can write: broken clocks say years that it cannot."""
    return time if time is not None and time.year >= 1000 else None


def _seen(first: datetime | None, last: datetime | None) -> tuple[dict[str, Any], dict[str, Any]]:
    start, end = _usable(first), _usable(last)
    return {"first_seen": start} if start else {}, {"last_seen": end} if end else {}


def _confidence(number: int | None) -> dict[str, int]:
    return {} if number is None else {"confidence": number}
