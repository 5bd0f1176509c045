"""What the fork server opens before it forks, so that workers share it: imported there, last of all.

A fork server takes no arguments but names of modules, hence the variable of the environment.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module

_VARIABLE = "RINGLEADER_PREPARE"


def asked(opened: Callable[[str], object], argument: str) -> str:
    """``opened(argument)`` as text; ``opened`` is a function of a module."""
    return json.dumps([opened.__module__, opened.__name__, argument])


@contextmanager
def told(prepared: str) -> Iterator[None]:
    """A fork server that starts inside learns of ``prepared``."""
    os.environ[_VARIABLE] = prepared
    try:
        yield
    finally:
        del os.environ[_VARIABLE]


def _open() -> None:
    prepared = os.environ.pop(_VARIABLE, "")
    if not prepared:
        return
    module, name, argument = json.loads(prepared)
    with suppress(Exception):  # what fails here fails again in the worker that needs it, and is told there
        getattr(import_module(module), name)(argument)
    gc.freeze()  # a collection in a worker would touch, and so copy, all of it


_open()
