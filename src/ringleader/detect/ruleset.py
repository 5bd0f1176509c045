"""The rules of a run, compiled: what workers load, and what is kept between runs under the content it was made from."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from platformdirs import user_cache_path

from ringleader import __version__
from ringleader.detect import logsource
from ringleader.detect.correlation import Correlation
from ringleader.detect.program import Program
from ringleader.detect.rule import Problem, Rule
from ringleader.errors import RuleError

if TYPE_CHECKING:
    from ringleader.detect.kernel import Matcher

BUILTIN = Path(str(files("ringleader.detect").joinpath("pack")))
"""The rules that come with Ringleader."""


class Entry(msgspec.Struct, frozen=True):
    """A rule that can be matched on events. ``emits`` is false when it only feeds correlations."""

    rule: Rule
    program: Program
    kinds: tuple[str, ...]
    emits: bool


class RuleSet(msgspec.Struct, frozen=True):
    """Rules are referred to by their place in ``entries``."""

    digest: str
    entries: tuple[Entry, ...]
    correlations: tuple[Correlation, ...] = ()
    problems: tuple[Problem, ...] = ()

    def scope(self) -> Callable[[str], Sequence[int]]:
        """A function from a kind to the rules that apply to it, ascending."""
        by_prefix: dict[str, list[int]] = {}
        for number, entry in enumerate(self.entries):
            for prefix in entry.kinds:
                by_prefix.setdefault(prefix, []).append(number)

        def applying(kind: str) -> Sequence[int]:
            parts = kind.split("/")
            prefixes = ["*", *("/".join(parts[: size + 1]) for size in range(len(parts)))]
            return sorted({number for prefix in prefixes for number in by_prefix.get(prefix, ())})

        return applying

    def matcher(self, slow: Callable[[int], None] | None = None) -> Matcher:
        from ringleader.detect.kernel import Matcher  # not at once: who only loads rules does without

        programs = {number: entry.program for number, entry in enumerate(self.entries)}
        return Matcher(programs, self.scope(), logsource.aliases, slow)


def load(
    paths: Sequence[Path],
    *,
    expansions: Mapping[str, Sequence[str]] | None = None,
    cache: Path | None = None,
) -> tuple[RuleSet, Path]:
    """The compiled rules at ``paths`` (files, folders, zip archives), and the file that keeps them for workers.

    ``cache``: a folder, by default the user's. What it holds for the same content is used again. Raises
    :class:`UsageError` for a path that is not there and :class:`RuleError` if nothing at all can be used or kept.
    """
    folder = cache or user_cache_path("ringleader") / "rules"
    digest = _digest(paths, expansions or {})
    kept = folder / f"{digest}.msgpack"
    found = _read(kept)
    if found is None:
        from ringleader.detect import assemble, rules  # pySigma, which a run with kept rules does without

        found = assemble.rule_set(rules.load(paths, expansions), digest)
        _keep(kept, found)
    if not found.entries:
        first = found.problems[0] if found.problems else None
        reason = f"{first.path}:{first.line}: {first.message}" if first else "no Sigma rule was found there"
        raise RuleError("none of the rules can be used", hint=reason)
    return found, kept


@lru_cache(maxsize=4)
def opened(kept: str) -> RuleSet:
    """The rule set in a file that ``load`` wrote; for workers, which keep it."""
    found = _read(Path(kept))
    if found is None:
        raise RuleError(f"{kept} has gone or was written by another version", hint="run again")
    return found


def _read(path: Path) -> RuleSet | None:
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=RuleSet)
    except (OSError, msgspec.DecodeError):
        return None


def _keep(path: Path, found: RuleSet) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(msgspec.msgpack.encode(found))
        temporary.replace(path)
    except OSError as error:
        raise RuleError(
            f"the compiled rules cannot be kept in {path.parent}: {error.strerror or error}",
            hint="set XDG_CACHE_HOME to a folder that can be written to, on a disk that is not full",
        ) from error


def _digest(sources: Iterable[Path], expansions: Mapping[str, Sequence[str]]) -> str:
    """Identifies the content of all rule files and of the code that compiles them."""
    state = hashlib.sha256(f"{__version__} {version('pysigma')} {_code()}".encode())
    state.update(msgspec.json.encode(expansions, order="sorted"))
    for source in sources:
        state.update(str(source).encode(errors="surrogateescape"))
        for path in _parts(source):
            state.update(os.fsencode(path))
            try:
                with open(path, "rb", buffering=0) as file:  # noqa: PTH123
                    state.update(hashlib.sha256(file.read()).digest())
            except OSError:
                state.update(b"unreadable")  # loading tells which and why
    return state.hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    folder = Path(__file__).parent
    names = (
        "assemble.py", "compiler.py", "correlation.py", "documents.py", "logsource.py", "logsources.yml", "parse.py",
        "placeholders.py", "program.py", "regexes.py", "rule.py", "rules.py", "ruleset.py", "tree.py",
    )  # fmt: skip
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def _parts(source: Path) -> list[str]:
    """The rule files at ``source``. For thousands of files, ``pathlib`` takes longer than reading them."""
    if not source.is_dir():
        return [os.fspath(source)] if source.is_file() else []
    inside = (os.path.join(folder, name) for folder, _, names in os.walk(source) for name in names)  # noqa: PTH118
    return sorted(path for path in inside if os.path.isfile(path) and _is_rule_file(path))  # noqa: PTH113


def _is_rule_file(path: str) -> bool:
    return path.lower().endswith((".yml", ".yaml", ".zip")) or zipfile.is_zipfile(path)
