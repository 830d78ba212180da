"""Reference pages of ``sandbox.forensics``, from its docstrings, parameters and bounds."""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import MISSING, fields
from typing import Any

from reference_tables import CHECKOUT, table


def tracing() -> str:
    """The policies of tracing with their sources, what a ledger is, what a trace tells."""
    from sandbox.forensics import accounts, ledger, policies
    from sandbox.forensics import tracing as module

    parts = [
        ("Policies", _said(policies.__doc__)),
        ("Ledgers", _said(ledger.__doc__)),
        ("Accounts", _said(accounts.__doc__)),
        ("Traces", _said(module.__doc__)),
        ("Stops", _said(module.Stop.__doc__).replace("Attributes:", "").replace("    ", "- ")),
        ("The hop ledger: `trace(…).hops`", _said(module.Trace.hops.__doc__)),
        ("The accounts: `trace(…).nodes`", _said(module.Trace.nodes.__doc__)),
        ("The sums: `trace(…).totals`", _said(module.Trace.totals.__doc__)),
    ]
    head = "# Tracing\n\nHow to use it: [Follow money through a ledger](../how-to/tracing.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def screening() -> str:
    """How names are compared and screened, and the error rates as they were measured."""
    from sandbox.forensics.screening import births, comparing, letters, lists, names
    from sandbox.forensics.screening import screening as module

    path = CHECKOUT / "sandbox/forensics/screening/measured.json"
    measured = json.loads(path.read_text("utf-8"))
    recall, false = (
        table(
            [head, "from 0.85 (review)", "from 0.95 (block)"],
            [(way, each["review"], each["block"]) for way, each in measured[name].items()],
        )
        for name, head in (("recall", "written"), ("false", "customers"))
    )
    rates = (
        f"Made-up people: {measured['listed']} of them listed by the name in their papers, a fifth "
        "with Russian names. All names are put together at random, from a seed on which no weight "
        "was set; real names are harder. Measured again by a test, and by "
        "`make bench NAME=screening`.\n\nRecall: the share of listed people who are found when "
        f"written otherwise, without a date of birth.\n\n{recall}\nFalse hits: of "
        f"{measured['others']} other people, how many of 1,000 are a hit on at least one of the "
        f"{measured['listed']} entries; it grows with the list.\n\n{false}"
    )
    parts = [
        ("Letters", _said(letters.__doc__)),
        ("Parts of a name", _said(names.__doc__)),
        ("The score", _said(comparing.__doc__)),
        ("Dates of birth", _said(births.births.__doc__)),
        ("Lists", _said(lists.__doc__)),
        ("A table of customers", _said(module.__doc__)),
        ("Error rates", rates),
    ]
    head = "# Name screening\n\nHow to: [Screen names against a list](../how-to/screening.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def clusters() -> str:
    """The heuristics of clustering with their sources and parameters, and the measures."""
    from sandbox.forensics import clusters as package
    from sandbox.forensics import measures
    from sandbox.forensics.clusters import airdrops, authorisations, clustering, deposits, funders

    heuristics = [
        (deposits, deposits.DepositReuse),
        (airdrops, airdrops.AirdropReuse),
        (funders, funders.CommonFunder),
        (authorisations, authorisations.SelfAuthorisation),
    ]
    parts = [("Rules", _said(package.__doc__))]
    parts += [
        (
            f"`{each.__name__}`",
            f"{_said(module.__doc__)}\n\n{_attributes(each)}\n\n{_shipped(each)}",
        )
        for module, each in heuristics
    ]
    parts += [
        ("What is found: `cluster(…)`", _attributes(clustering.Clusters)),
        ("Who is where: `cluster(…).accounts`", _said(clustering.Clusters.accounts.__doc__)),
        ("Measures", _said(measures.__doc__)),
        ("Error rates: `error_rates(…)`", _returned(measures.error_rates)),
    ]
    head = (
        "# Clusters\n\n"
        "How to use it: [Who stands behind several accounts](../how-to/clusters.md).\n"
    )
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def patterns() -> str:
    """Mixers, bridge legs and peel chains: definitions, sources, parameters, what is told."""
    from sandbox.forensics import patterns as package
    from sandbox.forensics.patterns import bridges, mixers, peels

    parts = [
        ("Rules", _said(package.__doc__)),
        ("Mixers", _said(mixers.__doc__)),
        ("`mixed(…)`", _arguments(mixers.mixed)),
        ("`mixed(…).withdrawals`", _said(mixers.Mixing.withdrawals.__doc__)),
        ("`mixed(…).of(…)`", _returned(mixers.Mixing.of)),
        ("Bridge legs", _said(bridges.__doc__)),
        ("`Bridge`", f"{_attributes(bridges.Bridge)}\n\n{_shipped(bridges.Bridge)}"),
        ("`bridge_legs(…)`", _attributes(bridges.Legs)),
        ("`bridge_legs(…).legs`", _said(bridges.Legs.legs.__doc__)),
        ("Peel chains", _said(peels.__doc__)),
        (
            "`peel_chains(…)`",
            f"{_arguments(peels.peel_chains)}\n\n{_returned(peels.peel_chains)}",
        ),
    ]
    head = (
        "# Patterns\n\nHow to use it: [Mixers, bridges and peel chains](../how-to/patterns.md).\n"
    )
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def tags() -> str:
    """The format of tag packs, the levels of confidence, and how packs are joined."""
    from sandbox.forensics import tags as package
    from sandbox.forensics.tags import confidences, joining, packs

    levels = table(
        ["confidence", "level", "the tag comes"],
        [
            (f"`{name}`", level, confidences.MEANINGS[name])
            for name, level in confidences.LEVELS.items()
        ],
    )
    parts = [
        ("Rules", _said(package.__doc__)),
        ("A pack", _said(packs.__doc__)),
        ("Confidence", f"{_said(confidences.__doc__)}\n\n{levels}"),
        ("Joining", _said(joining.__doc__)),
        ("Services", ", ".join(f"`{each}`" for each in sorted(joining.SERVICES)) + "."),
        ("`Tags.join(…).table`", _said(joining.Tags.table.__doc__)),
        ("`Tags.join(…).conflicts`", _said(joining.Tags.conflicts.__doc__)),
        ("`Tags.join(…).over(…)`", _returned(joining.Tags.over)),
    ]
    head = "# Tag packs\n\nHow to: [What others say about addresses](../how-to/tags.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def cases() -> str:
    """The knobs of a case's recipe with their bounds, and what the shipped recipes say."""
    from sandbox.forensics.cases import Recipe, recipe, recipes

    said = inspect.cleandoc(Recipe.__doc__ or "").split("Attributes:")[1]
    meaning = dict(
        part.split(": ", 1) for part in inspect.cleandoc(said).replace("\n    ", " ").splitlines()
    )
    shipped = {name: recipe(name).as_data() for name in ("easy", "medium", "hard")}
    bounds = recipes.NUMBERS | recipes.RANGES

    def shown(value: object) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{name} {weight}" for name, weight in value.items() if weight)
        return " to ".join(map(str, value)) if isinstance(value, list) else str(value)

    rows = [
        (
            f"`{each.name}`",
            meaning[each.name].replace("``", "`"),
            " to ".join(map(str, bounds.get(each.name, ()))),
            *(shown(shipped[name][each.name]) for name in shipped),
        )
        for each in fields(Recipe)
    ]
    head = "# Recipes of cases\n\nHow to use them: [Plan a case](../how-to/cases.md).\n\n"
    return head + table(["knob", "what it is", "bounds", *shipped], rows)


def travel_rule() -> str:
    """How messages are read and joined, signs of made-up ones, and the JSON schema."""
    from sandbox.forensics import message_schema
    from sandbox.forensics.travel_rule import faked, ivms101, matching, messages, providers

    schema = json.dumps(message_schema(), indent=1)
    parts = [
        ("Messages", _said(messages.__doc__)),
        ("The payload", _said(ivms101.__doc__)),
        ("Joining", _said(matching.__doc__)),
        ("Figures of providers", _said(providers.__doc__)),
        ("Signs of made-up messages", _said(faked.__doc__)),
        ("JSON schema", f"As `sandbox.forensics.message_schema()`.\n\n```json\n{schema}\n```"),
    ]
    head = "# Travel rule\n\nHow to: [Check the travel rule](../how-to/travel-rule.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def reserves() -> str:
    """The tree, claims against it, and an attestation against the chain."""
    from sandbox.forensics.reserves import attestation, claims, course, tree

    parts = [
        ("The tree", _said(tree.__doc__)),
        ("What `check_proof` says", _said(tree.check_proof.__doc__)),
        ("Claims of customers", _said(claims.__doc__)),
        ("An attestation", _said(attestation.__doc__)),
        ("What wallets hold", _said(course.__doc__)),
    ]
    head = "# Proof of reserves\n\nHow to: [Check a proof of reserves](../how-to/reserves.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def provider_risk() -> str:
    """The indicators of a provider's risk with weights and bands, and how each is measured."""
    from sandbox.forensics.provider_risk import Model, measuring, model, rating

    shipped = Model.shipped()
    rows = [
        (
            *(f"`{each.id}`", shipped.axes[each.axis]["en"], each.source, f"{each.weight} %"),
            *(each.unit, each.how["en"]),
            ", ".join(f"{start}: {points}" for start, points in each.bands),
        )
        for each in shipped.indicators.values()
    ]
    columns = ["indicator", "axis", "from", "weight", "unit", "how", "from value: points"]
    parts = [
        ("The score", _said(rating.__doc__)),
        ("Indicators", table(columns, rows)),
        ("How they are measured", _said(measuring.__doc__)),
        ("Models", _said(model.__doc__)),
    ]
    head = "# Provider risk\n\nHow to: [Rate a provider](../how-to/provider-risk.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in parts)


def _said(text: str | None) -> str:
    """A docstring as Markdown, without its example."""
    body = inspect.cleandoc(text or "").split(">>>")[0].rstrip()
    return body.replace("``", "`").replace(":data:`", "`")


def _arguments(function: Any) -> str:
    """The parameters of a function with their meaning and their defaults."""
    text = _said(function.__doc__).partition("Args:")[2]
    listed = inspect.cleandoc(text.partition("Returns:")[0].partition("Raises:")[0])
    shipped = {
        name: f"`{each.default!r}`"
        for name, each in inspect.signature(function).parameters.items()
        if each.default is not inspect.Parameter.empty
    }
    rows = [
        (f"`{name}`", meaning, shipped.get(name, ""))
        for name, meaning in re.findall(r"^(\w+): (.+(?:\n +.+)*)", listed, flags=re.MULTILINE)
    ]
    return table(["parameter", "meaning", "as shipped"], rows)


def _attributes(made: type) -> str:
    """What a class is, and its attributes as a list."""
    head, _, attributes = _said(made.__doc__).partition("Attributes:\n")
    listed = re.sub(r"^ {8}(?=\S)", "  ", attributes, flags=re.MULTILINE)
    return head + re.sub(r"^ {4}(?=\S)", "- ", listed, flags=re.MULTILINE)


def _shipped(made: type) -> str:
    """The parameters of a class with their defaults."""
    rows = [
        (f"`{each.name}`", f"`{each.default!r}`")
        for each in fields(made)
        if each.default is not MISSING
    ]
    return table(["parameter", "as shipped"], rows)


def _returned(function: Any) -> str:
    """What a function's docstring says before its arguments, and what it returns."""
    text = _said(function.__doc__)
    back = text.partition("Returns:")[2].partition("Raises:")[0]
    return f"{text.partition('Args:')[0]}{inspect.cleandoc(back)}"


def scoring() -> str:
    """How each part is marked, the shipped rubrics, and the JSON schema of an answer."""
    from sandbox.forensics.scoring import (
        Rubric,
        acts,
        answers,
        attribution,
        custody,
        key,
        marks,
        method,
        parts,
        rubric,
    )

    labs = rubric.shipped_labs()
    shipped = {lab: Rubric.shipped(lab) for lab in labs}

    def points(lab: str, part: str) -> str:
        one = shipped[lab]
        if part not in one.points:
            return ""
        return f"{one.points[part]} ({marks.rounded(one.scaled(part))})"

    rows = [
        (f"`{part}`", by, *(points(lab, part) for lab in labs)) for part, by in rubric.PARTS.items()
    ]
    schema = json.dumps(answers.schema(), indent=2, ensure_ascii=False)
    sections = [
        ("Parts and rubrics", "Points, and of a hundred.\n\n" + table(["part", "by", *labs], rows)),
        *(
            (title, _said(module.__doc__))
            for title, module in (
                ("Answers", answers),
                ("What they are marked against", key),
                ("Addresses, hops, value, recovery", parts),
                ("Attribution", attribution),
                ("Custody", custody),
                ("Method", method),
                ("Acts", acts),
                ("Marks", marks),
            )
        ),
        ("JSON schema", f"```json\n{schema}\n```"),
    ]
    head = "# Marking of answers\n\nHow to use it: [Mark an answer](../how-to/scoring.md).\n"
    return head + "".join(f"\n## {title}\n\n{body}\n" for title, body in sections)
