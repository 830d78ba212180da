"""Rules that count or add up what an account did within a window.

Each definition is met at a row, over the account's rows in (t - window, t] up to that one.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sandbox.forensics.rules import kernels
from sandbox.forensics.rules.facts import Array, Facts, compiled
from sandbox.forensics.rules.kernels import Events
from sandbox.forensics.rules.looks import DAY, MINUTE, Looks, counted, looks, only, percent
from sandbox.forensics.rules.pack import Rule
from sandbox.forensics.rules.tables import seconds


def structuring(facts: Facts, rule: Rule) -> Looks:
    """Payments just below a threshold.

    Definition: the payer made ``n`` payments or more below the threshold and at most ``margin``
    below it, which together reach ``multiple`` thresholds. Measured: how many.
    """
    low = facts.least(-(-facts.threshold * (100 - rule["margin"]) // 100))
    amount = facts.paid.amount
    events = only(facts.paid, (low <= amount) & (amount < facts.least(facts.threshold)))
    first, total = _sums(facts, events, rule)
    count = counted(first)
    enough = total >= facts.least(rule["multiple"] * facts.threshold)
    return looks(events, (count >= rule["n"]) & enough, count, first, payments=count, total=total)


def burst(facts: Facts, rule: Rule) -> Looks:
    """Many high payments.

    Definition: the payer made ``n`` payments or more of ``multiple`` thresholds or more each.
    Measured: how many.
    """
    large = facts.paid.amount >= facts.least(rule["multiple"] * facts.threshold)
    events = only(facts.paid, large)
    first, total = _sums(facts, events, rule)
    count = counted(first)
    return looks(events, count >= rule["n"], count, first, payments=count, total=total)


def fan_in(facts: Facts, rule: Rule) -> Looks:
    """Receipts from many.

    Definition: the account got ``floor`` or more in one payment from each of ``n`` different
    accounts or more. Measured: how many accounts.
    """
    return _parties(facts, only(facts.received, facts.received.amount >= facts.floor(rule)), rule)


def fan_out(facts: Facts, rule: Rule) -> Looks:
    """Payments to many.

    Definition: the account paid ``floor`` or more in one payment to each of ``n`` different
    accounts or more. Measured: how many accounts.
    """
    return _parties(facts, only(facts.paid, facts.paid.amount >= facts.floor(rule)), rule)


def bridges(facts: Facts, rule: Rule) -> Looks:
    """Payments to several bridges.

    Definition: the account paid to ``n`` different bridges or more. Measured: how many.
    """
    return _parties(facts, only(facts.paid, facts.tagged("bridge")[facts.paid.other]), rule)


def profile(facts: Facts, rule: Rule) -> Looks:
    """Receipts beyond what a customer declared.

    Definition: a customer got more than ``multiple`` times the declared income of a month; where
    the customer is younger than ``young`` or at least ``old``, more than ``multiple_risk`` times.
    Measured: percent of the income.
    """
    customers = facts.tables["customers"].drop_nulls("declared")
    known = np.full(len(facts.names), -1, object)
    risk = np.zeros(len(facts.names), bool)
    who = facts.numbers(customers["account"])
    known[who] = np.array([int(each) for each in customers["declared"].to_list()], object)
    age = customers["age"]
    risk[who] = ((age < rule["young"]) | (age >= rule["old"])).fill_null(value=False).to_numpy()
    declared = known[facts.received.who]
    events = only(facts.received, declared >= 0)
    declared = known[events.who]
    first, total = _sums(facts, events, rule)
    times = np.where(risk[events.who], rule["multiple_risk"], rule["multiple"]).astype(object)
    came = total.astype(object) * facts.common
    met = (came > times * declared).astype(bool)
    value = percent(came, declared)
    return looks(events, met, value, first, payments=counted(first), total=total)


def victim(facts: Facts, rule: Rule) -> Looks:
    """Payments as victims of scams make them.

    Definition: a customer of at least ``old``, or whose account was opened less than ``new`` ago,
    pays, and of these at least ``points`` hold: the first payment to that payee lies within the
    window; this one is of ``multiple`` thresholds or more; it is not the first to that payee
    within the window. Measured: how many hold.
    """
    customers = facts.tables["customers"]
    old, since = np.zeros(len(facts.names), bool), np.full(len(facts.names), -(2**60))
    who = facts.numbers(customers["account"])
    old[who] = (customers["age"] >= rule["old"]).fill_null(value=False).to_numpy()
    opened = customers.select("account", "opened").drop_nulls("opened")
    since[facts.numbers(opened["account"])] = seconds(opened["opened"])
    paid = facts.paid
    new = paid.when - since[paid.who] < rule["new"] * DAY
    events = only(paid, old[paid.who] | new)
    order = np.lexsort((events.row, events.other, events.who))
    events = only(events, order)
    begins = np.ones(len(events.who), bool)
    begins[1:] = (np.diff(events.who) != 0) | (np.diff(events.other) != 0)
    pair = (np.cumsum(begins) - 1).astype(np.int32)
    first, total = facts.run(
        kernels.windows, pair, events.when, events.amount, rule["window"] * MINUTE
    )
    began = events.when[begins][pair] if len(pair) else events.when
    count = counted(first)
    held = [
        events.when - began < rule["window"] * MINUTE,
        events.amount >= facts.least(rule["multiple"] * facts.threshold),
        count >= 2,
    ]
    points = np.sum([each.astype(np.int64) for each in held], axis=0)
    return looks(events, points >= rule["points"], points, first, payments=count, total=total)


def cash_out(facts: Facts, rule: Rule) -> Looks:
    """Money of unhosted wallets, turned into cash.

    Definition: the account pays ``floor`` or more to an account tagged ``cash_out``, and ``part``
    or more of what it got came from accounts without any tag. Measured: that part, percent.
    """
    tagged = np.zeros(len(facts.names), bool)
    tagged[facts.numbers(facts.tables["tags"]["account"])] = True
    events = only(facts.events, facts.events.other != 0)
    nothing = events.amount - events.amount
    came = np.where(events.out, nothing, events.amount)
    unhosted = np.where(tagged[events.other], nothing, came)
    first, total = _sums(facts, events._replace(amount=came), rule)
    _, free = _sums(facts, events._replace(amount=unhosted), rule)
    out = events.out & facts.tagged("cash_out")[events.other]
    met = out & (events.amount >= facts.floor(rule)) & (total > 0)
    value = percent(free, total)
    met &= 100 * free >= rule["part"] * total
    return looks(events, met, value, first, came=total, left=events.amount)


def geography(facts: Facts, rule: Rule) -> Looks:
    """Payments with providers where the travel rule is weak.

    Definition: the account paid to, or got from, accounts tagged ``weak_travel_rule`` or
    ``no_travel_rule`` at least ``floor`` together. Measured: 2 where one was of the second kind,
    else 1.
    """
    weak, none = facts.tagged("weak_travel_rule"), facts.tagged("no_travel_rule")
    far = weak | none
    events = only(facts.events, far[facts.events.other] & ~far[facts.events.who])
    first, total = _sums(facts, events, rule)
    grave = events._replace(amount=none[events.other].astype(np.int64))
    _, worst = compiled(
        kernels.windows, grave.who, grave.when, grave.amount, rule["window"] * MINUTE
    )
    value = np.where(worst > 0, 2, 1)
    met = total >= facts.floor(rule)
    return looks(events, met, value, first, payments=counted(first), total=total)


def self_trade(facts: Facts, rule: Rule) -> Looks:
    """Payments within one cluster.

    Definition: the account pays an account of its own cluster, for at least the ``n``-th time,
    and such payments are ``part`` or more of all that it paid. Measured: that part, percent.
    """
    clusters = facts.tables["clusters"]
    cluster = np.full(len(facts.names), -1)
    codes = clusters["cluster"].rank("dense").cast(pl.Int64).to_numpy()
    cluster[facts.numbers(clusters["account"])] = codes
    paid = facts.paid
    own = (cluster[paid.who] >= 0) & (cluster[paid.who] == cluster[paid.other])
    first, total = _sums(facts, paid, rule)
    _, inside = _sums(facts, paid._replace(amount=np.where(own, paid.amount, 0)), rule)
    _, times = compiled(
        kernels.windows, paid.who, paid.when, own.astype(np.int64), rule["window"] * MINUTE
    )
    met = own & (times >= rule["n"]) & (100 * inside >= rule["part"] * total)
    value = percent(inside, total)
    return looks(paid, met, value, first, payments=times, left=inside, total=total)


def _sums(facts: Facts, events: Events, rule: Rule) -> tuple[Array, Array]:
    first, total = facts.run(
        kernels.windows, events.who, events.when, events.amount, rule["window"] * MINUTE
    )
    return first, total


def _parties(facts: Facts, events: Events, rule: Rule) -> Looks:
    """Different accounts on the other side."""
    first, found = compiled(
        kernels.distinct,
        *(events.who, events.other, events.when),
        *(rule["window"] * MINUTE, len(facts.names)),
    )
    return looks(events, found >= rule["n"], found, first, parties=found, payments=counted(first))
