"""One Arrow schema per table of the store. Every column is documented in its field's metadata, from which docs are
made."""

from __future__ import annotations

import pyarrow as pa

TIME = pa.timestamp("us", tz="UTC")
WORD = pa.dictionary(pa.int32(), pa.string())
WORDS = pa.list_(pa.string())
MAP = pa.map_(pa.string(), pa.string())

DISBELIEVED = "UtcTime not believed"
"""A key in the column clock of evidence. No host is called so: their names are in lower case."""


def _table(*columns: tuple[str, pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"doc": doc}) for name, kind, doc in columns])


EVIDENCE = _table(
    (
        "evidence_id",
        pa.string(),
        "SHA-256 of the bytes, after any archive around them was opened; the evidence's identity",
    ),
    ("path", pa.string(), "where it was read; members of archives as archive.zip!inner/name"),
    ("container_sha256", pa.string(), "SHA-256 of the file on disk when that is an archive, else null"),
    ("format", WORD, "the reader that took it"),
    ("bytes", pa.int64(), "size of the evidence"),
    ("records", pa.int64(), "records stored as events"),
    ("rejected", pa.int64(), "records not stored; each has a row in rejects"),
    ("first_time", TIME, "earliest event"),
    ("last_time", TIME, "latest event"),
    (
        "clock",
        pa.string(),
        "JSON: host to the correction in seconds that was applied to it, and under `UtcTime not believed` how many"
        " events had such a time, too far from the record's; {} for none",
    ),
    ("ingested_with", pa.string(), "version of Ringleader"),
)

EVENTS = _table(
    ("event_id", pa.string(), "first 16 hex digits of the evidence id, a dash, the event's offset in it"),
    ("evidence_id", WORD, "the evidence that holds it"),
    ("kind", WORD, "what sort of event, such as windows/sysmon/1"),
    ("time", TIME, "when it happened, UTC, corrected where the source's clock was found to lie; null if unknown"),
    ("time_raw", pa.string(), "the time as the source wrote it"),
    ("host", WORD, "the host that it happened on, lower case; null if unknown"),
    ("rest", MAP, "fields without a column of their own, and values that are not plain texts (lists, null): JSON"),
)
"""The fixed columns. After them come the source's own fields, one dictionary-encoded string column each.

A field called like a fixed column is stored as ``field:NAME``. A column's null means missing; an explicit null is in
``rest``.
"""

REJECTS = _table(
    ("evidence_id", pa.string(), "the evidence, or null when it was never opened"),
    ("path", pa.string(), "where it was read"),
    ("stage", WORD, "ingest or detect"),
    ("offset", pa.int64(), "byte, record or line of a rule where it happened, -1 if it concerns the whole"),
    ("code", WORD, "a short stable word, listed in the reference"),
    ("detail", pa.string(), "what is wrong, cut to 500 characters"),
)

FINDINGS = _table(
    ("finding_id", pa.string(), "hash of rule and event (or group and window)"),
    ("evidence_id", pa.string(), "the evidence that holds the event"),
    ("detector", WORD, "sigma, correlation, analytic, or alert for what another product found"),
    ("rule_id", pa.string(), "the rule's id, or its title's hash when it has none"),
    ("rule_title", WORD, "the rule's title"),
    ("level", WORD, "informational, low, medium, high or critical"),
    ("techniques", WORDS, "ATT&CK technique ids from the tags, T1003.001"),
    ("tactics", WORDS, "ATT&CK tactic short names from the tags, credential-access"),
    ("software", WORDS, "ATT&CK software ids from the tags, S0002"),
    ("groups", WORDS, "ATT&CK group ids from the tags, G0093"),
    ("event_id", pa.string(), "the event; for a correlation the one that completed it"),
    ("event_ids", WORDS, "for a correlation all its events (at most 1,000), else empty"),
    ("kind", WORD, "kind of the event"),
    ("time", TIME, "time of the event"),
    ("host", WORD, "host of the event"),
    ("account", pa.string(), "account in whose name it happened, DOMAIN\\name where both are known"),
    ("values", MAP, "the fields that made the rule match, and their values (cut to 2,000 characters)"),
)

INTRUSIONS = _table(
    ("intrusion_id", pa.string(), "hash of its findings"),
    ("first_time", TIME, "its earliest finding"),
    ("last_time", TIME, "its latest finding"),
    ("hosts", WORDS, "hosts touched, in order of first appearance"),
    ("accounts", WORDS, "accounts used, in order of first appearance"),
    ("tactics", WORDS, "ATT&CK tactics in the order of the kill chain"),
    ("techniques", WORDS, "ATT&CK techniques, sorted"),
    ("findings", pa.int64(), "number of findings"),
    ("level", WORD, "highest level among its findings"),
    ("score", pa.float64(), "log odds that somebody is behind it, by link/model.yml; orders the list"),
)

STEPS = _table(
    ("intrusion_id", pa.string(), "the intrusion"),
    ("finding_id", pa.string(), "the finding that is part of it"),
    ("entity_kind", WORD, "what joined it: lineage, session, ... (link/entities.yml); first for the earliest step"),
    ("entity", pa.string(), "the value that was shared"),
    ("joined_to", pa.string(), "finding_id of the earlier step that it was joined to, null for the first"),
    (
        "weight",
        pa.float64(),
        "strength of the join in nats: minus log of how common the entity is among the findings; for what bridges"
        " bundles the log odds that they are one actor's",
    ),
)

TRAITS = _table(
    ("owner_kind", WORD, "what the trait is of: intrusion"),
    ("owner_id", pa.string(), "which one"),
    ("kind", WORD, "kind of trait, listed in the reference"),
    ("value", pa.string(), "the trait itself, cut to a bound of its kind"),
    ("grade", WORD, "Admiralty grade: reliability of the source A to F, credibility of what it says 1 to 6"),
    ("basis", WORD, "what the grade rests on: hash, recorded, version, name, tag, derived, address, claimed, guessed"),
    ("first_time", TIME, "earliest event that shows it"),
    ("last_time", TIME, "latest event that shows it"),
    ("count", pa.int64(), "events that show it; for hours the days, for an order and a zone the events behind it"),
    ("hosts", WORDS, "hosts on which it was seen, sorted (at most 50)"),
    ("findings", WORDS, "finding ids behind it, the earliest (at most 20)"),
    (
        "left_out",
        pa.int64(),
        "values of this kind that this owner has beyond those in the table, which are the most frequent",
    ),
    ("detail", pa.string(), "JSON: method and uncertainty of an estimate, else null"),
)

PAIRS = _table(
    ("owner_kind", WORD, "what is compared: intrusion or campaign"),
    ("left_id", pa.string(), "the one whose id sorts first"),
    ("right_id", pa.string(), "the other"),
    (
        "log_lr",
        pa.float64(),
        "same actor against two of the background, log-likelihood ratio in nats, each kind capped",
    ),
    ("probability", pa.float64(), "that one actor is behind both, calibrated; null where it was not asked"),
    ("p_value", pa.float64(), "overlap of techniques and tools against the margin-preserving null"),
    ("q_value", pa.float64(), "the same after Benjamini-Hochberg over the pairs of this table"),
    ("colocation_p", pa.float64(), "joint hosts and hours against circular shifts per host; null where not asked"),
    ("contributions", pa.string(), "JSON: the lines of the comparison, heaviest first: kind, value, weight, reason"),
    ("hypotheses", pa.string(), "JSON, campaigns only: rival explanations with what speaks for and against each"),
)

CAMPAIGNS = _table(
    ("campaign_id", pa.string(), "hash of its earliest finding; it keeps its id while it grows"),
    ("name", pa.string(), "a name that is easy to say, made from the id; claims nothing"),
    ("intrusion_ids", WORDS, "its intrusions, the earliest first"),
    ("first_time", TIME, "its earliest finding"),
    ("last_time", TIME, "its latest finding"),
    (
        "weakest_bridge",
        pa.string(),
        "JSON: the pair without which it would fall apart most easily; null for one intrusion",
    ),
    ("anchors", WORDS, "the earliest finding of each of its intrusions, by which it is known again when these grow"),
)

DECISIONS = _table(
    ("decision_id", pa.string(), "hash of what was decided and when"),
    ("time", TIME, "when it was decided"),
    ("who", pa.string(), "who decided"),
    ("verdict", WORD, "same: one actor; different: two; split: two, although they were in one campaign"),
    ("left_id", pa.string(), "an intrusion, as it was called then"),
    ("right_id", pa.string(), "the other"),
    ("left_finding", pa.string(), "its earliest finding, by which it is known again when it grows"),
    ("right_finding", pa.string(), "that of the other"),
    ("note", pa.string(), "why it was decided so"),
)

ATTRIBUTIONS = _table(
    ("campaign_id", pa.string(), "the campaign"),
    ("candidate", pa.string(), "ATT&CK group id, an own group's id, or unknown"),
    ("name", pa.string(), "the candidate's name"),
    ("rank", pa.int64(), "1 for the most probable"),
    ("probability", pa.float64(), "of this candidate; those of a campaign sum to one"),
    ("verdict", WORD, "what may be said: likely, consistent with, ..."),
    (
        "contributions",
        pa.string(),
        "JSON: kind, value, weight in nats, reason; for unknown, the first ten groups and all that are not called"
        " not indicated, else an empty list",
    ),
    (
        "detail",
        pa.string(),
        "JSON, for rank 1 only: band, confidence, without_kind, planted, leads, notes, and the traits compared, with"
        " their grades",
    ),
)

ASSESSMENTS = _table(
    ("subject_kind", WORD, "case, campaign, intrusion or supplier"),
    ("subject_id", pa.string(), "which one; the organisation's name for the case"),
    (
        "aspect",
        WORD,
        "entry, supplier, crown-jewel, credentials, targets, watchlist, impact, adaptation, re-entry,"
        " persistence or since",
    ),
    ("statement", pa.string(), "one or two sentences for people, without names of persons"),
    ("confidence", WORD, "low, moderate or high confidence in the evidence (ICD 203); unknown where it cannot be told"),
    ("findings", WORDS, "finding ids behind it (at most 50)"),
    ("data", pa.string(), "JSON, for machines and pictures; its keys by aspect are in the reference"),
)

ALL: dict[str, pa.Schema] = {
    "evidence": EVIDENCE,
    "events": EVENTS,
    "rejects": REJECTS,
    "findings": FINDINGS,
    "intrusions": INTRUSIONS,
    "steps": STEPS,
    "traits": TRAITS,
    "pairs": PAIRS,
    "campaigns": CAMPAIGNS,
    "decisions": DECISIONS,
    "attributions": ATTRIBUTIONS,
    "assessments": ASSESSMENTS,
}
