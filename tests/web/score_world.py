"""Answers to cases, handed in and reckoned, and two teachers, for tests of scores on pages.

A case takes seconds to plan; here its answer and marks are put into the store as they are kept.
``answered`` goes the whole way by the pages.
"""

from __future__ import annotations

import re
import uuid
from fractions import Fraction
from typing import Any

from sandbox.domain.investigations import CaseFile, Draft, SentAnswer
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.forensics.scoring import Mark, Marks, Rubric, steps
from sandbox.forensics.scoring.rubric import PARTS
from sandbox.kit.ids import AccountName
from sandbox.services import investigation_scores
from sandbox.services.classroom_people import seed_course
from sandbox.services.investigation_scores import Score
from sandbox.services.investigation_work import digest
from sandbox.store.investigation_tables import CaseFiles, SentAnswers
from tests.web.course_world import enter
from tests.web.investigation_world import opened, started, worked_on
from tests.web.lesson_world import school
from tests.web.world import World, done

REPORT = {
    "text.summary": "Акча үч капчык аркылуу биржага кеткен.",
    "text.conclusion": "The thieves used three wallets; who they are is not shown.",
    "rate.deposit": "4,5",
    "rate.peel": "12",
    "limit.policy": "yes",
    "limit.services": "yes",
    "limit.tags": "yes",
}
MORE = {
    "texts": {"summary": REPORT["text.summary"], "conclusion": REPORT["text.conclusion"]},
    "method": {
        "heuristics": [{"name": "deposit", "error_permille": 45}],
        "limits": ["policy", "services", "tags"],
    },
}
FULL = {f"step.clarity.{name}": "2" for name in steps.STEPS["clarity"]}
HALF = {f"step.clarity.{name}": "1" for name in steps.STEPS["clarity"]}
AS_IS = {"as_is.method": "yes"}


def two_teachers(desk: World) -> None:
    """Kanat and Olga teach, Lira and Asan learn."""
    school(desk, "asan")
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        u.accounts.add(Account("olga", "Olga", "p-olga", None, (Seat.TEACHER,), "en", True, at))
        seed_course(u, at, teachers=["olga"], students=[])
        u.commit()


def answered(desk: World, place: str, who: str = "lira") -> str:
    """A trainee hands in a case with a report; the address of its cover."""
    cover = started(desk, place, who)
    worked_on(desk, cover, who)
    done(desk.browser(who).post(f"{cover}/report", REPORT))
    done(desk.browser(who).post(f"{cover}/hand-in"))
    return cover


def investigation(desk: World, *, attempts: int = 3) -> str:
    """An investigation that is open; the address of its page."""
    return opened(desk, attempts=attempts)


def reckoned(share: Fraction = Fraction(1, 2)) -> dict[str, Any]:
    """Marks of a machine: each of its parts has one share."""
    rubric = Rubric.shipped("P3")
    parts = tuple(
        Mark(part, PARTS[part], None if part == "clarity" else share, rubric.scaled(part), points)
        for part, points in rubric.points.items()
    )
    return Marks(rubric, "fifo", parts).as_data()


def kept_answer(
    desk: World,
    place: str,
    who: str = "lira",
    attempt: int = 1,
    share: Fraction = Fraction(1, 2),
    *,
    like: str = "",
) -> str:
    """An answer that was handed in and reckoned; the address of its case.

    ``like``: a case whose files it shares; without one it has none, and only scores are shown.
    """
    at, case = desk.clock.now(), uuid.uuid4().hex
    said = Draft(policy="fifo", opinions={f"0x{'1' * 40}": "thieves"}, more=MORE).as_answer()
    with desk.parts.store.unit() as u:
        other = CaseFiles(u.session).get(like) if like else None
        CaseFiles(u.session).add(
            CaseFile(
                id=case,
                investigation=place.rpartition("/")[2],
                trainee=AccountName(who),
                attempt=attempt,
                seal="5e" * 32,
                public=other.public if other else "00" * 32,
                sealed=other.sealed if other else "11" * 32,
                started_at=at,
                draft=Draft(),
                handed_in_at=at,
            )
        )
        marks = reckoned(share)
        SentAnswers(u.session).add(SentAnswer(case, at, digest(said), said, marks, at))
        u.commit()
    return f"{place}/cases/{case}"


def one_answer(desk: World) -> str:
    """A course in which Lira has handed in a case; the address of the case."""
    two_teachers(desk)
    return kept_answer(desk, investigation(desk))


def score(desk: World, cover: str, who: str = "kanat") -> Score:
    """A score as it stands."""
    place, _, case = cover.partition("/cases/")
    investigation = place.rpartition("/")[2]
    read = lambda room: investigation_scores.score_of(room, investigation, case)  # noqa: E731
    found: Score = enter(desk, who, read)
    return found


def marking_of(desk: World, cover: str) -> str:
    """The address of an answer's marking."""
    return f"{cover.partition('/cases/')[0]}/marking/{score(desk, cover).code}"


def marked(desk: World, cover: str, who: str = "kanat", **more: str) -> str:
    """Somebody marks an answer; where the page leads."""
    seen = {"seen": str(len(score(desk, cover).opinions)), "then": "stay", "comment": "Ачык."}
    return done(desk.browser(who).post(marking_of(desk, cover), FULL | AS_IS | seen | more))


def signed(desk: World, cover: str, who: str = "kanat", **more: str) -> Any:
    """Somebody signs what the page shows; the answer of the desk."""
    return desk.browser(who).sign(f"{cover}/score", f"{cover}/score", more)


def code_of(answer: Any) -> list[str]:
    """The codes of errors that a page shows."""
    found = r"score\.\w+|scoring\.\w+|classroom\.\w+|act\.\w+|seat\.\w+|investigation\.\w+"
    return list(dict.fromkeys(re.findall(found, answer.text)))
