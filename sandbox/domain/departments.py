"""Departments of a university, who coordinates them, and how their courses are named.

Rules:

1. A course is material (a folder below ``courses/``), given by a department in a term. The same
   material may be given again and again: each time is a course of its own, with a name of its own.
2. A coordinator's seat alone opens nothing: the department is in a record beside it.
3. An archived course is closed for everything but looking and taking what is there.

>>> course_of("digital-money", "fintech", "2026/27-1", taken=frozenset())
'digital-money-fintech-2627-1'
>>> course_of("digital-money", "fintech", "2026/27-1", taken={"digital-money-fintech-2627-1"})
'digital-money-fintech-2627-1-2'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from sandbox.domain.coursework import CourseName, course_name
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, OrgId

DepartmentId = NewType("DepartmentId", str)
"""A short ASCII word, part of the names of the department's courses."""

LONGEST_ID: Final = 16
MOST_LEADS: Final = 5
_LONGEST_MATERIAL: Final = 20
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_TERM: Final = re.compile(r"20([0-9]{2})/([0-9]{2})-[123]")


@dataclass(frozen=True, slots=True)
class Department:
    """A department.

    Attributes:
        names: by language.
    """

    id: DepartmentId
    org: OrgId
    names: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Coordinator:
    """Who coordinates a department, from when and perhaps until when."""

    department: DepartmentId
    account: AccountName
    since: datetime
    until: datetime | None = None


def department_id(text: str) -> DepartmentId:
    """Check a department's id.

    Raises:
        InvalidInput: ``department.bad_id``.
    """
    if len(text) > LONGEST_ID or not _ID.fullmatch(text):
        raise InvalidInput("department.bad_id", id=text[:40], most=LONGEST_ID)
    return DepartmentId(text)


def term_of(text: str) -> str:
    """Check how a term is written: academic year, then which term of it.

    Raises:
        InvalidInput: ``department.bad_term``.

    >>> term_of(" 2026/27-1 ")
    '2026/27-1'
    """
    term = text.strip()
    found = _TERM.fullmatch(term)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise InvalidInput("department.bad_term", term=term[:40])
    return term


def leads_of(text: str) -> tuple[AccountName, ...]:
    """Read the lead teachers' accounts, divided by spaces or commas, each once.

    Raises:
        InvalidInput: ``department.no_lead``, ``department.many_leads``.
    """
    names = tuple(dict.fromkeys(re.split(r"[\s,;]+", text.strip(" \t\r\n,;"))))
    if names == ("",):
        raise InvalidInput("department.no_lead")
    if len(names) > MOST_LEADS:
        raise InvalidInput("department.many_leads", most=MOST_LEADS)
    return tuple(AccountName(name[:40]) for name in names)


def course_of(material: str, department: str, term: str, *, taken: Collection[str]) -> CourseName:
    """The name of a new course, for its folders, servers and nbgrader.

    Args:
        material: the folder's name.
        department: its id.
        term: checked.
        taken: names that there are already.
    """
    short = material[:_LONGEST_MATERIAL].rstrip("-")
    base = f"{short}-{department}-{term[2:].replace('/', '')}"
    names = [base, *(f"{base}-{turn}" for turn in range(2, len(taken) + 3))]
    return course_name(next(name for name in names if name not in taken))
