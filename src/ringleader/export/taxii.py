"""STIX to and from a collection of a TAXII 2.1 server, with OASIS's client (``pip install 'ringleader[taxii]'``).

Names and passwords come from the environment or from ``~/.netrc``, never from the command line or an address. What a
server answers is limited in bytes and time."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO
from urllib.parse import urljoin, urlsplit

from ringleader.errors import ExchangeError, UsageError

USER, PASSWORD, TOKEN = "RINGLEADER_TAXII_USER", "RINGLEADER_TAXII_PASSWORD", "RINGLEADER_TAXII_TOKEN"
CONNECT, READ = 10, 60
"""Seconds until a connection or the next bytes must have come."""
WHOLE = 300
"""Seconds until an answer must be complete."""
MOST_BYTES = 64 << 20
"""Bytes of one answer."""
MOST_OBJECTS = 1_000_000
PER_REQUEST = 500
DEFAULT_LENGTH = 8 << 20
"""Bytes of one request where the server does not state its limit."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """``there``: the server had them already. ``pending``: taken, but not yet processed when we stopped waiting."""

    sent: int
    accepted: int
    there: int
    pending: int


@dataclass(frozen=True, slots=True)
class Listed:
    url: str
    title: str
    can_read: bool
    can_write: bool


def push(url: str, objects: Sequence[str], *, wait: int = 60) -> Pushed:
    """Add STIX objects, each a JSON text, to the collection at ``url``. Raises ``ExchangeError`` when the server takes
    none of them, or refuses some."""
    library = _library()
    accepted = pending = there = 0
    with _connection(url) as connection, _told(url):
        collection = library.Collection(_address(url), conn=connection)
        if not collection.can_write:
            raise ExchangeError(f"{url} does not let you write", hint="ask the server's owner, or set " + _HINT)
        for part in _parts(objects, _length(library, connection, url)):
            envelope = '{"objects": [' + ",".join(part) + "]}"
            status = collection.add_objects(envelope, wait_for_completion=True, poll_interval=1, timeout=wait)
            accepted += status.success_count
            pending += status.pending_count
            refused = _not_there(collection, status.failures)
            there += len(status.failures) - len(refused)
            if refused or status.failure_count > len(status.failures):
                first: Mapping[str, Any] = next(iter(refused), {})
                raise ExchangeError(
                    f"{url} refused {len(refused) or status.failure_count:,} of {len(part):,} objects, the first: "
                    f"{first.get('id', 'unnamed')}: {first.get('message', 'no reason given')}",
                    hint=f"{accepted:,} were taken; sending them again does no harm",
                )
    return Pushed(len(objects), accepted, there, pending)


def pull(url: str, out: TextIO, *, added_after: str | None = None) -> int:
    """Write the collection's objects into ``out`` as a bundle; how many there are. Raises ``ExchangeError``."""
    library = _library()
    count = 0
    seen: set[tuple[str, str]] = set()
    with _connection(url) as connection, _told(url):
        collection = library.Collection(_address(url), conn=connection)
        if not collection.can_read:
            raise ExchangeError(f"{url} does not let you read", hint="ask the server's owner, or set " + _HINT)
        filters = {"added_after": added_after} if added_after else {}
        ids: list[str] = []
        for page in library.as_pages(collection.get_objects, per_request=PER_REQUEST, **filters):
            before = len(seen)
            for one in page.get("objects", ()):
                _checked(url, one)
                seen.add((one["id"], str(one.get("modified", ""))))
                out.write((",\n" if count else '{"type": "bundle", "objects": [\n') + json.dumps(one, sort_keys=True))
                ids.append(one["id"])
                count += 1
                if count > MOST_OBJECTS:
                    raise ExchangeError(
                        f"{url} has more than {MOST_OBJECTS:,} objects", hint="take fewer with --added-after"
                    )
            if page.get("more") and len(seen) == before:
                raise ExchangeError(f"{url} promises more and gives nothing new", hint="tell the server's owner")
    from ringleader.export import identity

    bundle = identity.made("bundle", *sorted(ids))
    out.write((f'\n], "id": "{bundle}"}}\n') if count else f'{{"type": "bundle", "id": "{bundle}"}}\n')
    return count


def collections(url: str) -> list[Listed]:
    """The collections of all API roots of the server whose discovery address is ``url``. Raises ``ExchangeError``."""
    library = _library()
    with _connection(url) as connection, _told(url):
        found = []
        for told in library.Server(_address(url), conn=connection).api_roots:
            if urlsplit(told.url)[:2] != urlsplit(url)[:2]:
                # The password is for this server; it does not go where the server points.
                found.append(Listed(told.url, "an API root on another host; ask there", False, False))
                continue
            # Not the one told: that has a connection of its own, without our limits.
            root = library.ApiRoot(told.url, conn=connection)
            found += [Listed(c.url, c.title or "", c.can_read, c.can_write) for c in root.collections]
        return found


_HINT = f"{USER} and {PASSWORD}, or {TOKEN}, or ~/.netrc"


def _library() -> Any:
    try:
        from taxii2client import v21
    except ImportError as error:
        raise UsageError("TAXII needs taxii2-client", hint="pip install 'ringleader[taxii]'") from error
    return v21


def _address(url: str) -> str:
    """An address that may be used. Raises ``UsageError``."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise UsageError(f"{url} is no address", hint="https://HOST/API-ROOT/collections/ID/") from error
    if parts.username or parts.password:
        raise UsageError("an address must not hold a password: others can see command lines", hint="set " + _HINT)
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(f"{url} is no address of a server", hint="https://HOST/API-ROOT/collections/ID/")
    if parts.scheme == "http" and host not in ("localhost", "127.0.0.1", "::1"):
        raise UsageError("what is exported does not go over a line that others can read", hint="use https://")
    return url


@contextmanager
def _connection(url: str) -> Iterator[Any]:
    """The library's connection, with limits on what it waits for and takes."""
    _address(url)
    _library()
    import requests
    from taxii2client.common import _HTTPConnection

    class Bearer(requests.auth.AuthBase):
        def __init__(self, token: str) -> None:
            self._token = token

        def __call__(self, request: Any) -> Any:
            request.headers["Authorization"] = f"Bearer {self._token}"
            return request

    class Limited(requests.adapters.HTTPAdapter):
        def send(self, *arguments: Any, **options: Any) -> Any:
            return super().send(*arguments, **{**options, "timeout": (CONNECT, READ)})

    told = os.environ.get(TOKEN)
    user, password = os.environ.get(USER), os.environ.get(PASSWORD)
    connection = _HTTPConnection(
        None if told else user, None if told else password, version="2.1", auth=Bearer(told) if told else None
    )
    for scheme in ("http://", "https://"):
        connection.session.mount(scheme, Limited())
    connection.session.hooks["response"].append(_bounded)
    connection.session.max_redirects = 3
    try:
        yield connection
    finally:
        connection.close()


def _bounded(response: Any, **_: Any) -> None:
    """Let nobody read more of an answer than it may have, nor longer."""
    raw, deadline = response.raw, time.monotonic() + WHOLE
    stream = raw.stream

    def limited(*arguments: Any, **options: Any) -> Iterator[bytes]:
        taken = 0
        for chunk in stream(*arguments, **options):
            taken += len(chunk)
            if taken > MOST_BYTES:
                raise ExchangeError(f"the server's answer is larger than {MOST_BYTES:,} bytes")
            if time.monotonic() > deadline:
                raise ExchangeError(f"the server's answer took longer than {WHOLE} s")
            yield chunk

    raw.stream = limited


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Errors of the network, the server and the library as one of ours, with what to try."""
    import requests
    from taxii2client.exceptions import TAXIIServiceException

    try:
        yield
    except requests.exceptions.HTTPError as error:
        status = error.response.status_code if error.response is not None else 0
        hints = {401: "set " + _HINT, 403: "set " + _HINT, 404: "is it the address of a collection?", 413: "too much"}
        raise ExchangeError(f"{url} answered {status}", hint=hints.get(status, "ask the server's owner")) from error
    except requests.exceptions.SSLError as error:
        raise ExchangeError(
            f"{url} has a certificate that is not trusted", hint="set REQUESTS_CA_BUNDLE to the authority's file"
        ) from error
    except requests.exceptions.Timeout as error:
        raise ExchangeError(f"{url} did not answer in time", hint="try again later") from error
    except (requests.exceptions.RequestException, OSError) as error:
        raise ExchangeError(f"{url} cannot be reached", hint="check the address and the network") from error
    except TAXIIServiceException as error:
        lines = str(error).splitlines()
        raise ExchangeError(
            f"{url} did not answer as TAXII 2.1 asks: {lines[0] if lines else type(error).__name__}",
            hint="is it a TAXII 2.1 server?",
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        # What the library trips over when an answer is JSON but not of TAXII's shape.
        raise ExchangeError(f"{url} answered with something that is not TAXII 2.1") from error


def _not_there(collection: Any, failures: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of what a server did not take, what it does not have: some count an object that they hold as a failure."""
    if not failures or not collection.can_read:
        return list(failures)
    missing = list(failures)
    for start in range(0, len(failures), _IDS):
        ids = [str(one.get("id")) for one in failures[start : start + _IDS]]
        held = collection.get_manifest(id=ids, version="all", limit=PER_REQUEST)
        known = {(one.get("id"), one.get("version")) for one in held.get("objects", ())}
        # An observable has no version of its own: the server makes one up each time.
        known |= {(key, None) for key, _ in known if str(key).partition("--")[0] in _OBSERVABLES}
        missing = [one for one in missing if not known & {(one.get("id"), one.get("version")), (one.get("id"), None)}]
    return missing


_OBSERVABLES = ("directory", "domain-name", "file", "ipv4-addr", "ipv6-addr", "process", "network-traffic")
_IDS = 20
"""Ids in one address: servers limit its length."""


def _checked(url: str, one: Any) -> None:
    if not isinstance(one, Mapping) or not isinstance(one.get("id"), str) or not isinstance(one.get("type"), str):
        raise ExchangeError(f"{url} gave something that is no STIX object")


def _length(library: Any, connection: Any, url: str) -> int:
    """What the server takes in one request. A collection lies two levels below its API root (TAXII 2.1, section 4)."""
    root = urljoin(url if url.endswith("/") else url + "/", "../../")
    try:
        told = library.ApiRoot(root, conn=connection).max_content_length
    except Exception:  # noqa: BLE001 - whatever is wrong there, the collection itself may work
        return DEFAULT_LENGTH
    return min(told, DEFAULT_LENGTH) if isinstance(told, int) and told > 0 else DEFAULT_LENGTH


def _parts(objects: Sequence[str], length: int) -> Iterator[list[str]]:
    """Objects in requests of at most ``length`` bytes and PER_REQUEST objects. One that is larger goes alone."""
    part: list[str] = []
    size = 0
    for one in objects:
        more = len(one.encode()) + 2
        if part and (size + more > length - 64 or len(part) == PER_REQUEST):
            yield part
            part, size = [], 0
        part.append(one)
        size += more
    if part:
        yield part
