"""A hold puts a more severe state over a policy at once, and for a short while only."""

import threading
import time

import pytest

from sandbox.gateway.holds import LONGEST, Holds
from sandbox.kit.errors import InvalidInput, NotAllowed
from tests.gateway.support import Permit

CALL = {"data": "0x18160ddd", "gas": 200_000}


def refusal(system, permit, nonce):
    error = system.error(permit, "eth_sendRawTransaction", permit.sign(nonce, **CALL))
    return error["data"].get("clause"), error["data"].get("used")


def test_a_hold_refuses_at_once_and_taking_it_back_lets_through_again(system, permit):
    hold = system.inside.hold(permit.number, "suspended")
    assert refusal(system, permit, 0) == ("state", "suspended")
    system.inside.take_back(permit.number, hold)
    system.ok(permit, "eth_sendRawTransaction", permit.sign(0, **CALL))


def test_reads_stay_open_under_a_hold(system, permit):
    hold = system.inside.hold(permit.number, "halted")
    assert system.ok(permit, "eth_blockNumber").startswith("0x")
    system.inside.take_back(permit.number, hold)


def test_a_hold_touches_no_other_permit(system, permit, numbers):
    other = Permit(system, next(numbers))
    hold = system.inside.hold(permit.number, "halted")
    system.ok(other, "eth_sendRawTransaction", other.sign(0, **CALL))
    system.inside.take_back(permit.number, hold)


def test_the_policy_that_follows_ends_the_hold_so_that_a_later_one_can_loosen(system, permit):
    system.inside.hold(permit.number, "suspended")
    permit.change(state="suspended")
    permit.change(state="active")
    system.ok(permit, "eth_sendRawTransaction", permit.sign(0, **CALL))


def test_a_policy_that_is_no_tightening_does_not_end_the_hold(system, permit):
    hold = system.inside.hold(permit.number, "suspended")
    permit.change(limits={"transactions_per_day": 100})
    assert refusal(system, permit, 0) == ("state", "suspended")
    system.inside.take_back(permit.number, hold)


def test_a_stale_name_takes_nothing_back(system, permit):
    first = system.inside.hold(permit.number, "suspended")
    second = system.inside.hold(permit.number, "halted")
    system.inside.take_back(permit.number, first)
    assert refusal(system, permit, 0) == ("state", "halted")
    system.inside.take_back(permit.number, second)


def test_an_unknown_permit_or_state_is_refused(system, permit):
    with pytest.raises(NotAllowed, match=r"gateway\.permit_unknown"):
        system.inside.hold("SB-2026-9999", "suspended")
    with pytest.raises(InvalidInput, match=r"policy\.malformed"):
        system.inside.hold(permit.number, "active")


def test_nothing_sent_after_the_hold_was_answered_is_acknowledged(system, permit):
    """A sender in full swing; of what is acknowledged, the moment before it was sent."""
    raws = [permit.sign(nonce, **CALL) for nonce in range(300)]
    acknowledged, stop = [], threading.Event()

    def send():
        for raw in raws:
            if stop.is_set():
                return
            sent = time.monotonic()
            if "result" in system.rpc(permit, "eth_sendRawTransaction", raw):
                acknowledged.append(sent)

    thread = threading.Thread(target=send)
    thread.start()
    system.until(lambda: len(acknowledged) > 20)
    hold = system.inside.hold(permit.number, "suspended")
    held = time.monotonic()
    time.sleep(0.3)
    stop.set()
    thread.join()
    assert max(acknowledged) <= held
    system.inside.take_back(permit.number, hold)


class Policy:
    permit, state = "SB-2026-0001", "active"


def test_a_hold_ends_by_itself():
    now = [0.0]
    holds = Holds(lambda: now[0])
    holds.put("SB-2026-0001", "suspended")
    now[0] = LONGEST
    assert holds.over(Policy) is Policy
    assert not holds


def test_a_lighter_hold_does_not_replace_a_heavier_one(permit):
    holds = Holds(time.monotonic)
    holds.put(permit.number, "halted")
    holds.put(permit.number, "suspended")
    assert holds.over(permit.policy).state == "halted"


@pytest.mark.parametrize("later", ["suspended", "halted"])
def test_taking_a_later_hold_back_leaves_the_earlier_one(permit, later):
    holds = Holds(time.monotonic)
    first = holds.put(permit.number, "suspended")
    assert holds.take_back(permit.number, holds.put(permit.number, later))
    assert holds.over(permit.policy).state == "suspended"
    assert holds.take_back(permit.number, first)
    assert holds.over(permit.policy) is permit.policy
    assert not holds
    assert not holds.take_back(permit.number, first)


def test_taking_the_heavier_hold_back_leaves_the_lighter_one(permit):
    holds = Holds(time.monotonic)
    heavier = holds.put(permit.number, "halted")
    holds.put(permit.number, "suspended")
    assert holds.take_back(permit.number, heavier)
    assert holds.over(permit.policy).state == "suspended"


def test_each_hold_ends_by_itself_and_not_with_another(permit):
    now = [0.0]
    holds = Holds(lambda: now[0])
    holds.put(permit.number, "halted")
    now[0] = LONGEST / 2
    holds.put(permit.number, "suspended")
    assert holds.over(permit.policy).state == "halted"
    now[0] = LONGEST
    assert holds.over(permit.policy).state == "suspended"
    now[0] = LONGEST * 1.5
    assert holds.over(permit.policy) is permit.policy
    assert not holds


def test_a_hold_never_loosens(permit):
    holds = Holds(time.monotonic)
    holds.put(permit.number, "suspended")
    ended = permit.policy.__class__(**{**_fields(permit.policy), "state": "ended"})
    assert holds.over(ended) is ended


def _fields(policy):
    return {name: getattr(policy, name) for name in policy.__dataclass_fields__}
