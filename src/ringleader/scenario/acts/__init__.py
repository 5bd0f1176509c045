"""What actors can do: each act is a function of a :class:`~ringleader.scenario.play.Play` and of parameters that the
actor's file gives. It tells deeds, and says which step and technique each of them is."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any, Union, get_args, get_origin, get_type_hints

from ringleader.scenario.acts import collection, credentials, entry, impact, linux, movement, persistence
from ringleader.scenario.acts.commands import run

Function = Callable[..., None]

ACTS: dict[str, Function] = {
    "exchange-flaw": entry.exchange_flaw,
    "web-shell": entry.web_shell,
    "web-flaw": entry.web_flaw,
    "supplier-login": entry.supplier_login,
    "vpn-login": entry.vpn_login,
    "work": entry.work,
    "run": run,
    "dump-lsass": credentials.dump_lsass,
    "dump-ntds": credentials.dump_ntds,
    "save-hives": credentials.save_hives,
    "iis-module": credentials.iis_module,
    "harvest": credentials.harvest,
    "spray": credentials.spray,
    "move": movement.move,
    "tunnel": movement.tunnel,
    "scan": movement.scan,
    "ssh": linux.ssh,
    "install": persistence.install,
    "account": persistence.account,
    "resume": persistence.resume,
    "beacon": persistence.beacon,
    "timestomp": persistence.timestomp,
    "clear-log": persistence.clear_log,
    "look-up": collection.look_up,
    "archive": collection.archive,
    "exfiltrate": collection.exfiltrate,
    "export-mailbox": collection.export_mailbox,
    "mine": impact.mine,
    "encrypt": impact.encrypt,
}


def mistake(name: str, parameters: dict[str, Any]) -> str | None:
    """What is wrong with an act of a file, None if nothing."""
    if name not in ACTS:
        return f"there is no act {name!r}; known: {', '.join(sorted(ACTS))}"
    taken = dict(list(inspect.signature(ACTS[name]).parameters.items())[1:])
    hints = get_type_hints(ACTS[name])
    for key, value in parameters.items():
        if key not in taken:
            return f"{name} takes no {key!r}; it takes: {', '.join(taken) or 'nothing'}"
        if not _is(value, hints[key]):
            return f"{name}: {key} cannot be {value!r}"
    missing = [key for key, item in taken.items() if item.default is item.empty and key not in parameters]
    return f"{name} needs {', '.join(missing)}" if missing else None


def _is(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_is(value, each) for each in get_args(hint))
    if origin is list:
        return isinstance(value, list) and all(_is(each, get_args(hint)[0]) for each in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint or type(None))
