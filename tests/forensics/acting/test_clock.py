"""The desks: what they answer, return and grant; each beside what they do not."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest

from sandbox.forensics.acting import CannotAct, World, read, reckoned, schema, sources, state, terms
from sandbox.forensics.acting.acts import MOST_ACTS, MOST_BYTES, written
from sandbox.forensics.cases.case import written as moment_of
from sandbox.locale import LANGUAGES
from tests.forensics.acting.worlds import listed, motion
from tests.forensics.cases.planned import case

MARCH = {"first": "2026-03-01T00:00:00Z", "last": "2026-03-31T00:00:00Z"}
LATER = timedelta(days=20)


@pytest.fixture(scope="module")
def world():
    return World.of(case("medium"))


def when(world, hours=1, report=0):
    return moment_of(world.reports[report].moment + timedelta(hours=hours))


def came(world, *acts, after=LATER):
    return state(world, listed(acts), world.reports[-1].moment + after)


def request(world, record, **more):
    base = {"kind": "request", "at": when(world, report=-1), "by": "aida", "to": record["exchange"]}
    asked = {"addresses": [record["address"]], "asks": ["customer", "deposits"]}
    return base | asked | MARCH | more


def stolen(world):
    """The first reported payment: the target, the route and the amount."""
    lost = world.reports[0].transaction
    return {"ledger": lost.ledger, "address": lost.payee}, [lost.place], str(lost.amount)


def sound(world, hours=1, **more):
    """A motion that lacks nothing."""
    target, route, amount = stolen(world)
    found = motion("freeze", target, when(world, hours), amount=amount, days=20, **more)
    found["targets"][0]["grounds"] = {"route": route}
    return found


def lacks(news):
    return {each["missing"] for each in news.said["lacks"]}


# -- exchanges


def busy(world):
    return max(world.records.values(), key=lambda each: len(each["deposits"]))


def test_an_exchange_answers_what_was_asked_and_only_that(world):
    record = busy(world)
    now = came(world, request(world, record))
    (answer,) = now.latest(1).said["answers"]
    assert set(answer) == {"address", "customer_known", "customer", "deposits"}
    assert answer["customer"] == record["customer"]
    assert [each["place"] for each in answer["deposits"]] == record["deposits"]
    only = came(world, request(world, record, asks=["since"])).latest(1).said["answers"]
    assert set(only[0]) == {"address", "customer_known", "since"}


def test_an_exchange_takes_its_time(world):
    act = request(world, busy(world))
    told = came(world, act).latest(1).moment
    least, most = terms().exchange_answers
    took = told - listed([act])[0].moment
    assert timedelta(hours=least) <= took <= timedelta(hours=most)
    before = state(world, listed([act]), told - timedelta(seconds=1))
    assert [each.stage for each in before.news] == ["pending"]
    assert "answers" not in before.canonical().decode()


def test_an_answer_is_of_the_period_and_not_of_the_future(world):
    record = busy(world)
    made = {tuple(each): each for each in record["deposits"]}
    act = request(world, record, asks=["deposits"], last="2026-03-05T00:00:00Z")
    (answer,) = came(world, act).latest(1).said["answers"]
    assert all(each["time"] <= "2026-03-05" for each in answer["deposits"])
    assert len(answer["deposits"]) < len(made)
    early = request(world, record, asks=["deposits"], at=when(world))
    (answer,) = came(world, early).latest(1).said["answers"]
    told = came(world, early).latest(1).moment
    assert all(each["time"] <= moment_of(told) for each in answer["deposits"])


def test_the_wrong_exchange_has_no_such_customer(world):
    record = busy(world)
    other = next(each for each in world.exchanges if each != record["exchange"])
    (answer,) = came(world, request(world, record, to=other)).latest(1).said["answers"]
    assert answer == {"address": record["address"], "customer_known": False}
    person = world.reports[0].transaction.payer
    (answer,) = came(world, request(world, record, addresses=[person])).latest(1).said["answers"]
    assert answer == {"address": person, "customer_known": False}


def test_an_over_broad_request_comes_back(world):
    record, everybody = busy(world), list(world.records)
    for more, reason in (
        ({"addresses": everybody[:4]}, "too_many_addresses"),
        ({"first": "2025-03-01T00:00:00Z"}, "period_too_long"),
        ({"asks": []}, "nothing_asked"),
        ({"asks": ["payouts"]}, "order_needed"),
    ):
        news = came(world, request(world, record, **more)).latest(1)
        assert (news.stage, lacks(news)) == ("returned", {reason})
    assert (
        came(world, request(world, record, addresses=everybody[:3])).latest(1).stage == "answered"
    )


def test_payments_to_cards_are_answered_under_the_judges_order(world):
    record = max(world.records.values(), key=lambda each: len(each["payouts"]))
    lost = world.reports[0].transaction
    target = {"ledger": "kgst", "address": lost.payee}
    order = motion("records", target, when(world, report=-1))
    order["targets"][0]["grounds"] = {"route": [lost.place]}
    late = {"at": when(world, 100, -1), "asks": ["payouts"], "basis": 1}
    news = came(world, order, request(world, record, **late)).latest(2)
    assert lacks(news) == {"order_needed"}  # the order is about another address
    (answer,) = (
        came(world, order, request(world, record, **late, addresses=[lost.payee]))
        .latest(2)
        .said["answers"]
    )
    assert answer == {"address": lost.payee, "customer_known": False}
    with pytest.raises(CannotAct, match=r"acting\.no_order"):  # before the judge has decided
        came(world, order, request(world, record, **late | {"at": when(world, 1, -1)}))
    with pytest.raises(CannotAct, match=r"acting\.exchange_unknown"):
        came(world, request(world, record, to="Elsewhere"))


# -- the court


def test_a_motion_that_lacks_nothing_is_granted(world):
    now = came(world, sound(world))
    assert [each.stage for each in now.news] == ["pending", "agreed", "granted"]
    least, most = terms().prosecutor[0] + terms().judge[0], terms().prosecutor[1] + terms().judge[1]
    took = now.news[-1].moment - now.acts[0].moment
    assert timedelta(hours=least) <= took <= timedelta(hours=most)


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"report": 0}, {"report", "grounds"}),
        ({"report": 99}, {"report", "grounds"}),
        ({"facts": "He did it."}, {"facts"}),
        ({"policy": "tiho"}, {"policy"}),
        ({"targets": []}, {"targets"}),
        ({"days": 0}, {"term"}),
        ({"days": 61}, {"term"}),
    ],
)
def test_a_motion_is_returned_with_what_it_lacks_and_nothing_else(world, change, missing):
    news = came(world, sound(world) | change).latest(1)
    assert (news.stage, lacks(news)) == ("returned", missing)
    assert set(news.said) == {"desk", "lacks"}


def test_a_target_needs_an_amount_in_proportion(world):
    act = sound(world)
    act["targets"][0]["amount"] = ""
    assert lacks(came(world, act).latest(1)) == {"amount"}
    act["targets"][0]["amount"] = str(10**30)
    assert lacks(came(world, act).latest(1)) == {"proportion"}


def test_grounds_are_a_route_an_answer_or_a_paper(world):
    act, lost = sound(world, report=1), world.reports[0].transaction
    for grounds in (
        {},
        {"route": []},
        {"route": [lost.place, lost.place]},
        {"route": [["kgst", lost.block + 1, 0]]},
        {"answer": 5},
        {"paper": 999},
        {"paper": len(world.papers) - 1},  # the telephone, seized after this motion
    ):
        act["targets"][0]["grounds"] = grounds
        assert lacks(came(world, act).latest(1)) == {"grounds"}, grounds
    act["targets"][0]["grounds"] = {"paper": 0}
    assert came(world, act).latest(1).stage == "granted"


def test_information_of_the_intelligence_service_is_no_ground(world):
    record = busy(world)
    asked = {"kind": "intelligence", "at": when(world, 1, -1), "by": "aida"}
    asked |= {"address": record["address"]}
    act = sound(world) | {"at": when(world, 60, -1)}
    act["targets"][0] |= {"address": record["address"], "grounds": {"answer": 1}}
    now = came(world, asked, act)
    said = now.latest(1).said
    assert (said["service"], said["role"]) == (record["exchange"], "deposit")
    assert lacks(now.latest(2)) == {"grounds", "not_evidence"}
    act["at"] = when(world, 100, -1)
    answered = came(world, request(world, record), act)
    assert answered.latest(2).stage == "granted"
    person = came(world, asked | {"address": world.reports[0].transaction.payee}).latest(1).said
    assert (person["service"], person["role"]) == ("", "")


# -- freezes


def freeze(world, hours=1, **more):
    target, _, _ = stolen(world)
    both = {"kind": "freeze", "at": when(world, hours), "by": "aida", "target": target}
    return both | more


def test_an_urgent_freeze_lapses_unless_it_is_confirmed_in_time(world):
    alone = came(world, freeze(world))
    assert [each.stage for each in alone.news] == ["pending", "in_force", "lapsed"]
    assert alone.news[-1].moment - alone.acts[0].moment == terms().confirm_within
    late = came(world, freeze(world), sound(world, 47, confirms=1))
    assert [late.latest(1).stage, late.latest(2).stage] == ["lapsed", "granted"]
    told = came(world, freeze(world), sound(world, 2, confirms=1), after=timedelta(days=3))
    assert told.latest(1).stage == "confirmed"
    assert came(world, freeze(world), sound(world, 2, confirms=1), after=LATER * 2).at("ended")
    defective = sound(world, 2, confirms=1) | {"facts": ""}
    assert came(world, freeze(world), defective).latest(1).stage == "lapsed"


def test_only_an_urgent_freeze_of_the_same_target_can_be_confirmed(world):
    for act in (
        sound(world, 2, confirms=3),
        sound(world, 2, confirms=2),
        sound(world, 2, confirms=1) | {"measure": "seize"},
    ):
        with pytest.raises(CannotAct, match=r"acting\.basis_unknown"):
            came(world, freeze(world), act)
    other = sound(world, 2, confirms=1)
    other["targets"][0]["ledger"] = "som"
    with pytest.raises(CannotAct, match=r"acting\.basis_unknown"):
        came(world, freeze(world), other)


def test_a_freeze_rests_on_a_granted_motion_for_that_address(world):
    granted = came(world, sound(world), freeze(world, 40, basis=1))
    assert [each.stage for each in granted.news if each.number == 2][:2] == ["pending", "in_force"]
    for act, code in (
        (freeze(world, 2, basis=1), "no_order"),  # not granted yet
        (freeze(world, 40, basis=2), "basis_unknown"),
        (freeze(world, 24 * 30, basis=1), "no_order"),  # its term is over
        (freeze(world, 40, basis=1, target={**stolen(world)[0], "ledger": "som"}), "no_order"),
    ):
        with pytest.raises(CannotAct, match=rf"acting\.{code}"):
            came(world, sound(world), act, after=timedelta(days=40))


def leaving(world):
    """A payment of stolen money that leaves a guilty address long after the first report."""
    return next(
        each
        for each in world.transactions
        if each.payer in world.guilty
        and each.payee in world.guilty
        and each.time > world.reports[0].moment + timedelta(hours=6)
    )


def frozen_before(world, minutes):
    """An urgent freeze of who makes that payment, and its state a day after it."""
    paid = leaving(world)
    at = moment_of(paid.time - timedelta(minutes=minutes))
    act = freeze(world, target={"ledger": paid.ledger, "address": paid.payer}, at=at)
    return state(world, listed([act]), paid.time + timedelta(hours=24))


def test_what_has_left_before_a_freeze_takes_effect_is_lost(world):
    paid = leaving(world)
    late, soon = frozen_before(world, 30), frozen_before(world, 300)
    (too_late,), (in_time,) = reckoned(late).freezes, reckoned(soon).freezes
    assert too_late.late >= paid.amount > in_time.late
    assert too_late.caught < in_time.caught
    rows = [(each.payer, each.payee, each.amount, each.time) for each in late.moving.rows]
    wanted = (paid.payer, paid.payee, paid.amount, paid.time)
    assert wanted in rows
    assert wanted not in [
        (each.payer, each.payee, each.amount, each.time) for each in soon.moving.rows
    ]


def test_a_frozen_address_pays_nothing_until_the_freeze_is_over(world):
    paid, now = leaving(world), frozen_before(world, 300)
    began = next(each.moment for each in now.news if each.stage == "in_force")
    table = now.table(paid.ledger)
    assert table.filter((table["payer"] == paid.payer) & (table["time"] > began)).is_empty()
    lifted = {"kind": "lift", "at": moment_of(now.now), "by": "aida", "freeze": 1}
    after = came(world, *written(now.acts)["acts"], lifted)
    assert (after.latest(1).stage, after.latest(2).stage) == ("lifted", "done")
    row = next(each for each in after.moving.rows if each.planned == world.transactions.index(paid))
    assert row.time == after.latest(2).moment > paid.time
    assert len(after.table(paid.ledger)) == len(set(after.table(paid.ledger).rows()))
    with pytest.raises(CannotAct, match=r"acting\.basis_unknown"):
        came(world, *written(after.acts)["acts"], lifted | {"at": moment_of(after.now)})


def test_freezing_an_innocent_does_harm_and_freezing_a_thief_does_not(world):
    victim = world.reports[0].transaction.payer
    assert victim not in world.guilty
    target = {"ledger": "kgst", "address": victim}
    twice = [freeze(world, hours, target=target) for hours in (0, 1)]
    harmed = reckoned(came(world, *twice, after=timedelta()))
    assert harmed.harm > 0
    assert harmed.harm < sum(each.harm for each in harmed.freezes) / 10**16 + 1
    guilty = reckoned(came(world, freeze(world, 0), after=timedelta()))
    assert guilty.harm == 0


# -- the wallet of two and the reserve


def seizure(world, *, second="bakyt", frozen=True):
    target, route, amount = stolen(world)
    held = came(world, freeze(world, 0), after=timedelta()).moving.held[
        target["ledger"], world.reports[0].transaction.payee
    ]
    take = str(min(held, int(amount)))
    moves = motion("seize", target, when(world, 40), amount=take)
    moves["targets"][0]["grounds"] = {"route": route}
    start = [freeze(world, 0), sound(world, 1, confirms=1)] if frozen else []
    act = {"kind": "seize", "at": when(world, 80), "by": "aida", "second": second}
    act |= {"target": target, "amount": take, "basis": len(start) + 1}
    return [*start, moves, act]


def test_two_people_seize_and_hand_over(world):
    acts = seizure(world)
    now = came(world, *acts)
    assert now.latest(4).stage == "done"
    assert now.as_data()["custody"][0]["amount"] == acts[-1]["amount"]
    give = motion("hand_over", acts[-1]["target"], when(world, 90), amount=acts[-1]["amount"])
    give["targets"][0]["grounds"] = {"route": stolen(world)[1]}
    hand = acts[-1] | {"kind": "hand_over", "at": when(world, 130), "basis": 5}
    given = came(world, *acts, give, hand)
    assert given.latest(6).stage == "done"
    assert given.as_data()["custody"] == []
    kgst = reckoned(given).shares["kgst"]
    assert (kgst.seized, kgst.frozen >= 0) == (0, True)
    assert kgst.handed_over > 0
    with pytest.raises(CannotAct, match=r"acting\.no_order"):  # the order is used up
        came(world, *acts, give, hand, hand | {"at": when(world, 131)})


def test_one_person_alone_seizes_nothing(world):
    for second in ("aida", "AIDA"):
        with pytest.raises(CannotAct, match=r"acting\.same_person"):
            came(world, *seizure(world, second=second))


def test_what_is_not_frozen_is_not_seized(world):
    acts = seizure(world, frozen=False)
    assert lacks(came(world, acts[0]).latest(1)) == {"not_frozen"}
    with pytest.raises(CannotAct, match=r"acting\.no_order"):
        came(world, *acts)
    more = seizure(world)
    more[-1] = more[-1] | {"amount": str(int(more[-1]["amount"]) + 1)}
    with pytest.raises(CannotAct, match=r"acting\.no_order"):  # more than was granted
        came(world, *more)


# -- the list


def test_the_same_acts_give_the_same_state_to_the_bit(world):
    acts = seizure(world)
    first, second = came(world, *acts), came(World.of(case("medium")), *acts)
    assert first.canonical() == second.canonical()
    assert reckoned(first).canonical() == reckoned(second).canonical()
    assert first.moving.rows == second.moving.rows


def test_news_are_only_added(world):
    acts = listed(seizure(world))
    before = ()
    for hours in range(0, 200, 20):
        now = state(world, acts, world.reports[0].moment + timedelta(hours=hours))
        assert now.news[: len(before)] == before
        before = now.news
    assert before


def test_who_acts_is_told_nothing_of_the_truth(world):
    said = came(world, *seizure(world), request(world, busy(world))).canonical().decode()
    assert not re.search(r"guilty|thief|mule|victim|stolen|harm|person-", said)
    assert world.key.hex() not in said


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": "2026-03-16"}, "moment_malformed"),
        ({"at": "2026-13-16T00:00:00Z"}, "moment_malformed"),
        ({"at": "2026-03-01T00:00:00Z"}, "before_report"),
        ({"at": "2027-03-01T00:00:00Z"}, "after_end"),
        ({"by": ""}, "person_malformed"),
        ({"address": "0x12"}, "address_malformed"),
        ({"kind": "arrest"}, "not_acts"),
        ({"further": 1}, "not_acts"),
    ],
)
def test_a_bad_act_is_refused_with_a_code_in_three_languages(world, change, code):
    act = {"kind": "intelligence", "at": when(world), "by": "aida"}
    act |= {"address": world.wallet} | change
    with pytest.raises(CannotAct, match=rf"acting\.{code}") as raised:
        came(world, act, after=timedelta(days=400))
    assert len({raised.value.explain(each) for each in LANGUAGES}) == 3


def test_a_list_is_in_order_and_not_too_long(world):
    act = {"kind": "intelligence", "at": when(world), "by": "aida", "address": world.wallet}
    with pytest.raises(CannotAct, match=r"acting\.earlier"):
        listed([act, act | {"at": when(world, 0)}])
    with pytest.raises(CannotAct, match=r"acting\.too_many"):
        listed([act] * (MOST_ACTS + 1))
    with pytest.raises(CannotAct, match=r"acting\.too_large"):
        read(b" " * (MOST_BYTES + 1))
    for sent in (b"", b"[]", b'{"version": 2, "acts": []}', b'{"version": 1, "version": 1}'):
        with pytest.raises(CannotAct, match=r"acting\.not_acts"):
            read(sent)
    crowd = sound(world)
    crowd["targets"] *= 41
    with pytest.raises(CannotAct, match=r"acting\.not_acts"):
        listed([crowd])
    backward = request(world, busy(world), first="2026-03-09T00:00:00Z", last=MARCH["first"])
    with pytest.raises(CannotAct, match=r"acting\.period_backward"):
        listed([backward])


def test_what_is_written_is_read_again_and_has_a_schema(world):
    acts = listed([*seizure(world), request(world, busy(world))])
    assert read(json.dumps(written(acts)).encode()) == acts
    kinds = {"request", "motion", "intelligence", "freeze", "lift", "seize", "hand_over"}
    assert kinds <= set(re.findall(r"\w+", json.dumps(schema())))


def test_each_term_has_its_source_and_none_is_called_law():
    assert set(sources()) == set(terms().__dataclass_fields__)
    assert all(each.startswith("Ours") for each in sources().values())
