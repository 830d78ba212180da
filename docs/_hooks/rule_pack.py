"""The reference page of the rules over ledgers and their table, made from the shipped pack."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

MEASURED = Path(__file__).resolve().parents[2] / "sandbox/forensics/rules/measured.json"
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
    out += ["## Measured on cases", "", measured(), ""]
    return "\n".join(out)


def measured() -> str:
    """The shipped pack against the truth of cases, as it was measured."""
    from sandbox.forensics.rules import Pack

    found = json.loads(MEASURED.read_text("utf-8"))
    titles = {name: rule.titles["en"] for name, rule in Pack.shipped().rules.items()}
    titles |= {name: each.titles["en"] for name, each in Pack.shipped().typologies.items()}
    out = [
        (
            f"The shipped pack (`{found['pack'][:16]}…`) on the KGST ledgers of {found['cases']} "
            "[cases](../how-to/cases.md) of each difficulty; on their seeds nothing was tuned. "
            "Rules knew the tags of the case, wrong ones among them, clusters by the shipped "
            "heuristics, and the haircut of what victims had reported, told at the moment of the "
            "last report: before, nobody could have traced it. Made again by `make bench "
            "NAME=alert_rules`; a test measures again and compares."
        ),
        "",
        (
            "Recall is the part of the accounts that were used for stolen money about which there "
            "was a true alert: all, thieves', mules', deposit addresses at exchanges. There is one "
            "analyst for each case. Time to alert is from the first stolen money to the first true "
            "alert, the middle one."
        ),
        "",
    ]
    for difficulty, each in found["difficulties"].items():
        sizes, lacking = each["accounts"], ", ".join(each["not_computable"])
        out += [
            f"### Cases: {difficulty}",
            "",
            (
                f"{each['days']} days; {sizes['any']} accounts that were used, of them "
                f"{sizes['thief']} thieves', {sizes['mule']} mules', {sizes['deposit']} deposit "
                "addresses."
            ),
            "",
            table(
                [
                    *("rule or typology", "recall", "thieves", "mules", "deposits", "true alerts"),
                    *("false", "false per true", "alerts per analyst and day", "time to alert"),
                ],
                (
                    _measured_row(f"{name} {titles[name]}", counts, sizes, each["days"])
                    for part in ("rules", "typologies")
                    for name, counts in each[part].items()
                ),
            ),
            (
                f"No alert: {', '.join(each['silent'])}. "
                f"Not computable, since a case has no such tables: {lacking}."
            ),
            "",
        ]
    return "\n".join(out)


def _measured_row(
    title: str, counts: Mapping[str, Any], sizes: Mapping[str, int], days: int
) -> list[str]:
    _, true, seconds = counts["any"]
    recalls = [
        f"{100 * counts[kind][0] / sizes[kind]:.0f} %"
        for kind in ("any", "thief", "mule", "deposit")
    ]
    return [
        *(title, *recalls, str(true), str(counts["false"])),
        f"{counts['false'] / true:.1f}" if true else "–",
        f"{counts['alerts'] / days:.2f}",
        "–" if seconds is None else _lasting(seconds),
    ]


def _lasting(seconds: int) -> str:
    if seconds < 5_400:
        return f"{seconds // 60} min"
    return f"{seconds / 3_600:.0f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} d"


def _said(thing: Any) -> str:
    body = inspect.cleandoc(thing.__doc__ or "").split(">>>")[0].rstrip()
    return body.replace("``", "`")


def on_files(files: Files, config: Any) -> Files:
    """MkDocs: add the generated page."""
    files.append(File.generated(config, "reference/rule-pack.md", content=page()))
    return files
