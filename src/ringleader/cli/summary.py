"""What a run ends with: what was read, what was found, where the report is. All of it comes from the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ringleader.cli import screen
from ringleader.schema import shown
from ringleader.schema.order import WORST_FIRST
from ringleader.schema.shown import size

if TYPE_CHECKING:
    from pathlib import Path

    from ringleader.pipeline import Outcome, Run
    from ringleader.store import Store

TOP = 5

_QUESTIONS = {
    "evidence": """
        SELECT count(*) AS files, coalesce(sum(bytes), 0)::BIGINT AS bytes, coalesce(sum(records), 0)::BIGINT AS events,
               min(first_time) AS first, max(last_time) AS last
        FROM evidence""",
    "rejects": "SELECT stage, code, count(*) AS rows FROM rejects GROUP BY stage, code ORDER BY rows DESC, stage, code",
    "levels": "SELECT level, count(*) AS findings, count(DISTINCT rule_id) AS rules FROM findings GROUP BY level",
    "leads": """
        SELECT level, count(*) AS findings FROM findings
        WHERE finding_id NOT IN (SELECT finding_id FROM steps) GROUP BY level""",
    "intrusions": """
        SELECT intrusion_id, first_time, last_time, hosts, accounts, tactics, findings, level, score
        FROM intrusions ORDER BY score DESC, intrusion_id""",
    "assessments": """
        SELECT aspect, count(*) FILTER (confidence <> 'unknown') AS said,
               count(*) FILTER (confidence = 'unknown') AS unknown
        FROM assessments GROUP BY aspect ORDER BY aspect""",
    "attributions": """
        SELECT candidate, name, verdict, count(*) AS campaigns FROM attributions WHERE rank = 1
        GROUP BY candidate, name, verdict ORDER BY candidate = 'unknown', campaigns DESC, candidate, verdict""",
    "traits": "SELECT kind, count(*) AS traits FROM traits GROUP BY kind ORDER BY traits DESC, kind",
    "campaigns": """
        SELECT campaign_id, name, first_time, last_time, intrusion_ids, weakest_bridge
        FROM campaigns ORDER BY len(intrusion_ids) DESC, first_time, campaign_id""",
}


def intrusions_of(store: Store) -> list[dict[str, Any]]:
    """All of them, the highest scores first."""
    rows: list[dict[str, Any]] = store.sql(_QUESTIONS["intrusions"]).to_pylist()
    return rows


def answers(run: Run) -> dict[str, list[dict[str, Any]]]:
    return {name: run.store.sql(question).to_pylist() for name, question in _QUESTIONS.items()}


def as_data(run: Run, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    found = answers(run)
    return {
        "case": run.case.root,
        "evidence": found["evidence"][0],
        "rejects": found["rejects"],
        "findings": {row["level"]: row["findings"] for row in found["levels"]},
        "intrusions": found["intrusions"],
        "leads": {row["level"]: row["findings"] for row in found["leads"]},
        "traits": {row["kind"]: row["traits"] for row in found["traits"]},
        "campaigns": found["campaigns"],
        "attributions": found["attributions"],
        "assessments": {row.pop("aspect"): row for row in found["assessments"]},
        "report": report_path(run),
        "stages": {one.stage.name: {"skipped": one.skipped, "summary": one.summary} for one in outcomes},
    }


def show(run: Run, outcomes: Sequence[Outcome]) -> None:
    found = answers(run)
    ran = {one.stage.name: one for one in outcomes}
    rows: list[tuple[str, str]] = []
    if "ingest" in ran:
        rows += _evidence(found, run)
    if "detect" in ran:
        rows += _findings(found)
    screen.facts(rows)
    if "link" in ran:
        intrusions(found["intrusions"], run.zone, case=run.case.root)
        screen.facts([("leads", _leads(found))])
    if "profile" in ran:
        screen.facts([("traits", _traits(found["traits"]))])
    if "cluster" in ran:
        screen.facts([("campaigns", _campaigns(found["campaigns"]))])
    if "attribute" in ran:
        screen.facts([("whom like", _attributions(found["attributions"]))])
    if "assess" in ran:
        screen.facts([("assessed", _assessed(found["assessments"]))])
    for one in outcomes:
        for remark in _remarks(one):
            screen.say(remark)
    skipped = [one.stage.name for one in outcomes if one.skipped]
    if skipped:
        screen.say(f"Nothing new for: {', '.join(skipped)}")
    if "report" in ran:
        marked = f" ({run.marking.label})" if run.marking else ""
        screen.facts([("report", f"{report_path(run)}{marked}")])


def _remarks(one: Outcome) -> Iterator[str]:
    """What a stage could not do, and what the tables do not tell."""
    made = one.summary
    if made is None:
        return
    if one.stage.name == "detect":
        if made.checked is not None:
            yield f"The slow reference matcher confirms {shown.count(made.checked, 'pair')} of rule and event."
        if broken := sum(problem.severity == "error" for problem in made.problems):
            yield f"{shown.count(broken, 'rule')} cannot be used; see: ringleader rules check"
        for title in _first(made.slow, 3):
            yield f"given up on some values, which took too long: {title}"
        for failure in _first(made.failures, 3):
            yield f"not matched: {failure}"
    elif one.stage.name == "link" and not made.complete:
        yield "More events lie around the findings than are held: an intrusion may be told in pieces."
    elif one.stage.name == "cluster":
        yield from made.notes


def report_path(run: Run) -> Any:
    return run.case.reports / ("report-redacted.html" if run.redact else "report.html")


def _evidence(found: dict[str, list[dict[str, Any]]], run: Run) -> list[tuple[str, str]]:
    read, zone = found["evidence"][0], run.zone
    from ringleader.schema.batch import NOTICES

    told = [row for row in found["rejects"] if row["stage"] == "ingest"]
    rejected = [row for row in told if row["code"] not in NOTICES]
    noted = [row for row in told if row["code"] in NOTICES]
    rows = [
        ("evidence", f"{shown.count(read['files'], 'file')}, {size(read['bytes'])}"),
        (
            "events",
            f"{read['events']:,}, {screen.moment(read['first'], zone)} to {screen.moment(read['last'], zone)} {zone}",
        ),
    ]
    if rejected:
        total = sum(row["rows"] for row in rejected)
        codes = ", ".join(f"{row['rows']:,} {row['code']}" for row in rejected[:4])
        rows.append(("not read", f"{total:,} ({codes}); see: ringleader status {run.case.root}"))
    if noted:
        codes = ", ".join(f"{row['rows']:,} {row['code']}" for row in noted)
        rows.append(("noted", f"{codes}; see: ringleader status {run.case.root}"))
    return rows


def _findings(found: dict[str, list[dict[str, Any]]]) -> list[tuple[str, str]]:
    return [("findings", _by_level(found["levels"]))]


def _leads(found: dict[str, list[dict[str, Any]]]) -> str:
    said = _by_level(found["leads"])
    return said if said == "none" else f"{said}: findings that are part of no intrusion"


def _traits(rows: list[dict[str, Any]]) -> str:
    total = sum(row["traits"] for row in rows)
    some = ", ".join(f"{row['traits']:,} {row['kind']}" for row in rows[:4])
    return (
        f"{total:,} ({some}{', ...' if len(rows) > 4 else ''}); see: ringleader show CASE INTRUSION" if rows else "none"
    )


def _campaigns(rows: list[dict[str, Any]]) -> str:
    several = [row for row in rows if len(row["intrusion_ids"]) > 1]
    if not rows:
        return "none"
    names = ", ".join(f"{row['name']} ({len(row['intrusion_ids'])})" for row in several[:4])
    return (
        f"{len(several):,} of several intrusions"
        + (f": {names}{', ...' if len(several) > 4 else ''}" if several else "")
        + f"; {len(rows) - len(several):,} of one; see: ringleader cluster CASE"
    )


def _assessed(rows: list[dict[str, Any]]) -> str:
    said = ", ".join(f"{row['said']:,} {row['aspect']}" for row in rows if row["said"])
    unknown = sum(row["unknown"] for row in rows)
    return (said or "nothing can be said") + (f"; of {unknown:,} it is said why they cannot be told" if unknown else "")


def _attributions(rows: list[dict[str, Any]]) -> str:
    """Of each campaign what came first. Groups by name, for an id says nothing to most people."""
    if not rows:
        return "nothing to compare"
    said = [
        f"{shown.count(row['campaigns'], 'campaign')}: {row['verdict']}"
        + ("" if row["candidate"] == "unknown" else f" {row['name']}")
        for row in rows
    ]
    return "; ".join(_first(said, 6)) + "; see: ringleader attribute CASE"


def _first(said: list[str], most: int) -> list[str]:
    return said if len(said) <= most else [*said[:most], f"and {len(said) - most} more"]


def _by_level(rows: list[dict[str, Any]]) -> str:
    levels = {row["level"]: row["findings"] for row in rows}
    said = ", ".join(f"{levels[level]:,} {level}" for level in WORST_FIRST if level in levels)
    return f"{sum(levels.values()):,} ({said})" if levels else "none"


def intrusions(found: list[dict[str, Any]], zone: str, *, case: Path, most: int = TOP) -> None:
    """A line each, of the first ``most``."""
    if not found:
        screen.facts([("intrusions", "none: no findings belong together closely enough")])
        return
    screen.heading(f"{shown.count(len(found), 'intrusion')}, the highest scores first")
    rows = [
        (
            row["intrusion_id"][:8],
            row["level"],
            screen.moment(row["first_time"], zone),
            screen.moment(row["last_time"], zone),
            f"{row['findings']:,}",
            _some(row["hosts"], 4),
            _some(row["tactics"], 12),
        )
        for row in found[:most]
    ]
    screen.table(["id", "level", "first", "last", "findings", "hosts", "tactics"], rows, right=["findings"])
    if len(found) > most:
        screen.line(f"and {len(found) - most:,} more; see: ringleader show {case}")


def _some(values: Sequence[str], most: int) -> str:
    return ", ".join(values[:most]) + (f" and {len(values) - most} more" if len(values) > most else "")
