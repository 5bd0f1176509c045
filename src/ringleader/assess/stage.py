"""The stage: what the other stages found and what the case file says, answers into the table ``assessments``."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ringleader.assess import statement
from ringleader.assess.ground import load
from ringleader.assess.questions import QUESTIONS
from ringleader.case import Config
from ringleader.engines.progress import Progress, Silent
from ringleader.store import Store


@dataclass
class Summary:
    """``statements`` and ``unknown`` (what cannot be told) by aspect."""

    statements: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)


def run(
    store: Store, root: Path, config: Config, *, progress: Progress | None = None, clear_subscribers: bool = False
) -> Summary:
    """Replace the table ``assessments``. ``root`` is the case's folder. ``clear_subscribers`` keeps subscribers'
    numbers as they are."""
    watcher = progress or Silent()
    watcher.begin("Assessing", len(QUESTIONS), "questions")
    ground = load(store, config, root, clear=clear_subscribers)
    said: list[statement.Statement] = []
    for question in QUESTIONS:
        said += question.ask(ground)
        watcher.advance()
    with store.transaction() as tx:
        tx.drop_table("assessments")
        tx.write("assessments", "assess", [statement.batch(said)])
    counts = Counter(one.aspect for one in said if one.confidence != "unknown")
    unknown = Counter(one.aspect for one in said if one.confidence == "unknown")
    return Summary(dict(sorted(counts.items())), dict(sorted(unknown.items())))
