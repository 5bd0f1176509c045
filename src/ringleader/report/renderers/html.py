"""One HTML file with its data, script and style inside, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

import orjson
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringleader.report import chart, text
from ringleader.report.facts import facts
from ringleader.report.model import Finding, Model
from ringleader.report.renderers import drawing
from ringleader.report.source import OPTIONAL
from ringleader.schema import kind as kinds
from ringleader.schema import shown
from ringleader.schema.order import TACTICS, WORST_FIRST

MAX_ROWS = 500
"""Rows of the tables of evidence, hosts, rules and problems."""
MAX_PAIRS = 40
"""Pairs of campaigns that are told in full."""
TEXT_BUDGET = 9_000_000
"""Characters of distinct matched values; findings beyond it are listed without theirs."""
# Inside a script element only these could end it or start a comment, and these two are line ends in old JavaScript.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Html:
    name = "html"
    file = "report.html"

    def render(self, model: Model) -> bytes:
        return page(model).encode("utf-8", "backslashreplace")


def page(model: Model) -> str:
    style = _asset("report.css")
    scripts = [_asset("report.js")]
    if model.over_time:
        scripts.insert(0, _bundle())
    columns, without_values = embedded(model.findings, _cited(model))
    data = columns | {
        "zone": model.zone_name,
        "levels": list(WORST_FIRST),
        "campaigns": {each.number: each.intrusions for each in model.campaigns},
        "chart": model.over_time and chart.spec(model.over_time),
    }
    when = partial(text.moment, where=text.zone(model.zone_name))
    return (
        _environment()
        .get_template("report.html")
        .render(
            model=model,
            h=model.headline,
            style=Markup(style),  # noqa: S704 - our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            data=Markup(script_json(data)),  # noqa: S704 - escaped by script_json
            policy=_policy(style, scripts),
            without_values=without_values,
            levels=WORST_FIRST,
            tactics=TACTICS,
            max_rows=MAX_ROWS,
            max_pairs=MAX_PAIRS,
            telemetry=facts().telemetry,
            strip=drawing.strip(model),
            undone={table: [each for each in model.coverage.undone if each.table == table] for table in OPTIONAL},
            databases=any(kinds.covers("db", kind) for kind, _ in model.kinds),
            name={each.number: each.name for each in model.campaigns},
            pair={(each.left, each.right): each for each in model.pairs},
            when=when,
            day=_day(when),
        )
    )


def _day(when: Callable[[datetime | None], str]) -> Callable[[datetime | None], str]:
    return lambda time: "unknown" if time is None else when(time).partition(" ")[0]


def _cited(model: Model) -> set[str]:
    """Findings that a button of the page may ask for."""
    found = {each for answer in model.answers for said in answer.statements for each in said.findings}
    for campaign in model.campaigns:
        found |= {each for said in campaign.statements for each in said.findings}
        found |= {each for trait in campaign.traits for each in trait.findings}
    for intrusion in model.intrusions:
        found |= {each for trait in intrusion.traits for each in trait.findings}
    for name in model.assessment.__dataclass_fields__:
        for item in getattr(model.assessment, name):
            found |= set(item.statement.findings)
    for each in model.assessment.adaptation:
        found |= {cited for act in each.acts for cited in act.findings}
    return found


def embedded(findings: list[Finding], cited: set[str]) -> tuple[dict[str, Any], int]:
    """Each distinct text once, and columns of numbers; and how many findings are listed without their values. ``ids``
    are places of those ``cited``."""
    texts: dict[str, int] = {"": 0}
    rules: dict[tuple[str, str, str], int] = {}
    spent = without = 0

    def code(content: str) -> int:
        return texts.setdefault(content, len(texts))

    names = ("time", "rule", "host", "account", "kind", "values", "intrusion")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    ids: dict[str, int] = {}
    for at, row in enumerate(findings):
        values = "\n".join(f"{name}: {value}" for name, value in row.values)
        if values not in texts:
            spent += len(values)
            if spent > TEXT_BUDGET:
                values, without = "", without + 1
        key = (row.rule, row.level, " ".join(row.techniques))
        columns["time"].append(None if row.time is None else round((row.time - _EPOCH).total_seconds(), 3))
        columns["rule"].append(rules.setdefault(key, len(rules)))
        columns["host"].append(code(row.host))
        columns["account"].append(code(row.account))
        columns["kind"].append(code(row.kind))
        columns["values"].append(code(values))
        columns["intrusion"].append(row.intrusion)
        if row.id in cited:
            ids[row.id] = at
    return {"texts": list(texts), "rules": [list(key) for key in rules], "ids": ids, **columns}, without


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
    return files("ringleader.report").joinpath("assets", name).read_text(encoding="utf-8")


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
    environment.filters["share"] = drawing.share
    environment.filters["waterfall"] = drawing.waterfall
    environment.filters["curve"] = drawing.curve
    environment.filters["short"] = lambda name, most: name if len(name) <= most else f"{name[: most - 1]}…"
    return environment
