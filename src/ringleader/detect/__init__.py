"""Detect: Sigma rules over events. ``run`` is the stage; ``load`` and ``Matcher`` are for matching without a store."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ringleader.detect.kernel import Matcher
    from ringleader.detect.rule import Problem
    from ringleader.detect.ruleset import BUILTIN, RuleSet, load
    from ringleader.detect.stage import Summary, run

__all__ = ["BUILTIN", "Matcher", "Problem", "RuleSet", "Summary", "load", "run"]

_HOMES = {"Problem": "rule", "Matcher": "kernel", "Summary": "stage", "run": "stage"}


def __getattr__(name: str) -> Any:
    """What is exported, imported when it is asked for: a worker of ``scan`` starts without pySigma and Arrow."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'ruleset')}"), name)
