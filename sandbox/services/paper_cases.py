"""Cases decided on paper: entered by a regulator, with scans, for the authorities' eyes.

Rules:

1. For whoever is of no authority there are no paper cases: not found.
2. Regulators enter, auditors read. A paper is its authority's: another may have the same number,
   and neither learns of it.
3. Scans are looked into as documents are (``document_content``) and lie beside the store by hash.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from sandbox.domain.application import NAME_LENGTH, plain_text
from sandbox.domain.calendar import day_of
from sandbox.domain.documents import LARGEST_FILE, MEGABYTE, safe_name
from sandbox.domain.paper_cases import MOST_SCANS, Outcome, PaperCase, Scan, paper_day
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs, Incoming

_CASE: Final = re.compile(r"P-[0-9]{4}-[0-9]{4,10}")


@dataclass(frozen=True)
class EnterPaperCase:
    """Enter a paper; ``fields``: number, dated, title, applicant, sponsor, outcome, summary."""

    fields: Mapping[str, str]
    key: str | None = None


@dataclass(frozen=True)
class PaperCaseView:
    """A case with its scans. ``writes``: this reader may add scans."""

    case: PaperCase
    scans: tuple[Scan, ...]
    writes: bool


def scans_of(folder: Path, case: str) -> Blobs:
    """Where a case's scans lie.

    Raises:
        NotFound: ``paper.not_found`` for what is no id of a case.
    """
    if not _CASE.fullmatch(case):
        raise NotFound("paper.not_found")
    return Blobs(folder / "papers" / case)


def list_paper_cases(u: UnitOfWork, actor: Actor) -> tuple[PaperCase, ...]:
    """Every paper case, the newest paper first.

    Raises:
        NotFound: ``web.not_found``.
    """
    _require(actor, Right.SEE_ALL_FILES)
    return tuple(each for each in u.paper_cases.newest() if _theirs(actor, each))


def may_enter(actor: Actor) -> bool:
    """Whether this reader may enter papers."""
    return Right.REVIEW in rights_of(actor.seats) and actor.channel is Channel.BROWSER


def paper_case(u: UnitOfWork, actor: Actor, case_id: str) -> PaperCaseView:
    """One case.

    Raises:
        NotFound: ``web.not_found``, ``paper.not_found``.
    """
    _require(actor, Right.SEE_ALL_FILES)
    found = u.paper_cases.find(case_id[:20])
    if found is None or not _theirs(actor, found):
        raise NotFound("paper.not_found")
    return PaperCaseView(found, u.paper_scans.of_case(found.id), may_enter(actor))


def enter_paper_case(
    u: UnitOfWork, actor: Actor, command: EnterPaperCase, *, at: datetime
) -> PaperCase:
    """Enter a paper.

    Raises:
        NotFound: ``web.not_found``.
        InvalidInput: ``paper.day``, ``paper.outcome``, ``text.*``.
        Conflict: ``paper.number_taken``.
    """
    _require_writer(actor)
    done = earlier(u, actor, "enter_paper_case", command.key)
    if done is not None:
        return u.paper_cases.get(done)
    fields = {**dict.fromkeys(("sponsor", "summary"), ""), **command.fields}
    names = {
        name: plain_text(name, fields.get(name, ""), limit=NAME_LENGTH, name=True)
        for name in ("number", "title", "applicant", "sponsor")
    }
    for name in ("number", "title", "applicant"):
        needed_text(name, names[name])
    assert actor.org is not None
    if u.paper_cases.of_number(actor.org, names["number"]):
        raise Conflict("paper.number_taken", number=names["number"])
    case = PaperCase(
        authority=actor.org,
        id=f"P-{at.year}-{u.counters.next(f'paper:{at.year}'):04d}",
        dated=paper_day(fields.get("dated", ""), today=day_of(at)),
        outcome=_outcome(fields.get("outcome", "")),
        summary=plain_text("summary", fields["summary"], limit=20_000),
        by=actor.account,
        at=at,
        **names,
    )
    u.paper_cases.add(case)
    _log(u, actor, case.id, {"number": case.number, "outcome": case.outcome.value}, at)
    remember(u, actor, "enter_paper_case", command.key, case.id, at=at)
    return case


def add_scan(  # noqa: PLR0913 - what, of which case, by whom, when
    u: UnitOfWork,
    actor: Actor,
    case_id: str,
    name: str,
    fresh: Incoming,
    *,
    media: str,
    blobs: Blobs,
    at: datetime,
) -> Scan:
    """Add a scan to a case; ``media`` as ``documents.media_inside`` found it before.

    Raises:
        NotFound: ``web.not_found``, ``paper.not_found``.
        InvalidInput: ``document.*``.
        Conflict: ``document.same``.
    """
    _require_writer(actor)
    case = u.paper_cases.find(case_id[:20], lock=True)
    if case is None or not _theirs(actor, case):
        raise NotFound("paper.not_found")
    tidy, held = safe_name(name), u.paper_scans.of_case(case.id)
    blobs.keep_only({each.sha256 for each in held})
    if fresh.size == 0:
        raise InvalidInput("document.empty")
    if len(held) >= MOST_SCANS:
        raise InvalidInput("document.too_many", limit=MOST_SCANS)
    if sum(each.size for each in held) + fresh.size > LARGEST_FILE:
        raise InvalidInput("document.file_full", limit=LARGEST_FILE // MEGABYTE)
    if any(each.sha256 == fresh.sha256 for each in held):
        raise Conflict("document.same", name=tidy)
    scan = Scan(
        id=uuid.uuid4().hex,
        case=case.id,
        name=tidy,
        media=media,
        size=fresh.size,
        sha256=fresh.keep(),
        by=actor.account,
        at=at,
    )
    u.paper_scans.add(scan)
    _log(u, actor, case.id, {"scan": scan.id, "sha256": scan.sha256}, at)
    return scan


def open_scan(
    u: UnitOfWork, actor: Actor, case_id: str, scan_id: str, *, blobs: Blobs
) -> tuple[Scan, BinaryIO]:
    """A scan with its bytes, checked.

    Raises:
        NotFound: ``web.not_found``, ``paper.not_found``.
    """
    found = paper_case(u, actor, case_id).scans
    scan = next((each for each in found if each.id == scan_id), None)
    if scan is None:
        raise NotFound("paper.not_found")
    return scan, blobs.open(scan.sha256)


def _theirs(actor: Actor, case: PaperCase) -> bool:
    """Whether a case is the reader's own authority's."""
    every = Right.SEE_EVERY_AUTHORITY in rights_of(actor.seats)
    return every or (case.authority is not None and case.authority == actor.org)


def _require(actor: Actor, right: Right) -> None:
    if right not in rights_of(actor.seats):
        raise NotFound("web.not_found")


def _require_writer(actor: Actor) -> None:
    if not may_enter(actor):
        raise NotFound("web.not_found")


def _outcome(text: str) -> Outcome:
    try:
        return Outcome(text)
    except ValueError as error:
        raise InvalidInput("paper.outcome") from error


def _log(u: UnitOfWork, actor: Actor, case: str, data: Mapping[str, str], at: datetime) -> None:
    u.audit.append(
        kind="authority.paper", actor=actor.account, subject=case, data=dict(data), at=at
    )
