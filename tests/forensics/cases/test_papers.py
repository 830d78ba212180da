"""The papers beside the chain: from the same plan, in three languages; records only on request."""

from __future__ import annotations

import re
import string
import tomllib
from datetime import datetime, timedelta

import pytest

from sandbox.forensics.cases.case import Paper, minor, written
from sandbox.forensics.cases.people import named
from sandbox.forensics.cases.scene import Person
from sandbox.forensics.cases.wording import TEMPLATES, hundredths, text
from sandbox.locale import LANGUAGES
from tests.forensics.cases.planned import NAMES, case
from tests.web.test_wording import BOTH_SEXES, MIXED, end, forbidden

ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def templates(tree=None):
    """Each text of the templates by language."""
    tree = tomllib.loads(TEMPLATES.read_text("utf-8")) if tree is None else tree
    for value in tree.values():
        if set(value) == set(LANGUAGES):
            yield value
        else:
            yield from templates(value)


def lines(value):
    return value if isinstance(value, list) else [value]


def papers(found, kind):
    return [each for each in found.public().papers if each.kind == kind]


def test_every_template_has_the_same_places_in_every_language():
    found = list(templates())
    assert len(found) > 15
    for each in found:
        places = {
            lang: [
                {name for _, name, _, _ in string.Formatter().parse(line) if name}
                for line in lines(each[lang])
            ]
            for lang in LANGUAGES
        }
        assert places["ky"] == places["ru"] == places["en"]


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_the_templates_keep_to_the_translators_sheet(lang):
    for each in templates():
        for said, english in zip(lines(each[lang]), lines(each["en"]), strict=True):
            bare = re.sub(r"\{\w+\}", "0", said)
            bare = bare.replace("KGST", "").replace("№", "")
            assert not MIXED.search(bare)
            assert not BOTH_SEXES.search(bare)
            assert not [term for term, _, wrong in forbidden(lang) if re.search(wrong, bare)]
            assert end(said.strip()) == end(english.strip())


@pytest.mark.parametrize("name", NAMES)
def test_every_paper_is_written_in_every_language(name):
    for paper in case(name).public().papers:
        said = {lang: text(paper, lang) for lang in LANGUAGES}
        assert len(set(said.values())) == 3
        assert said["en"].endswith("\nTraining material, not evidence.\n")
        assert said["ru"].endswith("\nУчебный материал, не доказательство.\n")
        places = {lang: sorted(ADDRESS.findall(each)) for lang, each in said.items()}
        assert places["ky"] == places["ru"] == places["en"]
        assert not [each for each in said.values() if re.search(r"[{}]", each)]


@pytest.mark.parametrize("name", NAMES)
def test_each_victim_has_a_statement_a_chat_and_a_card_of_the_same_plan(name):
    public = case(name).public()
    statements, chats, cards = (papers(case(name), each) for each in ("statement", "chat", "card"))
    assert len(statements) == len(chats) == len(cards) == len(public.reports)
    known = {each.address: each.owner for each in case(name).truth().secrets.control}
    names = case(name).truth().secrets.names
    for report, statement, chat, card in zip(public.reports, statements, chats, cards, strict=True):
        lost = report.transaction
        assert statement.data["transaction"] == lost.place
        assert statement.data["victim"] == names[known[lost.payer]] == chat.data["victim"]
        assert chat.data["payee"] == lost.payee
        assert hundredths("en", lost.amount // minor("kgst", 1)) in text(statement, "en")
        assert all(each < statement.data["time"] for each in chat.data["lines"])
        last = [each["time"] for each in card.data["rows"] if each["time"] < statement.data["time"]]
        since = written(lost.time - timedelta(hours=12))
        assert all(chat.data["lines"][0] < each for each in last if each >= since)
        begun = datetime.fromisoformat(chat.data["lines"][0]) + timedelta(hours=6)
        assert begun.hour >= 7
        bought = sum(int(each["amount"]) for each in card.data["rows"])
        paid = sum(
            each.amount
            for each in public.transactions
            if each.payee == lost.payer and known.get(each.payer) in {"Kerben Bank", *BANKS}
            if each.time <= report.moment and each.ledger == "kgst"
        )
        assert 0 < bought == paid


BANKS = ("Jailoo Savings Bank", "Chynar Bank")


@pytest.mark.parametrize("name", NAMES)
def test_a_seizure_gives_addresses_of_one_of_the_gang_among_others(name):
    truth = case(name).truth()
    owner = {each.address: each.owner for each in truth.secrets.control}
    role = {each.address: each.role for each in truth.secrets.control}
    (seizure,), (phone,) = papers(case(name), "seizure"), papers(case(name), "phone")
    assert set(seizure.data["addresses"]) <= set(truth.guilty)
    assert seizure.data["holder"] == phone.data["holder"]
    holder = owner[seizure.data["addresses"][0]]
    assert truth.secrets.names[holder] == seizure.data["holder"]
    for message in phone.data["messages"]:
        whose = {"shop": "merchant"}.get(message["text"])
        assert role[message["address"]] == whose if whose else owner[message["address"]] == holder
    assert {each["text"] for each in phone.data["messages"]} >= {"shop"}
    contacts = [each["name"] for each in phone.data["contacts"]]
    assert len(contacts) == 4
    assert phone.data["holder"] not in contacts
    assert len(set(truth.guilty)) > len(seizure.data["addresses"]) + len(phone.data["messages"])


@pytest.mark.parametrize("name", NAMES)
def test_an_exchange_answers_about_each_deposit_address_and_nowhere_else(name):
    secrets, public = case(name).truth().secrets, case(name).public()
    owner = {each.address: each for each in secrets.control}
    deposits = {each.address for each in secrets.control if each.role == "deposit"}
    assert {each["address"] for each in secrets.records} == deposits
    place = {tuple(each.place): each for each in public.transactions}
    for record in secrets.records:
        assert record["exchange"] == owner[record["address"]].service
        assert record["customer"] == secrets.names[owner[record["address"]].owner]
        came = [place[tuple(each)] for each in record["deposits"]]
        assert came
        assert {each.payee for each in came} == {record["address"]}
        assert record["since"] < came[0].time.isoformat()
        assert len(record["payouts"]) <= len(came)
        assert all(each["deposit"] in record["deposits"] for each in record["payouts"])
    assert '"payouts"' not in public.canonical().decode()
    assert '"customer"' not in public.canonical().decode()


def test_nobody_has_anothers_name_while_there_are_others():
    from sandbox.forensics.cases.chance import Chance

    people = [Person(number) for number in range(900)]
    names = list(named(Chance(bytes(32), "names"), people).values())
    english = [each["en"] for each in names]
    assert len(set(english)) == len(set(english[:832])) == 832
    assert english[832] == english[0]
    assert {"ky": "Өмүралиева Айгүл", "ru": "Омуралиева Айгуль", "en": "Aigul Omuralieva"} in names


def test_a_paper_of_an_unknown_kind_or_without_its_data_is_not_written():
    found = papers(case(), "statement")[0]
    with pytest.raises(KeyError):
        text(Paper("letter", found.moment, {}), "en")
    with pytest.raises(KeyError):
        text(Paper("statement", found.moment, {}), "en")
