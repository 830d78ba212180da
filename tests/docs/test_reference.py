"""What is not documented does not exist: every name of the code stands in its reference page."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def reference():
    """The hook module that makes the pages."""
    path = CHECKOUT / "docs/_hooks/reference.py"
    spec = importlib.util.spec_from_file_location("docs_reference", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(path.parent), *sys.path])  # as MkDocs has it
        spec.loader.exec_module(module)
    return module


def test_every_rpc_method_is_in_the_reference(reference) -> None:
    from sandbox.gateway.methods import table

    page = reference.rpc_methods()
    names = [method.name for method in table()]
    assert len(names) > 150
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_address_of_the_json_interface_is_in_the_reference_with_its_meaning(
    reference,
) -> None:
    page = reference.json_interface()
    assert "`POST /contracts/{chain}/{address}/source`".replace("{", "&#123;") in page
    assert "`GET /trial`" in page
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) > 25
    assert [row[0] for row in rows if len(row) != 3 or not row[1].strip()] == []


def test_every_kind_format_and_point_of_a_file_is_in_the_reference(reference) -> None:
    from sandbox.domain import application, documents, papers

    page = reference.papers()
    names = [*application.KINDS, *papers.CHECKLIST, *application.REQUIRED]
    names += [f".{ending}" for ending in documents.MEDIA]
    names += [kind.value for kind in documents.DocumentKind]
    assert len(names) > 40
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_assignment_stands_in_the_course_page_once_with_its_size_and_outcomes(
    reference,
) -> None:
    page = reference.courses()
    found = sorted((CHECKOUT / "courses").glob("*/*/*/course.yaml"))
    assert len(found) >= 2
    assert page.count("\n### ") == len(found)
    for path in found:
        said = yaml.safe_load(path.read_text("utf-8"))
        name = f"{path.parents[1].name}/{path.parent.name}"
        anchor = name.replace("/", "-")
        size = f"| {said['minutes']} | {said['points']} |"
        assert f"| [{said['titles']['en']}](#{anchor}) | `{name}` {size}" in page
        assert page.count(f"{{#{anchor}}}") == 1, "a link in the table has its heading"
        assert [one["en"] for one in said["outcomes"].values() if one["en"] not in page] == []


def test_every_setting_is_in_the_reference_with_its_meaning(reference) -> None:
    from sandbox import settings

    page = reference.settings()
    fields = {
        name: field
        for part in vars(settings).values()
        if isinstance(part, type) and issubclass(part, settings.Part)
        for name, field in part.model_fields.items()
    }
    assert "state_dir" in fields
    assert [name for name in fields if f"SYNAK_{name.upper()}`" not in page] == []
    assert [name for name, field in fields.items() if not field.description] == []
    assert str(CHECKOUT) not in page


def test_every_error_code_is_in_the_reference_in_three_languages(reference) -> None:
    page = reference.error_codes()
    for path in (CHECKOUT / "sandbox/locale/errors").glob("*.toml"):
        for code, wording in reference._flat(tomllib.loads(path.read_text("utf-8"))):
            assert f"`{code}`" in page
            assert {"en", "ru", "ky"} <= set(wording), code


def test_every_code_raised_in_the_source_has_a_wording(reference) -> None:
    known = {
        code
        for path in (CHECKOUT / "sandbox/locale/errors").glob("*.toml")
        for code, _ in reference._flat(tomllib.loads(path.read_text("utf-8")))
    }
    raised = re.compile(
        r"(?:InvalidInput|NotAuthenticated|NotAllowed|NotFound|Conflict|Refused|IntegrityFailure"
        r"|Unavailable)\(\s*\"([a-z_]+(?:\.[a-z_0-9]+)+)\""
    )
    missing = {
        (code, str(path.relative_to(CHECKOUT)))
        for path in (CHECKOUT / "sandbox").rglob("*.py")
        for code in raised.findall(path.read_text("utf-8"))
        if code not in known
    }
    assert missing == set()


def test_every_command_is_in_the_reference_with_a_help_text(reference) -> None:
    page = reference.commands()
    sections = page.split("\n## ")[1:]
    assert {"synak doctor", "synak audit verify", "synak journal verify"} <= {
        section.splitlines()[0] for section in sections
    }
    assert [s.splitlines()[0] for s in sections if not "".join(s.splitlines()[1:]).strip()] == []


def test_custom_scopes_and_roles_are_in_the_reference_and_none_inherits(reference) -> None:
    page = reference.scopes()
    assert "`custom:synak:trial`" in page
    assert "`inherit`," not in page.split("## Roles")[1]
    assert "`inherit` |" not in page.split("## Roles")[1]


def test_lifecycle_diagram_shows_each_state(reference) -> None:
    from sandbox.domain.lifecycle import FileState

    page = reference.lifecycle()
    assert [state for state in FileState if state.value not in page] == []


def test_every_act_says_who_and_what_follows_and_every_deadline_has_its_source(reference) -> None:
    from sandbox.domain.lifecycle import Act
    from sandbox.domain.lifecycle_table import FOLLOWS
    from sandbox.domain.regime import RULES

    page = reference.lifecycle()
    assert [
        act for act in Act if f"| `{act.value}` |" not in page or FOLLOWS[act] not in page
    ] == []
    page = reference.regime()
    assert [kind for kind in RULES if f"| `{kind.value}` |" not in page] == []
    assert page.count("to be confirmed") > len(RULES)


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-f", ".mkdocs.yml", "-d", str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1", "HOME": str(tmp_path)},
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert (tmp_path / "reference/rpc-methods.html").exists()


def test_every_alert_rule_and_parameter_is_in_the_reference(reference) -> None:
    from sandbox.domain.alerts.rule_set import RULES

    page = reference.alert_rules()
    assert len(RULES) == 11
    for name, rule in RULES.items():
        part = page.split(f"## {name}\n")[1].split("\n## ")[0]
        assert [e.name for e in rule.parameters if f"`{e.name}`" not in part] == [], name
        assert "Definition" in page


def test_every_policy_and_stop_of_tracing_is_in_the_reference(reference) -> None:
    from dataclasses import fields

    from sandbox.forensics import Policy, Stop

    page = reference.tracing()
    assert [each for each in Policy if f"- **{each}**" not in page] == []
    assert [each.name for each in fields(Stop) if f"- {each.name}: " not in page] == []
    policies = page.split("## Ledgers")[0]
    assert policies.count("Source:") == len(Policy)
    assert ">>>" not in page


def test_every_way_to_meet_and_every_measured_rate_of_screening_is_in_the_reference(
    reference,
) -> None:
    from tests.forensics.people import VARIANTS

    page = reference.screening()
    score = page.split("## The score")[1].split("## Dates of birth")[0]
    ways = ["same", "spelling", "father", "surname", "ending", "initial", "typo", "differs"]
    assert [way for way in ways if f"| `{way}` |" not in score] == []
    rates = page.split("## Error rates")[1]
    assert [way for way in VARIANTS if f"| {way} |" not in rates] == []
    assert rates.count("| whole names") == 2
    assert ">>>" not in page


def test_every_heuristic_and_parameter_of_clustering_is_in_the_reference(reference) -> None:
    from dataclasses import fields

    from sandbox.forensics import AirdropReuse, CommonFunder, DepositReuse, SelfAuthorisation

    page = reference.clusters()
    for each in (AirdropReuse, CommonFunder, DepositReuse, SelfAuthorisation):
        part = page.split(f"## `{each.__name__}`\n")[1].split("\n## ")[0]
        assert "Source:" in part
        assert [name for name in fields(each) if f"- {name.name}: " not in part] == []
        assert "| `confidence` | `0." in part
    assert "Adjusted" not in page.split("## Measures")[0]
    assert ">>>" not in page


def test_every_knob_of_a_case_is_in_the_reference_with_its_bounds(reference) -> None:
    from dataclasses import fields

    from sandbox.forensics.cases import Recipe

    page = reference.cases()
    assert [each.name for each in fields(Recipe) if f"| `{each.name}` | " not in page] == []
    assert "| 20 to 150 |" in page


def test_every_part_rubric_and_key_of_an_answer_is_in_the_reference(reference) -> None:
    from sandbox.forensics.scoring.answers import Answer, schema
    from sandbox.forensics.scoring.rubric import PARTS, shipped_labs

    page = reference.scoring()
    assert [part for part in PARTS if f"| `{part}` | " not in page] == []
    assert [lab for lab in shipped_labs() if f" {lab} |" not in page] == []
    keys = schema()["$defs"]["Answer"]["properties"]
    assert set(keys) == set(Answer.__struct_fields__)
    assert [key for key in keys if f'"{key}": {{' not in page] == []
    assert "| 12 (24.00) |" in page
    assert ">>>" not in page


def test_every_field_state_and_sign_of_the_travel_rule_is_in_the_reference(reference) -> None:
    from dataclasses import fields

    from sandbox.forensics import Demands, Signs
    from sandbox.forensics.travel_rule.messages import Message
    from sandbox.forensics.travel_rule.providers import STATES

    page = reference.travel_rule()
    assert [name for name in Message.model_fields if f'"{name}": {{' not in page] == []
    assert [state for state in STATES if f"`{state}`" not in page] == []
    assert [each.name for each in fields(Demands) if f"`{each.name}`" not in page] == []
    assert [each.name for each in fields(Signs) if f"`{each.name}`" not in page] == []
    assert ">>>" not in page


def test_every_finding_about_reserves_is_in_the_reference_and_the_how_to(reference) -> None:
    from typing import get_args

    from sandbox.forensics.reserves.tree import Held

    page = reference.reserves()
    how_to = (CHECKOUT / "docs/how-to/reserves.md").read_text("utf-8")
    findings = ["unsigned", "short", "buffer", "hidden", "negative", "dressed", "window_open"]
    assert [each for each in findings if f"| `{each}` |" not in how_to] == []
    told = [*get_args(Held), "less", "missing", "shared", "short", "buffer", "dressed"]
    assert [each for each in told if f"`{each}`" not in page] == []
    assert ">>>" not in page


def test_every_pattern_parameter_and_source_is_in_the_reference(reference) -> None:
    import inspect
    from dataclasses import fields

    from sandbox.forensics import Bridge, mixed, peel_chains

    page = reference.patterns()
    for title, call in (("## `mixed(…)`\n", mixed), ("## `peel_chains(…)`\n", peel_chains)):
        part = page.split(title)[1].split("\n## ")[0]
        names = inspect.signature(call).parameters
        assert [name for name in names if f"| `{name}` | " not in part] == []
    part = page.split("## `Bridge`\n")[1].split("\n## ")[0]
    assert [each.name for each in fields(Bridge) if f"- {each.name}: " not in part] == []
    assert page.count("Source:") == 3


def test_every_indicator_of_provider_risk_is_in_the_reference(reference) -> None:
    from sandbox.forensics.provider_risk import Model

    page = reference.provider_risk()
    rows = [(each.id, each.weight) for each in Model.shipped().indicators.values()]
    missing = [name for name, _ in rows if f"| `{name}` | " not in page]
    assert missing == []
    assert sum(weight for _, weight in rows) == 100
    assert ">>>" not in page


def test_every_level_of_confidence_and_every_measured_figure_is_in_the_reference(reference) -> None:
    import json

    from sandbox.forensics.tags.confidences import LEVELS
    from tests.bench.heuristics import MEASURED

    page = reference.tags()
    assert [name for name, level in LEVELS.items() if f"| `{name}` | {level} | " not in page] == []
    measured, page = json.loads(MEASURED.read_text("utf-8")), reference.error_rates()
    for part in ("clusters", "patterns"):
        for case, by_services in measured[part].items():
            for services, figures in by_services.items():
                for each in figures.values():
                    figure = f"| {case} | {services} | {each['found']} | {each['true']} | "
                    assert figure in page
    assert "no measured error rate" in page
