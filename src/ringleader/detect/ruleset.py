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

import msgspec
from platformdirs import user_cache_path
from sigma.rule import SigmaRule

from ringleader import __version__
from ringleader.detect import correlation, logsource, rules, tree
from ringleader.detect.correlation import Correlation
from ringleader.detect.documents import Problem
from ringleader.detect.kernel import Matcher
from ringleader.detect.program import Program, UnsupportedError, compile_rule
from ringleader.detect.rules import Parsed, Rule
from ringleader.errors import RuleError

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
    :class:`UsageError` for a path that is not there and :class:`RuleError` if nothing at all can be used.
    """
    folder = cache or user_cache_path("ringleader") / "rules"
    digest = _digest(paths, expansions or {})
    kept = folder / f"{digest}.msgpack"
    found = _read(kept)
    if found is None:
        found = compiled(rules.load(paths, expansions), digest)
        _keep(kept, found)
    if not found.entries:
        first = found.problems[0] if found.problems else None
        reason = f"{first.path}:{first.line}: {first.message}" if first else "no Sigma rule was found there"
        raise RuleError("none of the rules can be used", hint=reason)
    return found, kept


def compiled(loaded: rules.Loaded, digest: str) -> RuleSet:
    """The rule set of parsed rules; one that cannot be evaluated becomes a problem."""
    entries: list[Entry] = []
    problems = list(loaded.problems)
    for parsed in loaded.rules:
        if not isinstance(parsed.sigma, SigmaRule):
            continue
        try:
            entries.append(_entry(parsed, parsed.sigma))
        except UnsupportedError as error:
            problems.append(Problem(parsed.rule.path, 0, "unsupported", str(error)))
    correlations, refused = correlation.correlations(loaded.rules)
    return RuleSet(digest, tuple(entries), correlations, (*problems, *refused))


def _entry(parsed: Parsed, sigma: SigmaRule) -> Entry:
    source = parsed.rule.logsource
    target = logsource.resolve(source.product, source.category, source.service)
    program = compile_rule(sigma)
    return Entry(parsed.rule, program, _narrowed(target.kinds, program), parsed.emits)


def _narrowed(prefixes: tuple[str, ...], program: Program) -> tuple[str, ...]:
    """A Windows log is narrowed to the event ids that the rule asks for, so that other kinds need not look at it."""
    ids = tree.values("EventID", program)
    if ids is None or not all(each.isdigit() for each in ids):
        return prefixes
    wide = [prefix for prefix in prefixes if prefix.startswith("windows/") and prefix.count("/") == 1]
    kept = [prefix for prefix in prefixes if prefix not in wide]
    return (*kept, *(f"{prefix}/{each}" for prefix in wide for each in sorted(ids)))


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
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(msgspec.msgpack.encode(found))
    temporary.replace(path)


def _digest(sources: Iterable[Path], expansions: Mapping[str, Sequence[str]]) -> str:
    """Identifies the content of all rule files and of the code that compiles them."""
    state = hashlib.sha256(f"{__version__} {version('pysigma')} {_code()}".encode())
    state.update(msgspec.json.encode(expansions, order="sorted"))
    for source in sources:
        state.update(str(source).encode(errors="surrogateescape"))
        for path in _parts(source):
            state.update(str(path).encode(errors="surrogateescape"))
            state.update(hashlib.sha256(path.read_bytes()).digest())
    return state.hexdigest()[:32]


@lru_cache(maxsize=1)
def _code() -> str:
    folder = Path(__file__).parent
    names = (
        "correlation.py", "documents.py", "logsource.py", "logsources.yml", "parse.py", "placeholders.py",
        "program.py", "regexes.py", "rules.py", "ruleset.py", "tree.py",
    )  # fmt: skip
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in names)).hexdigest()


def _parts(source: Path) -> list[Path]:
    if source.is_dir():
        return sorted(path for path in source.rglob("*") if path.is_file() and _is_rule_file(path))
    return [source] if source.is_file() else []


def _is_rule_file(path: Path) -> bool:
    return path.suffix.lower() in (".yml", ".yaml", ".zip") or zipfile.is_zipfile(path)
