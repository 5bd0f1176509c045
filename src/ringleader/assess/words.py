"""vocabulary.yml, validated."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files

import msgspec


class Jewel(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    service: str


class Database(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    account: str
    user: str
    client: str
    program: str
    session: str
    action: str
    object: str
    sql: str
    code: str


class Vocabulary(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Its comments are the documentation."""

    exploited: dict[str, str]
    jewels: dict[str, Jewel]
    remote_services: list[str]
    shells: list[str]
    programs: list[str]
    clears_up: list[str]
    remote_tools: frozenset[str]
    web_roots: list[str]
    pages: frozenset[str]
    web_workers: frozenset[str]
    run_keys: list[str]
    databases: dict[str, Database]
    answered: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    return msgspec.yaml.decode(files(__package__).joinpath("vocabulary.yml").read_bytes(), type=Vocabulary)


@lru_cache(maxsize=65536)
def is_page(path: str) -> bool:
    return path.lower().rpartition(".")[2] in vocabulary().pages


@lru_cache(maxsize=65536)
def page_of(path: str) -> str:
    r"""The path under the server's root of a file that it serves, lower case; empty for other files.

    >>> page_of(r"C:\inetpub\wwwroot\a\x.aspx"), page_of(r"C:\Temp\x.aspx")
    ('/a/x.aspx', '')
    """
    plain = path.lower()
    if not is_page(plain):
        return ""
    for root in vocabulary().web_roots:
        if found := re.search(root, plain):
            return "/" + plain[found.end() :].replace("\\", "/").lstrip("/")
    return ""


@lru_cache(maxsize=65536)
def is_passing(command: str) -> bool:
    r"""Whether it is what a remote-execution tool starts, and takes away itself.

    >>> is_passing(r"%SystemRoot%\PSEXESVC.exe"), is_passing("cmd.exe /c dir"), is_passing(r"cmd /c C:\x\y.bat")
    (True, True, False)
    """
    plain, facts = command.strip().lower(), vocabulary()
    if any(re.search(one, plain) for one in facts.remote_services):
        return True
    shell = next((found for one in facts.shells if (found := re.search(one, plain))), None)
    if shell is None:
        return False
    rest = plain[shell.end() :]
    lasting = any(re.search(one, rest) for one in facts.programs)
    return not lasting or any(re.search(one, rest) for one in facts.clears_up)


def base(path: str) -> str:
    r"""
    >>> base(r"C:\Windows\System32\cmd.exe"), base("/usr/sbin/httpd")
    ('cmd.exe', 'httpd')
    """
    return path.replace("\\", "/").rpartition("/")[2].strip('"').lower()
