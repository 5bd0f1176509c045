"""Accounts that were used, accounts that were made, and how those are named."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ringleader.profile import facts
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.kinds.command import commands
from ringleader.profile.sighting import Context, Sighting
from ringleader.profile.template import words

_PARTS = re.compile(r"[^\W\d_]+|\d+|[\W_]+")


class Account(Plain):
    name = "account"
    what = "account in whose name something happened, lower case, without its domain; the system's own are left out"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        name = bare(sighting.account)
        if name not in facts.habits().nobody and not name.endswith("$"):
            yield Mark(name, "recorded")


class CreatedAccount(Plain):
    name = "created-account"
    what = "account that was made, lower case"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for name in created(sighting):
            yield Mark(name, "name")


class AccountPattern(Plain):
    name = "account-pattern"
    what = "how accounts that were made are named: <letter>.<word><number>"

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        for name in created(sighting):
            yield Mark(pattern(name), "name")


def bare(account: str) -> str:
    r"""
    >>> bare("ALPHA\\D.Chan"), bare("d.chan@alpha.example")
    ('d.chan', 'd.chan')
    """
    return account.rpartition("\\")[2].partition("@")[0].strip().lower()[:120]


def created(sighting: Sighting) -> Iterator[str]:
    """Names of the accounts that an event makes, from the directory's own event or from ``net user NAME ... /add``."""
    for name in sighting.all("created_account"):
        yield bare(name)
    for command in commands(sighting):
        if "/add" not in command.lower():
            continue
        line = [word.text for word in words(command)]
        lowered = [word.lower() for word in line]
        if "user" in lowered and "/add" in lowered:
            at = lowered.index("user")
            before = lowered[at - 1].rpartition("\\")[2].removesuffix(".exe") if at else ""
            named = line[at + 1 : at + 2]
            if before in ("net", "net1") and named and not named[0].startswith("/"):
                yield bare(named[0])


def pattern(name: str) -> str:
    """
    >>> pattern("a.cheng4"), pattern("svc-sqlprod01"), pattern("administrator")
    ('<letter>.<word><number>', 'svc-<word><number>', 'administrator')
    """
    out = []
    for part in _PARTS.findall(name.lower()):
        if part.isdecimal():
            out.append("<number>")
        elif part.isalpha():
            known = part in facts.habits().account_words
            out.append(part if known else "<letter>" if len(part) == 1 else "<word>")
        else:
            out.append(part)
    return "".join(out)[:120]
