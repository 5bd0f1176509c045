"""``ringleader ingest``"""

from __future__ import annotations

from ringleader.cli import options, stage


def ingest(
    case: options.CasePath,
    evidence: options.Evidence,
    workers: options.Workers = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    stage.perform("ingest", case, evidence=evidence, workers=workers, as_json=as_json, create=True)
