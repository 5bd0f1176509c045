"""How did they get in?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from ringleader.assess import ways
from ringleader.assess.ground import Ground
from ringleader.assess.statement import Aspect, Statement, iso
from ringleader.assess.ways import Way


class Entry:
    aspects: tuple[Aspect, ...] = ("entry",)
    what = "how each intrusion came in: the earliest step that can be defended, and what is missing before it"
    keys: ClassVar[dict[str, dict[str, str]]] = {
        "entry": {
            "kind": "exchange-flaw, web-server, supplier, stolen-credential, owa-module, insider or unknown",
            "means": "how: exploited service, supplier's account, supplier's address, stolen credential, at a desk,"
            " left behind (something that was there already), unknown",
            "first": "the kind by the first step alone; another than `kind` for owa-module, where a module in the mail"
            " server's log-on page is what keeps the way open",
            "supplier": "name of the supplier through whom it came, or null",
            "host": "where it began: the exploited host, the gateway, the first host",
            "time": "of the earliest step",
            "account": "account of the first log-on, or null",
            "address": "address from which the first step came, or null",
            "strange": "whether that account comes from that address at no other time; null where it has no habit",
            "path": "log-ons from there to the first finding: time, account, source, host, how",
            "earlier": "id of the intrusion that left behind what this one begins with, or null",
            "missing": "list of texts: what is not in the telemetry and would be needed to see what came before",
        }
    }

    def ask(self, ground: Ground) -> Iterator[Statement]:
        if not ground.intrusions:
            yield Statement(
                "case",
                ground.about,
                "entry",
                "No intrusions were found, so nothing can be said of a way in.",
                "unknown",
            )
        for one in ground.intrusions:
            way = ways.of(ground)[one.id]
            yield Statement(
                "intrusion", one.id, "entry", _said(ground, way), way.confidence, way.findings,
                {
                    "kind": way.kind, "means": way.means, "first": way.first_kind, "supplier": way.supplier,
                    "host": way.host, "time": iso(way.time), "account": way.account, "address": way.address,
                    "strange": way.strange,
                    "path": [
                        {"time": iso(hop.time), "account": hop.account, "source": hop.source, "host": hop.host,
                         "how": hop.how}
                        for hop in way.path
                    ],
                    "earlier": way.earlier, "missing": list(way.missing),
                },
            )  # fmt: skip


_USUAL = {
    True: " from an address that it comes from at no other time",
    False: " from an address that it also comes from at other times",
    None: "",
}


def _said(ground: Ground, way: Way) -> str:
    where, when = way.host or "an unknown host", ground.day(way.time)
    match way.means:
        case "exploited service":
            service = "Exchange" if way.kind == "exchange-flaw" else "a web application"
            text = f"Came in on {when} through a flaw of {service} on {where}"
        case "supplier's account":
            text = f"Came in on {when} with an account of {way.supplier}{_USUAL[way.strange]}, first seen on {where}"
        case "supplier's address":
            text = (
                f"Came in on {when} from the network of {way.supplier}, with an account of staff, first seen on {where}"
            )
        case "stolen credential":
            text = f"Came in on {when} with an account of staff{_USUAL[way.strange]}, first seen on {where}"
            if way.kind == "owa-module":
                text += "; a module in the mail server's log-on page has kept the way open since"
        case "at a desk":
            text = (
                f"Begins on {when} at a desk inside, on {where}: an employee, somebody invited, or a host that was"
                " taken over in a way that is not seen"
            )
        case "left behind" if way.earlier:
            text = (
                f"Begins on {way.found_on or 'an unknown host'} with what intrusion {way.earlier[:8]} had opened; the"
                f" way in is that one's: {_KIND[way.kind]}"
            )
        case "left behind":
            text = f"Begins on {when} with something that was on {where} already; how that came there is not seen"
        case _:
            text = f"How it came in cannot be said: the first thing seen is on {where} on {when}"
    return text + "." + (f" Missing: {'; '.join(way.missing)}." if way.missing else "")


_KIND = {
    "exchange-flaw": "a flaw of Exchange", "web-server": "a flaw of a web application", "supplier": "a supplier",
    "stolen-credential": "an account of staff", "owa-module": "log-ons kept by a module in the mail server",
    "insider": "a desk inside",
}  # fmt: skip
