"""Against medallion, OASIS's TAXII 2.1 server, and against servers that mean no good."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stix2
from werkzeug.serving import make_server

from ringleader.errors import ExchangeError, UsageError
from ringleader.export import Options, Source, taxii
from ringleader.export.formats.stix import objects

ROOT, OPEN, CLOSED = "root1", "91a7b528-80eb-42ed-a74d-c6fbd5a26116", "52892447-4d7e-4f70-b94d-d7f22742ff63"
MEDIA = "application/taxii+json;version=2.1"


@pytest.fixture(scope="module")
def medallion(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import medallion as package

    def collection(key: str, writable: bool) -> dict[str, Any]:
        return {
            "id": key, "title": f"Collection {writable}", "can_read": True, "can_write": writable,
            "media_types": ["application/stix+json;version=2.1"], "objects": [], "manifest": [],
        }  # fmt: skip

    folder = tmp_path_factory.mktemp("medallion")
    server = make_server("127.0.0.1", 0, package.application_instance, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    data = {
        "/discovery": {"title": "Test", "description": "", "contact": "", "default": f"{url}/{ROOT}/",
                       "api_roots": [f"{url}/{ROOT}/"]},
        ROOT: {
            "information": {"title": "Root", "description": "", "versions": [MEDIA], "max_content_length": 30_000},
            "status": [], "collections": [collection(OPEN, True), collection(CLOSED, False)],
        },
    }  # fmt: skip
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    config = {
        "backend": {"module": "medallion.backends.memory_backend", "module_class": "MemoryBackend",
                    "filename": str(folder / "data.json")},
        "users": {"hunter": "s3cret"}, "taxii": {"max_page_size": 20},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    package.load_app(str(folder / "config.json"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(taxii.USER, "hunter")
    monkeypatch.setenv(taxii.PASSWORD, "s3cret")


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (taxii.USER, taxii.PASSWORD, taxii.TOKEN):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))


def pulled(url: str) -> list[dict[str, Any]]:
    out = io.StringIO()
    count = taxii.pull(url, out)
    found = json.loads(out.getvalue()).get("objects", [])
    assert len(found) == count
    return found


def test_what_is_pushed_comes_back_and_a_second_push_changes_nothing(
    medallion: str, signed_in: None, whole: Source
) -> None:
    url = f"{medallion}/{ROOT}/collections/{OPEN}/"
    sent = objects(whole, Options())
    assert sum(map(len, sent)) > 30_000, "more than the server takes at once"
    first = taxii.push(url, sent)
    assert (first.accepted, first.there, first.pending) == (len(sent), 0, 0)
    again = taxii.push(url, sent)
    assert (again.accepted, again.there) == (0, len(sent))
    found = pulled(url)
    assert {one["id"] for one in found} == {json.loads(one)["id"] for one in sent}
    stix2.parse({"type": "bundle", "id": "bundle--" + "0" * 8 + "-0000-4000-8000-" + "0" * 12, "objects": found})


def test_the_collections_of_a_server_are_listed(medallion: str, signed_in: None) -> None:
    found = taxii.collections(f"{medallion}/taxii2/")
    assert [(one.title, one.can_write) for one in found] == [("Collection True", True), ("Collection False", False)]
    assert found[0].url.endswith(f"/{ROOT}/collections/{OPEN}/")


def test_a_password_goes_only_where_it_was_meant_to(signed_in: None) -> None:
    asked: list[str] = []
    told = json.dumps({"title": "t", "api_roots": ["https://elsewhere.example/r/"]}).encode()

    def answer(path: str) -> tuple[int, str, bytes]:
        asked.append(path)
        return 200, MEDIA, told

    with server(answer) as url:
        (found,) = taxii.collections(url)
    assert "another host" in found.title and len(asked) == 1


def test_an_empty_collection_is_a_bundle_without_objects(medallion: str, signed_in: None) -> None:
    assert pulled(f"{medallion}/{ROOT}/collections/{CLOSED}/") == []


def test_what_may_not_be_written_is_said(medallion: str, signed_in: None) -> None:
    with pytest.raises(ExchangeError, match="does not let you write"):
        taxii.push(f"{medallion}/{ROOT}/collections/{CLOSED}/", ["{}"])


def test_without_a_password_it_says_where_to_put_one(medallion: str, tmp_path: Path, monkeypatch: Any) -> None:
    url = f"{medallion}/{ROOT}/collections/{CLOSED}/"
    with pytest.raises(ExchangeError, match="401") as caught:
        pulled(url)
    assert taxii.USER in str(caught.value.hint)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login hunter password s3cret\n", encoding="utf-8")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert pulled(url) == []


@pytest.mark.parametrize(
    "url",
    ["https://me:pass@host.example/x/", "http://host.example/x/", "ftp://host.example/", "file:///etc/passwd", "x",
     "https://[x/", "https:///x"],
)  # fmt: skip
def test_addresses_that_are_not_used(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        taxii.pull(url, io.StringIO())
    assert "pass@" not in str(caught.value)


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(ExchangeError, match="cannot be reached"):
        taxii.pull("http://127.0.0.1:9/x/collections/y/", io.StringIO())


Answer = Callable[[str], tuple[int, str, bytes]]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """``answer``: path to status, media type and body."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, media, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", media)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{running.server_port}/r/collections/c/"
    finally:
        running.shutdown()


INFORMATION = json.dumps({"id": "c", "title": "c", "can_read": True, "can_write": True}).encode()


def with_objects(body: bytes, media: str = MEDIA) -> Answer:
    return lambda path: (200, media, body if "/objects" in path else INFORMATION)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda _: (200, "text/html", b"<html>"), "not answer as TAXII 2.1"),
        (lambda _: (200, MEDIA, b"{"), "TAXII 2.1"),
        (lambda _: (200, MEDIA, b"[]"), "TAXII 2.1"),
        (lambda _: (500, MEDIA, b""), "500"),
        (lambda _: (302, MEDIA, b""), "TAXII 2.1"),
        (with_objects(b"[" * 100_000), "TAXII 2.1"),
        (with_objects(b"{}", "application/json"), "TAXII 2.1"),
        (with_objects(b'{"objects": [1]}'), "no STIX object"),
        (with_objects(b'{"objects": [{"id": 1}]}'), "no STIX object"),
        (with_objects(b'{"more": true, "next": "a", "objects": []}'), "gives nothing"),
        (with_objects(b'{"more": true, "next": "a", "objects": [{"id": "x--1", "type": "x"}]}'), "gives nothing"),
    ],
)
def test_servers_that_do_not_keep_the_rules(answer: Answer, said: str) -> None:
    with server(answer) as url, pytest.raises(ExchangeError, match=said):
        taxii.pull(url, io.StringIO())


def test_an_answer_that_is_too_large_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taxii, "MOST_BYTES", 1000)
    with (
        server(with_objects(b'{"objects": []' + b" " * 100_000 + b"}")) as url,
        pytest.raises(ExchangeError, match="larger than"),
    ):
        taxii.pull(url, io.StringIO())


def test_hostile_values_in_what_is_pulled_stay_values(tmp_path: Path) -> None:
    body = json.dumps({"objects": [{"id": "x--1", "type": "x", "name": "\x1b[2J</script>\u202e"}]}).encode()
    out = io.StringIO()
    with server(with_objects(body)) as url:
        taxii.pull(url, out)
    assert not set("\x1b\u202e") & set(out.getvalue())
    assert json.loads(out.getvalue())["objects"][0]["name"] == "\x1b[2J</script>\u202e"
