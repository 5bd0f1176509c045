"""``ringleader status``: what was read, from when to when, per kind and host, and what could not be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ringleader.cli import options, screen

if TYPE_CHECKING:
    from ringleader.store import Store

_QUESTIONS = {
    "evidence": """
        SELECT format, count(*) AS files, sum(bytes)::BIGINT AS bytes, sum(records)::BIGINT AS events,
               sum(rejected)::BIGINT AS rejected
        FROM evidence GROUP BY format ORDER BY events DESC, format""",
    "kinds": """
        SELECT kind, count(*) AS events, min(time) AS first, max(time) AS last
        FROM events GROUP BY kind ORDER BY events DESC, kind""",
    "hosts": """
        SELECT host, count(*) AS events, min(time) AS first, max(time) AS last
        FROM events GROUP BY host ORDER BY events DESC, host""",
    "clocks": "SELECT path, clock FROM evidence WHERE clock IS NOT NULL AND clock NOT IN ('', '{}') ORDER BY path",
    "rejects": """
        SELECT stage, code, count(*) AS rows, min(path) AS path, arg_min(detail, path) AS detail
        FROM rejects GROUP BY stage, code ORDER BY rows DESC, stage, code""",
    "findings": "SELECT level, count(*) AS findings FROM findings GROUP BY level",
    "intrusions": "SELECT count(*) AS intrusions FROM intrusions",
}


def status(
    case: options.CasePath,
    everything: options.Everything = False,
    timezone: options.Timezone = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.case import Case
    from ringleader.store import Store

    opened = Case.open(case)
    zone = options.zone(timezone, opened.config.organisation.zone)
    answers = ask(Store.open(case))
    if as_json:
        screen.data(answers)
    else:
        _show(answers, zone, limit=10**9 if everything else 20)


def ask(store: Store) -> dict[str, list[dict[str, Any]]]:
    return {name: store.sql(question).to_pylist() for name, question in _QUESTIONS.items()}


def _show(answers: dict[str, list[dict[str, Any]]], zone: str, limit: int) -> None:
    evidence = answers["evidence"]
    screen.heading("Evidence")
    screen.table(
        ["format", "files", "size", "events", "rejected"],
        [
            (row["format"], row["files"], screen.size(row["bytes"]), f"{row['events']:,}", f"{row['rejected']:,}")
            for row in evidence
        ],
        right=["files", "size", "events", "rejected"],
    )
    for name, column in (("kinds", "kind"), ("hosts", "host")):
        rows = answers[name]
        screen.heading(f"{name.capitalize()}: {len(rows):,}")
        screen.table(
            [column, "events", "first", "last"],
            [
                (
                    row[column] or "(unknown)",
                    f"{row['events']:,}",
                    screen.moment(row["first"], zone),
                    screen.moment(row["last"], zone),
                )
                for row in rows[:limit]
            ],
            right=["events"],
        )
        if len(rows) > limit:
            screen.say(f"and {len(rows) - limit:,} more; --all shows them")
    if answers["clocks"]:
        screen.heading("Corrected clocks (seconds, by host)")
        screen.table(["evidence", "correction"], [(row["path"], row["clock"]) for row in answers["clocks"]])
    screen.heading("Not read or not used")
    screen.table(
        ["rows", "stage", "code", "for example"],
        [
            (f"{r['rows']:,}", r["stage"], r["code"], screen.clean(f"{r['path'] or ''}: {r['detail'] or ''}", 200))
            for r in answers["rejects"]
        ],
        right=["rows"],
    )
    levels = {row["level"]: row["findings"] for row in answers["findings"]}
    screen.heading("Found")
    said = ", ".join(f"{levels[level]:,} {level}" for level in reversed(screen.LEVELS) if level in levels)
    screen.facts([("findings", said or "none"), ("intrusions", f"{answers['intrusions'][0]['intrusions']:,}")])
