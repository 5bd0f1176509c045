"""Traits as an analyst writes them: ids with commas between, a file of lines, or a STIX bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringleader.compare import Profile, Trait
from ringleader.errors import KnowledgeError, UsageError
from ringleader.knowledge import Knowledge

ITEM = re.compile(r"(?P<name>.*?)(?:/(?P<grade>[A-Fa-f][1-6]))?")
MOST_BYTES = 50 << 20
MOST = 2000
"""Traits that can be attributed at once: more than any group's profile holds."""


@dataclass(frozen=True)
class Read:
    """``ignored`` are texts that the knowledge has no technique or software for, such as revoked ids."""

    profile: Profile
    ignored: tuple[str, ...]


def read(given: str, knowledge: Knowledge) -> Read:
    """The traits in the file ``given``, or in the text itself. Raises ``UsageError``.

    A trait is an id or a name, with an Admiralty grade after a slash where it is not fully trusted:
    ``T1505.003,China Chopper/B2,S0002/F6``. In a file each line holds such traits, and ``#`` begins a remark.
    """
    path = Path(given)
    try:
        texts = list(_from_file(path) if len(given) < 4096 and path.is_file() else _split(given))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{given}: cannot be read: {error}", hint="a text file in UTF-8, or a STIX bundle") from error
    traits, ignored = [], []
    for text in dict.fromkeys(texts):
        found = ITEM.fullmatch(text)
        name, grade = (found["name"].strip(), (found["grade"] or "A1").upper()) if found else (text, "A1")
        known = [e for e in knowledge.find(name) if e.kind in ("technique", "software")]
        if known:
            traits.append(Trait(known[0].kind, known[0].id, grade))
        else:
            ignored.append(text)
    profile = Profile.of("evidence", traits)
    if not profile.traits:
        raise UsageError(
            "none of the traits is a technique or software that is known"
            + (f": {', '.join(ignored[:5])}" if ignored else ""),
            hint="ids of ATT&CK with commas between, a grade from A1 to F6 after a slash: T1505.003,S0020/C3; or a file"
            " that is there",
        )
    if len(profile.traits) > MOST:
        raise UsageError(f"{len(profile.traits):,} traits are no profile of one actor", hint=f"give at most {MOST:,}")
    return Read(profile, tuple(ignored))


def _from_file(path: Path) -> Iterator[str]:
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path} is larger than {MOST_BYTES >> 20} MiB", hint="give the traits of one actor")
    with path.open("rb") as file:
        start = file.read(64)
    if start[:2] == b"\x1f\x8b" or start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        yield from _from_bundle(path)
        return
    for line in path.read_text(encoding="utf-8-sig").splitlines():
        yield from _split(line.partition("#")[0])


def _from_bundle(path: Path) -> Iterator[str]:
    from ringleader.knowledge import stix

    try:
        objects = stix.objects(path)
    except KnowledgeError as error:
        raise UsageError(str(error), hint=error.hint) from error
    for item in objects:
        if item["type"] in ("attack-pattern", "malware", "tool") and not item.get("revoked"):
            yield _named(item)


def _named(item: Mapping[str, object]) -> str:
    from ringleader.knowledge import stix

    references = item.get("external_references")
    usable = isinstance(references, list) and all(isinstance(reference, dict) for reference in references)
    return (stix.external_id(item) if usable else None) or str(item.get("name") or item.get("id") or "?")


def _split(text: str) -> Iterator[str]:
    yield from (part.strip() for part in re.split(r"[,;\n\t]", text) if part.strip())
