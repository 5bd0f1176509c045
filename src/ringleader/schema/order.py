"""Words that have an order: levels from the least to the worst, tactics along the kill chain."""

from __future__ import annotations

LEVELS = ("informational", "low", "medium", "high", "critical")
WORST_FIRST = LEVELS[::-1]
"""As a reader wants them."""

TACTICS = (
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "stealth",
    "defense-impairment",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
)
"""Short names as Sigma's tags have them; newer ATT&CK splits defense-evasion into the two after it."""
