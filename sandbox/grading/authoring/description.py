"""``course.yaml``: of a course, and of an assignment.

Rules:

- Only known keys, each of its form: a misspelt key would be a rule that nobody keeps.
- Titles and outcomes stand in all three languages.
- Every test gives evidence of an outcome, and every outcome has a test.
- Every cell that a person marks has a rubric that gives its points, and nothing else has one.
- ``variants`` is there when, and only when, each student has values of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final

import yaml

from sandbox.domain import rubrics
from sandbox.domain.self_checks import MOST_AN_HOUR
from sandbox.domain.variants import FORM, parameters_in
from sandbox.grading.authoring.findings import Finding, fault, good
from sandbox.kit.errors import InvalidInput
from sandbox.locale import LANGUAGES

FILE: Final = "course.yaml"
STUDENT: Final = "student"
"""The seed policy of an assignment with variants."""
Check = Callable[[Any], bool]


def _whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def _number(least: float, most: float) -> Check:
    return lambda value: type(value) in (int, float) and least <= value <= most


def _by_language(value: Any) -> bool:
    return isinstance(value, dict) and set(value) <= set(LANGUAGES)


def _outcomes(value: Any) -> bool:
    keys = {*LANGUAGES, "tests"}
    return isinstance(value, dict) and all(
        isinstance(one, dict) and set(one) <= keys for one in value.values()
    )


def _variants(value: Any) -> bool:
    try:
        parameters_in(value)
    except InvalidInput:
        return False
    return True


ASSIGNMENT: Final[Mapping[str, tuple[Check, str]]] = {
    "titles": (_by_language, "a title in each of ky, ru, en"),
    "language": (lambda value: value in LANGUAGES, "ky, ru or en: what the source is written in"),
    "minutes": (_whole(1, 600), "minutes of work, 1 to 600"),
    "points": (_number(0.25, 1000), "the points of all tests together"),
    "seconds": (_whole(1, 600), "seconds that grading may take, 1 to 600"),
    "due": (
        lambda value: (
            isinstance(value, dict) and set(value) == {"days"} and _whole(1, 365)(value["days"])
        ),
        "days: N, from 1 to 365, after the release",
    ),
    "seed": (
        lambda value: value in ("none", STUDENT),
        "none, or student: each has values of their own",
    ),
    "outcomes": (_outcomes, "name: {en, ru, ky, tests: [grade ids]}"),
}
"""Key of an assignment: its check and its form in words. All are needed."""

OPTIONAL: Final[Mapping[str, tuple[Check, str]]] = {
    "rubrics": (
        lambda value: isinstance(value, dict) and all(map(rubrics.rubric_of, value.values())),
        rubrics.FORM,
    ),
    "variants": (_variants, FORM),
}
"""The same of keys that an assignment may have."""

COURSE: Final[Mapping[str, tuple[Check, str]]] = {
    "titles": ASSIGNMENT["titles"],
    "hours": (_whole(1, 1000), "hours of work, 1 to 1000"),
    "credits": (_number(0.5, 60), "credits, 0.5 to 60"),
    "outcomes": (
        lambda value: isinstance(value, dict) and all(map(_by_language, value.values())),
        "name: {en, ru, ky}",
    ),
}
"""Key of a course: its check and its form in words. All are needed."""

OPTIONAL_OF_COURSE: Final[Mapping[str, tuple[Check, str]]] = {
    "self_checks": (_whole(0, MOST_AN_HOUR), "self-checks an hour for each student, 0 to 60"),
}
"""The same of keys that a course may have."""


def check_assignment_file(
    content: bytes | None, tests: Mapping[str, float], answers: Collection[str] = ()
) -> Iterator[Finding]:
    """Hold an assignment's description against its notebooks.

    Args:
        content: of ``course.yaml``; None: there is none.
        tests: grade id → points.
        answers: those of the grade ids that a person marks.
    """
    said = described(content)
    if said is None:
        yield fault("yaml_unreadable", FILE)
        return
    found = list(_keys(said, ASSIGNMENT, OPTIONAL)) or [
        *_by_rules(said, tests),
        *_rubrics(said.get("rubrics") or {}, tests, answers),
    ]
    yield from found or [
        good("description", FILE),
        good("outcomes", FILE, outcomes=len(said["outcomes"]), tests=len(tests)),
    ]


def check_course_file(content: bytes | None) -> Iterator[Finding]:
    """Hold a course's own description against its form.

    Args:
        content: of the course's ``course.yaml``; None: there is none.
    """
    said = described(content)
    if said is None:
        yield fault("yaml_unreadable", FILE)
        return
    found = list(_keys(said, COURSE, OPTIONAL_OF_COURSE)) or [
        *_languages("titles", said["titles"]),
        *(each for name, one in said["outcomes"].items() for each in _languages(name, one)),
    ]
    yield from found or [good("description", FILE)]


def described(content: bytes | None) -> dict[str, Any] | None:
    """A description as data; None when it cannot be read."""
    try:
        said = yaml.safe_load((content or b"").decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return said if isinstance(said, dict) else None


def _keys(
    said: Mapping[str, Any],
    form: Mapping[str, tuple[Check, str]],
    more: Mapping[str, tuple[Check, str]],
) -> Iterator[Finding]:
    for key, value in said.items():
        if key not in form and key not in more:
            yield fault("key_unknown", FILE, key=str(key)[:60], known=", ".join((*form, *more)))
        elif key in more and not more[key][0](value):
            yield fault("value_wrong", FILE, key=key, form=more[key][1])
    for key, (check, words) in form.items():
        if key not in said:
            yield fault("key_missing", FILE, key=key, form=words)
        elif not check(said[key]):
            yield fault("value_wrong", FILE, key=key, form=words)


def _by_rules(said: Mapping[str, Any], tests: Mapping[str, float]) -> Iterator[Finding]:
    yield from _languages("titles", said["titles"])
    if (said["seed"] == STUDENT) != ("variants" in said):
        yield fault("variants_seed", FILE, seed=said["seed"])
    points = sum(tests.values())
    if said["points"] != points:
        yield fault("points_differ", FILE, said=f"{said['points']:g}", found=f"{points:g}")
    mapped: set[str] = set()
    for name, one in said["outcomes"].items():
        yield from _languages(str(name), one)
        of_it = [str(test) for test in one.get("tests") or []]
        mapped |= set(of_it)
        if not of_it:
            yield fault("outcome_untested", FILE, outcome=str(name))
        for test in of_it:
            if test not in tests:
                yield fault("outcome_without_cell", FILE, outcome=str(name), test=test)
    for test in tests:
        if test not in mapped:
            yield fault("cell_without_outcome", FILE, test)


def _rubrics(
    said: Mapping[str, Any], tests: Mapping[str, float], answers: Collection[str]
) -> Iterator[Finding]:
    for cell, one in said.items():
        rubric = rubrics.rubric_of(one)
        if cell not in answers:
            yield fault("rubric_without_cell", FILE, str(cell))
        elif rubric is not None and rubric.most != tests[cell]:
            points = {"said": f"{rubric.most:g}", "found": f"{tests[cell]:g}"}
            yield fault("rubric_points", FILE, str(cell), **points)
    for cell in answers:
        if cell not in said:
            yield fault("rubric_missing", FILE, cell)


def _languages(name: str, said: Mapping[str, Any]) -> Iterator[Finding]:
    missing = [lang for lang in LANGUAGES if not str(said.get(lang) or "").strip()]
    if missing:
        yield fault("untold", FILE, name=name, languages=", ".join(missing))
