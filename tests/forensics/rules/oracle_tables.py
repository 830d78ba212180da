"""The rules that read side tables, by brute force; see ``oracle``."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from tests.forensics.rules.oracle import (
    DAY,
    TRANSFERS,
    ZERO,
    Look,
    _parties,
    ahead,
    places,
    share,
    told,
)


def r13(c):
    lossy = [
        (at, r)
        for at, r in c.listed("conversions")
        if Fraction(r["given"] - r["got"]) > Fraction(c.value("R13", "cost") * r["given"], 100)
    ]
    for at, row in lossy:
        found = [
            each
            for each, r in lossy
            if r["account"] == row["account"]
            and (r["time"], each) <= (row["time"], at)
            and r["time"] > row["time"] - c.window("R13")
        ]
        if len(found) >= c.value("R13", "n"):
            yield Look(row["account"], at, row["time"], len(found), tuple(sorted(found)))


def r14_direct(c):
    mixers = c.tagged("mixer")
    for row in c.moves:
        for who, other in ((row.payer, row.payee), (row.payee, row.payer)):
            if other in mixers and who not in mixers and who != ZERO:
                yield Look(who, row.at, row.when, 100, (row.at,))


def r14_taint(c):
    for at, row in c.listed("taint"):
        large = row["whole"] and 100 * row["tainted"] >= c.value("R14", "part") * row["whole"]
        if row["category"] == "mixer" and row["hops"] <= c.value("R14", "hops") and large:
            yield Look(row["account"], at, row["time"], share(row["tainted"], row["whole"]), (at,))


def r15(c):
    bridges = c.tagged("bridge")
    counted = [r for r in c.payments if r.payee in bridges]
    yield from _parties(c, "R15", "payer", "payee", counted)


def r16(c):
    tagged, cash = {r["account"] for r in c.tables["tags"]}, c.tagged("cash_out")
    for row in c.payments:
        if row.payee not in cash or row.amount < c.money("R16"):
            continue
        seen = ahead(c.paid(row.payer), row, c.window("R16"))
        came = [r for r in seen if r.payee == row.payer]
        total = sum(r.amount for r in came)
        free = sum(r.amount for r in came if r.payer not in tagged)
        if total and 100 * free >= c.value("R16", "part") * total:
            yield Look(row.payer, row.at, row.when, share(free, total), places(seen))


def r17(c):
    n = c.value("R17", "n")
    known = [
        (r["device"], r["opened"], r["account"], at)
        for at, r in c.listed("customers")
        if r["device"] is not None and r["opened"] is not None
    ]
    for device in {each[0] for each in known}:
        group = sorted(each for each in known if each[0] == device)
        for size in range(n, len(group) + 1):
            last, evidence = group[size - 1], tuple(sorted(each[3] for each in group[:size]))
            about = group[:size] if size == n else [last]
            for each in about:
                yield Look(each[2], last[3], last[1], size, evidence)


def r18(c):
    for customer in c.tables["customers"]:
        age, declared, who = customer["age"], customer["declared"], customer["account"]
        if declared is None:
            continue
        risk = age is not None and (age < c.value("R18", "young") or age >= c.value("R18", "old"))
        times = c.value("R18", "multiple_risk" if risk else "multiple")
        got = [r for r in c.paid(who) if r.payee == who]
        for row in got:
            found = ahead(got, row, c.window("R18"))
            came = sum(r.amount for r in found)
            if came > times * declared:
                yield Look(who, row.at, row.when, share(came, declared), places(found))


def r19(c):
    for customer in c.tables["customers"]:
        who, age, opened = (customer[each] for each in ("account", "age", "opened"))
        old = age is not None and age >= c.value("R19", "old")
        paid = [r for r in c.paid(who) if r.payer == who]
        gated = []
        for row in paid:
            new = opened is not None and row.when - opened < c.value("R19", "new") * DAY
            if not (old or new):
                continue
            gated.append(row)
            alike = [r for r in gated if r.payee == row.payee]
            found = ahead(alike, row, c.window("R19"))
            points = sum(
                [
                    row.when - alike[0].when < c.window("R19"),
                    row.amount >= c.value("R19", "multiple") * c.threshold,
                    len(found) >= 2,
                ]
            )
            if points >= c.value("R19", "points"):
                yield Look(who, row.at, row.when, points, places(found))


def r20(c):
    grave = {"sanctions", "terrorism"}
    crimes = grave | {"crime", "darknet", "ransom", "scam", "theft"}
    for at, row in c.listed("taint"):
        if row["category"] not in crimes or not row["whole"]:
            continue
        part = c.value("R20", "part")
        if row["category"] in grave:
            part = min(part, c.value("R20", "part_critical"))
        if 100 * row["tainted"] >= part * row["whole"]:
            yield Look(row["account"], at, row["time"], share(row["tainted"], row["whole"]), (at,))


def r21(c):
    for at, row in c.listed("screening"):
        if row["score"] >= c.value("R21", "score"):
            yield Look(row["account"], at, row["time"], row["score"], (at,))


def r22(c):
    weak, none = c.tagged("weak_travel_rule"), c.tagged("no_travel_rule")
    for who in c.accounts:
        far = [
            r
            for r in c.of(who)
            if ({r.payer, r.payee} - {who}) & (weak | none) and who not in weak | none
        ]
        for row in far:
            found = ahead(far, row, c.window("R22"))
            if sum(r.amount for r in found) >= c.money("R22"):
                worst = any({r.payer, r.payee} & none for r in found)
                yield Look(who, row.at, row.when, 2 if worst else 1, places(found))


def r23(c):
    for each in c.tables["travel"]:
        row = c.rows[each["block"] - c.first]
        late = each["late"] is not None and each["late"] > c.window("R23", "late")
        apart = each["match"] is not None and each["match"] < c.value("R23", "match")
        grade = 3 if not each["sent"] else 2 if apart else 1 if late else 0
        if grade and row in c.payments and row.amount > c.threshold:
            yield Look(row.payer, row.at, row.when, grade, (row.at,))


def r24(c):
    cluster = {r["account"]: r["cluster"] for r in c.tables["clusters"]}
    for row in c.payments:
        if row.payer not in cluster or cluster[row.payer] != cluster.get(row.payee):
            continue
        mine = [r for r in c.paid(row.payer) if r.payer == row.payer]
        found = ahead(mine, row, c.window("R24"))
        inside = [r for r in found if cluster.get(r.payee) == cluster[row.payer]]
        own, total = (sum(r.amount for r in some) for some in (inside, found))
        if len(inside) >= c.value("R24", "n") and 100 * own >= c.value("R24", "part") * total:
            yield Look(row.payer, row.at, row.when, share(own, total), places(found))


def r25_near(c):
    frozen, most = c.tagged("frozen"), c.value("R25", "hops")

    @cache
    def hop(row):
        if row.payer in frozen:
            return 1
        came = [r for r in c.payments if r.payee == row.payer and r.at < row.at]
        return 1 + min([hop(r) for r in came if hop(r) <= most], default=most + 1)

    for row in c.payments:
        if row.payee not in frozen and hop(row) <= most:
            yield Look(row.payee, row.at, row.when, max(100 - 10 * hop(row), 0), (row.at,))
        if row.payee in frozen and row.payer not in frozen:
            yield Look(row.payer, row.at, row.when, 90, (row.at,))


def r25_cashed(c):
    bridges, cash = c.tagged("bridge"), c.tagged("cash_out")
    for row in c.moves:
        if row.payee not in cash or row.payer == ZERO:
            continue
        mine = [r for r in c.of(row.payer) if r.at < row.at]
        bridged = [
            (i, b)
            for b in mine
            if b.payee in bridges and b.payee not in cash
            for i in mine
            if i.payer == ZERO and i.at < b.at and i.when > row.when - c.window("R25")
        ]
        if bridged:
            last = max(bridged, key=lambda pair: (pair[1].at, pair[0].at))
            yield Look(row.payer, row.at, row.when, 100, places([*last, row]))


def r26_short(c):
    for at, row in c.listed("reserves"):
        needed = Fraction((100 + c.value("R26", "buffer")) * row["liabilities"], 100)
        if row["assets"] < needed:
            missing = int(100 * (needed - row["assets"]) / needed)
            yield Look(row["account"], at, row["time"], missing, (at,))


def r26_dressed(c):
    rows = [(r["time"], at, r) for at, r in c.listed("reserves")]
    for account in {r["account"] for _, _, r in rows}:
        mine = sorted(each[:2] for each in rows if each[2]["account"] == account)
        for one, two, three in zip(mine, mine[1:], mine[2:], strict=False):
            a, b, d = (dict(c.listed("reserves"))[each[1]] for each in (one, two, three))
            near = max(two[0] - one[0], three[0] - two[0]) <= c.window("R26", "around")
            beside = max(a["assets"], d["assets"])
            spike = Fraction((100 + c.value("R26", "spike")) * beside, 100)
            if b["published"] and near and b["assets"] > spike:
                more = 100 * (b["assets"] - beside) // beside if beside else 10**6
                evidence = tuple(sorted(each[1] for each in (one, two, three)))
                yield Look(account, three[1], three[0], more, evidence)


def r27(c):
    for at, row in c.listed("attestations"):
        missing = row["supply"] - row["attested"]
        stale = row["time"] - row["attested_at"] > c.window("R27", "stale")
        if missing > 0 or stale:
            value = 1 + 100 * missing // row["supply"] if missing > 0 else 0
            yield Look(row["account"], at, row["time"], value, (at,))


PARTS = {
    **TRANSFERS,
    "R13": [r13],
    "R14": [r14_direct, r14_taint],
    "R15": [r15],
    "R16": [r16],
    "R17": [r17],
    "R18": [r18],
    "R19": [r19],
    "R20": [r20],
    "R21": [r21],
    "R22": [r22],
    "R23": [r23],
    "R24": [r24],
    "R25": [r25_near, r25_cashed],
    "R26": [r26_short, r26_dressed],
    "R27": [r27],
}
ABOUT_ALL = {"R17", "R20", "R21", "R22", "R23", "R26", "R27"}


def hits(c, rule):
    """What a rule should find."""
    return [
        hit
        for part in PARTS[rule]
        for hit in told(c, rule, part(c), behaviour=rule not in ABOUT_ALL)
    ]


def score_of(expression, scores, weights):
    """What an expression of a typology comes to."""
    if isinstance(expression, str):
        return scores.get(expression, 0) * weights[expression] // 100
    if isinstance(expression, int):
        return expression
    first, *others = [score_of(each, scores, weights) for each in expression[1:]]
    for each in others:
        first = {
            "add": first + each,
            "multiply": first * each,
            "max": max(first, each),
            "min": min(first, each),
        }[expression[0]]
    return first


def alerts(c, name, hits_in_order):
    """A typology's alerts, from (rule, account, when, score) with their numbers."""
    typology = c.pack["typologies"][name]
    own = {}
    for number, (rule, account, when, score) in enumerate(hits_in_order):
        if rule in typology["weights"]:
            own.setdefault(account, []).append((when, number, rule, account, score))
    found = []
    for account, mine in own.items():
        last = None
        mine.sort()
        for place, (when, *_rest) in enumerate(mine):
            kept = [e for e in mine[: place + 1] if e[0] > when - 60 * c.all("memory")]
            scores = {}
            for each in kept:
                scores[each[2]] = max(scores.get(each[2], 0), each[4])
            score = score_of(typology["expression"], scores, typology["weights"])
            level = (score >= typology["alert"]) + (score >= typology["interdict"])
            if not level:
                continue
            if last is None or when - last[0] >= 60 * c.all("silence") or level > last[1]:
                last = when, level
                word = ("", "alert", "interdict")[level]
                numbers = tuple(sorted(each[1] for each in kept))
                found.append((name, account, word, score, when, numbers))
    return found
