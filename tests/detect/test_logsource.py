from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import yaml

from ringleader.detect.logsource import aliases, resolve
from ringleader.schema import kind as kinds


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ((None, None, None), ["*"]),
        (("windows", None, None), ["windows"]),
        (("windows", "process_creation", None), ["windows/sysmon/1", "windows/security/4688"]),
        (("windows", "process_creation", "security"), ["windows/security/4688"]),
        (("windows", "process_creation", "sysmon"), ["windows/sysmon/1"]),
        (("windows", "registry_event", None), ["windows/sysmon/12", "windows/sysmon/13", "windows/sysmon/14"]),
        (("windows", None, "taskscheduler"), ["windows/taskscheduler-operational"]),
        (("windows", None, "powershell"), ["windows/powershell"]),
        (("windows", None, "something-new"), ["windows/something-new"]),
        (("windows", "something_new", None), ["windows/something-new"]),
        (("windows", "something_new", "sysmon"), ["windows/something-new"]),
        (("windows", "ps_script", "security"), ["windows/security"]),
        (
            (None, "process_creation", None),
            ["windows/sysmon/1", "windows/security/4688", "linux/sysmon/1", "linux/auditd/execve"],
        ),
        ((None, None, "sysmon"), ["windows/sysmon", "linux/sysmon"]),
        (("linux", None, None), ["linux"]),
        (("linux", None, "sshd"), ["linux/sshd"]),
        (("linux", None, "auditd"), ["linux/auditd"]),
        (("linux", None, "auth"), ["linux/auth", "linux/sshd", "linux/sudo"]),
        (("linux", None, "sudo"), ["linux/sudo"]),
        (("linux", None, "cron"), ["linux/cron"]),
        (("linux", None, "openvpn"), ["vpn/openvpn"]),
        (("linux", "process_creation", None), ["linux/sysmon/1", "linux/auditd/execve"]),
        ((None, "vpn", None), ["vpn"]),
        ((None, None, "pgaudit"), ["db/postgresql"]),
        (("postgres", "database", None), ["db/postgresql"]),
        (("zeek", None, "smb_files"), ["zeek/smb-files"]),
        (("zeek", "dns", None), ["zeek/dns"]),
        (("zeek", "proxy", None), ["zeek/http"]),
        ((None, "webserver", None), ["web", "exchange/httpproxy"]),
        ((None, "webserver", "nginx"), ["web/nginx"]),
        ((None, None, "apache"), ["web/apache"]),
        (("exchange", None, "httpproxy"), ["exchange/httpproxy"]),
        (("exchange", None, "ecp"), ["exchange/ecp"]),
        ((None, "database", None), ["db"]),
        (("oracle", "database", None), ["db/oracle"]),
        (("aws", None, "cloudtrail"), ["aws/cloudtrail"]),
        (("gcp", None, "gcp.audit"), ["gcp/gcp-audit"]),
        (("kubernetes", "application", "audit"), ["kubernetes/audit"]),
        (("paloalto", "file_event", "globalprotect"), ["paloalto/globalprotect"]),
        (("macos", "process_creation", None), ["macos/process-creation"]),
        (("Windows", "Process_Creation", None), ["windows/sysmon/1", "windows/security/4688"]),
    ],
)
def test_resolve(source: tuple[str | None, str | None, str | None], expected: list[str]) -> None:
    assert list(resolve(*source).kinds) == expected


def test_creation_and_deletion_of_a_registry_key_share_an_event_id_but_not_a_target() -> None:
    add, delete = resolve("windows", "registry_add", None), resolve("windows", "registry_delete", None)
    assert add.kinds == delete.kinds == ("windows/sysmon/12",)
    assert add.unless == {"EventType": ("DeleteKey", "DeleteValue")}
    assert delete.unless == {"EventType": ("CreateKey",)}


def test_aliases_hold_for_a_kind_and_below_and_the_more_specific_wins() -> None:
    assert aliases("windows/security/4688")["Image"] == ("NewProcessName",)
    assert aliases("windows/security/4688")["ComputerName"] == ("ComputerName", "Computer")
    assert "Image" not in aliases("windows/security/4624")
    assert aliases("zeek/http")["c-uri"] == ("uri",)
    assert aliases("db/oracle")["DBUSERNAME"] == ("DBUSERNAME", "DBUSER", "DATABASE USER", "USERID")
    assert aliases("aws/cloudtrail") == {}


def test_agrees_with_the_official_mapping(shared: Path) -> None:
    """SigmaHQ ships a mapping of its own. Ours may look at more kinds, never at fewer."""
    with zipfile.ZipFile(shared / "sigma" / "sigmahq-rules-8eaafff.zip") as archive:
        name = next(name for name in archive.namelist() if name.endswith("tests/thor.yml"))
        sources = yaml.safe_load(archive.read(name))["logsources"]
    channels = {
        s["service"]: [c.removeprefix("WinEventLog:") for c in s["sources"]]
        for s in sources.values()
        if s.get("product") == "windows" and "sources" in s
    }
    checked = 0
    for source in sources.values():
        if "rewrite" in source:
            ids = source["conditions"]["EventID"]
            meant = [
                kinds.windows(channel, str(event_id))
                for channel in channels[source["rewrite"]["service"]]
                for event_id in (ids if isinstance(ids, list) else [ids])
            ]
        elif source.get("product") == "windows":
            meant = [kinds.windows(channel, "0") for channel in channels[source["service"]]]
        else:
            continue
        ours = resolve(source.get("product"), source.get("category"), source.get("service")).kinds
        for kind in meant:
            assert any(kinds.covers(prefix, kind) for prefix in ours), (source, kind, ours)
            checked += 1
            for field, theirs in source.get("fieldmappings", {}).items():
                assert theirs in aliases(kind)[field]
    assert checked > 90
