"""Demo organisations and accounts for every seat; development only; as often as one likes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.domain.authorities import Authority
from sandbox.domain.departments import DepartmentId
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.kit.clock import SystemClock
from sandbox.kit.ids import AccountName, OrgId, PersonId
from sandbox.services.classroom_people import DEMO_COURSE, give_course, seed_course
from sandbox.services.department_admin import (
    add_department,
    appoint_coordinator,
    give_to_department,
)
from sandbox.services.hub_export import groups_of
from sandbox.store import Store, UnitOfWork

if TYPE_CHECKING:
    from sandbox.settings import Settings

COURSE_GROUP: Final = "course-digital-money"

ORGANISATIONS: Final = (
    ("kattap-pay", "Kattap Pay", OrganisationKind.STARTUP),
    ("ala-too-demo-bank", "Ala-Too Demo Bank", OrganisationKind.BANK),
    ("demo-central-bank", "Demo Central Bank", OrganisationKind.AUTHORITY),
    ("demo-intelligence", "Demo Intelligence Service", OrganisationKind.AUTHORITY),
    ("demo-market-supervision", "Demo Market Supervision", OrganisationKind.AUTHORITY),
    ("demo-audit", "Demo Audit Office", OrganisationKind.AUTHORITY),
    ("demo-university", "Demo University", OrganisationKind.UNIVERSITY),
    ("demo-police-academy", "Demo Police Academy", OrganisationKind.POLICE),
)


@dataclass(frozen=True)
class Demo:
    """One demo account."""

    name: str
    display: str
    org: str
    seat: Seat
    course: bool = False


ACCOUNTS: Final = (
    Demo("aigul", "Aigul (owner)", "kattap-pay", Seat.OWNER),
    Demo("bakyt", "Bakyt (developer)", "kattap-pay", Seat.DEVELOPER),
    Demo("cholpon", "Cholpon (compliance)", "kattap-pay", Seat.COMPLIANCE),
    Demo("damira", "Damira (sponsor)", "ala-too-demo-bank", Seat.SPONSOR),
    Demo("nazgul", "Nazgul (sponsor's compliance)", "ala-too-demo-bank", Seat.SPONSOR_COMPLIANCE),
    Demo("ermek", "Ermek (Committee)", "demo-central-bank", Seat.REGULATOR),
    Demo("feruza", "Feruza (Committee)", "demo-central-bank", Seat.REGULATOR),
    Demo("gulnara", "Gulnara (Committee)", "demo-central-bank", Seat.REGULATOR),
    Demo("zarina", "Zarina (appeals)", "demo-central-bank", Seat.REGULATOR),
    Demo("yryskeldi", "Yryskeldi (appeals)", "demo-central-bank", Seat.REGULATOR),
    Demo("meerim", "Meerim (intelligence)", "demo-intelligence", Seat.INTELLIGENCE),
    Demo("azamat", "Azamat (intelligence)", "demo-intelligence", Seat.INTELLIGENCE),
    Demo("saltanat", "Saltanat (market supervision)", "demo-market-supervision", Seat.REGULATOR),
    Demo("tynchtyk", "Tynchtyk (market supervision)", "demo-market-supervision", Seat.REGULATOR),
    Demo("jyldyz", "Jyldyz (auditor)", "demo-audit", Seat.AUDITOR),
    Demo("timur", "Timur (expert)", "demo-university", Seat.EXPERT),
    Demo("kanat", "Kanat (teacher)", "demo-university", Seat.TEACHER, course=True),
    Demo("sultan", "Sultan (teacher)", "demo-university", Seat.TEACHER),
    Demo("burul", "Burul (coordinator)", "demo-university", Seat.COORDINATOR),
    Demo("lira", "Lira (student)", "demo-university", Seat.STUDENT, course=True),
    Demo("marat", "Marat (student)", "demo-university", Seat.STUDENT, course=True),
    Demo("nurlan", "Nurlan (trainee)", "demo-police-academy", Seat.TRAINEE),
    Demo("olga", "Olga (trainer)", "demo-police-academy", Seat.TRAINER),
    Demo("operator", "Operator", "demo-university", Seat.OPERATOR),
)

DEPARTMENT: Final = DepartmentId("fintech")
DEPARTMENT_NAMES: Final[Mapping[str, str]] = {
    "ky": "Финансылык технологиялар кафедрасы",
    "ru": "Кафедра финансовых технологий",
    "en": "Department of Financial Technology",
}
TERM: Final = "2026/27-1"

AUTHORITIES: Final = (
    Authority(
        org=OrgId("demo-central-bank"),
        names={
            "ky": "Демо борбордук банк",
            "ru": "Демонстрационный центральный банк",
            "en": "Demo Central Bank",
        },
        kinds=("payments", "digital_som", "virtual_asset", "infrastructure"),
        assets=("SOM", "KGST"),
        rank=1,
        fallback=True,
        source="National Bank, special regulatory regime",
    ),
    Authority(
        org=OrgId("demo-market-supervision"),
        names={
            "ky": "Демо рынокту көзөмөлдөө кызматы",
            "ru": "Демонстрационная служба надзора за рынком",
            "en": "Demo Market Supervision",
        },
        kinds=("tokenisation",),
        assets=(),
        rank=2,
        fallback=False,
        source="Law on virtual assets of 21 January 2022, No 12, as amended in 2025",
    ),
)
"""Who is competent for what in the demo; how the law divides it is to be confirmed."""


def seed_demo(u: UnitOfWork, *, at: datetime) -> int:
    """Add what is missing; nothing that exists is changed.

    Args:
        u: a writing unit of work; the caller commits.
        at: now.

    Returns:
        How many records were added.
    """
    added = 0
    for org, name, kind in ORGANISATIONS:
        if u.organisations.find(org) is None:
            u.organisations.add(Organisation(OrgId(org), name, kind, at))
            added += 1
    for authority in AUTHORITIES:
        if u.authorities.find(authority.org) is None:
            u.authorities.add(authority)
            added += 1
    for demo in ACCOUNTS:
        if u.accounts.find(demo.name) is None:
            u.accounts.add(
                Account(
                    name=AccountName(demo.name),
                    display_name=demo.display,
                    person=PersonId(f"person-{demo.name}"),
                    org=OrgId(demo.org),
                    seats=(demo.seat,),
                    language="ky",
                    active=True,
                    created_at=at,
                )
            )
            added += 1
    seed_course(
        u,
        at,
        teachers=[each.name for each in ACCOUNTS if each.course and each.seat is Seat.TEACHER],
        students=[each.name for each in ACCOUNTS if each.course and each.seat is Seat.STUDENT],
    )
    give_course(u, DEMO_COURSE, OrgId("demo-university"))
    added += _seed_department(u, at)
    if added:
        u.audit.append(
            kind="demo.seeded", actor="system", subject="demo", data={"added": added}, at=at
        )
    return added


def _seed_department(u: UnitOfWork, at: datetime) -> int:
    """The department with its coordinator, and the course in it; how many were added."""
    if u.departments.find(DEPARTMENT) is not None:
        return 0
    add_department(u, DEPARTMENT, "demo-university", DEPARTMENT_NAMES, at=at)
    appoint_coordinator(u, DEPARTMENT, "burul", at=at)
    give_to_department(u, DEMO_COURSE, DEPARTMENT, TERM, at=at)
    return 1


def accounts_for_hub(u: UnitOfWork) -> list[dict[str, Any]]:
    """The list that the hub and ``make run`` read: name, seat, organisation, groups, display.

    Whoever signs in with a password of their own is not on it: the shared one is not theirs.
    """
    own = u.sign_ins.accounts()
    course = {each.name for each in ACCOUNTS if each.course}
    names: Mapping[str, str] = {each.id: each.name for each in u.organisations.all()}
    return [
        {
            "name": account.name,
            "seat": account.seats[0].value if account.seats else "",
            "organisation": names.get(account.org or "", ""),
            "groups": [*groups_of(account), *([COURSE_GROUP] if account.name in course else [])],
            "display": account.display_name,
        }
        for account in u.accounts.all()
        if account.active and account.name not in own
    ]


def main(settings: Settings) -> None:
    """Seed the store and write the hub's list of accounts.

    Args:
        settings: of this install.
    """
    store = Store(settings.database_url)
    with store.unit() as u:
        seed_demo(u, at=SystemClock().now())
        u.commit()
    with store.unit(read_only=True) as u:
        accounts = accounts_for_hub(u)
    store.close()
    path = settings.paths.accounts_file
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(accounts, ensure_ascii=False, indent=1), encoding="utf-8")
    fresh.chmod(0o640)
    fresh.replace(path)
