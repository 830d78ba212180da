"""What the charts show: money in customers' hands, payments and their sizes, day by day.

Rules:

1. Figures are the watch's hourly sums, as far as it has looked; days are Bishkek days.
2. What was held at the end of a day is what is held now less what came and went since.
3. A sum over all permits is for those who see them all: it is kept as a sum, never added up. An
   authority that sees only its own gets the sum of its own permits, which the database adds up: it
   learns nothing of others'.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sandbox.domain.alerts.hours import ALWAYS, EVERYBODY, SIZES, Hour
from sandbox.domain.seats import Actor, Right, require
from sandbox.domain.sight import sight_of
from sandbox.kit.money import NO_LIMIT, Limit
from sandbox.locale.forms import ZONE
from sandbox.services.access import readable_permit
from sandbox.services.alert_watch import ASSETS
from sandbox.services.supervision import caps_in_force
from sandbox.store import UnitOfWork

DAYS: Final = 30
"""How many days a chart goes back."""


@dataclass(frozen=True)
class Day:
    """One day of one asset.

    Attributes:
        payments: made by customers.
        volume: minor units paid by customers.
        held: minor units in customers' hands at the end of the day; may be below zero when
            customers were registered after they had been paid.
    """

    day: date
    payments: int
    volume: int
    held: int


@dataclass(frozen=True)
class Chart:
    """What is drawn for one asset.

    Attributes:
        asset: which.
        chain: where.
        days: oldest first, each day of the period.
        sizes: payments of the period by class of amount (``hours.SIZES``).
        held: in customers' hands now.
        volume_limit: of any 24 hours; no limit for all permits together.
        held_limit: of money in customers' hands: the permit's, or the national cap.
    """

    asset: str
    chain: str
    days: tuple[Day, ...]
    sizes: tuple[int, ...]
    held: int
    volume_limit: Limit
    held_limit: Limit


def permit_charts(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> tuple[Chart, ...]:
    """The charts of one permit, one for each of its assets.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, _ = readable_permit(u, actor, number)
    hours = u.alert_watch.hours(permit.number, _begin(at))
    return tuple(
        _chart(hours, chain, at, asset.window_volume, asset.outstanding_cap)
        for asset in permit.terms.assets
        for chain, name in ASSETS.items()
        if name == asset.asset
    )


def national_charts(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[Chart, ...]:
    """The charts of all permits together, one for each asset, with the national caps.

    A reader who may not see every permit gets those of the own authority's permits together, with
    no cap, which is the nation's; none without an authority.

    Raises:
        NotAllowed: ``seat.right_missing``.
    """
    require(actor, Right.SEE_ALL_FILES)
    sight = sight_of(actor)
    if u.listing.sees_every(sight):
        hours, caps = u.alert_watch.hours(EVERYBODY, _begin(at)), caps_in_force(u, at)
    elif sight.authority and u.authorities.find(sight.authority):
        hours, caps = u.alert_watch.hours_of_authority(sight.authority, _begin(at)), {}
    else:
        return ()
    return tuple(
        _chart(hours, chain, at, NO_LIMIT, caps.get(asset, NO_LIMIT))
        for chain, asset in ASSETS.items()
    )


def _begin(at: datetime) -> datetime:
    first = at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return first - timedelta(days=DAYS - 1)


def _chart(
    hours: Iterable[Hour], chain: str, at: datetime, volume_limit: Limit, held_limit: Limit
) -> Chart:
    mine = [each for each in hours if each.chain == chain]
    held = sum(each.came - each.went for each in mine if each.hour == ALWAYS)
    recent = [each for each in mine if each.hour != ALWAYS]
    of_day: dict[date, list[Hour]] = {}
    for each in recent:
        of_day.setdefault(each.hour.astimezone(ZONE).date(), []).append(each)
    begin = _begin(at).date()
    days, after = [], held
    for back in range(DAYS - 1, -1, -1):
        day = begin + timedelta(days=back)
        own = of_day.get(day, [])
        payments, volume = sum(e.payments for e in own), sum(e.volume for e in own)
        days.append(Day(day, payments, volume, after))
        after -= sum(each.came - each.went for each in own)
    sizes = [sum(each.sizes[place] for each in recent) for place in range(len(SIZES) + 1)]
    return Chart(
        asset=ASSETS[chain],
        chain=chain,
        days=tuple(reversed(days)),
        sizes=tuple(sizes),
        held=held,
        volume_limit=volume_limit,
        held_limit=held_limit,
    )
