"""Certificates of a course: who has reached its rule, and what a certificate says.

Rules:

1. A student gets one when the feedback of every released assignment is released to them and their
   points together reach the pass mark, a percentage that the teacher gives.
2. One student has one certificate of a course at a time; another only after it was revoked.
3. What it says is what held when it was issued. Whether the holder's name stands in it or only a
   salted hash of it, the holder chooses each time they take it.
4. It is about a course with simulated money: no licence, no diploma; it says so itself.

>>> decide((Result("lira", 9.0, 12.0),), 75)[0].verdict.value
'gets'
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.badges import BADGE, CONTEXTS, identity_objects, issuer_of, moment
from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

WHOLE: Final = 100
LANGUAGES: Final = ("ky", "ru", "en")
_NEARLY: Final = 1e-9
"""Points are sums of decimals: 0.1 + 0.2 reaches 0.3."""
CRITERIA: Final[Mapping[str, str]] = {
    "ky": "Бардык тапшырмалар бааланды, упайлардын кеминде {mark} % топтолду. Натыйжалар:"
    " {outcomes}. Бул окуу курсу симуляцияланган акча менен өтөт: сертификат лицензия да, диплом"
    " да эмес.",
    "ru": "Все задания оценены, набрано не менее {mark} % баллов. Результаты: {outcomes}."
    " Это учебный курс с симулированными деньгами: сертификат не лицензия и не диплом.",
    "en": "Every assignment was marked, with at least {mark} % of the points. Outcomes: {outcomes}."
    " This is a course with simulated money: the certificate is neither a licence nor a diploma.",
}


class Verdict(StrEnum):
    """What issuing would do for a student."""

    GETS = "gets"
    HOLDS = "holds"
    UNMARKED = "unmarked"
    BELOW = "below"


@dataclass(frozen=True, slots=True)
class Result:
    """What a student has reached.

    Attributes:
        score: released points.
        points: the most there is in what was released to them.
        unmarked: assignments whose feedback is not released to them.
        holds: whether they have a certificate already.
    """

    student: AccountName
    score: float
    points: float
    unmarked: tuple[str, ...] = ()
    holds: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A student in the preview."""

    result: Result
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of a course.

    Attributes:
        titles: of the course, by language.
        outcomes: each by language.
        pass_mark: per cent.
        issuer: name of who gives it.
        salt: for hiding the name.
        list_number: of the list that tells whether it is revoked, from 1.
        list_place: its place there.
        revoked_reason: read by the holder and by the course's teachers.
    """

    id: str
    course: CourseName
    account: AccountName
    titles: Mapping[str, str]
    outcomes: tuple[Mapping[str, str], ...]
    pass_mark: int
    issuer: str
    salt: str
    list_number: int
    list_place: int
    issued_by: AccountName
    issued_at: datetime
    revoked_by: AccountName | None = None
    revoked_at: datetime | None = None
    revoked_reason: str = ""
    revision: int = 0


def pass_mark(text: str) -> int:
    """Read a pass mark.

    Raises:
        InvalidInput: ``certificate.bad_pass_mark``.
    """
    found = text.strip().removesuffix("%").strip()
    if not (found.isascii() and found.isdigit() and len(found) < 4 and 1 <= int(found) <= WHOLE):
        raise InvalidInput("certificate.bad_pass_mark")
    return int(found)


def decide(results: Iterable[Result], mark: int) -> tuple[Line, ...]:
    """Who gets a certificate, and why not.

    Args:
        results: of the course's students.
        mark: the pass mark, per cent.
    """
    return tuple(Line(each, _verdict(each, mark)) for each in results)


def _verdict(result: Result, mark: int) -> Verdict:
    if result.holds:
        return Verdict.HOLDS
    if result.unmarked or result.points <= 0:
        return Verdict.UNMARKED
    reached = result.score * WHOLE + _NEARLY >= mark * result.points
    return Verdict.GETS if reached else Verdict.BELOW


def list_address(public_url: str, number: int) -> str:
    """Where a list of revoked certificates is published."""
    return f"{public_url}/desk/public/certificate-lists/{number}.jwt"


def credential(
    found: Certificate, names: Sequence[str], *, hidden: bool, public_hex: str, public_url: str
) -> dict[str, Any]:
    """What a certificate says, as an Open Badges 3.0 credential.

    Args:
        found: the certificate.
        names: of its holder: as written, and in Latin letters if that was chosen.
        hidden: whether only salted hashes of them stand in it.
        public_hex: of the key that signs it.
        public_url: of the platform.
    """
    own, lists = uuid.UUID(found.id), list_address(public_url, found.list_number)
    name = " / ".join(found.titles[lang] for lang in LANGUAGES if lang in found.titles)
    return {
        "@context": list(CONTEXTS),
        "id": own.urn,
        "type": list(BADGE),
        "issuer": {
            "id": issuer_of(public_hex),
            "type": ["Profile"],
            "name": found.issuer,
            "url": public_url,
        },
        "validFrom": moment(found.issued_at),
        "name": name,
        "credentialSubject": {
            "id": uuid.uuid5(own, "holder").urn,
            "type": ["AchievementSubject"],
            "identifier": identity_objects(names, found.salt if hidden else ""),
            "achievement": {
                "id": uuid.uuid5(
                    uuid.NAMESPACE_URL, f"{public_url}/desk/courses/{found.course}"
                ).urn,
                "type": ["Achievement"],
                "achievementType": "Course",
                "name": name,
                "description": name,
                "criteria": {"narrative": criteria(found)},
            },
        },
        "credentialStatus": {
            "id": f"{lists}#{found.list_place}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(found.list_place),
            "statusListCredential": lists,
        },
    }


def criteria(found: Certificate) -> str:
    """What it took, one paragraph for each language."""
    return "\n\n".join(
        CRITERIA[lang].format(
            mark=found.pass_mark,
            outcomes="; ".join(each.get(lang, "") for each in found.outcomes) or "—",
        )
        for lang in LANGUAGES
    )
