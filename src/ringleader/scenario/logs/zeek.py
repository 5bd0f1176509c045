"""Zeek's conn, dns, http and ssl logs, tab-separated, as one sensor at the border and one in the data centre see them.
Field names are those of Zeek's documentation; a file a day."""

from __future__ import annotations

import random

from ringleader.scenario import rhythm
from ringleader.scenario.scene import Scene
from ringleader.scenario.sheet import Log

_ID = ["ts", "uid", "id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p"]
_ID_TYPES = ["time", "string", "addr", "port", "addr", "port"]


def _log(path: str, fields: dict[str, str]) -> Log:
    names = "\t".join([*_ID, *fields])
    types = "\t".join([*_ID_TYPES, *fields.values()])

    def header(start: int) -> bytes:
        opened = rhythm.iso(start)[:19].replace("T", "-").replace(":", "-")
        return (
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
            f"#path\t{path}\n#open\t{opened}\n#fields\t{names}\n#types\t{types}\n"
        ).encode()

    return Log(f"zeek/%Y-%m-%d/{path}.00:00:00-00:00:00.log.gz", header)


_CONN = _log(
    "conn",
    {
        "proto": "enum", "service": "string", "duration": "interval", "orig_bytes": "count", "resp_bytes": "count",
        "conn_state": "string", "local_orig": "bool", "local_resp": "bool", "missed_bytes": "count",
        "history": "string",
        "orig_pkts": "count", "orig_ip_bytes": "count", "resp_pkts": "count", "resp_ip_bytes": "count",
    },
)  # fmt: skip
_DNS = _log(
    "dns",
    {
        "proto": "enum", "trans_id": "count", "query": "string", "qclass_name": "string", "qtype_name": "string",
        "rcode_name": "string", "AA": "bool", "RD": "bool", "RA": "bool",
        "answers": "vector[string]", "rejected": "bool",
    },
)  # fmt: skip
_HTTP = _log(
    "http",
    {
        "trans_depth": "count", "method": "string", "host": "string", "uri": "string", "version": "string",
        "user_agent": "string", "request_body_len": "count", "response_body_len": "count", "status_code": "count",
        "status_msg": "string", "resp_mime_types": "vector[string]",
    },
)  # fmt: skip
_SSL = _log(
    "ssl",
    {
        "version": "string", "cipher": "string", "server_name": "string", "resumed": "bool", "established": "bool",
        "ssl_history": "string", "validation_status": "string", "ja3": "string",
    },
)  # fmt: skip


def uid(chance: random.Random) -> str:
    return f"C{chance.getrandbits(96):024x}"[:18]


def _head(time: int, ident: str, source: str, port: int, target: str, service: int) -> str:
    return f"{time // 1_000_000}.{time % 1_000_000:06d}\t{ident}\t{source}\t{port}\t{target}\t{service}"


def conn(
    scene: Scene,
    time: int,
    source: str,
    port: int,
    target: str,
    service_port: int,
    *,
    proto: str = "tcp",
    service: str = "-",
    seconds: float = 1.0,
    sent: int = 500,
    received: int = 1500,
    state: str = "SF",
    ident: str | None = None,
) -> str:
    """One connection; its uid is returned for the logs that belong to it."""
    ident = ident or uid(scene.chance)
    away, back = max(1, sent // 1200 + 3), max(1, received // 1300 + 3)
    local = ("T" if source.startswith("10.") else "F", "T" if target.startswith("10.") else "F")
    line = (
        f"{_head(time, ident, source, port, target, service_port)}\t{proto}\t{service}\t{seconds:.6f}"
        f"\t{sent}\t{received}\t{state}\t{local[0]}\t{local[1]}\t0\t{'ShADadFf' if state == 'SF' else 'S'}"
        f"\t{away}\t{sent + 40 * away}\t{back}\t{received + 40 * back}"
    )
    scene.write(_CONN, time, line.encode())
    return ident


def dns(scene: Scene, time: int, source: str, server: str, query: str, answer: str, qtype: str = "A") -> None:
    port = scene.chance.randrange(49152, 65535)
    ident = conn(
        scene, time, source, port, server, 53, proto="udp", service="dns", seconds=0.01, sent=60,
        received=90 + len(answer)
    )  # fmt: skip
    code, answers = ("NOERROR", answer) if answer else ("NXDOMAIN", "-")
    line = (
        f"{_head(time, ident, source, port, server, 53)}\tudp\t{scene.chance.getrandbits(16)}\t{query}\tC_INTERNET"
        f"\t{qtype}\t{code}\tF\tT\tT\t{answers}\tF"
    )
    scene.write(_DNS, time, line.encode())


def http(
    scene: Scene,
    time: int,
    source: str,
    target: str,
    method: str,
    host: str,
    uri: str,
    agent: str,
    status: int,
    sent: int,
    received: int,
    port: int = 80,
) -> None:
    own = scene.chance.randrange(49152, 65535)
    ident = conn(
        scene, time, source, own, target, port, service="http", seconds=0.2, sent=sent + 400, received=received + 300
    )  # fmt: skip
    said = {200: "OK", 302: "Found", 304: "Not Modified", 403: "Forbidden", 404: "Not Found"}.get(status, "-")
    line = (
        f"{_head(time, ident, source, own, target, port)}\t1\t{method}\t{host}\t{uri}\t1.1\t{agent or '-'}\t{sent}"
        f"\t{received}\t{status}\t{said}\t{'text/html' if received else '-'}"
    )
    scene.write(_HTTP, time, line.encode())


def ssl(
    scene: Scene,
    time: int,
    source: str,
    target: str,
    name: str,
    *,
    seconds: float = 4.0,
    sent: int = 1800,
    received: int = 9000,
    ja3: str = "b32309a26951912be7dba376398abc3b",
    valid: str = "ok",
    port: int = 443,
) -> None:
    own = scene.chance.randrange(49152, 65535)
    ident = conn(
        scene, time, source, own, target, port, service="ssl", seconds=seconds, sent=sent, received=received
    )  # fmt: skip
    line = (
        f"{_head(time, ident, source, own, target, port)}\tTLSv12\tTLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384\t{name or '-'}"
        f"\tF\tT\tCsxknGIi\t{valid}\t{ja3}"
    )
    scene.write(_SSL, time, line.encode())
