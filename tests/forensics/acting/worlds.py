"""Small worlds to act in, drawn at random, and an oracle that moves their money unit by unit."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from sandbox.forensics.acting import CannotAct, World, read, state, terms
from sandbox.forensics.cases.addresses import ZERO
from sandbox.forensics.cases.case import Paper, Report, Transaction, written
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import checksum

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
PEOPLE = [checksum(f"0x{number:040x}") for number in range(1, 8)]
MIXER, DEPOSIT, HOT = (checksum(f"0x{number:040x}") for number in (20, 21, 22))
EVERYBODY = [*PEOPLE, MIXER, DEPOSIT, HOT]
SPANS = 9 * 24


def at(hours):
    return BEGIN + timedelta(hours=hours)


def world(draw, count=40):
    """Thefts from one person to another, ordinary payments, a mixer between the ledgers."""
    hours = sorted(draw.sample(range(1, SPANS * 4), count))
    found, crossings, thefts = [], [], []
    for block, quarter in enumerate(hours, len(EVERYBODY) + 1):
        payer, payee = draw.sample(EVERYBODY, 2)
        ledger = draw.choice(["kgst", "kgst", "som"])
        place = (ledger, block, 0, "transfer", payer, payee, draw.randint(1, 9))
        found.append((*place, at(quarter / 4)))
    for block, payee in enumerate(EVERYBODY, 1):
        for index, ledger in enumerate(("kgst", "som")):
            issued = draw.choice([0, 5, 12]) if payee != MIXER else 60
            found.append((ledger, block, index, "issue", ZERO, payee, issued or 1, BEGIN))
    plan = tuple(
        Transaction(*each, gas=1, tip=1) for each in sorted(found, key=lambda each: each[1:3])
    )
    moved = [position for position, each in enumerate(plan) if each.kind == "transfer"]
    into = [position for position in moved[:-9] if plan[position].payee == MIXER]
    for entry in into[:2]:
        later = [each for each in moved if each > entry and plan[each].payer == MIXER]
        if later:
            crossings.append((entry, later[-1]))
    if len({release for _, release in crossings}) < len(crossings):
        crossings = crossings[:1]
    thefts = draw.sample([each for each in moved[: count // 2] if plan[each].ledger == "kgst"], 2)
    reports = [Report(plan[each], plan[each].time + timedelta(hours=1)) for each in sorted(thefts)]
    return World(
        key=draw.randbytes(32),
        transactions=plan,
        reports=tuple(sorted(reports, key=lambda each: each.moment)),
        papers=(Paper("seizure", BEGIN, {"addresses": EVERYBODY}),),
        records={},
        services={MIXER: ("mixer", "mixer"), HOT: ("Pamir Coin", "exchange")}
        | {DEPOSIT: ("Pamir Coin", "deposit")},
        guilty=frozenset(draw.sample(PEOPLE, 3)),
        crossings=tuple(crossings),
        passages=tuple(crossings),
        policy="fifo",
        terms=terms(),
    )


def some_acts(draw, found, count=6):
    """A list of acts that are allowed, each drawn; what is refused is left out."""
    acts, hours = [], (found.reports[0].moment - BEGIN) / timedelta(hours=1)
    script = ["freeze", "confirm", "seize", "take", "hand_over", "take"]
    for step in range(count + len(script)):
        hours += draw.choice([0, 1, 5, 20, 40]) if step >= len(script) else 37 * (step > 1)
        kind = script[step] if step < len(script) else draw.choice([*script, "freeze", "lift"])
        for act in _drawn(draw, found, acts, kind, written(at(hours))):
            longer = [*acts, act]
            try:
                state(found, listed(longer), at(hours))
            except CannotAct:
                continue
            acts = longer
    return acts


def listed(acts):
    return read(canonical({"version": 1, "acts": acts}))


def motion(measure, target, when, **more):
    aim = {**target, "amount": more.pop("amount", "1"), "grounds": {"paper": 0}}
    said = {"facts": "The victim was deceived and paid to this address.", "report": 1}
    base = {"kind": "motion", "at": when, "by": "aida", "measure": measure, "policy": "fifo"}
    return base | said | {"targets": [aim], "days": 3} | more


def _drawn(draw, found, acts, kind, when):
    robbed = [each.transaction.payee for each in found.reports]
    target = {"ledger": draw.choice(["kgst", "kgst", "som"])}
    target["address"] = draw.choice([*EVERYBODY, *5 * robbed])
    freezes = [number for number, each in enumerate(acts, 1) if each["kind"] == "freeze"]
    both = {"at": when, "by": "aida"}
    if kind == "freeze" or not freezes:
        return [{"kind": "freeze", "target": target} | both]
    number = draw.choice(freezes)
    target = acts[number - 1]["target"]
    if kind == "lift":
        return [{"kind": "lift", "freeze": number} | both]
    if kind == "confirm":
        return [motion("freeze", target, when, confirms=number, days=draw.randint(5, 30))]
    if kind in {"seize", "hand_over"}:
        return [motion(kind, target, when, amount=str(draw.randint(1, 3)))]
    granted = [
        (number, each)
        for number, each in enumerate(acts, 1)
        if each["kind"] == "motion" and each["measure"] in {"seize", "hand_over"}
    ]
    return [
        {"kind": each["measure"], "second": "bakyt", "basis": number, "amount": str(amount)}
        | {"target": {name: each["targets"][0][name] for name in ("ledger", "address")}}
        | both
        for number, each in granted
        for amount in (1, 2)
    ]


def by_units(found, now):  # noqa: C901 - one rule after the other, on purpose
    """Where each stolen unit is, moved one by one: the shares, and what each freeze caught."""
    money, stopped, frozen = defaultdict(list), defaultdict(list), defaultdict(set)
    entries = {release: entry for entry, release in found.world.passages}
    made, owed, tainted_in = set(), {}, {}
    shares = defaultdict(lambda: defaultdict(int))
    caught = {}

    def move(ledger, payer, payee, amount, position=None):
        units = money[ledger, payer]
        if payer == ZERO:
            moved = [0] * amount
        elif len(units) < amount:
            return False
        else:
            moved, money[ledger, payer] = units[:amount], units[amount:]
        releases = {release for _, release in found.world.crossings}
        if position in found.world.thefts or position in releases:
            shares[ledger]["stolen"] += moved.count(0)
            moved = [1] * amount
        if payee in found.world.ends:
            shares[ledger]["lost"] += sum(moved)
            tainted_in[position] = (ledger, sum(moved))
            moved = [0] * amount
        money[ledger, payee] += moved
        made.add(position)
        return True

    def plan(position):
        each = found.world.transactions[position]
        spot = each.ledger, each.payer
        if position in entries and entries[position] not in made:
            owed[entries[position]] = position
        elif frozen[spot]:
            stopped[spot].append(position)
        elif move(each.ledger, each.payer, each.payee, each.amount, position) and position in owed:
            plan(owed.pop(position))

    events = [
        (each.time, 0, position)
        for position, each in enumerate(found.world.transactions)
        if each.time <= now
    ]
    events += [(each.moment, 1, place) for place, each in enumerate(found.news)]
    for _, of_law, which in sorted(events):
        if not of_law:
            plan(which)
            continue
        news = found.news[which]
        act = found.acts[news.number - 1]
        spot = act.target.place if hasattr(act, "target") else None
        if news.stage == "in_force":
            frozen[spot].add(news.number)
            caught[news.number] = sum(money[spot])
        elif news.kind == "freeze" and news.stage in {"lapsed", "ended", "lifted"}:
            frozen[spot].discard(news.number)
            if not frozen[spot]:
                for position in stopped.pop(spot, []):
                    plan(position)
        elif news.stage == "done" and news.kind == "seize":
            assert move(*spot, found.world.wallet, int(act.amount))
        elif news.stage == "done" and news.kind == "hand_over":
            assert move(spot[0], found.world.wallet, found.world.reserve, int(act.amount))
    for entry, release in found.world.crossings:
        if release in made and entry in tainted_in:
            ledger, amount = tainted_in[entry]
            shares[ledger]["lost"] -= amount
            shares[ledger]["crossed"] += amount
    for (ledger, address), units in money.items():
        part = "frozen" if frozen[ledger, address] else "free"
        part = {found.world.wallet: "seized", found.world.reserve: "handed_over"}.get(address, part)
        shares[ledger][part] += sum(units)
    held = {spot: len(units) for spot, units in money.items() if units and spot[1] != ZERO}
    return shares, caught, held


def drawn(seed):
    draw = random.Random(seed)
    found = world(draw)
    return found, some_acts(draw, found)
