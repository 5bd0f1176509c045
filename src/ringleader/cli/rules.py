"""``ringleader rules``: which rules there are (list), and which do not work (check)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ringleader.cli import options, screen, stage
from ringleader.schema import shown

app = typer.Typer(no_args_is_help=True)

RulePaths = Annotated[
    list[Path], typer.Argument(metavar="PATH", help="Sigma rules: files, folders or zips.", show_default=False)
]


@app.command("list", cls=options.Verb, help="Rules that can be used, with level and ATT&CK techniques.")
def list_rules(
    rules: options.Rules = None,
    no_builtin: options.NoBuiltin = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    from ringleader.detect import rules as sigma

    loaded = sigma.load(stage.rule_paths(rules, no_builtin=no_builtin))
    found = sorted((parsed.rule for parsed in loaded.rules), key=lambda rule: (rule.title, rule.id))
    if as_json:
        screen.data(found)
        return
    screen.table(
        ["level", "title", "techniques", "id"],
        [(rule.level, rule.title, " ".join(rule.techniques), rule.id) for rule in found],
    )
    broken = len([problem for problem in loaded.problems if problem.severity == "error"])
    screen.say(
        f"{shown.count(len(found), 'rule')}"
        + (f"; {broken:,} cannot be used, see: ringleader rules check" if broken else "")
    )


@app.command(
    "check",
    cls=options.Verb,
    help="Name every rule that cannot be used, with file, line and reason. Fails if there is one, or no rule at all.",
)
def check(paths: RulePaths, as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    from ringleader.detect import rules as sigma
    from ringleader.errors import CheckFailed, RuleError

    loaded = sigma.load(paths)
    if not loaded.rules and all(problem.code == "no-rule" for problem in loaded.problems):
        # A check that looked at nothing must not look like one that found nothing wrong.
        named = ", ".join(map(str, paths))
        raise RuleError(f"there is no Sigma rule in {named}", hint="name .yml files, folders of them, or zips")
    if as_json:
        screen.data({"usable": len(loaded.rules), "problems": loaded.problems})
    else:
        for problem in loaded.problems:
            screen.facts(
                [
                    (
                        "warning" if problem.severity == "warning" else "unusable",
                        f"{problem.path}:{problem.line}: {problem.code}: {problem.message}",
                    )
                ]
            )
            for line in problem.text.splitlines():
                screen.facts([("", f"  {line}")])
        screen.facts([("usable", shown.count(len(loaded.rules), "rule"))])
    broken = len([problem for problem in loaded.problems if problem.severity == "error"])
    if broken:
        raise CheckFailed(f"{shown.count(broken, 'rule')} cannot be used")
