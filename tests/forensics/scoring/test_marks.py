"""Marks: the truth has all points, silence and copies none; each wrong costs; halves are halves."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction

import pytest

from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring import (
    CannotScore,
    Key,
    Rubric,
    feedback,
    median,
    part_title,
)
from sandbox.forensics.scoring.attribution import touched
from sandbox.forensics.scoring.parts import KINDS, som
from sandbox.forensics.scoring.rubric import PARTS
from sandbox.locale import error_codes
from tests.forensics.cases.planned import NAMES, small
from tests.forensics.scoring.answers import EMPTY, WHOLE, everybody, marked, right, shares

MACHINE = 90
"""Points of the whole rubric that a machine or a checklist gives."""
ALL = {"method": Fraction(1), "clarity": Fraction(1)}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("policy", Policy)
def test_the_truth_has_all_points_by_each_policy(name, policy):
    key = Key(small(name))
    marks = marked(right(key, policy), key)
    assert {each.part: each.share for each in marks.parts if each.by != "human"} == dict.fromkeys(
        (part for part in WHOLE.points if part != "clarity"), 1
    )
    assert (marks.points, marks.passed, marks.open) == (MACHINE, None, ("method", "clarity"))
    whole = marked(right(key, policy), key, given=ALL)
    assert (whole.points, whole.passed, whole.open) == (100, True, ())


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_answer_has_nothing_and_everybody_named_little(name):
    key = Key(small(name))
    assert marked(EMPTY, key).points == 0
    ticked = {"limits": ["policy", "services", "tags"]}
    assert marked(EMPTY | {"method": ticked}, key).points == 0
    accused = EMPTY | {
        "addresses": everybody(key),
        "attribution": [
            {"address": each, "label": "gang", "permille": 1_000} for each in key.control
        ],
        "recovery": [
            {"ledger": ledger, "address": each, "amount": str(10**24)}
            for each in key.control
            for ledger in ("kgst", "som", "usdkg")
        ],
    }
    assert marked(accused, key).points < 10


def copied_points(policy, mine, other):
    """Of a hundred, by the whole rubric or the lab's, without the exhibit that gives it away."""
    said = right(other, policy)
    bare = {part: each for part, each in said.items() if part != "exhibit"}
    return max(marked(bare, mine, each).points for each in (WHOLE, Rubric.shipped("P3")))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("policy", Policy)
def test_a_copied_answer_has_at_most_five_of_a_hundred(name, policy):
    mine, other = (Key(small(name, attempt)) for attempt in (1, 2))
    assert copied_points(policy, mine, other) <= 5
    copied = marked(right(other, policy), mine)
    assert (copied.points, copied.broken) == (0, ("exhibit",))
    assert marked(right(mine, policy), mine).points == MACHINE


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_copied_answer_has_at_most_five_over_many_pairs_of_seeds(name):
    """Forty-five pairs of a difficulty, each policy nine times."""
    keys = [Key(small(name, attempt)) for attempt in range(1, 11)]
    pairs = itertools.combinations(keys, 2)
    policies = itertools.cycle(Policy)
    worst = max(copied_points(next(policies), mine, other) for mine, other in pairs)
    assert worst <= 5


def test_what_is_found_without_the_thefts_of_the_case_is_not_found():
    """The copy's neighbour: half of the right answer has about half, and the exhibit holds."""
    key = Key(small("hard"))
    truth = right(key)
    half = truth | {"addresses": truth["addresses"][::2], "hops": truth["hops"][::2]}
    assert 50 < marked(half, key).points < MACHINE


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_address_more_never_raises_the_marks(name):
    key = Key(small(name))
    truth, p3 = right(key), Rubric.shipped("P3")
    innocent = [each for each in everybody(key) if each not in key.guilty]
    for kept in (0, 1, len(truth["addresses"]) // 2, len(truth["addresses"])):
        said = truth | {"addresses": truth["addresses"][:kept]}
        before = marked(said, key, p3).points
        for wrong in (innocent[0], innocent[-1], "0x" + "ab" * 20):
            after = marked(said | {"addresses": [*said["addresses"], wrong]}, key, p3).points
            assert after < before if kept else after == before
    capitals = truth | {"addresses": [each.upper().replace("X", "x") for each in key.guilty]}
    assert shares(capitals, key)["addresses"] == 1


def test_a_wrong_claim_more_never_raises_the_marks():
    key = Key(small("hard"))
    claims = right(key)["attribution"]
    wrong = [each | {"label": "Kerben Bank"} for each in claims if each["label"] != "Kerben Bank"]
    for kept in (0, 5, len(claims) // 2, len(claims) - 2):
        before = attributed(claims[:kept], key)
        for claim in wrong[-2:]:
            for permille in (1, 1_000):
                worse = [*claims[:kept], claim | {"permille": permille}]
                assert attributed(worse, key) < before if kept else attributed(worse, key) == 0
    assert attributed(claims, key) == 1


def attributed(claims, key):
    return shares(EMPTY | {"attribution": claims}, key, Rubric.shipped("P5"))["attribution"]


def test_figures_of_another_policy_are_wrong_under_the_declared_one():
    key = Key(small("hard"))
    lied = right(key, "poison") | {"policy": "libr"}
    found = shares(lied, key)
    assert found["addresses"] == 1
    assert found["hops"] < 1
    assert found["located"] < 1


def test_a_hop_is_right_only_with_exactly_what_it_carries():
    key = Key(small())
    truth = right(key)
    hops = [dict(each) for each in truth["hops"]]
    hops[0]["tainted"] = str(int(hops[0]["tainted"]) - 1)
    assert 0 < shares(truth | {"hops": hops}, key)["hops"] < 1
    assert 0 < shares(truth | {"hops": truth["hops"][:1]}, key)["hops"] < Fraction(1, 2)
    invented = [*truth["hops"], truth["hops"][0] | {"block": 10**6}]
    assert shares(truth | {"hops": invented}, key)["hops"] < 1


def test_f_weighs_precision_double():
    """Of addresses: half of the value named and nothing else is 5/6; all and as much wrong 5/9."""
    key = Key(small())
    whole = sum(key.guilty.values())
    named = sorted(key.guilty, key=key.guilty.get)[-3:]
    right_value = sum(key.guilty[each] for each in named)
    found = shares(EMPTY | {"addresses": named}, key)["addresses"]
    assert found == Fraction(5, 4) * right_value / (whole / 4 + right_value)
    wrong = [each for each in key.control if each not in key.guilty][: len(key.guilty)]
    both = shares(EMPTY | {"addresses": [*key.guilty, *wrong]}, key)["addresses"]
    assert both == Fraction(5, 9)


def test_value_that_is_claimed_beyond_or_missed_costs_and_going_on_behind_a_service_does_not():
    key = Key(small("hard"))
    truth = right(key)
    more = [dict(each) for each in truth["located"]]
    more[0]["amount"] = str(int(more[0]["amount"]) * 2)
    for said in (more, truth["located"][1:]):
        assert 0 < shares(truth | {"located": said}, key)["located"] < 1
    behind = [
        {"ledger": ledger, "address": name, "amount": str(amount)}
        for (ledger, name), amount in key.lies("fifo", ("releases",)).items()
        if ledger != "kgst"
    ]
    assert behind
    assert shares(truth | {"located": [*truth["located"], *behind]}, key)["located"] == 1
    behind[0]["amount"] = str(int(behind[0]["amount"]) * 3)
    assert shares(truth | {"located": [*truth["located"], *behind]}, key)["located"] < 1


def test_what_is_wrongly_frozen_costs_twice_and_never_more_than_all():
    key = Key(small("hard"))
    truth = right(key)
    left = sum(som(each["ledger"], int(each["amount"])) for each in truth["recovery"])
    innocent = next(each for each in key.control if each not in key.guilty)
    wrong = int(left / 10 * 10**18)
    tenth = {"ledger": "kgst", "address": innocent, "amount": str(wrong)}
    share = shares(truth | {"recovery": [*truth["recovery"], tenth]}, key)["recovery"]
    assert share == 1 - 2 * som("kgst", wrong) / left
    much = tenth | {"amount": str(wrong * 9)}
    assert shares(truth | {"recovery": [*truth["recovery"], much]}, key)["recovery"] == 0
    assert shares(truth | {"recovery": truth["recovery"][:1]}, key)["recovery"] > 0


def test_a_case_without_anything_left_to_freeze_has_no_such_part(monkeypatch):
    key = Key(small("hard"))
    truth = right(key)
    gone = {each: 1 for each in key.lies("fifo") if each[1] not in key.guilty}
    monkeypatch.setattr(key, "lies", lambda policy, origins=(): gone)
    marks = marked(truth, key)
    assert marks.left_out == ("recovery",)
    assert sum(each.of for each in marks.parts) == 100
    assert next(each.of for each in marks.parts if each.part == "custody") == Fraction(2_000, 85)


def test_who_says_what_they_believe_does_best():
    """Of claims of which seven tenths are right: 700 thousandths gain most."""
    key = Key(small("hard"))
    services = [
        each for each in touched(key, "fifo") if key.control[each].service and each in key.guilty
    ]
    asked = services[:10]
    assert len(asked) == 10

    def gained(permille):
        claims = [
            {
                "address": name,
                "label": key.control[name].service if number < 7 else "Kerben Bank",
                "permille": permille,
            }
            for number, name in enumerate(asked)
        ]
        monkey = Key(small("hard"))
        monkey.guilty = dict.fromkeys(key.guilty, Fraction(1))
        return attributed(claims, monkey)

    by_stated = {each: gained(each) for each in (0, 300, 500, 700, 900, 1_000)}
    assert max(by_stated, key=by_stated.get) == 700
    assert by_stated[0] == 0


def test_a_label_stands_for_one_owner_alone():
    key = Key(small("hard"))
    truth = right(key)
    one = [each | {"label": "the gang"} for each in truth["attribution"]]
    each_own = [
        each | {"label": f"somebody {number}"} for number, each in enumerate(truth["attribution"])
    ]
    assert attributed(one, key) == 0
    assert attributed(each_own, key) < Fraction(1, 4)
    kinds = [
        each | {"label": KINDS_OF[key.control[each["address"]].role]}
        for each in truth["attribution"]
        if key.control[each["address"]].service
    ]
    named = [each for each in truth["attribution"] if key.control[each["address"]].service]
    by_kind, by_name = (attributed(each, key) for each in (kinds, named))
    assert by_name / 2 <= by_kind < by_name


KINDS_OF = {role: "exchange" if kind == "exchange" else str(role) for role, kind in KINDS.items()}


def test_the_median_counts_not_the_best():
    key = Key(small())
    truth = right(key)
    low, good = (
        marked(said, key, given=ALL | {"clarity": Fraction(1, 2)}) for said in (EMPTY, truth)
    )
    best = marked(truth, key, given=ALL)
    assert median([best]) == 100
    assert median([best, low]) == (100 + low.points) / 2
    assert median([best, low, good]) == good.points == 95
    assert median([low, low, best]) == low.points
    for attempts, code in (
        ([], "scoring.no_attempt"),
        ([best, marked(truth, key)], "scoring.attempt_open"),
        ([best, marked(truth, key, Rubric.shipped("P3"), ALL)], "scoring.other_rubric"),
    ):
        with pytest.raises(CannotScore) as error:
            median(attempts)
        assert error.value.code == code


@pytest.mark.parametrize(
    "given",
    [
        {"clarity": Fraction(3, 2)},
        {"clarity": -1},
        {"clarity": 0.5},
        {"clarity": True},
        {"addresses": Fraction(1)},
        {"luck": Fraction(1)},
    ],
)
def test_a_person_gives_exact_shares_of_what_no_machine_marks(given):
    with pytest.raises(CannotScore) as error:
        marked(EMPTY, Key(small()), given=given)
    assert error.value.code == "scoring.given_wrong"


def test_a_person_overrules_the_checklist_alone():
    key = Key(small())
    marks = marked(right(key), key, given={"method": Fraction(1, 2)})
    assert (marks.points, marks.open) == (85, ("clarity",))
    low = marked(EMPTY, key, given=ALL)
    assert (low.points, low.passed) == (20, False)


def test_points_of_a_lab_are_brought_to_a_hundred_visibly():
    key = Key(small())
    data = marked(right(key), key, Rubric.shipped("P3")).as_data()
    assert (data["points"], data["of"], data["lab"], data["version"]) == (
        "80.00",
        "100.00",
        "P3",
        2,
    )
    first = data["parts"][0]
    assert (first["part"], first["rubric"], first["of"]) == ("addresses", 12, "24.00")
    assert json.loads(json.dumps(data)) == data


@pytest.mark.parametrize("name", NAMES)
def test_feedback_says_kinds_and_shares_and_nothing_by_which_to_find_them(name):
    key = Key(small(name))
    partly = right(key) | {"addresses": list(key.guilty)[:3], "hops": [], "located": []}
    for said in (EMPTY, partly, right(Key(small(name, 2)))):
        marks = marked(said, key)
        told = json.dumps(marks.as_data()) + json.dumps(
            [feedback(marks, each) for each in ("en", "ru", "ky")], ensure_ascii=False
        )
        assert "0x" not in told
        assert "—" not in told.replace(" — ", "")
        known = key.control.values()
        secrets = {each.owner for each in known} | {each.service for each in known}
        secrets -= {"", "mixer", "bridge"}  # kinds, of which there is one each
        assert [each for each in secrets if each in told] == []
        amounts = {str(amount) for amount in key.lies("fifo").values() if amount > 10**6}
        assert [each for each in amounts if each in told] == []
        for part, sentences in feedback(marks, "ky").items():
            assert part in PARTS
            assert all(each.endswith(".") for each in sentences)
    assert feedback(marked(right(key), key))["addresses"] == []


def test_every_finding_has_its_words_in_three_languages_and_every_word_its_finding():
    told = {each.rpartition(".")[2] for each in error_codes() if ".feedback." in each}
    places = {f"located_missed_{each}" for each in (*KINDS.values(), "wallet")}
    guilty = {f"missed_{each}" for each in ("thief", "mule", "deposit", "peel_end")}
    innocent = {f"accused_{each}" for each in ("person", "service", "unknown")}
    others = {
        *("hops_missed", "hops_wrong", "located_beyond", "recovery_missed", "recovery_wrong"),
        *("attribution_missed", "attribution_wrong", "attribution_brier"),
        *("custody_missing", "custody_broken", "custody_no_ledger", "custody_no_pin"),
        *("custody_no_trace", "method_heuristics", "method_limits_missed"),
        *("method_limits_wrong", "method_of_nothing", "method_rates"),
        *("acts_saved", "acts_late", "acts_harm", "acts_impossible", "vasp_missed", "vasp_wrong"),
        *("asked_beyond", "asked_nothing", "paper_returned", "paper_none"),
        *(f"sums_{policy}" for policy in Policy),
    }
    assert told & (places | guilty | innocent | others) == places | guilty | innocent | others
    assert len({part_title(part, lang) for part in PARTS for lang in ("en", "ru", "ky")}) == (
        3 * len(PARTS)
    )
    assert WHOLE.total == 100


def test_a_stated_error_rate_is_compared_with_the_published_one():
    key = Key(small())

    def told(*rates):
        said = [{"name": name, "error_permille": rate} for name, rate in rates]
        answer = right(key)
        method = {**answer["method"], "heuristics": said}
        return shares(answer | {"method": method}, key)["method"]

    assert told(("deposit", 495), ("funder", 857)) == told(("deposit", 590), ("busy", 150)) == 1
    assert told(("deposit", 80), ("funder", 500)) == told() == Fraction(1, 2)
    assert told(("peel", 0), ("deposit", 495)) == 1, "what is published as never wrong may be said"
    assert told(("busy", 0), ("name", 1_000)) == Fraction(1, 2)
