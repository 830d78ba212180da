"""Who stands behind addresses: proposals of heuristics, and the trainee's own groups (lab P5).

Rules:

1. Proposals are made from what may be seen and from what the trainee calls a service; tags count,
   unless the trainee says otherwise of an address. No page says which of them are right.
2. A group is a label that several addresses bear, each with a probability. Accepting a link puts
   both ends under one label; joining two groups gives one the other's label; a group is split by
   giving some of its addresses another label.
3. The groups are the part ``attribution`` of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.domain.investigations import Draft
from sandbox.forensics import published
from sandbox.forensics.clusters.clustering import cluster
from sandbox.forensics.ledger import PLACE
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.services import investigation_views, investigation_work
from sandbox.services.investigations import Held

LONGEST: Final = 80
"""Characters of a label."""
MOST: Final = 500
"""Addresses with a label."""
_SURE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two addresses that may be one owner's.

    Attributes:
        heuristic: as answers name it.
        via: by way of which address.
        error: how many of a thousand such links are wrong; None: not measured.
        places: block and transaction of the rows that are the evidence.
    """

    account: str
    other: str
    heuristic: str
    via: str
    error: int | None
    places: tuple[tuple[int, int], ...]


def proposals(held: Held, around: str = "") -> tuple[Proposal, ...]:
    """What heuristics propose in KGST, in the order in which they are joined.

    Args:
        held: the case.
        around: an address in lower case that each has to touch; empty: all.
    """
    ledger = held.public.ledger("kgst")
    services = investigation_views.services_of(held, tags=True)
    found = cluster(ledger, services)
    places = list(ledger.places.select(PLACE[:2]).iter_rows())
    level = held.investigation.difficulty
    rates = {
        name: published.error_permille(name, level)
        for name in found.links["heuristic"].unique().to_list()
    }
    rows = (
        Proposal(
            account=each["account"],
            other=each["other"],
            heuristic=each["heuristic"],
            via=each["via"],
            error=rates[each["heuristic"]],
            places=tuple(places[row] for row in each["rows"]),
        )
        for each in found.links.iter_rows(named=True)
    )
    return tuple(
        each for each in rows if not around or around in {each.account, each.other, each.via}
    )


def claims_of(draft: Draft) -> list[dict[str, Any]]:
    """The addresses with a label."""
    return list(draft.more.get("attribution", ()))


def labelled(held: Held, address: str, label: str, permille: str) -> Draft:
    """With an address under a label; an empty label takes it away.

    Raises:
        InvalidInput: ``investigation.address``, ``investigation.label``,
            ``investigation.permille``, ``investigation.labels_many``.
    """
    name = investigation_work.known(held, address)
    rest = [each for each in claims_of(held.case.draft) if each["address"] != name]
    if not label.strip():
        return _with(held.case.draft, rest)
    own = {"address": name, "label": _label(label), "permille": _permille(permille)}
    return _with(held.case.draft, [*rest, own])


def accepted(held: Held, account: str, other: str, permille: str) -> Draft:
    """With both ends of a link under one label: that of the first, of the second, or a new one.

    Where both have one already, the second's group gets the first's label.

    Raises:
        InvalidInput: as `labelled`.
    """
    ends = [investigation_work.known(held, each) for each in (account, other)]
    draft, sure = held.case.draft, _permille(permille)
    claims = {each["address"]: each for each in claims_of(draft)}
    first, second = (claims.get(each, {}).get("label", "") for each in ends)
    label = first or second or _fresh(draft)
    if first and second:
        claims = {
            name: each | {"label": first} if each["label"] == second else each
            for name, each in claims.items()
        }
    for name in ends:
        claims.setdefault(name, {"address": name, "label": label, "permille": sure})
    return _with(draft, list(claims.values()))


def renamed(held: Held, label: str, to: str) -> Draft:
    """With a group under another label; where that is a group's, both are one then.

    Raises:
        InvalidInput: ``investigation.label``.
    """
    fresh = _label(to)
    claims = claims_of(held.case.draft)
    if label not in {each["label"] for each in claims}:
        raise InvalidInput("investigation.label", most=LONGEST)
    return _with(
        held.case.draft,
        [each | {"label": fresh} if each["label"] == label else each for each in claims],
    )


def _with(draft: Draft, claims: list[dict[str, Any]]) -> Draft:
    if len(claims) > MOST:
        raise InvalidInput("investigation.labels_many", most=MOST)
    rest = {name: each for name, each in draft.more.items() if name != "attribution"}
    ordered = sorted(claims, key=lambda each: (each["label"].casefold(), each["address"]))
    return replace(draft, more={**rest, "attribution": ordered} if ordered else rest)


def _fresh(draft: Draft) -> str:
    """A label that no group has."""
    known = {each["label"] for each in claims_of(draft)}
    return next(name for number in range(1, MOST + 2) if (name := f"#{number}") not in known)


def _label(text: str) -> str:
    found = " ".join(text.split())
    if not 1 <= len(found) <= LONGEST:
        raise InvalidInput("investigation.label", most=LONGEST)
    return found


def _permille(text: str) -> int:
    said = text.strip()
    if not is_digits(said) or len(said) > len(str(_SURE)) or int(said) > _SURE:
        raise InvalidInput("investigation.permille", value=text[:20])
    return int(said)
