"""What the fork server opens before it forks, so that workers share it: imported there, last, for its effect alone.

A fork server takes no arguments but names of modules, hence the variable of the environment.
"""

from __future__ import annotations

import gc
import json
import os
from contextlib import suppress
from importlib import import_module

from ringleader.engines.local import PREPARE


def _open() -> None:
    prepared = os.environ.pop(PREPARE, "")
    if not prepared:
        return
    module, name, argument = json.loads(prepared)
    with suppress(Exception):  # what fails here fails again in the worker that needs it, and is told there
        getattr(import_module(module), name)(argument)
    gc.freeze()  # a collection in a worker would touch, and so copy, all of it


_open()
