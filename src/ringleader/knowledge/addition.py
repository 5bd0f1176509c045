"""Files that add to a knowledge base: own groups and campaigns, and relations that ATT&CK states in prose only.

The overlay that ships with Ringleader is such a file, and is read by the same function.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ringleader.errors import KnowledgeError

Text = Annotated[str, StringConstraints(min_length=1, max_length=1000, strip_whitespace=True)]
MOST_BYTES = 20 << 20


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Publication(_Strict):
    """A report, public or your own, by a name of your choice."""

    name: Text
    url: Text | None = None
    date: dt.date | None = None


class Actor(_Strict):
    """A group or a campaign, with what it uses by ATT&CK id, and the names of the reports that say so."""

    id: Text
    kind: Literal["group", "campaign"] = "group"
    name: Text
    aliases: tuple[Text, ...] = ()
    group: Text | None = Field(None, description="for a campaign: the id of the group that it is attributed to")
    uses: tuple[Text, ...] = ()
    reports: tuple[Text, ...] = ()


class Use(_Strict):
    """One relation more between entities that are known."""

    source: Text
    uses: Text
    reports: tuple[Text, ...] = ()
    read_in: Text | None = Field(None, description="id of the ATT&CK object whose description states it")


class Addition(_Strict):
    """One file. ``origin``, the file's name without its ending, marks what came from it."""

    origin: str = ""
    reports: tuple[Publication, ...] = ()
    actors: tuple[Actor, ...] = ()
    relations: tuple[Use, ...] = ()


def read(path: Path) -> Addition:
    """The YAML file ``path``. Raises ``KnowledgeError`` with all its mistakes."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise KnowledgeError(f"{path} is larger than {MOST_BYTES >> 20} MiB")
        text = path.read_text(encoding="utf-8")
        # An alias in YAML can grow a small file without bound, and nothing here needs one.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=yaml.SafeLoader)):
            raise KnowledgeError(f"{path} uses a YAML alias", hint="write the value out where it is needed")
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise KnowledgeError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    try:
        return Addition.model_validate({**(data or {}), "origin": path.stem})
    except (ValidationError, TypeError) as error:
        mistakes = error.errors() if isinstance(error, ValidationError) else []
        said = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in mistakes] or [str(error)]
        raise KnowledgeError(
            f"{path}: " + "\n".join(said), hint="docs/guides/knowledge.md shows such a file"
        ) from error
