from __future__ import annotations

from ringleader.detect.analytics import Known
from ringleader.detect.analytics.base import Sight, ordered
from ringleader.detect.analytics.supplier_address import SupplierAddress
from ringleader.detect.findings import Finding

KNOWN = Known([("Acme", frozenset({"svc-acme"}), ("203.0.113.0/29", "not a network"))])


def sight(minute: float, user: str, address: str) -> Sight:
    time = int((20_000_000 + minute) * 60_000_000)
    return Sight(time, f"{time}", "e" * 64, "vpn/openvpn", "vpn01", user, {"user": user, "address": address})


def found(*sights: Sight) -> list[Finding]:
    return list(SupplierAddress().find(ordered(sights), KNOWN))


def test_from_elsewhere_once_for_the_lines_of_one_log_in() -> None:
    rows = found(
        sight(0, "svc-acme", "203.0.113.4"), sight(60, "svc-acme", "192.0.2.9"), sight(60.1, "svc-acme", "192.0.2.9"),
        sight(200, "svc-acme", "192.0.2.9"), sight(90, "j.lim", "192.0.2.9"),
    )  # fmt: skip
    assert [len(each.event_ids) for each in rows] == [2, 1]
    assert rows[0].values["before"] == "1 times from them, 0 times from elsewhere"
    assert rows[1].values["before"] == "1 times from them, 1 times from elsewhere"
    assert rows[0].host == "vpn01" and "T1199" in rows[0].rule.techniques


def test_only_log_ins_that_work_are_taken() -> None:
    event = {"action": "login", "outcome": "success", "user": "ACME\\Svc-Acme", "src_ip": "192.0.2.9"}
    take = SupplierAddress().take
    assert take("vpn/openvpn", event) == {"user": "svc-acme", "address": "192.0.2.9"}
    for changed in ({"outcome": "failure"}, {"src_ip": "somewhere"}, {"user": None}, {"user": ["a"]}, {"action": "x"}):
        assert take("vpn/openvpn", event | changed) is None
