"""Made-up providers, their customers, transfers on a chain and honest travel-rule messages."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta

import polars as pl

from tests.forensics.habits import ICAO, written
from tests.forensics.people import somebody

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
KGST = 10**18
PLACES = ("block", "transaction", "log")


def account(number):
    return f"0x{number:040x}"


def natural(name, *numbers, born="1971-05-03", document="AN1234567"):
    """A natural person with the names in the order surname, given."""
    primary, _, secondary = name.partition(" ")
    named = {"primaryIdentifier": primary, "naturalPersonNameIdentifierType": "LEGL"}
    return {
        "naturalPerson": {
            "name": {
                "nameIdentifier": [
                    named | ({"secondaryIdentifier": secondary} if secondary else {})
                ]
            },
            "nationalIdentification": {
                "nationalIdentifier": document,
                "nationalIdentifierType": "CCPT",
                "countryOfIssue": "KG",
            },
            "dateAndPlaceOfBirth": {"dateOfBirth": born, "placeOfBirth": "Osh"},
        },
        "accountNumber": list(numbers),
    }


def legal(name="Ak Kuu LLC", *numbers, **more):
    """An organisation."""
    named = {"legalPersonName": name, "legalPersonNameIdentifierType": "LEGL"}
    known = {"name": {"nameIdentifier": [named]}, "customerIdentification": "7"} | more
    return {"legalPerson": known, "accountNumber": list(numbers)}


def message(number="m-1", **more):
    """A message that keeps to the standard; ``more`` replaces fields of the envelope."""
    said = {
        "id": number,
        "sent": BEGIN.isoformat(),
        "sender": "A",
        "receiver": "B",
        "amount": str(100_000 * KGST),
        "ivms101": {
            "originator": {"originatorPerson": [natural("Asanov Bakyt", account(1))]},
            "beneficiary": {"beneficiaryPerson": [natural("Usonova Gulnara", account(2))]},
            "originatingVASP": {"originatingVASP": legal("Exchange A")},
            "beneficiaryVASP": {"beneficiaryVASP": legal("Exchange B")},
            "payloadMetadata": {"transliterationMethod": ["cyrl"], "payloadVersion": "101.2023"},
        },
    }
    return copy.deepcopy(said) | more


def changed(said, path, value):
    """A copy with one place changed, or taken out (``value`` None)."""
    found = copy.deepcopy(said)
    *way, last = path.split("/")
    place = found
    for step in way:
        place = place[int(step) if step.isdigit() else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return found


def transfers(*rows):
    """Rows: payer, payee (numbers of accounts), amount (KGST), time after the beginning."""
    return pl.DataFrame(
        [
            (
                *(block, 0, 0, account(payer), account(payee), str(amount * KGST)),
                *(BEGIN + after, f"0x{block:064x}"),
            )
            for block, (payer, payee, amount, after) in enumerate(rows, 1)
        ],
        schema=[*PLACES, "payer", "payee", "amount", "time", "hash"],
        orient="row",
    )


def register(*rows):
    """Rows: number of an account, provider, name."""
    rows = [(account(number), provider, name) for number, provider, name in rows]
    return pl.DataFrame(rows, schema=["account", "provider", "name"], orient="row")


def world(seed, *, customers=60, payments=120):
    """An honest month of three exchanges: transfers, register, messages."""
    chance = random.Random(seed)
    people = [somebody(chance) for _ in range(customers)]
    owner = [chance.choice("ABC") for _ in people]
    held = register(*((n, owner[n], who.name) for n, who in enumerate(people)))
    rows, messages = [], []
    while len(rows) < payments:
        payer, payee = chance.randrange(customers), chance.randrange(customers)
        if owner[payer] == owner[payee]:
            continue
        after = timedelta(seconds=chance.randrange(28 * 86_400))
        amount = chance.randrange(86_000, 900_000)
        rows.append((payer, payee, amount, after))
        messages.append(
            message(
                f"m-{len(rows)}",
                sent=(BEGIN + after - timedelta(seconds=chance.randrange(1, 300))).isoformat(),
                sender=owner[payer],
                receiver=owner[payee],
                amount=str(amount * KGST),
                ivms101=payload(people, payer, payee),
            )
        )
    return transfers(*rows), held, messages


def payload(people, payer, payee):
    """What an honest provider writes of both."""
    said = message()["ivms101"]
    for number, place in ((payer, "originator"), (payee, "beneficiary")):
        who = people[number]
        person = natural(
            written(who.two_words, ICAO),
            account(number),
            born=who.born.isoformat(),
            document=f"AN{number:07}",
        )
        said[place] = {f"{place}Person": [person]}
    return said
