"""Rules about paths of payments: over middlemen, in circles, peeled, away from the frozen."""

from __future__ import annotations

import numpy as np

from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.facts import Array, Facts, compiled
from sandbox.forensics.rules.looks import MINUTE, Looks, only, percent
from sandbox.forensics.rules.pack import Rule

_SHELVES = 1 << 22


def scatter(facts: Facts, rule: Rule) -> Looks:
    """One source, one sink, several middlemen.

    Definition: a middleman gets a payment of ``floor`` or more from the source and pays to the
    sink, less than a window later, at least ``part`` of it and not more (``floor`` or more); the
    newest 8 receipts before a payment are looked at. Payments of ``n`` different middlemen or
    more reach the same sink from the same source within a window. The source is the account, the
    sink the other. Measured: how many middlemen.
    """
    large = (facts.events.other != 0) & (facts.events.amount >= facts.floor(rule))
    events, window = only(facts.events, large), rule["window"] * MINUTE
    none = np.zeros((0, 2), np.int64)
    count = facts.run(kernels.forwards, events, rule["part"], window, none)
    legs = np.zeros((count, 2), np.int64)
    facts.run(kernels.forwards, events, rule["part"], window, legs)
    came, went = legs[_often(events.other[legs[:, 0]], events.other[legs[:, 1]], rule["n"], legs)].T
    source, sink, middle = events.other[came], events.other[went], events.who[went]
    order = np.lexsort((events.row[went], sink, source))
    came, went, source, sink, middle = (each[order] for each in (came, went, source, sink, middle))
    begins = np.ones(len(source), bool)
    begins[1:] = (np.diff(source) != 0) | (np.diff(sink) != 0)
    pair = (np.cumsum(begins) - 1).astype(np.int32)
    first, found = compiled(
        kernels.distinct, pair, middle, events.when[went], window, len(facts.names)
    )
    met = np.flatnonzero(found >= rule["n"])
    return Looks(
        who=source[met],
        row=events.row[went[met]],
        value=found[met],
        first=2 * first[met],
        last=2 * met + 2,
        pool=np.stack([events.row[came], events.row[went]], axis=1).ravel(),
        figures={"middlemen": found[met]},
        other=sink[met],
    )


def _often(source: Array, sink: Array, least: int, legs: Array) -> Array:
    """Pairs that may have so many legs: what is left out by a rough count has fewer."""
    if not len(legs):
        return np.zeros(0, np.int64)
    shelf = (source.astype(np.int64) * 1_000_003 + sink) % _SHELVES
    found: Array = np.flatnonzero(np.bincount(shelf, minlength=_SHELVES)[shelf] >= least)
    return found


def circle(facts: Facts, rule: Rule) -> Looks:
    """Money that comes back.

    Definition: from a payment of ``floor`` or more one goes on to the payee's next payment,
    within the window from the first, of at least ``part`` of the first amount and not more than
    it: to one that pays the first payer if there is one, else to the earliest; the next 64
    payments are looked at. At most ``hops`` payments, the last of which pays the first payer. Met
    at the last. Measured: percent of the first amount that came back.
    """
    paid = only(facts.paid, facts.paid.amount >= facts.floor(rule))
    begin = np.searchsorted(paid.who, np.arange(len(facts.names) + 1))
    limits = rule["part"], rule["hops"], rule["window"] * MINUTE
    none = np.zeros((0, rule["hops"]), np.int64)
    starts = np.arange(len(paid.who))
    closed = facts.run(kernels.circles, paid, starts, begin, limits, none)
    starts = np.flatnonzero(closed >= 0)
    closed = closed[starts]
    steps = np.full((len(starts), rule["hops"]), -1, np.int64)
    facts.run(kernels.circles, paid, starts, begin, limits, steps)
    hops = (steps >= 0).sum(axis=1)
    last = np.cumsum(hops)
    return Looks(
        who=paid.who[starts],
        row=paid.row[closed],
        value=percent(paid.amount[closed], paid.amount[starts]),
        first=last - hops,
        last=last,
        pool=paid.row[steps[steps >= 0]],
        figures={"hops": hops, "came": paid.amount[closed], "left": paid.amount[starts]},
    )


def peel_chain(facts: Facts, rule: Rule) -> Looks:
    """Most of it goes on to a fresh account, again and again.

    Definition: a chain begins with a payment of ``floor`` or more to an account that had never
    moved anything. It goes on with the first payment of that account that is ``peel_least`` to
    ``peel_most`` percent less than what it got and goes to an account that had never moved
    anything (``floor`` or more). The chain has ``hops`` payments or more. Met at each from that
    number on; the account is the chain's first payer, the other is who got the last payment.
    Measured: how many payments.
    """
    rows = facts.payments[facts.amount[facts.payments] >= facts.floor(rule)]
    first = _first_movement(facts)
    ends, peel = (facts.payer, facts.payee), (rule["peel_least"], rule["peel_most"])
    length, before = facts.run(kernels.peels, ends, facts.amount, rows, first, peel)
    met = np.flatnonzero(length >= rule["hops"])
    listed: list[int] = []
    for row in np.setdiff1d(met, before).tolist():  # a chain never forks: each once, from its end
        chain = [row]
        while before[chain[-1]] >= 0:
            chain.append(int(before[chain[-1]]))
        listed += reversed(chain)
    pool = np.array(listed, np.int64)
    place = np.zeros(len(length), np.int64)
    place[pool] = np.arange(len(pool))
    sizes = length[met]
    first = place[met] - sizes + 1
    return Looks(
        who=facts.payer[pool[first]],
        row=met,
        value=sizes,
        first=first,
        last=first + sizes,
        pool=pool,
        figures={"hops": sizes},
        other=facts.payee[met],
    )


def _first_movement(facts: Facts) -> Array:
    """The row of each account's first movement; -1 for none."""
    events = facts.events
    first = np.full(len(facts.names), -1)
    begins = np.ones(len(events.who), bool)
    begins[1:] = np.diff(events.who) != 0
    first[events.who[begins]] = events.row[begins]
    return first


def stablecoin(facts: Facts, rule: Rule) -> list[Looks]:
    """Money near a frozen account; issued, bridged and cashed.

    Definition: either the account gets a payment that is at most ``hops`` payments away from an
    account tagged ``frozen``, each later than the one before (or pays such an account: 1 away);
    or it pays an account tagged ``cash_out`` less than a window after money was issued to it, and
    in between it paid an account tagged ``bridge``. Measured: 100 less 10 for each payment away;
    100.
    """
    frozen = facts.tagged("frozen")
    at_payee, at_payer = compiled(
        kernels.contacts, facts.payer, facts.payee, facts.payments, frozen, rule["hops"]
    )
    near = []
    for hop, who in ((at_payee, facts.payee), (at_payer, facts.payer)):
        rows = np.flatnonzero(hop)
        near.append((who[rows], rows, hop[rows]))
    who, row, hop = (np.concatenate(each) for each in zip(*near, strict=True))
    place = np.arange(len(row))
    touched = Looks(
        *(who, row, np.maximum(100 - 10 * hop, 0), place, place + 1, row),
        figures={"hops": hop},
    )
    return [touched, _cashed(facts, rule)]


def _cashed(facts: Facts, rule: Rule) -> Looks:
    events = facts.events
    kind = np.where(events.out & facts.tagged("bridge")[events.other], 2, 0)
    kind = np.where(~events.out & (events.other == 0), 1, kind)
    kind = np.where(events.out & facts.tagged("cash_out")[events.other], 3, kind)
    chosen = np.flatnonzero(kind)
    events = only(events, chosen)
    issued, bridged = compiled(
        kernels.cashed, events.who, kind[chosen], events.when, rule["window"] * MINUTE
    )
    at = np.flatnonzero(issued >= 0)
    pool = np.stack([events.row[issued[at]], events.row[bridged[at]], events.row[at]], axis=1)
    place = np.arange(len(at))
    return Looks(
        who=events.who[at],
        row=events.row[at],
        value=np.full(len(at), 100),
        first=3 * place,
        last=3 * place + 3,
        pool=pool.ravel(),
        figures={"came": events.amount[issued[at]], "left": events.amount[at]},
    )
