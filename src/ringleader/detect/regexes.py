"""Which regular expressions a rule may use: those of RE2, and those that only ``regex`` can express.

The latter (look-around, back-references) run with a time limit. pySigma, left alone, refuses them.
"""

from __future__ import annotations

from typing import Any

import re2
import regex
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern


class _Engine(RegexEngine):
    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        options = re2.Options()
        options.log_errors = False
        try:
            compiled: Any = re2.compile(pattern, options)
        except re2.error:
            compiled = regex.compile(pattern)
        return compiled  # type: ignore[no-any-return]

    @property
    def error(self) -> type[Exception]:
        return regex.error


POLICY = SigmaPolicy(regex_engine=_Engine())
