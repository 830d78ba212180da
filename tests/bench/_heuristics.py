"""Counting how often heuristics are right in cases whose truth is known.

1. **Links** (deposit reuse, common funder, airdrop): right where both accounts have one owner.
   ``pairs`` of the clusters that the heuristic makes by itself are held against all pairs of
   accounts of one owner that are no service's. That somebody else pays into a customer's deposit
   address is a wrong link, though both may be of one gang.
2. **Deposit addresses**: those that are told, against all that were paid.
3. **Peel chains**: accounts of the chains, against all that the plan made peel, thieves' and
   decoys'; a chain's probability was right where the plan made all of them peel. How many chains
   have ``one_owner`` is told as well: a gang's wallets belong to several people.
4. **Mixers**: the plan tells the deposit of each of the thieves' withdrawals. Of each the
   probability of every candidate is held against it. Claimed is the likeliest, where it is alone.
5. **Bridge legs**: as mixers, with what each of the thieves' departures is assigned.

**Bits** are the mean of minus the binary logarithm of what was said of the truth (0: always sure
and right); where it was held impossible, it stands in ``impossible`` and in no mean.
"""

import math
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise

from sandbox.forensics import (
    Bridge,
    CannotTrace,
    CommonFunder,
    DepositReuse,
    bridge_legs,
    cluster,
    mixed,
    peel_chains,
)
from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.case import minor
from sandbox.forensics.cases.scene import SERVICES, Role
from sandbox.forensics.clusters.airdrops import AirdropReuse
from sandbox.forensics.measures import agreement
from sandbox.forensics.tags.confidences import LEVELS

HEURISTICS = {"deposit": DepositReuse(), "airdrop": AirdropReuse(), "funder": CommonFunder()}
LEDGERS = ("kgst", "som", "usdkg")
CROSSED = (("kgst", "som"), ("som", "kgst"))
BANDS = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 1.01)
"""Of probabilities: from each, below the next."""
ENOUGH = 20
"""Claims of a band from which it is judged; three standard deviations are allowed."""
PEELS = {"peel": 0, "peel, dust 1,000": 100_000, "peel, dust 10,000": 1_000_000}
"""Ways to look for peel chains: hundredths that may be left behind."""


def services(case, known, least):
    """Services of a case, with a tag each: all that there are, or those that tags tell."""
    if known == "tagged":
        said = case.public().tags
        return {spelt(tag.address): tag.category for tag in said if LEVELS[tag.confidence] >= least}
    return {
        spelt(each.address): each.role
        for each in sealed(case).control
        if each.role in SERVICES and each.role != Role.DEPOSIT
    }


def tags(cases):
    """Of each quality, the surest first: how many tags there are, and how many are right."""
    said, right = Counter(), Counter()
    for case in cases:
        truth = {spelt(each.address): each.service for each in sealed(case).control}
        for each in case.public().tags:
            said[each.confidence] += 1
            right[each.confidence] += truth[spelt(each.address)] == each.label
    return {
        name: {"level": level, "tags": said[name], "right": part(right[name], said[name])}
        for name, level in LEVELS.items()
        if said[name]
    }


def sealed(case):
    """What the plan knows; ``case.truth()`` would trace by every policy first."""
    return case._secrets


class Claims:
    """Probabilities that were said, and what was so."""

    def __init__(self):
        self.said, self.bits, self.impossible = [], [], 0

    def say(self, chance, so):
        """One probability."""
        self.said.append((chance, so))

    def truth(self, chance):
        """What was said of what is true."""
        if chance > 0:
            self.bits.append(-math.log2(chance))
        else:
            self.impossible += 1

    def bands(self):
        """By bands: how many, what was said on average, how often it was so."""
        found = []
        for low, high in pairwise(BANDS):
            some = [each for each in self.said if low <= each[0] < high]
            if some:
                claimed, right = (sum(each[at] for each in some) / len(some) for at in (0, 1))
                row = {"from": low, "claims": len(some)}
                found.append(row | {"claimed": rounded(claimed), "right": rounded(right)})
        return found

    def _calibrated(self):
        """Whether in no band of enough claims it was so more or less often than chance allows."""
        found = None
        for low, high in pairwise(BANDS):
            some = [each for each in self.said if low <= each[0] < high]
            if len(some) >= ENOUGH:
                off = abs(sum(chance - so for chance, so in some))
                spread = math.sqrt(sum(chance * (1 - chance) for chance, _ in some))
                found = found is not False and off <= 3 * max(spread, 0.5)
        return found

    def figures(self):
        """Everything, and whether what was said is what is so."""
        claims = len(self.said)
        if not claims:
            return {"claims": 0, "calibrated": None}
        claimed, right = (sum(each[at] for each in self.said) for at in (0, 1))
        return {
            "claims": claims,
            "claimed": rounded(claimed / claims),
            "right": rounded(right / claims),
            "brier": rounded(sum((each - so) ** 2 for each, so in self.said) / claims),
            "calibrated": self._calibrated(),
            "bits": rounded(sum(self.bits) / len(self.bits)) if self.bits else None,
            "impossible": self.impossible,
            "bands": self.bands(),
        }


class Tally:
    """Sums over cases."""

    def __init__(self):
        self.counts = defaultdict(Counter)
        self.claims = defaultdict(Claims)

    def add(self, case, known):
        """One case."""
        self._case, self._known = case, known
        self._owner = {spelt(each.address): each.owner for each in self._control}
        self._ledgers = {name: case.public().ledger(name) for name in LEDGERS}
        self._rows = {
            (name, *place): row
            for name, ledger in self._ledgers.items()
            for row, place in enumerate(ledger.places.select("block", "transaction").rows())
        }
        self._clusters()
        self._peels()
        self._mixers()
        self._bridges()

    def clusters(self):
        """Links and deposit addresses."""
        return {name: self._figures(name) for name in ("deposit addresses", *HEURISTICS)}

    def patterns(self):
        """Peel chains, mixers and bridge legs."""
        return {name: self._figures(name) for name in (*PEELS, "mixer", "bridge")}

    def _figures(self, name):
        """Precision and recall; of nothing there is neither."""
        count, peels = self.counts[name], name.startswith("peel")
        return {
            "found": count["found"],
            "true": count["true"],
            "precision": part(count["right"], count["found"]),
            "recall": part(count["recalled"], count["true"]),
            **({} if name == "deposit addresses" else self.claims[name].figures()),
            **({"chains": count["chains"], "one_owner": count["one_owner"]} if peels else {}),
        }

    def _count(self, name, found, true):
        """Sets."""
        right = len(found & true)
        self.counts[name].update(found=len(found), true=len(true), right=right, recalled=right)

    @property
    def _control(self):
        return sealed(self._case).control

    def _clusters(self):
        apart = {spelt(each.address) for each in self._control if each.service}
        deposits = {spelt(each.address) for each in self._control if each.role == Role.DEPOSIT}
        for name, heuristic in HEURISTICS.items():
            found, rows = {}, []
            for ledger in self._ledgers.values():
                made = cluster(ledger, self._known, [heuristic])
                accounts = made.accounts.select("account", "cluster").rows()
                found[ledger] = dict(accounts)
                rows += made.links.select("account", "other", "confidence").rows()
                if name == "deposit":
                    seen = set(ledger.names.to_list())
                    self._count("deposit addresses", set(made.deposits["account"]), deposits & seen)
            for ledger, groups in found.items():
                seen = set(ledger.names.to_list())
                truth = {each: owner for each, owner in self._owner.items() if each in seen}
                both = agreement(groups, truth, apart)
                self.counts[name].update(
                    found=both.claimed, true=both.true, right=both.right, recalled=both.right
                )
            for one, two, confidence in rows:
                self.claims[name].say(confidence, self._owner.get(one) == self._owner.get(two))

    def _peels(self):
        rows = zip(self._case.public().transactions, sealed(self._case).purposes, strict=True)
        true = {(each.ledger, spelt(each.payer)) for each, why in rows if why == "peel on"}
        for name, hundredths in PEELS.items():
            found = set()
            for token, ledger in self._ledgers.items():
                chains = peel_chains(ledger, self._known, dust=minor(token, hundredths))
                for (_, sure), some in chains.group_by("chain", "probability"):
                    accounts = some["account"].to_list()
                    found |= {(token, each) for each in accounts}
                    so = all((token, each) in true for each in accounts)
                    owners = {self._owner.get(each) for each in accounts}
                    self.counts[name].update(chains=1, one_owner=len(owners) == 1)
                    self.claims[name].say(sure, so)
                    self.claims[name].truth(sure if so else 1 - sure)
            self._count(name, found, true)

    def _crossings(self, service, ledgers):
        """Of the thieves' crossings of a service: (row of the entry, row of the release)."""
        moved = self._case.public().transactions
        for what, entry, release in sealed(self._case).crossings:
            both = moved[entry], moved[release]
            if what == service and tuple(each.ledger for each in both) == ledgers:
                yield tuple(self._row(each) for each in both)

    def _row(self, moved):
        return self._rows[moved.ledger, moved.block, moved.index]

    def _mixers(self):
        ledger, counts = self._ledgers["kgst"], self.counts["mixer"]
        pairs = list(self._crossings("mixer", ("kgst", "kgst")))
        pools = defaultdict(dict)
        for entry, release in pairs:
            pools[int(ledger.payee[entry])][release] = entry
        counts.update(true=len(pairs))
        for number, truth in pools.items():
            pool = ledger.names[number]
            if self._known.get(pool) != Role.MIXER:
                continue
            paid = ledger.amount[ledger.payee == number].tolist()
            try:
                found = mixed(ledger, pool, Counter(map(int, paid)).most_common(1)[0][0])
            except CannotTrace:
                counts.update(refused=1)
                continue
            deposits = found.deposits["row"].to_list()
            for at, row in enumerate(found.paid["row"].to_list()):
                if row in truth:
                    self._withdrawal(found.chances(at).tolist(), deposits, truth[row])

    def _withdrawal(self, chances, deposits, entry):
        claims, counts = self.claims["mixer"], self.counts["mixer"]
        likeliest = max(chances)
        if chances.count(likeliest) == 1:
            right = deposits[chances.index(likeliest)] == entry
            counts.update(found=1, right=right, recalled=right)
        for chance, row in zip(chances, deposits, strict=True):
            if chance:
                claims.say(chance, row == entry)
        claims.truth(chances[deposits.index(entry)] if entry in deposits else 0.0)

    def _bridges(self):
        ends = tuple(name for name, tag in self._known.items() if tag == Role.BRIDGE)
        for one, two in CROSSED:
            truth = dict(self._crossings("bridge", (one, two)))
            self.counts["bridge"].update(true=len(truth))
            if not ends:
                continue
            scale = Fraction(minor(two, 1), minor(one, 1))
            bridge = Bridge(enters=ends, leaves=ends, scale=scale)
            found = bridge_legs(self._ledgers[one], self._ledgers[two], bridge)
            said = dict.fromkeys(truth, 0.0)
            for entry, release, chance, _, assigned in found.pairs.rows():
                if entry not in truth:
                    continue
                so = truth[entry] == release
                self.claims["bridge"].say(chance, so)
                self.counts["bridge"].update(
                    found=assigned, right=assigned and so, recalled=assigned and so
                )
                if so:
                    said[entry] = chance
            for chance in said.values():
                self.claims["bridge"].truth(chance)


def part(some, whole):
    """A share, or nothing where there is no whole."""
    return rounded(some / whole) if whole else None


def rounded(figure):
    """To three figures behind the point."""
    return round(figure, 3)
