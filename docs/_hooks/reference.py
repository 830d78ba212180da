"""Reference pages made from the code at each build: what is not in the code is not in the docs.

MkDocs calls ``on_files``; each page is made by one function, below or imported, and added as a
generated file. A test builds all of them and looks for every name. Modules beside this one
are imported by their names: MkDocs has this folder on the path while it loads a hook.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import yaml
from mkdocs.structure.files import File, Files
from reference_forensics import (
    cases,
    clusters,
    patterns,
    provider_risk,
    reserves,
    scoring,
    screening,
    tags,
    tracing,
    travel_rule,
)
from reference_heuristics import error_rates
from reference_tables import CHECKOUT, table


def settings() -> str:
    """Every setting of every part."""
    from sandbox import settings as module

    parts = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, module.Part) and value is not module.Part
    ]
    out = [
        "# Settings",
        "",
        "Environment variables, read once where a process is put together.",
        "",
    ]
    for part in parts:
        prefix = part.model_config.get("env_prefix", "SYNAK_")
        out += [f"## {(part.__doc__ or part.__name__).strip().splitlines()[0]}", ""]
        rows = [
            (f"`{prefix}{name.upper()}`", f"`{_default(field.default)}`", field.description or "")
            for name, field in part.model_fields.items()
        ]
        out += [table(["variable", "default", "meaning"], rows), ""]
    return "\n".join(out)


def _default(value: Any) -> str:
    if isinstance(value, Path):
        try:
            return f"<checkout>/{value.relative_to(CHECKOUT)}"
        except ValueError:
            return str(value)
    return json.dumps(value) if isinstance(value, (str, bool)) else str(value)


def commands() -> str:
    """Every command of ``synak``, as it describes itself."""
    import typer

    from sandbox.cli import app

    out = ["# Commands", "", "`synak` is in `.venv/bin`; `make` targets are in the README.", ""]
    root = typer.main.get_command(app)

    def walk(command: Any, path: str) -> None:
        if hasattr(command, "list_commands"):
            context = command.make_context(path, [], resilient_parsing=True)
            for name in command.list_commands(context):
                walk(command.get_command(context, name), f"{path} {name}")
            return
        out.extend([f"## {path}", "", (command.help or "").strip(), ""])
        rows = [
            (
                "`" + " ".join(getattr(item, "opts", []) or [item.name]) + "`",
                getattr(item, "help", "") or "",
            )
            for item in command.params
            if item.name not in {"help", "install_completion", "show_completion"}
        ]
        if rows:
            out.extend([table(["argument or option", "meaning"], rows), ""])

    walk(root, "synak")
    return "\n".join(out)


def rpc_methods() -> str:
    """The gateway's table of methods."""
    from sandbox.gateway import methods

    offered = [
        (f"`{row.name}`", row.kind.value, str(row.units), _parameters(row.schema))
        for row in methods.table()
        if row.schema is not None
    ]
    rest = [(f"`{row.name}`", row.kind.value) for row in methods.table() if row.schema is None]
    return (
        "# RPC methods\n\nEvery method name of the engine, and what the gateway does with it. "
        "Matching is exact; a name that is not here is refused. The price is in compute units, "
        "charged to the permit before the work is done; subscriptions are for WebSocket.\n\n"
        "## Offered\n\n"
        + table(["method", "what happens", "units", "parameters"], _sorted(offered))
        + "\n\nA parameter in brackets may be left out.\n\n## Parameters\n\n"
        + table(["name", "meaning"], _legend(row.schema for row in methods.table() if row.schema))
        + "\n\n## Not offered on a trial chain\n\n"
        + table(["method", "what happens"], _sorted(rest))
    )


def _sorted(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return sorted(rows, key=lambda row: (row[1], row[0]))


def _parameters(schema: Any) -> str:
    """What a method takes, as its schema says of itself."""
    from sandbox.gateway.parameters import described

    taken = [f"[{name}]" if may else name for name, _, may in described(schema)]
    return ", ".join(taken) or "none"


def _legend(schemas: Iterable[Any]) -> list[tuple[str, ...]]:
    """Every parameter's name and meaning, once."""
    from sandbox.gateway.parameters import described

    found = {name: meaning for each in schemas for name, meaning, _ in described(each)}
    return [(f"`{name}`", meaning) for name, meaning in sorted(found.items())]


def error_codes() -> str:
    """Every error code with its wording in three languages."""
    out = [
        "# Error codes",
        "",
        "In problems of the API (`code`), JSON-RPC errors (`data.code`),",
        "",
    ]
    out[-2] += " pages and the SDK. Words in braces are parameters."
    for path in sorted((CHECKOUT / "sandbox/locale/errors").glob("*.toml")):
        rows = [
            (f"`{code}`", wording.get("en", ""), wording.get("ru", ""), wording.get("ky", ""))
            for code, wording in sorted(_flat(tomllib.loads(path.read_text("utf-8"))))
        ]
        out += [f"## {path.stem}", "", table(["code", "English", "русский", "кыргызча"], rows), ""]
    return "\n".join(out)


def _flat(tree: dict[str, Any], prefix: str = "") -> Iterable[tuple[str, dict[str, str]]]:
    for name, value in tree.items():
        if isinstance(value.get("en"), str):
            yield prefix + name, value
        else:
            yield from _flat(value, f"{prefix}{name}.")


def scopes() -> str:
    """Roles and custom scopes of the hub."""
    from sandbox.hub import scopes as module

    out = [
        "# Scopes and roles",
        "",
        "What the hub grants, and to whom. Nothing carries `inherit`.",
        "",
    ]
    rows = [
        (f"`{name}`", text["description"]) for name, text in sorted(module.CUSTOM_SCOPES.items())
    ]
    out += ["## Custom scopes", "", table(["scope", "lets"], rows), "", "## Roles", ""]
    roles = [
        (role["name"], ", ".join(f"`{scope}`" for scope in role.get("scopes", [])))
        for role in module.reference_roles()
    ]
    return "\n".join([*out, table(["role", "scopes"], roles)])


def lifecycle() -> str:
    """The permit's states and acts, drawn from the transition table."""
    from sandbox.domain.diagram import diagram
    from sandbox.domain.lifecycle_table import rows

    head = ["act", "from", "to", "who", "needs", "what follows"]
    lines = [(f"`{act}`", *rest) for act, *rest in rows()]
    return (
        "# Permit lifecycle\n\n"
        "Drawn from the transition table in `sandbox/domain/lifecycle.py`. On chain there are only "
        "active, wind-down and halted: every end is a wind-down there.\n\n"
        f"```mermaid\n{diagram()}\n```\n\n## Every act\n\n{table(head, lines)}"
    )


def regime() -> str:
    """Rules of the special regulatory regime and holidays, each with its source."""
    from sandbox.domain.calendar import HOLIDAYS, LUNAR
    from sandbox.domain.regime import EXTENSION_MONTHS, MOST_EXTENSIONS, RULES

    def said(source: Any) -> str:
        return source.text if source.confirmed else f"{source.text} (to be confirmed)"

    rules = [
        (
            f"`{kind.value}`",
            rule.owner.value,
            f"{rule.days} ({rule.least} to {rule.most})",
            ", ".join(sorted(rule.opens)) or "by hand",
            ", ".join(sorted(rule.closes)),
            rule.consequence.value,
            said(rule.source),
        )
        for kind, rule in RULES.items()
    ]
    head = ["deadline", "who owes it", "working days", "begins", "ends", "afterwards", "source"]
    days = [(each.name, _span(each.first, each.last)) for each in HOLIDAYS]
    days += [(name, day.isoformat()) for day, name in LUNAR.items()]
    return (
        "# Rules and deadlines of the regime\n\n"
        f"A permit is extended {MOST_EXTENSIONS} time at most, by {EXTENSION_MONTHS} months at "
        "most (National Bank, special regulatory regime; to be confirmed). Deadlines are in "
        "working days of Bishkek; the number is set on the page *Working days and deadlines*, "
        "within the bounds in brackets.\n\n"
        f"{table(head, rules)}\n\n## Holidays\n\n"
        "Free on any weekday; nothing is carried over from a weekend (Labour Code of 2025, press; "
        f"to be confirmed).\n\n{table(['holiday', 'days'], days)}"
    )


def _span(first: tuple[int, int], last: tuple[int, int]) -> str:
    text = f"{first[1]:02}.{first[0]:02}."
    return text if first == last else f"{text} to {last[1]:02}.{last[0]:02}."


def alert_rules() -> str:
    """Every alert rule: definition, parameters with ranges, bands as shipped."""
    import sys

    from sandbox.domain.alerts.rule_set import RULES, SHIPPED

    out = ["# Alert rules", "", "As shipped (version 1); regulators set others. An alert is raised"]
    out[-1] += f" from weight {SHIPPED.alert_at} on. Thresholds in tyiyn: 1 som = 100 tyiyn."
    told: set[str] = set()
    for name, rule in RULES.items():
        module = sys.modules[rule.measure.__module__]
        out += ["", f"## {name}", ""]
        if module.__name__ not in told:
            out += [(module.__doc__ or "").strip(), ""]
            told.add(module.__name__)
        rows = [
            (f"`{each.name}`", each.unit.value, each.low, each.high, each.default)
            for each in rule.parameters
        ]
        out += [table(["parameter", "unit", "least", "most", "as shipped"], rows), ""]
        bands = [(f"{band.start} {rule.unit.value}", band.weight) for band in rule.bands]
        out += [table(["measured from", "weight"], bands), ""]
        whole = {"permits": "permits, once a day", "refusals": "senders of refused requests"}
        about = ", ".join(sorted(rule.kinds)) or whole[rule.about.value]
        out += [f"About: {about}. Source: {rule.source}."]
    return "\n".join([*out, ""])


def json_interface() -> str:
    """Every address of the desk's JSON interface, from its own description."""
    from typing import cast

    from sandbox.api.app import DESCRIPTION, create_api
    from sandbox.api.parts import DeskParts

    described = create_api(cast("DeskParts", None)).openapi()
    out = ["# JSON interface of the desk", ""]
    out += ["Below `/desk/api/v1`; `openapi.json` there describes every body and answer.", ""]
    out += [DESCRIPTION, ""]
    rows = [
        (
            f"`{method.upper()} {path}`",
            operation.get("summary", ""),
            operation.get("description", ""),
        )
        for path, item in described["paths"].items()
        for method, operation in item.items()
    ]
    return "\n".join([*out, table(["address", "what", "more"], rows)])


def papers() -> str:
    """Parts of the application, accepted formats, kinds of documents, points of the checklist."""
    from sandbox.domain import application, documents
    from sandbox.domain.papers import CHECKLIST
    from sandbox.domain.usual import USUAL, USUAL_AMOUNTS
    from sandbox.web.papers_words import paper_word

    kinds = [
        (f"`{name}`", paper_word("en", name), ", ".join(f"`{part}`" for part in parts) or "none")
        for name, parts in application.KINDS.items()
    ]
    formats = [(f"`.{ending}`", f"`{media}`") for ending, media in documents.MEDIA.items()]
    wanted = [(f"`{kind.value}`", paper_word("en", kind)) for kind in documents.DocumentKind]
    points = [(f"`{item}`", paper_word("en", item)) for item in CHECKLIST]
    usual = [(f"`{name}`", low, high) for name, (low, high) in {**USUAL, **USUAL_AMOUNTS}.items()]
    limits = (
        f"At most {documents.LARGEST // documents.MEGABYTE} MB a document, {documents.MOST} "
        f"documents and {documents.LARGEST_FILE // documents.MEGABYTE} MB a file."
    )
    return "\n".join(
        [
            "# Papers of a permit file",
            "",
            "Required of everybody: " + ", ".join(f"`{n}`" for n in application.REQUIRED) + ".",
            *("", "## Kinds of products", ""),
            table(["kind", "meaning", "requires besides"], kinds),
            *("", "## Formats of documents", "", limits, ""),
            table(["ending", "media type"], formats),
            *("", "## What a document may be for", "", table(["kind", "meaning"], wanted)),
            *("", "## Points of the checklist", "", table(["point", "meaning"], points)),
            *(
                "",
                "## Usual ranges",
                "",
                "For comparison; whole units of KGST or som. No rule.",
                "",
            ),
            table(["limit", "from", "to"], usual),
        ]
    )


def retention() -> str:
    """Which records hold what of whom, how long, and what happens at the end."""
    from sandbox.domain.retention import KINDS

    said = {
        "erased": "erased by the worker",
        "with_person": "erased with the person",
        "kept": "kept",
    }
    rows = [
        (
            ", ".join(f"`{each}`" for each in kind.tables),
            kind.personal,
            f"{kind.months} months" if kind.months else "—",
            kind.since,
            said[kind.end.value],
            kind.source.text + ("" if kind.source.confirmed else " (to be confirmed)"),
        )
        for kind in KINDS.values()
    ]
    head = ["tables", "personal data in it", "kept for", "counted from", "then", "source"]
    outside = [
        ("the chains' journals", "wallets, salted ids, account names of who sent", "never erased"),
        ("evidence files", "what was asked for, names by order", "the operator, when used up"),
        ("documents and letters", "what their authors wrote", "kept with the file"),
        ("backups", "everything that the store held then", "the operator's own periods"),
        ("logs", "none (ids only)", "the operator's own periods"),
        ("homes on the hub", "what their owners keep there", "when the account is closed"),
    ]
    return (
        "# Personal data and retention\n\n"
        "Every table of the store stands in one line; a test finds one that does not. Periods of "
        "law were not read in their texts and are to be confirmed.\n\n"
        f"{table(head, rows)}\n\n## Outside the store\n\n"
        f"{table(['place', 'personal data in it', 'then'], outside)}\n\n"
        "After a restore from a backup that is older than an erasure, the erasure is done again: "
        "the receipts that people hold name who it was.\n"
    )


TEACHING_ORDER = (
    "wallets-and-tokens/first-payments",
    "foundations/keys-and-signatures",
    "foundations/accounts-and-logs",
    "wallets-and-tokens/stablecoin",
    "central-bank-money/digital-som",
    "contracts/writing-and-testing",
    "contracts/breaking-and-fixing",
    "supervision/proof-of-reserves",
    "supervision/travel-rule",
    "products/under-limits",
)
"""Assignments in the order in which they build on each other; others follow by name."""


def courses() -> str:
    """What each course consists of, from its own descriptions."""
    return "# What the courses consist of\n\n" + "\n".join(
        _course(each.parent) for each in sorted((CHECKOUT / "courses").glob("*/course.yaml"))
    )


def _course(folder: Path) -> str:
    said = yaml.safe_load((folder / "course.yaml").read_text("utf-8"))
    found = {
        each.parent.relative_to(folder).as_posix(): yaml.safe_load(each.read_text("utf-8"))
        for each in folder.glob("*/*/course.yaml")
    }
    order = [name for name in TEACHING_ORDER if name in found]
    order += sorted(set(found) - set(order))
    rows = [
        (f"[{one['titles']['en']}](#{_anchor(name)})", f"`{name}`", one["minutes"], one["points"])
        for name, one in ((name, found[name]) for name in order)
    ]
    minutes = sum(one["minutes"] for one in found.values())
    outcomes = "".join(f"- {one['en']}\n" for one in said["outcomes"].values())
    return (
        f"## {said['titles']['en']}\n\n"
        f"{said['titles']['ru']} · {said['titles']['ky']}\n\n"
        f"{said['hours']} hours, {said['credits']:g} credits. Who has passed can\n\n{outcomes}\n"
        f"There are {len(found)} assignments, {minutes} minutes of a student's work, in the order "
        "in which they build on each other. Each is released by itself; see "
        "[Teach with it](classroom.md).\n\n"
        f"{table(['assignment', 'folder', 'minutes', 'points'], rows)}\n"
        + "\n".join(_assignment(name, found[name]) for name in order)
    )


def _assignment(name: str, said: dict[str, Any]) -> str:
    rows = [
        (one["en"], ", ".join(f"`{test}`" for test in one["tests"]))
        for one in said["outcomes"].values()
    ]
    return (
        f"### {said['titles']['en']} {{#{_anchor(name)}}}\n\n"
        f"{said['titles']['ru']} · {said['titles']['ky']}\n\n"
        f"{said['minutes']} minutes, {said['points']} points, due {said['due']['days']} days after "
        "the release.\n\n"
        f"{table(['afterwards a student can', 'shown by'], rows)}"
    )


def _anchor(name: str) -> str:
    return name.replace("/", "-")


PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings,
    "reference/commands.md": commands,
    "reference/rpc-methods.md": rpc_methods,
    "reference/json-interface.md": json_interface,
    "reference/error-codes.md": error_codes,
    "reference/scopes.md": scopes,
    "reference/lifecycle.md": lifecycle,
    "reference/regime.md": regime,
    "reference/retention.md": retention,
    "reference/papers.md": papers,
    "reference/alert-rules.md": alert_rules,
    "reference/tracing.md": tracing,
    "reference/clusters.md": clusters,
    "reference/patterns.md": patterns,
    "reference/tags.md": tags,
    "reference/error-rates.md": error_rates,
    "reference/screening.md": screening,
    "reference/cases.md": cases,
    "reference/scoring.md": scoring,
    "reference/travel-rule.md": travel_rule,
    "reference/reserves.md": reserves,
    "reference/provider-risk.md": provider_risk,
    "how-to/course.md": courses,
}


def on_files(files: Files, config: Any) -> Files:
    """MkDocs: add the generated pages."""
    for uri, make in PAGES.items():
        files.append(File.generated(config, uri, content=make()))
    return files
