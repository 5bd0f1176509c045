"""Detect: Sigma rules over events. ``run`` is the stage; ``load`` and ``Matcher`` are for matching without a store."""

from ringleader.detect.documents import Problem
from ringleader.detect.kernel import Matcher
from ringleader.detect.ruleset import BUILTIN, RuleSet, load
from ringleader.detect.stage import Summary, run

__all__ = ["BUILTIN", "Matcher", "Problem", "RuleSet", "Summary", "load", "run"]
