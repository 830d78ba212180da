"""Rolling windows, quotas, places that are taken and given back."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.policy import Policy
from sandbox.domain.rolling import RequestRate, RollingCount
from sandbox.domain.usage import BUCKET, DAY, Usage
from sandbox.kit.errors import Refused
from sandbox.kit.money import NO_LIMIT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def policy(daily=NO_LIMIT, deployments=NO_LIMIT, units=NO_LIMIT, gas=NO_LIMIT, **changed):
    return Policy(
        permit="SB-2026-0001",
        revision=1,
        version=4,
        state="active",
        start=NOON,
        end=NOON + timedelta(days=90),
        chains=("kgst",),
        assets=("KGST",),
        operators=(),
        wallets=(),
        limits={
            "transactions_per_day": daily,
            "deployments": deployments,
            "requests_per_second": NO_LIMIT,
            "gas_per_transaction": NO_LIMIT,
            "payload_bytes": NO_LIMIT,
            "units_per_day": units,
            "gas_per_day": gas,
        },
        **changed,
    )


@settings(deadline=None)
@given(st.lists(st.integers(0, 4 * 86_400), min_size=1, max_size=60), st.integers(0, 5 * 86_400))
def test_a_used_unit_never_frees_before_the_window_and_at_most_a_bucket_late(moments, asked):
    count = RollingCount(DAY, BUCKET)
    now = NOON + timedelta(seconds=asked)
    past = [NOON + timedelta(seconds=each) for each in moments if each <= asked]
    for each in past:
        count.add(each)
    used = count.used(now)
    assert used >= sum(now - each < DAY for each in past)
    assert used <= sum(now - each < DAY + BUCKET for each in past)


def test_a_burst_across_any_edge_of_a_fixed_window_is_counted_as_one():
    usage, limited = Usage(), policy(daily=10)
    for number in range(10):
        usage.take(limited, f"0x{number}", NOON + 11.99 * HOUR, deployment=False)
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0xb", NOON + 12.01 * HOUR, deployment=False)
    assert caught.value.params["used"] == "10"


def test_the_day_is_full_at_its_limit_and_says_when_room_frees():
    usage, limited = Usage(), policy(daily=2)
    usage.take(limited, "0x1", NOON, deployment=False)
    usage.take(limited, "0x2", NOON + HOUR, deployment=False)
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0x3", NOON + 2 * HOUR, deployment=False)
    assert caught.value.code == "refused.transactions_per_day"
    assert caught.value.params["version"] == 4
    frees = datetime.fromisoformat(caught.value.params["frees_at"])
    assert NOON + DAY <= frees <= NOON + DAY + BUCKET
    usage.take(limited, "0x3", frees, deployment=False)


@pytest.mark.parametrize(("daily", "deployments"), [(0, NO_LIMIT), (NO_LIMIT, 0)])
def test_a_limit_of_zero_means_none(daily, deployments):
    with pytest.raises(Refused):
        Usage().take(policy(daily, deployments), "0x1", NOON, deployment=True)


def test_no_limit_is_no_limit():
    usage = Usage()
    for number in range(5_000):
        usage.take(policy(), f"0x{number}", NOON, deployment=True)


def test_a_limit_lowered_below_what_is_used_refuses_and_frees_later():
    usage = Usage()
    for number in range(5):
        usage.take(policy(daily=10), f"0x{number}", NOON, deployment=False)
    with pytest.raises(Refused) as caught:
        usage.take(policy(daily=3), "0x9", NOON, deployment=False)
    assert (caught.value.params["limit"], caught.value.params["used"]) == ("3", "5")


def test_room_is_held_while_under_way_and_given_back_when_it_goes_no_further():
    usage, limited = Usage(), policy(daily=1, deployments=1)
    place = usage.take(limited, "0x1", NOON, deployment=True)
    with pytest.raises(Refused):
        usage.take(limited, "0x2", NOON, deployment=True)
    usage.give_back(place)
    usage.take(limited, "0x2", NOON, deployment=True)


@pytest.mark.parametrize(("succeeded", "fourth"), [(True, False), (False, True)])
def test_only_successful_deployments_use_up_the_limit(succeeded, fourth):
    usage, limited = Usage(), policy(deployments=3)
    for number in range(3):
        usage.take(limited, f"0x{number}", NOON, deployment=True)
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0x9", NOON, deployment=True)
    assert caught.value.code == "refused.deployments"
    usage.ended("0x0", succeeded=succeeded)
    usage.ended("0x0", succeeded=succeeded)
    if fourth:
        usage.take(limited, "0x9", NOON, deployment=True)
    else:
        with pytest.raises(Refused):
            usage.take(limited, "0x9", NOON, deployment=True)


@pytest.mark.parametrize(
    ("counted", "succeeded", "used"),
    [(True, False, 1), (False, False, 0), (True, None, 0), (True, True, 1), (False, True, 1)],
)
def test_a_failed_deployment_counts_when_the_terms_say_so_and_a_dropped_one_never(
    counted, succeeded, used
):
    usage, limited = Usage(), policy(deployments=1, failed_deployments_count=counted)
    usage.take(limited, "0x1", NOON, deployment=True)
    usage.ended("0x1", succeeded=succeeded)
    assert usage.of(limited.permit).deployments(limited) == used
    if used:
        with pytest.raises(Refused):
            usage.take(limited, "0x2", NOON, deployment=True)
    else:
        usage.take(limited, "0x2", NOON, deployment=True)


def test_gas_of_a_day_counts_by_the_limit_named_and_is_given_back_with_the_place():
    usage, limited = Usage(), policy(gas=100_000)
    place = usage.take(limited, "0x1", NOON, deployment=False, gas=60_000)
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0x2", NOON, deployment=False, gas=40_001)
    said = caught.value.params
    assert (said["clause"], said["used"], said["requested"]) == ("gas_per_day", "60000", "40001")
    frees = datetime.fromisoformat(said["frees_at"])
    assert NOON + DAY <= frees <= NOON + DAY + BUCKET
    usage.take(limited, "0x2", NOON, deployment=False, gas=40_000)
    usage.give_back(place)
    usage.take(limited, "0x3", NOON, deployment=False, gas=60_000)
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0x4", NOON, deployment=False, gas=100_001)
    assert caught.value.params["frees_at"] is None, "more than the whole day never fits"


def test_units_of_a_day_are_refused_beyond_the_limit_and_a_refused_request_costs_none():
    usage, limited = Usage(), policy(units=10)
    usage.charge(limited, 6, NOON)
    with pytest.raises(Refused) as caught:
        usage.charge(limited, 5, NOON)
    assert caught.value.code == "refused.units_per_day"
    usage.charge(limited, 4, NOON)
    assert usage.of(limited.permit).units.used(NOON) == 10
    with pytest.raises(Refused):
        usage.charge(policy(units=0), 1, NOON)


def test_a_deployment_sent_twice_does_not_lose_its_place():
    usage, limited = Usage(), policy(deployments=2)
    usage.take(limited, "0x1", NOON, deployment=True)
    again = usage.take(limited, "0x1", NOON, deployment=True)
    usage.give_back(again)
    usage.ended("0x1", succeeded=True)
    usage.take(limited, "0x2", NOON, deployment=True)
    with pytest.raises(Refused):
        usage.take(limited, "0x3", NOON, deployment=True)


def test_counting_again_from_the_journal_gives_the_same_answer():
    usage, limited = Usage(), policy(daily=3, deployments=2)
    usage.recount(limited.permit, NOON, 2, 42_000)
    usage.recount(limited.permit, NOON, 1, 21_000)
    usage.created(limited.permit, 1, 1)
    usage.recount_deployment(limited.permit, "0x2")
    with pytest.raises(Refused) as caught:
        usage.take(limited, "0x4", NOON + HOUR, deployment=False)
    assert caught.value.params["used"] == "3"
    assert usage.under_way() == {"0x2": limited.permit}
    assert usage.used(limited.permit, limited, NOON) == {
        "transactions_per_day": 3,
        "gas_per_day": 63_000,
        "deployments": 2,
        "units_per_day": 0,
    }


def test_requests_beyond_the_rate_wait_and_then_pass():
    rate = RequestRate()
    assert [rate.take(0.0, 2) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert rate.take(0.4, 2) > 0
    assert rate.take(0.5, 2) == 0.0


def test_a_rate_that_is_lowered_takes_effect_at_once():
    rate = RequestRate()
    rate.take(0.0, 100)
    assert rate.take(0.0, 1) == 0.0
    assert rate.take(0.0, 1) > 0
