"""The page: one HTML file with its data, script and style inside, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringleader.report import chart, text
from ringleader.report.model import MAX_ROWS, Model
from ringleader.schema import shown
from ringleader.schema.order import TACTICS, WORST_FIRST

# Inside a script element only these could end it or start a comment, and these two are line ends in old JavaScript.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def build(model: Model, path: Path) -> Path:
    """Write ``model`` to ``path``, whole or not at all."""
    content = render(model).encode("utf-8", "backslashreplace")
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def render(model: Model) -> str:
    over_time = chart.over_time(model.times, model.zone)
    style = _asset("report.css")
    scripts = [_asset("report.js")]
    if over_time:
        scripts.insert(0, _bundle())
    data = model.findings.columns | {
        "zone": model.zone_name,
        "levels": list(WORST_FIRST),
        "chart": over_time and over_time[0],
    }
    return (
        _environment()
        .get_template("report.html")
        .render(
            model=model,
            style=Markup(style),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            data=Markup(script_json(data)),  # noqa: S704 - escaped by script_json
            policy=_policy(style, scripts),
            step=over_time and over_time[1],
            untimely=over_time[2] if over_time else 0,
            levels=WORST_FIRST,
            tactics=TACTICS,
            max_rows=MAX_ROWS,
            when=lambda time: text.moment(time, model.zone),
        )
    )


def script_json(value: Any) -> str:
    """JSON that is inert inside a script element, whatever its strings hold."""
    encoded = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return re.sub("[<>&\u2028\u2029]", lambda found: _UNSAFE[found[0]], encoded)


def _policy(style: str, scripts: list[str]) -> str:
    """Only what was written here may run. Charts are drawn by Vega's interpreter, so that no text is ever compiled:
    without it, script-src would need 'unsafe-eval'."""
    allowed = " ".join(_hash(script) for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(content: str) -> str:
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@lru_cache
def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")


@lru_cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed. What would end the script element or open a comment in it becomes the same string
    written otherwise."""
    bundle = str(vl_convert.javascript_bundle("Object.assign(window, { vegaEmbed, vegaLite, vega });"))
    return re.sub(r"<(/script|!--)", r"<\\\1", bundle, flags=re.I).replace("\r\n", "\n").replace("\r", "\n")


@lru_cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ringleader.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["size"] = shown.size
    environment.filters["span"] = lambda pair: shown.span(*pair)
    environment.filters["number"] = lambda count: f"{count:,}"
    environment.filters["words"] = lambda slug: slug.replace("-", " ").capitalize()
    return environment
