"""Command lines without what changes from one use to the next: the habit remains.

>>> template(r"C:\\T\\rar.exe a -r -hp9x! -m5 -v250m u.rar D:\\cdr\\2026-02\\*.dat")
'rar a -r -hp<secret> -m5 -v<number>m <file> <glob>'

Deterministic, and a template is its own template. What stands where a secret may stand (secrets.yml) is never kept; in
doubt a word becomes ``<text>``. The output has no quotes: a quoted word has ``_`` for its spaces.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from ringleader.profile import facts, folder
from ringleader.profile.facts import Role

LONGEST = 4096
"""Characters of a command that are looked at."""
MOST_WORDS = 40
LONG_WORD = 32

_MARK = re.compile(r"<[a-z0-9-]{2,20}>")
_MARKED = re.compile(r"(?:[A-Za-z0-9_.\\:*@$+&!/-]|<[a-z0-9-]{2,20}>)*")
_SHARE = re.compile(r"<(?:admin-)?share>\\(?:<[a-z]+>)?")
_OPTION = re.compile(r"(--?|/)([A-Za-z?][\w?+-]*)(?:([:=])(.*))?", re.DOTALL)
_PIECES = re.compile(r"([(),;{}|=\[\]])")
_REDIRECTION = re.compile(r"(\d?>{1,2}(?:&\d)?|<)(?![a-z0-9-]{2,20}>)(.*)", re.DOTALL)
_PLAIN = re.compile(r"[A-Za-z_@$#!.:+*\\-]+\d?", re.ASCII)
_REGISTRY = re.compile(r"(?:hk(?:lm|cu|cr|u|ey_[a-z_]+)):?\\[a-z0-9 _.\\{}-]{1,80}")


def _shapes(*shapes: tuple[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern, re.ASCII | re.IGNORECASE), mark) for pattern, mark in shapes)


_WHOLE = _shapes(
    (r"[a-z][a-z0-9+.-]{1,12}://.*", "<url>"),
    (r"[\w.$-]+/\S+@\S+", "<secret>"),  # user/password@database
    (r"[^\s:@]+:\S+@\S+", "<secret>"),  # user:password@host
    (r"[\w.$-]+/[\w.$-]+:\S+", "<secret>"),  # domain/user:password
    (r"[\w.$-]+@[\w.-]+(:\S*)?", "<account>"),
    (r"(?=.*(?-i:[A-Z]))[a-z0-9+/]{24,}={0,2}", "<base64>"),
)
"""Shapes of words that hold what others are cut at."""
_SHAPES = _shapes(
    *(
        (r"[a-z][a-z0-9+.-]{1,12}://.*", "<url>"),
        (r"\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?", "<guid>"),
        (r"\d{1,3}(\.\d{1,3}){3}(/\d{1,2})", "<network>"),
        (r"\d{1,3}(\.\d{1,3}){3}(:\d+)?", "<address>"),
        (r"\[?(?=.*:.*:)[0-9a-f:]{3,39}\]?(%\w+)?(?<!:)", "<address>"),
        (r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(t[\d:.z+-]*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}", "<date>"),
        (r"\d{1,2}:\d{2}(:\d{2})?", "<time>"),
        (r"[+-]?(0x[0-9a-f]+|\d+([.,]\d+)?)[kmg]?b?", "<number>"),
        (r"(?=.*\d)[0-9a-f]{12,}", "<hex>"),
        (r"s-1-[\d-]+", "<account>"),
    )
)
_ENDINGS = frozenset(facts.places().endings)
_TOOLS = frozenset(name for tool in facts.software().tools for name in tool.files)
_DOMAIN_ACCOUNT = re.compile(r"[\w.-]{1,20}\\[\w.$-]{1,64}")
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?\.)+[a-z]{2,24}(?::\d+)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True)
class Names:
    """Names of hosts and accounts that are known: lower case, without domains."""

    hosts: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


NOBODY = Names()


class Word(NamedTuple):
    text: str
    quoted: bool


@dataclass
class _State:
    """Where in a command the reading is. ``awaited``: what the next word is, whatever it looks like."""

    names: Names
    program: str = ""
    roles: list[Role] | None = None
    place: int = 0
    archiving: bool = False
    awaited: str = "program"
    out: list[str] = field(default_factory=list)


@lru_cache(maxsize=32768)
def template(command: str, names: Names = NOBODY, program: str = "") -> str:
    """``program``: what the program is, where that is known better than by its file's name."""
    found = _once(command, names, program)
    for _ in range(3):
        again = _once(found, names, "")
        if again == found:
            return found
        found = again
    return "<program> <text>"


def _once(command: str, names: Names, program: str) -> str:
    state = _State(names)
    queue = deque(words(command[:LONGEST]))
    if program and queue and not queue[0].text.startswith("<"):
        queue[0] = Word(program, False)
    while queue and len(state.out) <= MOST_WORDS:
        word = queue.popleft()
        if state.awaited in ("program", "command") and word.quoted:
            inner = list(words(word.text))
            if len(inner) > 1 and (not folder.is_path(word.text) or folder.ending(inner[0].text) in _ENDINGS):
                queue.extendleft(reversed(inner))
                state.awaited = "program"
                continue
        _take(word.text, state)
    if len(state.out) > MOST_WORDS:
        return " ".join([*state.out[:MOST_WORDS], "…"])
    return " ".join(state.out)


def words(command: str) -> Iterator[Word]:
    """Words as Windows parts them: quotes keep white space, a backslash makes the quote after it a letter. Single
    quotes keep white space too, where a word or an option's value begins with one."""
    if '"' not in command and "'" not in command:
        yield from (Word(text, False) for text in command.split())
        return
    text, quote, quoted, some = "", "", False, False
    for at, letter in enumerate(command):
        if quote:
            if letter == quote and not (quote == '"' and _escaped(command, at)):
                quote = ""
            else:
                text += letter
                quoted = quoted or letter.isspace()
        elif _opens(letter, text, command, at):
            quote, some = letter, True
        elif letter.isspace():
            if text or some:
                yield Word(text, quoted)
            text, quoted, some = "", False, False
        else:
            text += letter
    if text:
        yield Word(text, quoted)


def _opens(letter: str, before: str, command: str, at: int) -> bool:
    if letter == "'":
        return (not before or before[0] in "-/" or before[-1] in "=:,(") and "'" in command[at + 1 :]
    return letter == '"' and not _escaped(command, at)


def _escaped(command: str, at: int) -> bool:
    before = command[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1


def _take(text: str, state: _State) -> None:
    known = facts.secrets()
    lowered = text.lower()
    if lowered in known.separators and state.awaited != "secret":
        state.out.append(text)
        state.awaited, state.program, state.roles, state.archiving = "program", "", None, False
    elif text == "…":
        state.out.append(text)
    elif state.awaited == "secret":
        state.awaited = ""
        state.out.append("<number>" if text.isascii() and text.isdecimal() else _secret(text))
    elif state.awaited in ("program", "command"):
        _program(text, state)
    elif state.awaited in ("account", "host", "name") and not text.startswith(("-", "/")):
        state.out.append(f"<{state.awaited}>")
        state.awaited = ""
    else:
        state.awaited = ""
        _argument(text, state)


def _secret(text: str) -> str:
    return "<number>" if text == "<number>" else "<secret>"


def _program(text: str, state: _State) -> None:
    state.awaited = ""
    if text.startswith(("-", "/")) and not folder.is_path(text):
        _argument(text, state)  # start /b program, sudo -u somebody program
        state.awaited = state.awaited or "program"
        return
    if (made := _own_program(text)) is not None:
        state.out.append(made)
        state.program, state.roles, state.place, state.archiving = "<program>", None, 0, False
        return
    name = folder.name(text).removesuffix(".exe").removesuffix(".com").lstrip("(@&").rstrip(")")
    plain = re.fullmatch(r"(?:[a-z0-9_.+-]|<[a-z0-9-]{2,20}>){1,40}", name)
    state.program = re.sub(r"\d{4,}", "<number>", name) if plain else "<program>"
    state.out.append(state.program)
    places = facts.secrets().places.get(state.program, {})
    state.roles, state.place = places.get(""), 0
    state.archiving = state.program in facts.secrets().archivers
    if state.program in facts.secrets().wrappers:
        state.awaited = "program"


def _own_program(text: str) -> str | None:
    """The class of folder for a program that is in one where people put their own under names of their choice; None for
    others, and for known tools."""
    if re.fullmatch(r"<[a-z0-9-]{2,20}>\\<program>|<program>", text):
        return text
    place = folder.place(text) if folder.is_path(text) else None
    if place is None or place.keeps or folder.name(text) in _TOOLS:
        return None
    return "<program>" if place.name in ("drive", "folder") else f"<{place.name}>\\<program>"


def _argument(text: str, state: _State) -> None:
    known = facts.secrets()
    lowered = text.lower()
    if lowered in known.carriers["*"] or lowered in known.carriers.get(state.program, ()):
        state.out.append(lowered)
        state.awaited = "command"
        return
    option = _OPTION.fullmatch(text)
    if text[:1] in ("-", "/") and not folder.is_path(text) and text not in ("-", "/"):
        state.out.append(_option(text, option, state))
        return
    if lowered in known.before_secret:
        state.out.append(lowered)
        state.awaited = "secret"
        return
    places = known.places.get(state.program, {})
    if state.roles is None and lowered in places:
        state.roles, state.place = places[lowered], 0
        state.out.append(lowered)
        return
    if not state.place and state.roles is None and lowered in known.archiver_verbs:
        state.archiving = True
    role: Role = "value"
    if state.roles is not None:
        role = state.roles[min(state.place, len(state.roles) - 1)]
    state.place += 1
    state.out.append(_in_role(text, role, state))


def _in_role(text: str, role: Role, state: _State) -> str:
    if role == "secret":
        return (
            _pieces(text, state)
            if text.startswith("\\\\") or _SHARE.fullmatch(text)
            else "*"
            if text == "*"
            else "<secret>"
        )
    if role == "host" and text.isascii() and text.isdecimal():
        return "<number>"
    if role in ("account", "host", "name", "text"):
        return "<number>" if text == "<number>" and role == "host" else f"<{role}>"
    if role == "target":
        if re.fullmatch(r"[A-Za-z]:|\*|<drive-letter>", text):
            return "<drive-letter>"
        return _pieces(text, state) if text.startswith(("\\\\", "<")) else "<host>"
    return _pieces(text, state)


def _option(text: str, found: re.Match[str] | None, state: _State) -> str:
    known = facts.secrets()
    prefix = text[0]
    if found is None:
        attached = _attached(prefix, text.lstrip("-/").lower(), state)
        if attached:
            return f"{prefix}{attached}<secret>"
        return _pieces(text, state)
    prefix, name, separator, value = found[1], found[2], found[3] or "", found[4] or ""
    word = name.lower()
    given = {word, prefix + word}
    shown = word if prefix == "/" else name
    if separator:
        attached = "" if given & known.secret else _attached(prefix, word, state)
        if attached:
            return f"{prefix}{attached}<secret>"
        if given & known.secret or any(part in word for part in known.secret_words):
            state.awaited = "" if value else "secret"
            return f"{prefix}{shown}{separator}" + (_secret(value) if value else "")
        for role, options in (("account", known.account), ("host", known.host), ("name", known.name)):
            if given & options:
                state.awaited = "" if value else role
                return f"{prefix}{shown}{separator}" + (f"<{role}>" if value else "")
        return f"{prefix}{_numbers(shown)}{separator}" + (_pieces(value, state) if value else "")
    if given & known.secret or any(part in word for part in ("password", "passwd", "secret", "token")):
        state.awaited = "secret"
        attached = "" if given & known.secret else _attached(prefix, word, state)
        return f"{prefix}{attached}<secret>" if attached else prefix + shown
    for role, options in (("account", known.account), ("host", known.host), ("name", known.name)):
        if given & options:
            state.awaited = role
            return prefix + shown
    if attached := _attached(prefix, word, state):
        return f"{prefix}{attached}<secret>"
    return prefix + (_numbers(shown) if len(shown) <= LONG_WORD else "<text>")


def _attached(prefix: str, word: str, state: _State) -> str:
    """The option's letters, if ``word`` carries a secret after them."""
    known = facts.secrets()
    if prefix == "--" or (prefix == "/" and not state.archiving):
        return ""
    for letters in known.attached:
        if word.startswith(letters) and len(word) > len(letters):
            if re.split("[:=]", word)[0] in known.harmless and not state.archiving:
                return ""
            return letters
    return ""


def _pieces(text: str, state: _State) -> str:
    """A word in a place without meaning, generalised by its shape."""
    if folder.is_path(text) and not _PIECES.search(text):
        return _piece(text, state)
    inner = text.split()
    if len(inner) != 1:
        return _bounded("_".join(_pieces(word, state) for word in inner[:12]))
    if any(shape.fullmatch(text) for shape, _ in _WHOLE):
        return next(mark for shape, mark in _WHOLE if shape.fullmatch(text))
    pieces = _PIECES.split(text)
    if len(pieces) == 1:
        return _piece(text, state)
    if len(pieces) > 60:
        return "<text>"
    out: list[str] = []
    for at, piece in enumerate(pieces):
        if at % 2:
            out.append(piece)
            continue
        before = pieces[at - 2].lower() if at >= 2 and pieces[at - 1] == "=" else ""
        if before and any(part in before for part in facts.secrets().secret_words):
            out.append("<secret>" if piece else "")
            if piece:
                break  # a secret may go on after what looks like its end
        elif piece:
            out.append(_piece(piece, state))
    return _bounded("".join(out))


def _bounded(text: str) -> str:
    return text if len(text) <= 3 * LONG_WORD else "<text>"


def _piece(text: str, state: _State) -> str:
    if _MARK.search(text):
        return text if _MARKED.fullmatch(text) and len(text) <= 3 * LONG_WORD else "<text>"
    if found := _REDIRECTION.fullmatch(text):
        return found[1] + (_piece(found[2], state) if found[2] else "")
    lowered = text.lower()
    if text[0] == "@" and len(text) > 1:
        return "@" + _piece(text[1:].lstrip("@"), state) if text[1:].lstrip("@") else "@"
    if lowered in state.names.hosts:
        return "<host>"
    if lowered in state.names.accounts:
        return "<account>"
    for shape, mark in _SHAPES:
        if shape.fullmatch(text):
            return mark
    if lowered.startswith("hk") and _REGISTRY.fullmatch(lowered):
        return _numbers(lowered[: 2 * LONG_WORD])
    if folder.is_path(text):
        return _path(text)
    if _DOMAIN_ACCOUNT.fullmatch(text):
        return "<account>" if folder.ending(text) not in _ENDINGS else "<file>"
    if "*" in text or (text.find("?") > 0 and "." in text):
        return "<glob>" if re.search(r"[\w*?][.\\]|^\*$", text) else "<text>"
    if folder.ending(text) in _ENDINGS:
        return "<file>"
    if _HOST.fullmatch(text) and not text.lower().startswith(("system.", "net.", "microsoft.")):
        return "<host>"
    if len(text) <= LONG_WORD and _PLAIN.fullmatch(text):
        return lowered
    return "<text>"


def _path(text: str) -> str:
    if re.fullmatch(r"\\\\[^\\]+", text):
        return "\\\\<host>"
    name, found = folder.name(text), folder.place(text)
    last = "" if not name else "<glob>" if "*" in name or "?" in name else "<file>"
    if found is None or found.name in ("drive", "folder"):
        return last or "<folder>"
    if found.keeps and last == "<file>" and re.fullmatch(r"[a-z_.-]{1,40}\d?", name):
        last = name
    return f"<{found.name}>\\{last}"


def _numbers(text: str) -> str:
    return re.sub(r"(?<!\d)\d{2,}", "<number>", text)
