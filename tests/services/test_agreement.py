"""The desk and the Supervisor give the same answer to "is this looser?"."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import timedelta

from sandbox.contracts.typed import publish_call, publish_to, terms_typed_data
from sandbox.domain.changes import less_severe, looser
from sandbox.domain.terms import VALUE_LIMITS, TrialState
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import CHAIN_IDS
from sandbox.kit.money import NO_LIMIT, NoLimit
from sandbox.services.signing import chain_terms

VALUES = VALUE_LIMITS
FURTHER = {"residences": "KG KZ", "KGST.customer_total": "90 000", "KGST.week_volume": "900 000"}
PLACES = [None, ("KG",), ("KG", "KZ")]


def _vary(terms, draw):
    """One to three random changes, up, down or to no limit."""
    for _ in range(draw.randint(1, 3)):
        names = (
            *VALUES,
            "max_customers",
            "max_merchants",
            "start",
            "end",
            "residences",
            "waterfall",
        )
        name = draw.choice(names)
        if name == "residences":
            terms = replace(terms, residences=draw.choice(PLACES))
            continue
        if name == "waterfall":
            asset = replace(terms.assets[0], waterfall=draw.choice([False, True]))
            terms = replace(terms, assets=(asset,))
            continue
        if name in {"start", "end"}:
            change = {name: getattr(terms, name) + timedelta(seconds=draw.choice([-5, 5]))}
            terms = replace(terms, **change)
            continue
        holder = terms.assets[0] if name in VALUES else terms
        old = getattr(holder, name)
        number = 7 if isinstance(old, NoLimit) else old
        new = draw.choice([number, number + 1, max(0, number - 1), 0, NO_LIMIT])
        if name in VALUES:
            terms = replace(terms, assets=(replace(holder, **{name: new}),))
        else:
            terms = replace(terms, **{name: new})
    return terms


def _accepted(world, call):
    try:
        world.ports.gateway.rpc("kgst", "eth_call", [call, "latest"])
    except SynakError as error:
        if error.code != "gateway.reverted":
            raise
        return False
    return True


def test_one_signature_publishes_exactly_what_the_desk_calls_not_looser(world):
    number = world.active(**FURTHER)
    before = world.permit(number).terms
    where = world.system.national["kgst"]
    draw = random.Random(20261121)
    states = itertools.cycle(TrialState)
    answers = []
    for _ in range(150):
        after, state = _vary(before, draw), next(states)
        struct = chain_terms(where, terms=after, number=number, version=2, state=state)
        typed = terms_typed_data(CHAIN_IDS["kgst"], where.supervisor, struct)
        signature = bytes.fromhex(world.system.signer.sign_typed("regulator/ermek", typed)[2:])
        data = "0x" + publish_call(struct, [signature]).hex()
        accepted = _accepted(world, {"to": publish_to(where.supervisor, struct), "data": data})
        tighter = not looser(before, after) and not less_severe(TrialState.ACTIVE, state)
        assert accepted == tighter, (looser(before, after), state)
        answers.append(accepted)
    assert 20 < sum(answers) < 130
