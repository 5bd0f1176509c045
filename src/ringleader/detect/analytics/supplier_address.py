"""An account of a supplier dials in from where the supplier is not: its networks are those of the case file.

Says nothing of accounts and suppliers that the case file does not name.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ringleader.detect.analytics import base
from ringleader.detect.analytics.base import Known, Sight
from ringleader.detect.findings import Finding

SAME = 60_000_000
"""Lines of one log-in lie within this many microseconds of the one before."""


class SupplierAddress:
    rule = base.rule(
        "supplier-from-elsewhere", "Account of a supplier dials in from outside the supplier's networks", "medium",
        techniques=("T1078", "T1133", "T1199"), tactics=("initial-access",), category="vpn",
    )  # fmt: skip
    kinds: tuple[str, ...] = ("vpn",)
    fields: tuple[str, ...] = ("action", "outcome", "user", "src_ip")

    def take(self, kind: str, event: Mapping[str, Any]) -> dict[str, str] | None:
        if event.get("action") != "login" or event.get("outcome") != "success":
            return None
        user, address = event.get("user"), event.get("src_ip")
        if not isinstance(user, str) or not isinstance(address, str) or _address(address) is None:
            return None
        return {"user": user.rpartition("\\")[2].casefold(), "address": address}

    def find(self, sights: Sequence[Sight], known: Known) -> Iterator[Finding]:
        of = {account: supplier for supplier in known.suppliers for account in supplier[1] if supplier[2]}
        before: Counter[tuple[str, bool]] = Counter()
        last: dict[tuple[str, str], int] = {}
        outside: list[list[Sight]] = []
        open_: dict[tuple[str, str], list[Sight]] = {}
        told: list[tuple[list[Sight], dict[str, str]]] = []
        for sight in sights:
            user, address = sight.fields["user"], sight.fields["address"]
            supplier = of.get(user)
            if supplier is None:
                continue
            inside = _within(address, supplier[2])
            key = (user, address)
            again = key in last and sight.time - last[key] <= SAME
            last[key] = sight.time
            if again:
                if not inside:
                    open_[key].append(sight)
                continue
            if not inside:
                open_[key] = [sight]
                outside.append(open_[key])
                told.append((open_[key], {
                    "supplier": supplier[0],
                    "account": user,
                    "address": address,
                    "supplier's networks": ", ".join(supplier[2]),
                    "before": f"{before[user, True]} times from them, {before[user, False]} times from elsewhere",
                }))  # fmt: skip
            before[user, inside] += 1
        for some, values in told:
            yield base.finding(self.rule, some, values)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _within(text: str, networks: Sequence[str]) -> bool:
    address = ipaddress.ip_address(text)
    for each in networks:
        try:
            if address in ipaddress.ip_network(each, strict=False):
                return True
        except ValueError:  # a name, or what is no network: the case file takes any text
            continue
    return False
