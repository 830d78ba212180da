"""The rules by brute force: definitions over lists, every window walked anew.

Nothing here is quick, and nothing is shared with the engine: a case holds rows and side tables as
plain tuples and dictionaries; each rule gives looks, ``told`` keeps those that become hits.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Any, NamedTuple

ZERO = "0x" + "00" * 20
DAY = 86_400


class Row(NamedTuple):
    at: int
    payer: str
    payee: str
    amount: int
    when: int


class Look(NamedTuple):
    who: str
    row: int
    when: int
    value: int
    evidence: Any


class Case:
    """A ledger and side tables, with a pack's values."""

    def __init__(self, rows, tables, pack, *, unit=1, opening=(), first=0, firsts=None):
        self.rows = [Row(at, *row) for at, row in enumerate(rows, first)]
        self.first, self.firsts = first, firsts or {}
        self.tables, self.pack, self.unit, self.opening = tables, pack, unit, dict(opening)
        self.moves = [r for r in self.rows if r.amount > 0 and r.payer != r.payee]
        self.payments = [r for r in self.moves if ZERO not in (r.payer, r.payee)]
        self.accounts = sorted({side for r in self.rows for side in (r.payer, r.payee)} - {ZERO})
        self.moves_of = _by_side(self.moves)
        self.payments_of = _by_side(self.payments)

    def value(self, rule, name):
        return self.pack["rules"][rule]["parameters"][name]["value"]

    def all(self, name):
        return self.pack["parameters"][name]["value"]

    @property
    def threshold(self):
        return self.all("threshold") * self.unit

    def money(self, rule, name="floor"):
        return self.value(rule, name) * self.unit

    def window(self, rule, name="window"):
        return 60 * self.value(rule, name)

    def tagged(self, *categories):
        return {r["account"] for r in self.tables.get("tags", []) if r["category"] in categories}

    def listed(self, name):
        """Rows of a side table with their numbers."""
        return list(enumerate(self.tables[name], self.firsts.get(name, 0)))

    def of(self, account):
        """Movements of an account, mints and burns among them."""
        return self.moves_of.get(account, [])

    def paid(self, account):
        """Payments of an account, made and got."""
        return self.payments_of.get(account, [])


def _by_side(rows):
    """Rows by whom they are of, so that a world of many small ledgers is not walked for each."""
    found = {}
    for row in rows:
        for side in (row.payer, row.payee):
            found.setdefault(side, []).append(row)
    return found


def ahead(rows, row, window):
    """Rows up to this one within a window."""
    return [r for r in rows if r.at <= row.at and r.when > row.when - window]


def share(part, whole):
    return min(100 * part // whole, 10**15) if whole > 0 else 10**15


def places(rows):
    return tuple(sorted({r.at for r in rows}))


def r01(c):
    top = c.threshold
    low = ceil(Fraction(top * (100 - c.value("R01", "margin")), 100))
    counted = [r for r in c.payments if low <= r.amount < top]
    for row in counted:
        found = [r for r in ahead(counted, row, c.window("R01")) if r.payer == row.payer]
        enough = sum(r.amount for r in found) >= c.value("R01", "multiple") * top
        if len(found) >= c.value("R01", "n") and enough:
            yield Look(row.payer, row.at, row.when, len(found), places(found))


def r02(c):
    large = [r for r in c.payments if r.amount >= c.value("R02", "multiple") * c.threshold]
    for row in large:
        found = [r for r in ahead(large, row, c.window("R02")) if r.payer == row.payer]
        if len(found) >= c.value("R02", "n"):
            yield Look(row.payer, row.at, row.when, len(found), places(found))


def r03(c):
    n, idle = c.value("R03", "n"), c.value("R03", "idle") * DAY
    for who in c.accounts:
        paid = [r for r in c.paid(who) if r.payer == who]
        for end in range(n - 1, len(paid)):
            some = paid[end - n + 1 : end + 1]
            pauses = [two.when - one.when for one, two in pairwise(some)]
            mean = Fraction(sum(pauses), len(pauses))
            spread = sum((each - mean) ** 2 for each in pauses) / len(pauses)
            limit = (Fraction(c.value("R03", "variation"), 100) * mean) ** 2
            following = paid[end + 1].when - some[-1].when if end + 1 < len(paid) else idle
            regular = max(pauses) < idle and mean > 0 and spread < limit
            if not regular or following < idle:
                continue
            later = next((r for r in c.rows if r.when >= some[-1].when + idle), None)
            if later:
                days = (later.when - some[-1].when) // DAY
                yield Look(who, later.at, later.when, days, places(some))


def r04(c):  # noqa: C901
    age, idle = c.value("R04", "age") * DAY, c.value("R04", "idle") * DAY
    stretches = []
    for who in c.accounts:
        mine, current = c.of(who), None
        for number, row in enumerate(mine):
            if number == 0:
                current = None if c.opening.get(who) else []
            elif row.when - mine[number - 1].when > idle:
                current = []
            if current is None:
                continue
            if not current:
                stretches.append((who, current))
            if not current or row.when - current[0].when < age:
                current.append(row)
    came = [sum(r.amount for r in some if r.payee == who) for who, some in stretches]
    peers = sorted(each for each in came if each)
    if not peers:
        return
    limit = peers[ceil(Fraction(c.value("R04", "quantile") * len(peers), 100)) - 1]
    for who, some in stretches:
        for number, row in enumerate(some):
            so_far = some[: number + 1]
            got = sum(r.amount for r in so_far if r.payee == who)
            if row.payee == who and got > limit:
                yield Look(who, row.at, row.when, share(got, limit), places(so_far))


def r05(c):
    for who in c.accounts:
        mine = c.of(who)
        for number, receipt in enumerate(mine):
            if receipt.payee != who or receipt.amount < c.money("R05"):
                continue
            left = 0
            for end, row in enumerate(mine[number + 1 :], number + 1):
                left += row.amount if row.payer == who else 0
                if left < Fraction(c.value("R05", "part") * receipt.amount, 100):
                    continue
                traded = any(
                    r["account"] == who and receipt.when <= r["time"] <= row.when
                    for r in c.tables.get("conversions", [])
                )
                if row.when - receipt.when < c.window("R05") and not traded:
                    value = share(left, receipt.amount)
                    yield Look(who, row.at, row.when, value, places(mine[number : end + 1]))
                break


def r06(c):
    for customer in c.tables["customers"]:
        who, mine = customer["account"], c.of(customer["account"])
        if customer["declared"] is None or not mine:
            continue
        for number, row in enumerate(mine):
            so_far, window = mine[: number + 1], c.window("R06")
            in_time = [r for r in so_far if r.when < mine[0].when + window]
            came = sum(r.amount for r in in_time if r.payee == who)
            left = sum(r.amount for r in so_far if r.payer == who)
            met = row.payer == who and row.when < mine[0].when + 2 * window
            large = came > c.value("R06", "multiple") * customer["declared"]
            if met and large and left >= Fraction(c.value("R06", "part") * came, 100):
                value = share(came, customer["declared"])
                yield Look(who, row.at, row.when, value, places(so_far))


def r07(c):
    for who in c.accounts:
        mine = [r for r in c.paid(who) if r.amount >= c.money("R07")]
        used, cycles = set(), []
        for row in mine:
            if row.payer != who:
                continue
            came = [r for r in mine if r.payee == who and r.at < row.at][-64:]
            for receipt in reversed(came):
                fresh = receipt.at not in used and row.when - receipt.when < c.window(
                    "R07", "dwell"
                )
                apart = Fraction(abs(row.amount - receipt.amount), receipt.amount)
                if fresh and apart <= Fraction(c.value("R07", "tolerance"), 100):
                    used.add(receipt.at)
                    cycles.append((receipt, row))
                    break
        for _, row in cycles:
            found = [
                each
                for each in cycles
                if each[1].at <= row.at and each[1].when > row.when - c.window("R07")
            ]
            if len(found) >= c.value("R07", "cycles"):
                evidence = places(r for each in found for r in each)
                yield Look(who, row.at, row.when, len(found), evidence)


def _parties(c, rule, subject, other, counted):
    for row in counted:
        who = getattr(row, subject)
        found = [r for r in ahead(counted, row, c.window(rule)) if getattr(r, subject) == who]
        parties = {getattr(r, other) for r in found}
        if len(parties) >= c.value(rule, "n"):
            yield Look(who, row.at, row.when, len(parties), places(found))


def r08(c):
    large = [r for r in c.payments if r.amount >= c.money("R08")]
    yield from _parties(c, "R08", "payee", "payer", large)


def r09(c):
    large = [r for r in c.payments if r.amount >= c.money("R09")]
    yield from _parties(c, "R09", "payer", "payee", large)


def r10(c):
    part, legs = c.value("R10", "part"), []
    large = [r for r in c.payments if r.amount >= c.money("R10")]
    for went in large:
        came = [r for r in large if r.payee == went.payer and r.at < went.at][-8:]
        for leg in reversed(came):
            near = went.when - leg.when < c.window("R10") and leg.payer != went.payee
            if near and Fraction(part * leg.amount, 100) <= went.amount <= leg.amount:
                legs.append((leg, went))
    for number, (leg, went) in enumerate(legs):
        found = [
            each
            for each in legs[: number + 1]
            if (each[0].payer, each[1].payee) == (leg.payer, went.payee)
            and each[1].when > went.when - c.window("R10")
        ]
        middle = {each[1].payer for each in found}
        if len(middle) >= c.value("R10", "n"):
            evidence = places(r for each in found for r in each)
            yield Look(leg.payer, went.at, went.when, len(middle), evidence)


def r11(c):
    large = [r for r in c.payments if r.amount >= c.money("R11")]
    for start in large:
        path = [start]
        while len(path) < c.value("R11", "hops"):
            here = path[-1].payee
            following = [r for r in large if r.payer == here and r.at > path[-1].at][:64]
            fits = [
                r
                for r in following
                if r.when < start.when + c.window("R11")
                and Fraction(c.value("R11", "part") * start.amount, 100) <= r.amount <= start.amount
            ]
            home = [r for r in fits if r.payee == start.payer]
            if not fits:
                break
            path.append((home or fits)[0])
            if home:
                value = share(home[0].amount, start.amount)
                yield Look(start.payer, home[0].at, home[0].when, value, places(path))
                break


def r12(c):
    def fresh(row):
        return c.of(row.payee)[0].at == row.at

    large = [r for r in c.payments if r.amount >= c.money("R12")]
    chains = {r.at: [r] for r in large if fresh(r)}
    for row in large:
        if row.at not in chains:
            continue
        got = c.of(row.payer)[0]
        if got.payee != row.payer or got.at not in chains or got.at >= row.at:
            continue
        after = [
            r
            for r in large
            if r.payer == row.payer and r.at > got.at and fresh(r) and _peeled(c, got, r)
        ]
        if after and after[0].at == row.at:
            chains[row.at] = [*chains[got.at], row]
    for chain in chains.values():
        if len(chain) >= c.value("R12", "hops"):
            last = chain[-1]
            yield Look(chain[0].payer, last.at, last.when, len(chain), places(chain))


def _peeled(c, got, row):
    peeled = Fraction(100 * (got.amount - row.amount), got.amount)
    return c.value("R12", "peel_least") <= peeled <= c.value("R12", "peel_most")


TRANSFERS = {
    "R01": [r01],
    "R02": [r02],
    "R03": [r03],
    "R04": [r04],
    "R05": [r05],
    "R06": [r06],
    "R07": [r07],
    "R08": [r08],
    "R09": [r09],
    "R10": [r10],
    "R11": [r11],
    "R12": [r12],
}
"""Rules over movements, each with its parts."""


def told(c, rule, looks, *, behaviour):
    """Which looks are hits: (account, row, when, value, score, evidence)."""
    services = c.tagged(*c.pack["services"]) if behaviour else set()
    bands, found = c.pack["rules"][rule]["bands"], []
    by_account = {}
    for number, each in enumerate(looks):
        if each.who not in services:
            by_account.setdefault(each.who, []).append(
                (each.when, each.row, -each.value, number, each)
            )
    for who, mine in by_account.items():
        last = None
        before = None
        for when, row, _, _, look in sorted(mine):
            if row == before:
                continue
            before = row
            score = max(given for start, given in bands if start <= look.value)
            if last is None or when - last[0] >= 60 * c.all("silence") or score > last[1]:
                last = when, score
                found.append((who, row, when, look.value, score, look.evidence))
    return found
