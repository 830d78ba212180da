"""Transfers joined with messages, the figures of providers, and signs of made-up messages."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import polars as pl
import pytest

from sandbox.forensics import CannotMatch, Demands, Feed, Signs, compare, faked, match, providers
from tests.forensics.feeds import (
    BEGIN,
    KGST,
    account,
    changed,
    legal,
    message,
    natural,
    register,
    transfers,
    world,
)
from tests.forensics.people import somebody

HOUR = timedelta(hours=1)
ONE = transfers((1, 2, 100_000, timedelta(0)))
HELD = register((1, "A", "Асанов Бакыт"), (2, "B", "Үсөнова Гүлнара"))
HASH = ONE["hash"][0]


def judged(*messages, rows=ONE, held=HELD, **demands):
    return match(rows, held, Feed.read(messages), Demands(**demands))


def status(*messages, **more):
    found = judged(*messages, **more).transfers
    return found["status"][0], found["why"][0].to_list()


def at(delta):
    return (BEGIN + delta).isoformat()


def test_a_right_message_in_time_is_complete():
    found = judged(message())
    row = found.transfers.row(0, named=True)
    assert (row["status"], row["why"], row["message"], row["latency"]) == ("complete", [], "m-1", 0)
    assert (row["originator"], row["beneficiary"]) == (1.0, 1.0)
    assert found.unused == ()


def test_without_a_message_it_is_missing():
    assert status() == ("missing", [])
    assert status(message(sent=at(25 * HOUR))) == ("missing", []), "too far away to be meant"
    assert status(message(sender="C")) == ("missing", []), "another's message"


def test_a_message_that_was_refused_is_missing_and_says_why():
    document = "ivms101/originator/originatorPerson/0/naturalPerson/nationalIdentification"
    wrong = changed(message(hash=HASH), f"{document}/countryOfIssue", "EU")
    assert status(wrong) == ("missing", ["travel.c3"])
    assert status(wrong, message("m-2", hash=HASH)) == ("complete", [])


def test_a_message_after_the_transfer_is_late_from_the_delay_on():
    assert status(message(sent=at(timedelta(seconds=1)))) == ("late", ["late"])
    assert status(message(sent=at(-HOUR))) == ("complete", [])
    assert status(message(sent=at(HOUR)), delay=HOUR) == ("complete", [])
    assert status(message(sent=at(HOUR)), delay=HOUR - timedelta(seconds=1))[0] == "late"


def test_what_is_not_as_on_the_chain_is_mismatched_and_named():
    assert status(message(amount=str(99_999 * KGST))) == ("mismatched", ["amount"])
    payer = "ivms101/originator/originatorPerson/0/accountNumber"
    payee = "ivms101/beneficiary/beneficiaryPerson/0/accountNumber"
    assert status(changed(message(), payer, [account(7)])) == ("mismatched", ["payer_account"])
    assert status(changed(message(), payee, [])) == ("mismatched", ["payee_account"])
    assert status(message(hash=HASH, sender="C")) == ("mismatched", ["sender"])
    assert status(message(hash=HASH, receiver="C")) == ("mismatched", ["receiver"])
    both = message(amount="1", sent=at(HOUR))
    assert status(both) == ("mismatched", ["amount", "late"])


def test_a_name_fits_by_the_score_of_screening():
    def named(told, **more):
        person = natural(told, account(1))
        return status(changed(message(), "ivms101/originator/originatorPerson/0", person), **more)

    assert named("Bakyt Asanov") == ("complete", [])
    assert named("Asanov Bakyr") == ("complete", []), "0.9"
    assert named("Asanov Bakyr", name=0.95) == ("mismatched", ["originator_name"])
    assert named("Asanov Kubat") == ("mismatched", ["originator_name"])
    assert named("Asanov Kubat", held=HELD.drop("name")) == ("complete", []), "nothing to judge by"
    assert named("---") == ("mismatched", ["originator_name"])
    company = changed(message(), "ivms101/originator/originatorPerson/0", legal("X", account(1)))
    assert status(company, held=register((1, "A", "X"), (2, "B", None))) == ("complete", [])


def test_of_several_names_the_best_counts():
    path = "ivms101/originator/originatorPerson/0/naturalPerson/name/localNameIdentifier"
    person = natural("Qwerty", account(1))
    said = changed(message(), "ivms101/originator/originatorPerson/0", person)
    assert status(said)[0] == "mismatched"
    local = [{"primaryIdentifier": "Асанов Бакыт", "nameIdentifierType": "LEGL"}]
    assert status(changed(said, path, local)) == ("complete", [])


def test_what_owes_no_message():
    rows = transfers(
        (1, 2, 85_000, HOUR),  # not more than the threshold
        (1, 3, 100_000, HOUR),  # the same provider
        (1, 9, 100_000, HOUR),  # an account of nobody
        (8, 9, 100_000, HOUR),  # two of them
    )
    held = register((1, "A", None), (2, "B", None), (3, "A", None))
    found = match(rows, held, Feed.read([message()]))
    assert (found.transfers.height, found.unhosted, found.unused) == (0, 1, (("A", "m-1"),))
    assert match(rows, held, Feed.read([]), Demands(threshold=84_999 * KGST)).transfers.height == 1


def test_a_message_belongs_to_one_transfer_and_the_hash_decides():
    rows = transfers((1, 2, 100_000, timedelta(0)), (1, 2, 100_000, HOUR))
    found = judged(message("a", hash=rows["hash"][1]), message("b"), rows=rows).transfers
    assert found["message"].to_list() == ["b", "a"]
    one = judged(message("a"), rows=rows).transfers
    assert one["status"].to_list() == ["complete", "missing"]
    near = judged(message("a", sent=at(HOUR)), message("b", sent=at(2 * HOUR)), rows=rows)
    assert near.transfers["message"].to_list() == ["a", "b"]
    same = judged(message("a", amount="5"), message("b", sent=at(-HOUR)), rows=rows).transfers
    assert same["message"].to_list() == ["b", "a"], "the same amount before the nearer time"


def test_what_is_right_is_taken_before_what_is_near():
    rows = transfers((1, 2, 100_000, timedelta(0)), (3, 2, 100_000, HOUR), (1, 2, 7, 2 * HOUR))
    held = register((1, "A", None), (2, "B", None), (3, "A", None))
    person = natural("Somebody Else", account(3))
    other = changed(message("m"), "ivms101/originator/originatorPerson/0", person)
    found = judged(other, rows=rows, held=held).transfers
    assert found["message"].to_list() == [None, "m"], "not the first of the same amount"
    one_hash = rows.with_columns(pl.lit("0x" + "1" * 64).alias("hash"))
    found = judged(other | {"hash": "0x" + "1" * 64}, rows=one_hash, held=held).transfers
    assert found["status"].to_list() == ["missing", "complete"]


def test_moments_without_a_zone_are_utc_and_others_are_brought_to_it():
    bishkek = ONE.with_columns(pl.col("time").dt.convert_time_zone("Asia/Bishkek"))
    bare = ONE.with_columns(pl.col("time").dt.replace_time_zone(None))
    for rows in (bishkek, bare):
        assert judged(message(), rows=rows).transfers.equals(judged(message()).transfers)


def refused(code, call, *arguments, **more):
    with pytest.raises(CannotMatch) as error:
        call(*arguments, **more)
    assert error.value.code == code
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3


def test_tables_and_demands_that_cannot_be_right_are_refused():
    feed = Feed.read([])
    for name in ONE.columns:
        refused("travel.transfers_malformed", match, ONE.drop(name), HELD, feed)
        empty = ONE.with_columns(pl.lit(None, ONE.schema[name]).alias(name))
        refused("travel.transfers_malformed", match, empty, HELD, feed)
    for column in (pl.lit(1.5).alias("amount"), pl.lit("now").alias("time")):
        refused("travel.transfers_malformed", match, ONE.with_columns(column), HELD, feed)
    for held in (HELD.drop("account"), HELD.drop("provider"), pl.concat([HELD, HELD])):
        refused("travel.register_malformed", match, ONE, held, feed)
    refused("travel.register_malformed", match, ONE, register((1, None, "x")), feed)
    for wrong in ({"threshold": -1}, {"delay": -HOUR}, {"window": -HOUR}, {"name": 0}):
        refused("travel.demands_malformed", Demands, **wrong)
    for wrong in ({"least": 0}, {"repeated": 0}, {"strangers": 1.1}, {"at_once": 0}):
        refused("travel.signs_malformed", Signs, **wrong)


def disturbed(seed):
    """An honest month in which each tenth message is lost, late, or wrong in something."""
    rows, held, messages = world(seed, payments=40)
    chance = random.Random(seed)
    told = []
    for number, each in enumerate(messages):
        kind = chance.choice(["", "", "", "lost", "late", "amount", "account", "name", "hash"])
        if kind == "late":
            each["sent"] = at(datetime.fromisoformat(each["sent"]) - BEGIN + 2 * HOUR)
        if kind == "amount":
            each["amount"] = str(90_000 * KGST)
        if kind == "hash":
            each["hash"] = rows["hash"][number]
        person = each["ivms101"]["originator"]["originatorPerson"][0]
        if kind == "account":
            person["accountNumber"] = [account(1)]
        if kind == "name":
            person["naturalPerson"]["name"]["nameIdentifier"][0]["primaryIdentifier"] = "Qwerty"
        told += [each] * (kind != "lost")
    chance.shuffle(told)
    return rows, held, told


def fits(step, each, one, ends):
    """Whether a message may belong to a transfer, in one of the four rounds."""
    people = (
        each["ivms101"]["originator"]["originatorPerson"][0],
        each["ivms101"]["beneficiary"]["beneficiaryPerson"][0],
    )
    accounts = [person["accountNumber"][0] for person in people] == [one["payer"], one["payee"]]
    if "hash" in step:
        return each.get("hash") == one["hash"] and (accounts or step == "hash")
    near = abs(datetime.fromisoformat(each["sent"]) - one["time"]) <= 24 * HOUR
    same = accounts if step == "accounts" else each["amount"] == one["amount"]
    return "hash" not in each and near and ends == (each["sender"], each["receiver"]) and same


def judge(each, one, owner):
    """The status of a transfer with a message."""
    wrong = each["amount"] != one["amount"]
    for place, end in (("originator", "payer"), ("beneficiary", "payee")):
        person = each["ivms101"][place][f"{place}Person"][0]
        name = person["naturalPerson"]["name"]["nameIdentifier"][0]
        whole = f"{name['primaryIdentifier']} {name['secondaryIdentifier']}"
        wrong |= person["accountNumber"] != [one[end]]
        wrong |= compare(whole, owner[one[end]]["name"]).score < 0.9
    late = datetime.fromisoformat(each["sent"]) > one["time"]
    return "mismatched" if wrong else "late" if late else "complete"


def by_hand(rows, held, told):
    """The definition, with every message looked at for every transfer in every round."""
    owner = {row["account"]: row for row in held.to_dicts()}
    left, found = list(told), {}
    transfers = rows.sort("block").to_dicts()
    for step in ("hash and accounts", "accounts", "hash", "amount"):
        for place, one in enumerate(transfers):
            ends = (owner[one["payer"]]["provider"], owner[one["payee"]]["provider"])
            fitting = [
                (
                    each["amount"] != one["amount"],
                    abs(datetime.fromisoformat(each["sent"]) - one["time"]),
                    each["sender"],
                    each["id"],
                )
                for each in left
                if place not in found and fits(step, each, one, ends)
            ]
            if fitting:
                meant = next(each for each in left if each["id"] == min(fitting)[3])
                left.remove(meant)
                found[place] = (meant["id"], judge(meant, one, owner))
    pairs = [found.get(place, (None, "missing")) for place in range(len(transfers))]
    return pairs, {(each["sender"], each["id"]) for each in left}


@pytest.mark.parametrize("seed", range(5))
def test_matching_is_what_the_definition_says(seed):
    rows, held, told = disturbed(seed)
    found = match(rows, held, Feed.read(told))
    pairs = found.transfers.select("message", "status").rows()
    wanted, left = by_hand(rows, held, told)
    assert pairs == wanted
    assert set(found.unused) == left
    assert {status for _, status in pairs} == {"complete", "late", "mismatched", "missing"}


def test_figures_of_providers_add_up():
    rows, held, told = disturbed(1)
    found = match(rows, held, Feed.read(told))
    table = providers(found)
    assert table["provider"].to_list() == sorted(set(found.transfers["sender"]))
    for row in table.to_dicts():
        mine = found.transfers.filter(sender=row["provider"])
        counts = Counter(mine["status"])
        assert row["transfers"] == mine.height == sum(counts.values())
        assert all(row[state] == counts[state] for state in ("complete", "late", "missing"))
        right = counts["complete"] + counts["late"]
        assert row["completeness"] == right / mine.height >= row["timely"]
        known = sorted(mine["latency"].drop_nulls())
        assert row["latency_median"] in known or len(known) % 2 == 0
        assert sum(each <= row["latency_nine_of_ten"] for each in known) >= 0.9 * len(known)


def test_refused_messages_are_counted_for_their_sender():
    wrong = changed(message(), "ivms101/payloadMetadata", None)
    row = providers(judged(wrong, message("m-2"))).row(0, named=True)
    assert (row["provider"], row["refused"], row["complete"]) == ("A", 1, 1)


def signs_of(rows, held, told, **signs):
    found = faked(match(rows, held, Feed.read(told)), held, Signs(**signs))
    return {(row["provider"], row["rule"]) for row in found.to_dicts() if row["sign"]}


@pytest.mark.parametrize("seed", range(3))
def test_honest_messages_show_no_sign(seed):
    rows, held, told = world(seed)
    assert signs_of(rows, held, told) == set()
    assert signs_of(*disturbed(seed)) == set()


def test_values_that_repeat_are_a_sign():
    rows, held, told = world(1)
    mine = [each for each in told if each["sender"] == "B"]
    for each in mine[: len(mine) // 2]:
        person = each["ivms101"]["originator"]["originatorPerson"][0]["naturalPerson"]
        person["nationalIdentification"]["nationalIdentifier"] = "AN0000000"
    assert signs_of(rows, held, told) == {("B", "repeated")}
    found = faked(match(rows, held, Feed.read(told)), held)
    row = found.filter(provider="B", rule="repeated").row(0, named=True)
    assert row["value"] == "AN0000000"
    assert set(row["evidence"]) <= {each["id"] for each in mine[: len(mine) // 2]}
    assert row["measured"] == len(mine) // 2 / len(mine)


def test_one_customer_with_many_accounts_is_none():
    held = register(*((n, "A", "Асанов Бакыт") for n in range(20)), (99, "B", None))
    rows = transfers(*((n, 99, 100_000, n * HOUR) for n in range(20)))
    person = [natural("Asanov Bakyt", account(n)) for n in range(20)]
    told = [
        changed(message(f"m-{n}", sent=at(n * HOUR)), "ivms101/originator/originatorPerson", [one])
        for n, one in enumerate(person)
    ]
    assert signs_of(rows, held, told) == set()
    others = register(
        *((n, "A", somebody(random.Random(n)).name) for n in range(20)), (99, "B", None)
    )
    assert signs_of(rows, others, told) == {("A", "repeated")}


def test_names_that_match_nobody_are_a_sign_and_mixed_up_ones_are_not():
    rows, held, told = world(2)
    mine = [each for each in told if each["sender"] == "A"]
    place = "ivms101/beneficiary/beneficiaryPerson/0/naturalPerson/name/nameIdentifier/0"
    invented = {"primaryIdentifier": "Lorem", "secondaryIdentifier": "Ipsum"}
    invented["naturalPersonNameIdentifierType"] = "LEGL"
    strange = [changed(each, place, invented) if each in mine else each for each in told]
    assert signs_of(rows, held, strange) == {("A", "strangers")}
    names = {each["receiver"]: each["ivms101"]["beneficiary"] for each in mine}
    account_of = "beneficiaryPerson/0/accountNumber"

    def another(each):
        there = each["ivms101"]["beneficiary"]["beneficiaryPerson"][0]["accountNumber"]
        other = changed(names[each["receiver"]], account_of, there)
        return changed(each, "ivms101/beneficiary", other)

    mixed = [another(each) if each in mine else each for each in told]
    assert signs_of(rows, held, mixed) == set()
    found = match(rows, held, Feed.read(mixed)).transfers.filter(sender="A")
    assert (found["status"] == "mismatched").mean() > 0.8


def test_messages_sent_all_at_once_are_a_sign_unless_the_transfers_were():
    rows, held, told = world(3)
    last = max(each["sent"] for each in told)
    batch = [each | {"sent": last} if each["sender"] == "C" else each for each in told]
    hashes = dict(zip((each["id"] for each in told), rows["hash"], strict=True))
    batch = [each | {"hash": hashes[each["id"]]} for each in batch]
    assert signs_of(rows, held, batch) == {("C", "at_once")}
    salaries = transfers(*((1, 2, 100_000, n * timedelta(seconds=1)) for n in range(20)))
    told = [message(f"m-{n}") for n in range(20)]
    assert signs_of(salaries, HELD, told) == set()


def test_few_messages_are_not_judged():
    rows, held, told = world(1, payments=20)
    for each in told:
        each["sent"] = told[0]["sent"]
    few = faked(match(rows, held, Feed.read(told)), held, Signs(least=100))
    assert few.is_empty()
    refused("travel.signs_malformed", Signs, at_once=2)
