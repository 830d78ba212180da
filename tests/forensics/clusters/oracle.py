"""The heuristics by brute force: each definition read out, account by account, row by row.

Nothing here is quick, and nothing is shared with the library. A row is (block, payer, payee,
amount); a link is (account, other, via, rows).
"""

from __future__ import annotations

from itertools import combinations, pairwise
from statistics import median


def moves(rows):
    """The numbers of rows that move something."""
    return [at for at, (_, payer, payee, amount) in enumerate(rows) if amount and payer != payee]


def held_after(rows, opening, account):
    """What an account holds behind each row."""
    held, found = opening.get(account, 0), []
    for _, payer, payee, amount in rows:
        held += (payee == account) * amount - (payer == account) * amount
        found.append(held)
    return found


def deposit_of(rows, opening, account, services, *, blocks, keeps, tags):
    """The hot wallet of which an account is a deposit address; None: it is none."""
    if account in services or account == 0:
        return None
    out = [at for at in moves(rows) if rows[at][1] == account]
    into = [at for at in moves(rows) if rows[at][2] == account]
    targets = {rows[at][2] for at in out}
    if len(targets) != 1 or services.get(min(targets)) not in tags:
        return None
    held = held_after(rows, opening, account)
    if any(held[at] > keeps for at in out):
        return None
    for at in into:
        later = [each for each in out if each > at]
        until = rows[later[0]][0] if later else rows[-1][0]
        if until - rows[at][0] > blocks:
            return None
    return min(targets)


def deposits(rows, opening, services, *, blocks, keeps, payers, tags=("exchange",)):
    """Links by deposit addresses, and the deposit addresses: account → hot wallet."""
    links, found, aside = set(), {}, set()
    for account in {end for row in rows for end in row[1:3]}:
        hot = deposit_of(rows, opening, account, services, blocks=blocks, keeps=keeps, tags=tags)
        if hot is None:
            continue
        found[account] = hot
        first = {}
        for at in moves(rows):
            _, payer, payee, _ = rows[at]
            if payee == account and payer != 0 and payer not in services:
                first.setdefault(payer, at)
        if len(first) > payers:
            aside.add((account, len(first)))
            continue
        for payer, at in list(first.items())[1:]:
            evidence = set()
            for paid in (at, min(first.values())):
                evidence.add(paid)
                out = [each for each in moves(rows) if rows[each][1] == account and each > paid]
                evidence.update(out[:1])
            links.add((payer, min(first, key=first.get), account, tuple(sorted(evidence))))
    return links, found, aside


def funders(rows, opening, services, *, blocks, most):
    """Links by a common funder."""
    first = {}
    for at in moves(rows):
        first.setdefault(rows[at][2], at)
    people = {
        account: at
        for account, at in first.items()
        if account and account not in services and not opening.get(account)
        if rows[at][1] and rows[at][1] not in services
    }
    links, aside = set(), set()
    for funder in {rows[at][1] for at in people.values()}:
        funded = sorted(at for at in people.values() if rows[at][1] == funder)
        if len(funded) > most:
            aside.add((funder, len(funded)))
            continue
        for one, two in combinations(funded, 2):
            between = [at for at in funded if one < at < two]
            if not between and rows[two][0] - rows[one][0] <= blocks:
                links.add((rows[two][2], rows[one][2], funder, (one, two)))
    return links, aside


def airdrops(rows, services, *, recipients, gap, gather, most):
    """Links by airdrops that are gathered."""
    links, aside = set(), set()
    for giver, amount in {(rows[at][1], rows[at][3]) for at in moves(rows)}:
        given = [at for at in moves(rows) if (rows[at][1], rows[at][3]) == (giver, amount)]
        received = {}
        for at in given:
            received.setdefault(rows[at][2], at)
        between = [rows[two][0] - rows[one][0] for one, two in pairwise(given)]
        if len(received) < recipients or median(between) > gap:
            continue
        passed = {}
        for account, got in received.items():
            onward = [
                at
                for at in moves(rows)
                if at > got and rows[at][1] == account and rows[at][3] == amount
                if rows[at][2] not in {0, giver, *services} and account not in {0, *services}
            ]
            if onward:
                passed[account] = onward[0]
        for collector in {rows[at][2] for at in passed.values()}:
            group = [each for each, at in passed.items() if rows[at][2] == collector]
            if len(group) > most:
                aside.add((collector, len(group)))
            elif len(group) >= gather:
                links |= {
                    (each, collector, giver, (received[each], passed[each])) for each in group
                }
    return links, aside


def authorisations(rows, given, services, *, blocks, owners):
    """Links by approvals that were used; ``given``: block, owner, spender, amount, in order."""
    links, aside = set(), set()
    for spender in {each[2] for each in given}:
        said = {each[1] for each in given if each[2] == spender and each[3]}
        if spender in services:
            continue
        if len(said) > owners:
            aside.add((spender, len(said)))
            continue
        for owner in {each[1] for each in given if each[2] == spender} - {spender}:
            took, spent = [], {}
            for at in moves(rows):
                block, payer, payee, amount = rows[at]
                if (payer, payee) != (owner, spender):
                    continue
                before = [
                    number
                    for number, each in enumerate(given)
                    if each[1:3] == (owner, spender) and each[0] <= block
                ]
                if not before:
                    continue
                last = before[-1]
                left = given[last][3] - spent.get(last, 0)
                if amount <= left and block - given[last][0] <= blocks:
                    spent[last] = spent.get(last, 0) + amount
                    took.append(at)
            if took:
                links.add((owner, spender, spender, tuple(took)))
    return links, aside


def clusters(links, services, *, most, least):
    """Links (account, other, confidence) in order, joined one after the other by renaming."""
    group = {end: {end} for link in links for end in link[:2]}
    said = []
    for one, two, confidence in links:
        if one in services or two in services:
            said.append(("service", False))
        elif confidence < least:
            said.append(("confidence", False))
        elif group[one] is group[two]:
            said.append(("", False))
        elif len(group[one]) + len(group[two]) > most:
            said.append(("size", False))
        else:
            whole = group[one] | group[two]
            group |= dict.fromkeys(whole, whole)
            said.append(("", True))
    return said, {frozenset(each) for each in group.values() if len(each) > 1}
