"""Profiles of traits, and the one comparison of two of them. What Ringleader claims is a sum of its lines."""

from ringleader.compare.background import Background
from ringleader.compare.comparison import Comparison, compare
from ringleader.compare.contribution import Contribution
from ringleader.compare.overlap import Null, Overlap, benjamini_hochberg
from ringleader.compare.trait import Profile, Trait

__all__ = [
    "Background",
    "Comparison",
    "Contribution",
    "Null",
    "Overlap",
    "Profile",
    "Trait",
    "benjamini_hochberg",
    "compare",
]
