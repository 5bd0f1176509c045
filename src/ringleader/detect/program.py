"""A Sigma rule as the kernel runs it: a list of predicates on single fields, and a tree that joins them.

Programs are plain data, so that they can be cached on disk and sent to workers. ``compiler`` makes them.
"""

from __future__ import annotations

from typing import Any

import msgspec

Tree = Any
"""A predicate's index, or ``[op, child, ...]`` with op one of ``and``, ``or``, ``not``, or True / False."""


class Predicate(msgspec.Struct, frozen=True, array_like=True, order=True):
    """One test of one field. An empty ``field`` asks all values of the event (a keyword).

    =================================== ===============================================================================
    op                                  arg
    =================================== ===============================================================================
    eq contains startswith endswith     the needle, folded unless ``cased``
    glob                                a regular expression (RE2) over the folded (unless ``cased``) value
    any                                 "": any value but null
    re                                  a regular expression with its flags in front; RE2 where it can, else ``regex``
    cidr                                a network
    lt lte gt gte                       a number as text
    null                                "": missing or null
    exists                              "": the key is there
    ref refstart refend refin           the other field's name; compared folded
    time                                part:number such as hour:3
    =================================== ===============================================================================
    """

    field: str
    op: str
    arg: str = ""
    cased: bool = False


class Program(msgspec.Struct, frozen=True, array_like=True):
    """What it takes to decide one rule on one event."""

    predicates: tuple[Predicate, ...]
    tree: Tree
