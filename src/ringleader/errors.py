"""Everything that Ringleader raises on purpose.

::

    RingleaderError            exit code 1
    ├── UsageError             2   the call makes no sense (an option, a path)
    │   └── TruthError         2   the truth of a synthetic operator is missing, damaged or another case's
    ├── CaseError              3   the case is missing, or its ringleader.toml cannot be used
    │   ├── ConfigError        3   a key in ringleader.toml: carries file and line
    │   └── CaseBusy           3   another process is writing to this case
    ├── EvidenceError          4   nothing of the evidence could be read at all
    ├── RuleError              5   no rule could be used at all
    ├── StoreError             6   the store is damaged or was written by a newer version
    ├── CheckFailed            7   a check that the user asked for found a difference
    ├── KnowledgeError         8   knowledge about groups cannot be read or built
    └── ExchangeError          9   another system did not take or give what was asked of it

Wrong use raises. Bad evidence does not: it becomes a row in the table ``rejects``. One unusable rule does not either:
it is a :class:`ringleader.detect.rules.Problem` in the summary.
"""

from __future__ import annotations


class RingleaderError(Exception):
    """Any other error that Ringleader raises on purpose. ``hint`` is the likely cause or the next step, for people."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class UsageError(RingleaderError):
    """The call makes no sense: an option, or a path."""

    exit_code = 2


class TruthError(UsageError):
    """The truth of a synthetic operator is missing, damaged, or that of another case."""


class CaseError(RingleaderError):
    """The case is missing, or its folder or ringleader.toml cannot be used."""

    exit_code = 3


class ConfigError(CaseError):
    """A key of ringleader.toml is wrong. ``line`` counts from 1, None when the file has no such line."""

    def __init__(self, message: str, *, path: str, line: int | None = None, hint: str | None = None) -> None:
        where = f"{path}:{line}" if line else path
        super().__init__(f"{where}: {message}", hint=hint)
        self.path = path
        self.line = line


class CaseBusy(CaseError):
    """Another process is writing to this case."""


class EvidenceError(RingleaderError):
    """Nothing of the evidence could be read at all."""

    exit_code = 4


class RuleError(RingleaderError):
    """No rule could be used at all."""

    exit_code = 5


class StoreError(RingleaderError):
    """The store is damaged or was written by a newer version."""

    exit_code = 6


class CheckFailed(RingleaderError):
    """A check that the user asked for found a difference."""

    exit_code = 7


class KnowledgeError(RingleaderError):
    """Knowledge about groups cannot be read or built."""

    exit_code = 8


class ExchangeError(RingleaderError):
    """Another system, such as a TAXII server, did not take or give what was asked of it."""

    exit_code = 9
