"""Rules about how money comes to an account and leaves it."""

from __future__ import annotations

import numpy as np
import polars as pl

from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.facts import NEVER, Array, Facts
from sandbox.forensics.rules.looks import DAY, MINUTE, Looks, counted, looks, only, percent
from sandbox.forensics.rules.pack import Rule
from sandbox.forensics.rules.tables import seconds


def silence(facts: Facts, rule: Rule) -> Looks:
    """Regular payments, then none.

    Definition: the pauses between ``n`` payments of an account in a row are each shorter than
    ``idle``, and their standard deviation is less than ``variation`` percent of their mean (which
    is not 0); then the account pays nothing for ``idle``. Met at the first row of the ledger
    from then on. Measured: days of the silence by then.
    """
    paid, n, idle = facts.paid, rule["n"], rule["idle"] * DAY
    if len(paid.who) < n:
        return _none()
    same = paid.who[1:] == paid.who[:-1]
    pause = np.where(same, paid.when[1:] - paid.when[:-1], idle)
    joined = pause < idle
    pauses = np.where(joined, pause, 0)
    breaks = np.concatenate([[0], np.cumsum(~joined)])
    sums = np.concatenate([[0], np.cumsum(pauses)])
    squares = np.concatenate([[0], np.cumsum(pauses * pauses)])  # may wrap; differences do not
    end = np.arange(n - 1, len(paid.who))
    start = end - n + 1
    unbroken = breaks[end] == breaks[start]
    last = np.concatenate([~joined, [True]])[end]
    until = paid.when[end] + idle
    seen = np.searchsorted(facts.when, until)
    chosen = unbroken & last & (seen < len(facts.when))
    end, start, seen = end[chosen], start[chosen], seen[chosen]
    total = (sums[end] - sums[start]).astype(object)
    square = (squares[end] - squares[start]).astype(object)
    spread = 10_000 * ((n - 1) * square - total * total)
    regular = ((total > 0) & (spread < rule["variation"] ** 2 * total * total)).astype(bool)
    end, start, seen = end[regular], start[regular], seen[regular]
    return Looks(
        who=paid.who[end],
        row=seen,
        value=(facts.when[seen] - paid.when[end]) // DAY,
        first=start,
        last=end + 1,
        pool=paid.row,
        figures={"payments": np.full(len(end), n), "mean_pause": total[regular] // (n - 1)},
    )


def surge(facts: Facts, rule: Rule) -> Looks:
    """Much money on an account that is new or woke.

    Definition: a stretch begins with the first movement of an account that held nothing when the
    ledger began, and with each movement after a pause of more than ``idle``; it lasts ``age``. What
    came to the account in it exceeds what came in ``quantile`` percent of all stretches to which
    anything came (nearest rank). Measured: percent of that.
    """
    events = facts.events
    known = np.zeros(len(facts.names), bool)
    known[: len(facts.ledger.opening)] = facts.ledger.opening > 0
    begin, came, whole = facts.run(
        kernels.stretches, events, known, rule["age"] * DAY, rule["idle"] * DAY
    )
    peers = np.sort(whole[whole > 0])
    if not len(peers):
        return _none()
    limit = peers[-(-rule["quantile"] * len(peers) // 100) - 1]
    met = (begin >= 0) & ~events.out & (came > limit)
    value = percent(came, np.full(len(came), limit, came.dtype))
    return looks(events, met, value, np.maximum(begin, 0), came=came)


def withdrawal(facts: Facts, rule: Rule) -> Looks:
    """What came goes at once.

    Definition: of a receipt of ``floor`` or more, ``part`` or more had left the account again
    within the window, without a conversion by the account in between (where the table
    ``conversions`` is given). Met at the payment by which it had left. Measured: percent of the
    receipt that had left then.
    """
    events = facts.events
    until, left = facts.run(
        kernels.withdrawn, events, facts.floor(rule), rule["part"], rule["window"] * MINUTE
    )
    met = until >= 0
    if "conversions" in facts.tables:
        met &= ~_converted(facts, events.who, events.when, events.when[np.maximum(until, 0)])
    at = np.flatnonzero(met)
    end = until[at]
    return Looks(
        who=events.who[at],
        row=events.row[end],
        value=percent(left[at], events.amount[at]),
        first=at,
        last=end + 1,
        pool=events.row,
        figures={"came": events.amount[at], "left": left[at]},
    )


def emptying(facts: Facts, rule: Rule) -> Looks:
    """A new customer's large first money goes at once.

    Definition: within a window from a customer's first movement more than ``multiple`` times the
    declared income of a month came, and within two windows from it ``part`` or more of that has
    left. Measured: percent of the income that came.
    """
    customers = facts.tables["customers"].drop_nulls("declared")
    who = facts.numbers(customers["account"])
    declared = np.full(len(facts.names), -1, object)
    declared[who] = np.array([int(each) for each in customers["declared"].to_list()], object)
    most = np.where(declared >= 0, rule["multiple"] * declared // facts.common, -1)
    if facts.amount.dtype != object:
        most = np.minimum(most, NEVER).astype(np.int64)
    events = facts.events
    begin, came, left = facts.run(
        kernels.emptied, events, most, rule["part"], rule["window"] * MINUTE
    )
    at = np.flatnonzero(begin >= 0)
    value = np.zeros(len(begin), np.int64)
    value[at] = percent(came[at].astype(object) * facts.common, declared[events.who[at]])
    return looks(events, begin >= 0, value, begin, came=came, left=left)


def transit(facts: Facts, rule: Rule) -> Looks:
    """About as much leaves as came, again and again.

    Definition: a cycle is a payment of ``floor`` or more and the account's newest receipt of
    ``floor`` or more, less than ``dwell`` before it, that differs from it by at most ``tolerance``
    percent of itself and belongs to no earlier cycle; the newest 64 receipts are looked at. There
    are ``cycles`` within the window (by their payments). Measured: how many.
    """
    large = (facts.events.other != 0) & (facts.events.amount >= facts.floor(rule))
    events = only(facts.events, large)
    source = facts.run(kernels.passed_on, events, rule["tolerance"], rule["dwell"] * MINUTE)
    at = np.flatnonzero(source >= 0)
    cycles = only(events, at)
    first, total = facts.run(
        kernels.windows, cycles.who, cycles.when, cycles.amount, rule["window"] * MINUTE
    )
    count = counted(first)
    met = np.flatnonzero(count >= rule["cycles"])
    return Looks(
        who=cycles.who[met],
        row=cycles.row[met],
        value=count[met],
        first=2 * first[met],
        last=2 * met + 2,
        pool=np.stack([events.row[source[at]], cycles.row], axis=1).ravel(),
        figures={"cycles": count[met], "total": total[met]},
    )


def _converted(facts: Facts, who: Array, since: Array, until: Array) -> Array:
    """Whether the account converted anything from one moment to the other, both included."""
    table = facts.tables["conversions"]
    number = facts.numbers(table["account"])
    moments = seconds(table["time"])
    order = np.lexsort((moments, number))
    keys = pl.DataFrame({"who": number[order], "when": moments[order]})
    asked = pl.DataFrame({"who": who.astype(np.int64), "since": since, "until": until})
    found = (
        asked.with_row_index("entry")
        .sort("since", maintain_order=True)
        .join_asof(
            keys.sort("when"),
            left_on="since",
            right_on="when",
            by="who",
            strategy="forward",
            check_sortedness=False,
        )
        .sort("entry")
    )
    hit: Array = (found["when"] <= found["until"]).fill_null(value=False).to_numpy()
    return hit


def _none() -> Looks:
    nothing = np.zeros(0, np.int64)
    return Looks(nothing, nothing, nothing, nothing, nothing, nothing)
