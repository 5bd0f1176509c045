"""What a worker process keeps from unit to unit: the compiled rules and a matcher that has learnt the values so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from ringleader.detect import findings, ruleset
from ringleader.detect.correlate import Correlator
from ringleader.detect.findings import Finding
from ringleader.detect.sequence import Seen
from ringleader.schema.batch import Event


class Worker:
    """``slow``: numbers of the rules with an expression that was given up on some value, since it was last cleared.
    ``needs``: digests of rules that correlations ask for, with the fields that they want."""

    def __init__(self, kept: str) -> None:
        self.rules = ruleset.opened(kept)
        self.slow: set[int] = set()
        self.matcher = self.rules.matcher(self.slow.add)
        self.needs = Correlator(self.rules.correlations).needs()

    def take(
        self,
        held: Sequence[int],
        event: Event,
        renames: Mapping[str, str],
        *,
        kind: str,
        evidence_id: str,
        event_id: str,
        time: int | None,
        host: str | None,
    ) -> tuple[list[Finding], Seen | None]:
        """The findings of the rules ``held`` on an event, and what correlations need of it."""
        plan = self.matcher.plan(kind, renames)
        account = findings.account(kind, event, renames)
        found = []
        digests = []
        for number, values in zip(held, plan.evidence(event, held), strict=True):
            entry = self.rules.entries[number]
            if entry.rule.digest in self.needs:
                digests.append(entry.rule.digest)
            if entry.emits:
                shown = findings.cut(values)
                found.append(Finding(entry.rule, "sigma", evidence_id, event_id, kind, time, host, account, shown))
        if not digests or time is None:
            return found, None
        names = set().union(*(self.needs[digest] for digest in digests))
        fields = {name: content for name in sorted(names) if (content := plan.content(event, name)) is not None}
        return found, Seen(tuple(digests), fields, evidence_id, event_id, kind, time, host, account)


@lru_cache(maxsize=1)
def opened(kept: str) -> Worker:
    """The worker for the rules kept in a file; the same one as long as that is the same."""
    return Worker(kept)
