"""Web shells: where they lie, and the shape of the requests to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl

from ringleader.profile import facts, folder
from ringleader.profile.kinds.base import Mark, Plain
from ringleader.profile.sighting import Context, Sighting

WEB_SHELL = "T1505.003"
_PLAIN = re.compile(r"[a-z0-9_.$-]{1,30}")


class WebShell(Plain):
    name = "web-shell"
    what = "page of a web server that rules took for a web shell, by its path under the server's root, lower case"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        if WEB_SHELL in sighting.techniques:
            for path in pages(sighting):
                yield Mark(path, "recorded")


class WebShellRequest(Plain):
    name = "web-shell-request"
    what = "request to such a page: method, first folder, ending, names of the query's parameters, status"
    timeless = False

    def of(self, sighting: Sighting, context: Context) -> Iterator[Mark]:
        stem, method = sighting.first("stem"), sighting.first("method").upper()
        if WEB_SHELL not in sighting.techniques or not method or not _is_script(stem):
            return
        top, _, rest = stem.lower().strip("/").partition("/")
        pairs = parse_qsl(sighting.first("query")[:1000], keep_blank_values=True, max_num_fields=None)[:20]
        names = sorted({name.lower() if _PLAIN.fullmatch(name.lower()) else "<text>" for name, _ in pairs})
        shape = f"{method[:10]} /{top[:40] + '/' if rest else ''}*.{folder.ending(stem)}"
        yield Mark(
            " ".join([shape, *(["?" + "&".join(names)] if names else []), sighting.first("status")[:3]]).strip(),
            "recorded",
        )


def pages(sighting: Sighting) -> Iterator[str]:
    r"""Paths of pages that an event asks for or writes: c:\inetpub\wwwroot\x\y.aspx is /x/y.aspx."""
    for stem in sighting.all("stem"):
        if _is_script(stem):
            yield "/" + stem.lower().lstrip("/")[:200]
    for path in sighting.all("file"):
        if _is_script(path):
            plain = folder.plain(path)
            for root in facts.habits().web_roots:
                if found := facts.pattern(root).match(plain):
                    yield "/" + plain[found.end() :].replace("\\", "/")[:200]
                    break


def _is_script(path: str) -> bool:
    return folder.ending(path) in facts.habits().scripts
