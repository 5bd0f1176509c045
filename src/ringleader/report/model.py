"""What the report says, as plain data fit to be shown. Each renderer tells the same; as JSON it is this, field by field
(docs/reference/report.schema.json)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

FORMAT = 1
"""Of the JSON: raised when a field is taken away or changes its meaning."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One or two sentences, how sure they are, and what they rest on."""

    text: str
    confidence: str
    """In the evidence: low, moderate or high (ICD 203); unknown where it cannot be told; empty for what was counted."""
    findings: list[str]
    """Ids of findings behind it."""
    place: str = ""
    """Anchor of the part of the report that tells more."""
    subject: str = ""
    """What it is about, when that is less than the whole case."""
    aspect: str = ""
    campaign: int = 0
    """Number of the campaign that it is about; 0 for none."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What cannot be said, and what would be needed to say it."""

    why: str
    needed: str


@dataclass(frozen=True, slots=True)
class Undone:
    """An analysis whose table is missing or empty: what is not known without it, and what makes it."""

    table: str
    why: str
    needed: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the seven questions that a report answers."""

    key: str
    question: str
    statements: list[Statement]
    more: int
    """Statements that are further down in the report only."""
    gaps: list[Gap]
    changes: list[str]
    """What would change it."""
    place: str


@dataclass(frozen=True, slots=True)
class Headline:
    """Counts over the whole case."""

    intrusions: int
    campaigns: int
    findings: int
    leads: int
    """Findings that are part of no intrusion."""
    hosts: int
    """Hosts that intrusions touched."""
    first: datetime | None
    last: datetime | None
    evidence: int
    """Pieces of evidence."""
    events: int
    rejected: int
    """Records and files that ingest could not read; of them ``unknown`` are files of a format that nobody knows."""
    unknown: int
    duplicates: int
    """Files left out because the same bytes were read already. Nothing is lost with them."""
    unread: int
    """Pieces of evidence of which nothing could be read."""
    read_from: datetime | None
    read_to: datetime | None
    levels: dict[str, int]
    """Findings by level."""


@dataclass(frozen=True, slots=True)
class Technique:
    """An ATT&CK technique under the tactic that it was seen with most."""

    id: str
    name: str
    """Empty where the knowledge base does not know the id."""
    tactic: str
    findings: int
    hosts: int
    rules: int
    levels: dict[str, int]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Host:
    name: str
    role: str
    """From the case file; empty where it gives none."""
    levels: dict[str, int]
    intrusions: list[int]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Rule:
    title: str
    id: str
    level: str
    findings: int
    hosts: int
    intrusions: int
    techniques: list[str]
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Bar:
    """Findings of one level in one step of time, on the clocks of the report's time zone."""

    start: str
    end: str
    level: str
    findings: int


@dataclass(frozen=True, slots=True)
class Histogram:
    step: str
    """What one bar stands for."""
    bars: list[Bar]
    untimely: int
    """Findings whose time cannot be right."""


@dataclass(frozen=True, slots=True)
class Join:
    """Why a row is part of its intrusion."""

    kind: str
    entity: str
    weight: float | None
    """In nats: minus log of how common the entity is."""
    to: int | None
    """Number of the row that it was joined to."""
    later: bool
    """Whether that row comes later."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One row of a timeline: an event, or the same thing several times in a row."""

    number: int
    time: datetime | None
    until: datetime | None
    times: int
    host: str
    account: str
    level: str
    rules: list[tuple[str, str]]
    """Title and level."""
    techniques: list[str]
    values: list[tuple[str, str]]
    kind: str
    joins: list[Join]


@dataclass(frozen=True, slots=True)
class Tick:
    """Findings on a lane of a timeline."""

    place: float
    """In time, from 0 to 1."""
    lane: int
    level: str
    label: str


@dataclass(frozen=True, slots=True)
class Lanes:
    """Findings over time, a lane for each name."""

    names: list[str]
    ticks: list[Tick]
    marks: list[tuple[float, str]]
    """Place in time and label of what the defenders did."""
    first: datetime | None
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Trait:
    """Something characteristic."""

    kind: str
    value: str
    grade: str
    """Admiralty: reliability of the source A to F, credibility of what it says 1 to 6."""
    count: int
    intrusions: int
    first: datetime | None
    last: datetime | None
    findings: list[str]


@dataclass(frozen=True, slots=True)
class Intrusion:
    """Findings joined by what they share, in order of time."""

    number: int
    id: str
    campaign: int
    """Its number; 0 for none."""
    level: str
    first: datetime | None
    last: datetime | None
    hosts: list[str]
    accounts: list[str]
    tactics: list[str]
    techniques: list[str]
    findings: int
    score: float
    moments: list[Moment]
    more: int
    """Findings that are not in ``moments``."""
    lanes: Lanes
    traits: list[Trait]


@dataclass(frozen=True, slots=True)
class Contribution:
    """One line of a comparison."""

    kind: str
    value: str
    weight: float
    """Log-likelihood ratio in nats: positive speaks for."""
    reason: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known group, or unknown."""

    id: str
    name: str
    rank: int
    probability: float
    words: str
    """Of estimative probability (ICD 203)."""
    verdict: str
    contributions: list[Contribution]


@dataclass(frozen=True, slots=True)
class Without:
    """Who leads when one kind of evidence is left out."""

    kind: str
    leader: str
    probability: float | None
    unknown: float | None


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whom a campaign is like. What it claims is no more than the sum of its lines."""

    candidates: list[Candidate]
    band: str
    confidence: str
    without: list[Without]
    planted: str
    """What would change most if one item were planted; empty where nothing would."""
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Node:
    """``layer`` and ``place``: column from the left and row from the top of its picture."""

    id: str
    label: str
    kind: str
    role: str
    held: bool
    layer: int
    place: int
    note: str


@dataclass(frozen=True, slots=True)
class Edge:
    source: str
    target: str
    label: str
    weight: int


@dataclass(frozen=True, slots=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    left_out: int
    """Nodes that are not drawn."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Intrusions with one actor behind them."""

    number: int
    id: str
    name: str
    first: datetime | None
    last: datetime | None
    intrusions: list[int]
    level: str
    findings: int
    hosts: list[str]
    accounts: list[str]
    statements: list[Statement]
    weakest_bridge: str
    lanes: Lanes
    matrix: list[Technique]
    graph: Graph
    traits: list[Trait]
    traits_left_out: int
    hours: list[int]
    """For each hour of the day, UTC, on how many days somebody worked; empty where not known."""
    zone: str
    """The time zone in which these hours would be a working day; empty where not known."""
    attribution: Attribution | None


@dataclass(frozen=True, slots=True)
class Argument:
    text: str
    strength: str


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One explanation of an overlap, with its rivals beside it."""

    name: str
    title: str
    weight: float | None
    for_: list[Argument]
    against: list[Argument]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two campaigns, or two intrusions, held beside each other. ``left`` and ``right``: their numbers."""

    left: int
    right: int
    log_lr: float | None
    probability: float | None
    words: str
    p_value: float | None
    q_value: float | None
    colocation_p: float | None
    contributions: list[Contribution]
    hypotheses: list[Hypothesis]
    would_change: list[str]


@dataclass(frozen=True, slots=True)
class Entry:
    statement: Statement
    kind: str
    supplier: str
    host: str
    time: datetime | None
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Jewel:
    """A role of hosts that matters, and how near somebody came."""

    statement: Statement
    role: str
    state: str
    hosts: list[str]


@dataclass(frozen=True, slots=True)
class Credential:
    """``accounts`` are exposed; those to ``reset`` were not seen to be reset since."""

    statement: Statement
    what: str
    accounts: list[str]
    reset: list[str]


@dataclass(frozen=True, slots=True)
class Target:
    """Access to subscribers' records."""

    statement: Statement
    how: dict[str, int]
    """Statements by how: single, list, bulk."""
    first: datetime | None
    last: datetime | None
    subscribers: int
    """Distinct subscribers, by keyed hash."""


@dataclass(frozen=True, slots=True)
class Watched:
    statement: Statement
    categories: dict[str, int]
    """Matches by the watchlist's own categories."""


@dataclass(frozen=True, slots=True)
class Cut:
    what: str
    label: str
    removes: str


@dataclass(frozen=True, slots=True)
class Impact:
    """What could be reached from where an actor stands."""

    statement: Statement
    graph: Graph
    paths: list[list[str]]
    """Labels along the way."""
    cuts: list[Cut]


@dataclass(frozen=True, slots=True)
class Act:
    """``who``: defender or actor."""

    time: datetime | None
    who: str
    what: str
    findings: list[str]


@dataclass(frozen=True, slots=True)
class Eviction:
    time: datetime | None
    dwell_days: float | None
    stayed: list[str]
    gone: list[str]
    new: list[str]


@dataclass(frozen=True, slots=True)
class Adaptation:
    statement: Statement
    acts: list[Act]
    evictions: list[Eviction]


@dataclass(frozen=True, slots=True)
class Persistence:
    statement: Statement
    host: str
    value: str
    how: str
    first: datetime | None
    status: str
    """Such as in place; empty where not told."""


@dataclass(frozen=True, slots=True)
class Since:
    statement: Statement
    first: datetime | None
    earliest_possible: datetime | None
    gaps: list[str]
    ongoing: bool | None


@dataclass(frozen=True, slots=True)
class Plain:
    """A statement with nothing to draw."""

    statement: Statement


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the stage assess said, by aspect."""

    since: list[Since]
    entries: list[Entry]
    suppliers: list[Plain]
    jewels: list[Jewel]
    credentials: list[Credential]
    targets: list[Target]
    watchlist: list[Watched]
    impact: list[Impact]
    adaptation: list[Adaptation]
    reentries: list[Plain]
    persistence: list[Persistence]
    others: list[Plain]


@dataclass(frozen=True, slots=True)
class Lead:
    """A technique that a likely group is known for and that was not seen: something to hunt for."""

    campaign: int
    technique: str
    name: str
    group: str
    seen_in: str
    gain: float | None


@dataclass(frozen=True, slots=True)
class Blind:
    """A sort of telemetry of which the case has no event."""

    name: str
    kinds: list[str]
    shows: str
    """What it would show."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A host of the case file without events of its own."""

    host: str
    role: str


@dataclass(frozen=True, slots=True)
class Reject:
    stage: str
    code: str
    count: int
    paths: int
    example: str
    detail: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A rule that could not be used."""

    where: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was not looked at."""

    blind: list[Blind]
    silent: list[Silent] | None
    """None when the case file names no hosts, or the hosts of events are not known."""
    assets: int
    rejects: list[Reject]
    problems: list[Unusable] | None
    """None when the report was not told."""
    undone: list[Undone]


@dataclass(frozen=True, slots=True)
class Source:
    """One piece of evidence."""

    path: str
    format: str
    bytes: int
    records: int
    rejected: int
    first: datetime | None
    last: datetime | None
    clock: str
    id: str
    """SHA-256 of its bytes."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that matched one event."""

    id: str
    time: datetime | None
    level: str
    rule: str
    techniques: list[str]
    host: str
    account: str
    kind: str
    values: list[tuple[str, str]]
    intrusion: int
    """Number of its intrusion; 0 for a lead."""


@dataclass(frozen=True, slots=True)
class Omission:
    """Findings of a rule that are counted but not listed."""

    rule: str
    count: int


@dataclass(frozen=True, slots=True)
class Model:
    """A whole report."""

    format: int
    version: str
    """Of Ringleader."""
    organisation: str
    tlp: str
    """Marking of the Traffic Light Protocol 2.0, such as TLP:AMBER; empty for none."""
    redacted: bool
    """Whether names of hosts, accounts, addresses and subscribers are pseudonyms."""
    zone_name: str
    """Time zone in which people are shown times; times here are UTC."""
    headline: Headline
    answers: list[Answer]
    over_time: Histogram | None
    """None when no finding has a time that could be drawn."""
    techniques: list[Technique]
    hosts: list[Host]
    campaigns: list[Campaign]
    campaigns_left_out: int
    pairs: list[Pair]
    """Of campaigns, the most alike first."""
    bridges: list[Pair]
    """Of intrusions, the most alike first; only a few for each campaign."""
    assessment: Assessment
    leads: list[Lead]
    coverage: Coverage
    intrusions: list[Intrusion]
    intrusions_left_out: int
    rules: list[Rule]
    sources: list[Source]
    kinds: list[tuple[str, int]]
    """Events by kind."""
    findings: list[Finding]
    omissions: list[Omission]
