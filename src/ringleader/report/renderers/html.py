"""One HTML file with its data, script and style inside, and a policy that lets nothing else in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib.resources import files
from typing import Any

import orjson
import vl_convert
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ringleader.report import chart, text
from ringleader.report.campaigns import MAX_CAMPAIGNS
from ringleader.report.facts import facts
from ringleader.report.model import Finding, Intrusion, Model
from ringleader.report.renderers import drawing
from ringleader.report.source import OPTIONAL
from ringleader.report.timeline import MAX_INTRUSIONS, MAX_MOMENTS
from ringleader.schema import kind as kinds
from ringleader.schema import shown
from ringleader.schema.order import TACTICS, WORST_FIRST
from ringleader.schema.tlp import Tlp

MAX_ROWS = 500
"""Rows of the tables of evidence, hosts, rules and problems."""
VALUES = 12
"""Matched values of one row of a timeline."""
MAX_PAIRS = 40
"""Pairs of campaigns that are told in full."""
TEXT_BUDGET = 9_000_000
"""Bytes of distinct texts of findings; those beyond it are listed without their matched values."""
NAME_BUDGET = 3_000_000
"""Bytes beyond that for hosts and accounts."""
LIMIT = 19_500_000
"""Bytes of the file. What would be more is told with half of its parts, a quarter, and so on."""
STATIC_LIMIT = 8_000_000
"""Characters of timelines and traits, which the page holds as they are."""
THRIFT = (1, 2, 4, 8, 16, 32, 64)
# Inside a script element only these could end it or start a comment, and these two are line ends in old JavaScript.
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Html:
    name = "html"
    file = "report.html"

    def render(self, model: Model) -> bytes:
        told = b""
        for thrift in THRIFT:
            some = thinned(model, thrift)
            if thrift < THRIFT[-1] and _weight(some) > STATIC_LIMIT:
                continue
            told = page(some, TEXT_BUDGET // thrift).encode("utf-8", "backslashreplace")
            if len(told) <= LIMIT:
                break
        return told


def thinned(model: Model, thrift: int) -> Model:
    """With so many times fewer intrusions and campaigns in full, rows of a timeline and values in a row. What is left
    out is counted as such."""
    if thrift == 1:
        return model
    intrusions = [_thinned(each, thrift) for each in model.intrusions[: max(1, MAX_INTRUSIONS // thrift)]]
    campaigns = [
        replace(each, traits=each.traits[: max(8, len(each.traits) // thrift)], statements=each.statements[:12])
        for each in model.campaigns[: max(1, MAX_CAMPAIGNS // thrift)]
    ]
    shown = {each.number for each in campaigns}
    return replace(
        model,
        intrusions=intrusions,
        intrusions_left_out=model.intrusions_left_out + len(model.intrusions) - len(intrusions),
        campaigns=campaigns,
        campaigns_left_out=model.campaigns_left_out + len(model.campaigns) - len(campaigns),
        pairs=[pair for pair in model.pairs if pair.left in shown and pair.right in shown],
        leads=[lead for lead in model.leads if lead.campaign in shown],
    )


def _thinned(intrusion: Intrusion, thrift: int) -> Intrusion:
    moments = [
        replace(each, values=each.values[: max(1, VALUES // thrift)])
        for each in intrusion.moments[: max(5, MAX_MOMENTS // thrift)]
    ]
    told = sum(each.times * len(each.rules) for each in moments)
    return replace(intrusion, moments=moments, more=max(0, intrusion.findings - told), traits=intrusion.traits[:4])


def _weight(model: Model) -> int:
    """About how many characters of the page are timelines and traits."""
    rows = [moment for each in model.intrusions for moment in each.moments]
    traits = [trait for each in model.campaigns for trait in each.traits]
    return (
        sum(400 + sum(len(name) + len(value) for name, value in row.values[:VALUES]) for row in rows)
        + sum(len(each.label) + 120 for one in model.intrusions for each in one.lanes.ticks)
        + sum(400 + len(trait.value) + 25 * len(trait.findings) for trait in traits)
    )


def page(model: Model, text_budget: int = TEXT_BUDGET) -> str:
    style = _asset("report.css") + _sheets(model.tlp)
    scripts = [_asset("report.js")]
    if model.over_time:
        scripts.insert(0, _bundle())
    columns, without_values = embedded(model.findings, _cited(model), text_budget)
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
            max_values=VALUES,
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


def embedded(findings: list[Finding], cited: set[str], text_budget: int = TEXT_BUDGET) -> tuple[dict[str, Any], int]:
    """Each distinct text once, and columns of numbers; and how many findings are listed without their values. ``ids``
    are places of those ``cited``."""
    texts: dict[str, int] = {"": 0}
    rules: dict[tuple[str, str, str], int] = {}
    spent, without = 0, 0

    def code(content: str, budget: int) -> int | None:
        """None where ``content`` is new and the budget spent."""
        nonlocal spent
        found = texts.get(content)
        if found is None:
            spent += _bytes(content)
            if spent > budget:
                spent -= _bytes(content)
                return None
            found = texts[content] = len(texts)
        return found

    names = ("time", "rule", "host", "account", "kind", "values", "intrusion")
    columns: dict[str, list[Any]] = {name: [] for name in names}
    ids: dict[str, int] = {}
    for at, row in enumerate(findings):
        values = code("\n".join(f"{name}: {value}" for name, value in row.values), text_budget)
        without += values is None
        key = (row.rule, row.level, " ".join(row.techniques))
        columns["time"].append(None if row.time is None else round((row.time - _EPOCH).total_seconds(), 3))
        columns["rule"].append(rules.setdefault(key, len(rules)))
        for name in ("host", "account", "kind"):
            columns[name].append(code(getattr(row, name), text_budget + NAME_BUDGET) or 0)
        columns["values"].append(values or 0)
        columns["intrusion"].append(row.intrusion)
        if row.id in cited:
            ids[row.id] = at
    return {"texts": list(texts), "rules": [list(key) for key in rules], "ids": ids, **columns}, without


def _bytes(content: str) -> int:
    """What a text takes in the file: what :func:`script_json` escapes, six bytes a character."""
    return len(content.encode()) + 4 + 5 * sum(content.count(sign) for sign in '<>&"\\\n')


def _sheets(tlp: str) -> str:
    """Style that puts the marking into the margins of every printed sheet, where the browser can (CSS Paged Media)."""
    if tlp not in {each.label for each in Tlp}:
        return ""
    # In black: browsers may leave a margin's ground out, and the protocol's colours are for a black one.
    box = f'content: "{tlp}"; font: 700 12pt sans-serif;'
    return f"@page {{ @top-right {{ {box} }} @bottom-right {{ {box} }} }}\n"


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
