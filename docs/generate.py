"""Writes docs/reference/ from the code: `make docs`. A test fails when the pages are not what this writes."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import pyarrow as pa
import typer

from ringleader import assess, case, cli, errors, pipeline, profile
from ringleader.detect import documents
from ringleader.detect.analytics import ANALYTICS
from ringleader.detect.rule import Rule
from ringleader.ingest import limits, readers
from ringleader.knowledge import tables as knowledge
from ringleader.profile import facts
from ringleader.report.renderers.json import NAME as REPORT_SCHEMA
from ringleader.report.renderers.json import published
from ringleader.scenario.acts import ACTS
from ringleader.schema import tables

DOCS = Path(__file__).parent
FOLDER = DOCS / "reference"
DETECT_CODES = {
    "not-matched": "matching this file of events took too long, too much memory, or failed; the detail says which"
}
NOTICE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->\n\n"


def pages() -> dict[str, str]:
    """File name to content."""
    made = {
        "commands.md": commands(),
        "stages.md": stages(),
        "tables.md": table_columns(),
        "knowledge.md": knowledge_tables(),
        "case.md": case_file(),
        "formats.md": formats(),
        "errors.md": error_codes(),
        "rejects.md": reject_codes(),
        "rules.md": rule_codes(),
        "acts.md": acts(),
        "analytics.md": analytics(),
        "traits.md": traits(),
        "assessments.md": assessments(),
        "../decisions/README.md": decisions(),
    }
    return {REPORT_SCHEMA: published(), **{name: NOTICE + text for name, text in made.items()}}


def acts() -> str:
    rows = []
    for name, act in sorted(ACTS.items()):
        taken = list(inspect.signature(act).parameters.values())[1:]
        told = [f"`{p.name}`" if p.default in (p.empty, None, "") else f"`{p.name}` ({p.default})" for p in taken]
        rows.append((f"`{name}`", " ".join((act.__doc__ or "").split()).replace("``", "`"), ", ".join(told)))
    return (
        "# Acts\n\nWhat an actor of a [scenario](../guides/scenarios.md) can do. In brackets: what a parameter is when it is not"
        " given; those without must be given, or are empty.\n\n" + _table(["act", "what it does", "parameters"], rows)
    )


def analytics() -> str:
    rows = []
    for each in ANALYTICS:
        module = sys.modules[type(each).__module__]
        kinds = ", ".join(f"`{kind}`" for kind in each.kinds)
        told = [rule for rule in vars(type(each)).values() if isinstance(rule, Rule)]
        titles = "; ".join(f"{rule.title} ({rule.level}, `{rule.id}`)" for rule in told)
        rows.append((titles, kinds, " ".join(told[0].techniques), " ".join((module.__doc__ or "").split())))
    return (
        "# Analytics\n\nWhat `ringleader detect` finds by comparison where no rule names it. Findings have `analytic` in the column"
        " `detector`; their values say what was seen and what is usual. They need a store: `scan` does without.\n\n"
        + _table(["findings", "looks at", "techniques", "how"], rows)
    )


def traits() -> str:
    graded = facts.grades()
    return (
        "# Traits\n\nWhat `ringleader profile` says of an intrusion: the kinds in the column `kind` of the table"
        " [traits](tables.md#traits). Of each kind the most frequent values are kept, and the number of the others is told.\n\n"
        + _table(
            ["kind", "what its values are", "kept"], [(f"`{k.name}`", _cell(k.what), _kept(k)) for k in profile.KINDS]
        )
        + "\n## Grades\n\nAdmiralty: a letter for the source, a digit for what it says. "
        + ", ".join(
            f"`{letter}` for {'any other event' if kind == '*' else f'events `{kind}`'}"
            for kind, letter in graded.sources.items()
        )
        + ". The digit is that of what the trait rests on, the column `basis`:\n\n"
        + _table(["basis", "digit"], [(f"`{basis}`", str(digit)) for basis, digit in graded.content.items()])
    )


def assessments() -> str:
    parts = [
        "# Assessments\n\nWhat `ringleader assess` says: rows of the table [assessments](tables.md#assessments). Every row has a"
        " confidence in the evidence and the ids of the findings behind it. A row of confidence `unknown` says what cannot be"
        " told, and why; its `data` may be empty. Below are the keys of `data`, by aspect. Times are ISO 8601 texts in UTC, null"
        " where unknown.\n"
    ]
    for question in assess.QUESTIONS:
        for aspect in question.aspects:
            parts.append(f"\n## {aspect}\n\n{question.what[0].upper()}{question.what[1:]}.\n\n")
            parts.append(_table(["key", "meaning"], [(f"`{k}`", _cell(v)) for k, v in question.keys[aspect].items()]))
    return "".join(parts)


def _cell(text: str) -> str:
    return text.replace("<", "\\<").replace("|", "\\|")


def _kept(kind: Any) -> str:
    # Hours are gathered by the hour and come out as 24 values, or one zone.
    return {"working-hour": "all 24", "time-zone": "1", "tactics-order": "1"}.get(kind.name, f"{kind.most:,}")


def commands() -> str:
    root = typer.main.get_command(cli.app)
    out = ["# Commands\n", f"{root.help}\n"]
    for name, command in _leaves("ringleader", root):
        out.append(f"## {name}\n\n{command.help}\n\n```\n{_usage(name, command)}\n```\n")
        rows = [row for parameter in command.params if (row := _parameter(parameter))]
        out.append(_table(["argument or option", "what it does"], rows))
    return "\n".join(out)


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for inner, sub in command.commands.items():
            yield from _leaves(f"{name} {inner}", sub)
    else:
        yield name, command


def _usage(name: str, command: Any) -> str:
    arguments = [_argument(parameter) for parameter in command.params if parameter.param_type_name == "argument"]
    return " ".join([name, "[OPTIONS]", *arguments])


def _argument(parameter: Any) -> str:
    name = str(parameter.metavar or parameter.name.upper())
    return (name if parameter.required else f"[{name}]") + ("" if parameter.nargs == 1 else "...")


def _parameter(parameter: Any) -> tuple[str, str] | None:
    if parameter.param_type_name == "argument":
        return f"`{_argument(parameter)}`", parameter.help
    kind = parameter.type_descriptor.annotation
    choices = list(kind) if isinstance(kind, type) and issubclass(kind, Enum) else []
    value = "\\|".join(choices) or parameter.metavar or kind.__name__.upper()
    shown = ", ".join(f"`{option}`" for option in parameter.opts)
    text = parameter.help or ""
    if not parameter.is_flag and parameter.default not in (None, ()):
        text += f" Default: `{getattr(parameter.default, 'value', parameter.default)}`."
    return shown + ("" if parameter.is_flag else f" `{value}`"), text


def stages() -> str:
    rows = [(f"`{s.name}`", ", ".join(s.reads), ", ".join(s.writes), s.what) for s in pipeline.STAGES]
    return (
        "# Stages\n\nIn this order. `ringleader hunt` runs all of them; each is a command of its own too. They meet only in "
        "the tables that they read and write.\n\n" + _table(["stage", "reads", "writes", "what it does"], rows)
    )


def table_columns() -> str:
    out = [
        "# Tables\n",
        "Each table is a folder of Parquet files under `CASE/store/`. `CASE/store/manifest*` names the files that count; "
        "anything that opens Parquet can read them.\n",
    ]
    for name, schema in tables.ALL.items():
        rows = [(f"`{field.name}`", f"`{_type(field.type)}`", _doc(field)) for field in schema]
        out.append(f"## {name}\n\n" + _table(["column", "type", "meaning"], rows))
    out.append(
        "After the fixed columns of `events` come the fields of the source under their own names, one column of texts each; "
        "a field called like a fixed column is stored as `field:NAME`."
    )
    return "\n".join(out) + "\n"


def knowledge_tables() -> str:
    out = [
        "# Tables of knowledge\n",
        "A knowledge base is a folder with one Parquet file for each of these; `ringleader knowledge build` writes it. The "
        "built-in one holds facts of MITRE ATT&CK, under the terms in the NOTICE.txt beside it.\n",
    ]
    for name, schema in knowledge.ALL.items():
        rows = [(f"`{field.name}`", f"`{_type(field.type)}`", _doc(field)) for field in schema]
        out.append(f"## {name}\n\n" + _table(["column", "type", "meaning"], rows))
    return "\n".join(out)


def _type(kind: Any) -> str:
    if pa.types.is_map(kind):  # pyarrow writes the names of its fields, or not, as they came from a file or from here
        return f"map<{_type(kind.key_type)}, {_type(kind.item_type)}>"
    return str(kind).replace("dictionary<values=string, indices=int32, ordered=0>", "string (dictionary)")


def _doc(field: Any) -> str:
    return str(field.metadata[b"doc"].decode())


def case_file() -> str:
    return (
        f"# {case.CONFIG}\n\nWhat Ringleader cannot read from the evidence. `ringleader init` writes this file; every key is "
        "optional. A wrong key stops the run with file, line and what to write instead.\n\n```toml\n"
        + case.template()
        + "```\n"
    )


def formats() -> str:
    rows = [(f"`{reader.name}`", _first_paragraph(type(reader))) for reader in readers.READERS]
    return (
        "# Formats\n\nFound by content, whatever a file is called; inside zip, gzip, tar and 7z too, nested to a bound. "
        "The name is that of the column `format` of the table `evidence`.\n\n"
        + _table(["format", "what it reads"], rows)
    )


def _first_paragraph(thing: Any) -> str:
    # A reader's own docstring where it has one, else its module's.
    text = thing.__dict__.get("__doc__") or sys.modules[thing.__module__].__doc__ or ""
    return " ".join(text.split("\n\n")[0].split()).replace("``", "`")


def error_codes() -> str:
    rows = [(str(code), text) for code, text in cli.EXIT_CODES.items()]
    rows += [
        (str(kind.exit_code), f"`{kind.__name__}`: {_first_paragraph(kind).split('. ')[0].rstrip('.')}")
        for kind in _kinds(errors.RingleaderError)
    ]
    rows.sort(key=lambda row: int(row[0]))
    return (
        "# Exit codes\n\nResults go to stdout, everything else to stderr. Damaged or unknown evidence and unusable rules do not "
        "end a run: they are counted in the summary and listed by `ringleader status` and `ringleader rules check`.\n\n"
        + _table(["code", "meaning"], rows)
    )


def _kinds(kind: type[errors.RingleaderError]) -> Iterator[type[errors.RingleaderError]]:
    yield kind
    for inner in kind.__subclasses__():
        if inner.__module__ == errors.__name__:
            yield from _kinds(inner)


def reject_codes() -> str:
    out = [
        "# Reject codes\n",
        "Nothing of the evidence is lost without a row in the table `rejects`. Its column `code` holds one of these words.\n",
    ]
    for title, codes in (
        ("Files that were not read", limits.CODES),
        ("Records, or parts of files, that were not read", readers.CODES),
        ("Stored events that no rule was matched on", DETECT_CODES),
    ):
        out.append(f"## {title}\n\n" + _table(["code", "meaning"], _rows(codes)))
    return "\n".join(out)


def rule_codes() -> str:
    return (
        "# Problems of rules\n\nA rule that cannot be used does not end a run. `ringleader rules check` names it with file, line and "
        "one of these codes; a warning means that it is used all the same.\n\n"
        + _table(["code", "meaning"], _rows(documents.CODES))
    )


def decisions() -> str:
    records = sorted(path for path in (DOCS / "decisions").glob("*.md") if path.name != "README.md")
    titles = [(path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# "), path.name) for path in records]
    return (
        "# Decisions\n\nOne short record for each choice that somebody may want to question: what was chosen over what, why, at what "
        "cost, and what would change our mind.\n\n" + "".join(f"- [{title}]({name})\n" for title, name in titles)
    )


def _rows(codes: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(f"`{code}`", text) for code, text in codes.items()]


def _table(columns: list[str], rows: list[tuple[str, ...]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(str(cell).replace(chr(10), ' ') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
