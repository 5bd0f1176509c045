"""Profiles of traits, and the one comparison of two of them. What Ringleader claims is a sum of its lines."""

from ringleader.compare.background import Background, Commonness
from ringleader.compare.comparison import Comparison, by_family, compare, contributions
from ringleader.compare.contribution import Contribution
from ringleader.compare.kinds import Kind, Kinds, kinds
from ringleader.compare.local import Local, Seen
from ringleader.compare.ordinary import characteristic
from ringleader.compare.overlap import Null, Overlap, benjamini_hochberg
from ringleader.compare.quick import Quick, Sums
from ringleader.compare.trait import Profile, Trait

__all__ = [
    "Background",
    "Commonness",
    "Comparison",
    "Contribution",
    "Kind",
    "Kinds",
    "Local",
    "Null",
    "Overlap",
    "Profile",
    "Quick",
    "Seen",
    "Sums",
    "Trait",
    "benjamini_hochberg",
    "by_family",
    "characteristic",
    "compare",
    "contributions",
    "kinds",
]
