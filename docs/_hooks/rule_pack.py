"""The reference page of the rules over ledgers and their table, made from the shipped pack."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from typing import Any

from mkdocs.structure.files import File, Files

_UNITS = {"percent": " %", "minutes": " min", "days": " d", "years": " y", "tyiyn": " tyiyn"}


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|" + "---|" * (lines[0].count(" | ") + 1))
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def rules() -> str:
    """A row for each rule of the shipped pack: what the how-to shows."""
    from sandbox.forensics.rules import Pack
    from sandbox.forensics.rules.registry import DEFINITIONS

    pack = Pack.shipped()
    return table(
        ["rule", "title", "category", "values (range)", "needs"],
        (
            (
                name,
                rule.titles["en"],
                rule.category.replace("_", " "),
                "; ".join(
                    f"`{key}` {each.value}{_UNITS.get(each.unit, '')} ({each.least}–{each.most})"
                    for key, each in rule.parameters.items()
                ),
                ", ".join(f"`{each}`" for each in DEFINITIONS[name].needs) or "–",
            )
            for name, rule in pack.rules.items()
        ),
    )


def page() -> str:
    """Every rule's definition, values and bands, every typology, and the side tables."""
    from sandbox.forensics.rules import Pack, engine, expressions, facts, measuring, tables
    from sandbox.forensics.rules.registry import DEFINITIONS

    pack = Pack.shipped()
    out = [
        "# Rules over ledgers",
        "",
        "How to use them: [Watch a ledger with 27 alert rules](../how-to/alert-rules.md).",
        f"As shipped: version {pack.version}, hash `{pack.hash}`. Of all rules:",
        "",
        table(
            ["value", "as shipped", "range"],
            (
                (f"`{key}`", f"{one.value}{_UNITS[one.unit]}", f"{one.least}–{one.most}")
                for key, one in pack.parameters.items()
            ),
        ),
    ]
    for name, rule in pack.rules.items():
        definition = DEFINITIONS[name]
        about = "all accounts" if not definition.behaviour else "accounts that are no services"
        needs = ", ".join(f"`{each}`" for each in definition.needs) or "the ledger alone"
        out += [
            f"## {name} {rule.titles['en']}",
            "",
            f"{rule.titles['ru']} · {rule.titles['ky']}. Needs: {needs}. About: {about}.",
            f"Source: {rule.source}.",
            "",
            _said(definition.find),
            "",
            table(
                ["value", "as shipped", "range"],
                (
                    (
                        f"`{key}`",
                        f"{one.value}{_UNITS.get(one.unit, '')}",
                        f"{one.least}–{one.most}",
                    )
                    for key, one in rule.parameters.items()
                ),
            ),
            table(["measured from", "score"], rule.bands),
        ]
    out += ["## Typologies", "", _said(expressions), ""]
    out.append(
        table(
            ["typology", "title", "expression", "weights, %", "alert", "interdict"],
            (
                (
                    *(f"`{name}`", each.titles["en"], f"`{json.dumps(each.expression)}`"),
                    ", ".join(f"{rule} {weight}" for rule, weight in each.weights.items()),
                    *(each.alert, each.interdict),
                )
                for name, each in pack.typologies.items()
            ),
        )
    )
    for title, module in (
        ("What rules look at", facts),
        ("Side tables", tables),
        ("Hits and alerts", engine),
        ("Measures", measuring),
    ):
        out += [f"## {title}", "", _said(module), ""]
    return "\n".join(out)


def _said(thing: Any) -> str:
    body = inspect.cleandoc(thing.__doc__ or "").split(">>>")[0].rstrip()
    return body.replace("``", "`")


def on_files(files: Files, config: Any) -> Files:
    """MkDocs: add the generated page."""
    files.append(File.generated(config, "reference/rule-pack.md", content=page()))
    return files
