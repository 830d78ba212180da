"""A made-up month of travel-rule messages between five providers, for labs: one may make them up.

Rules:

1. Everything follows from a seed. Who makes messages up, and in which ways, is given, or follows
   from the seed as well: whoever reads this file can work that out, so a lab asks for functions and
   tries them on months of other seeds.
2. Messages are IVMS 101.2023, each with the hash of its transfer, about transfers of more than
   ``ASKED``; names in Latin letters, the register's in Cyrillic.
3. Three providers only look suspicious, and are honest: one pays a firm's salaries within a minute,
   one has a customer with many accounts, one sends many messages late or not at all or with a wrong
   amount. The first two may make messages up besides; what whoever does sends is complete and in
   time.
4. Ways: ``repeated`` (few documents stand for many payers), ``strangers`` (beneficiaries that the
   receiver does not know), ``at_once`` (written on the first day, before the transfers).

All names are put together from lists; whoever bears one is not meant.

>>> made = month(7, {"exchange-b": ("repeated",)})
>>> len(made.messages) > 100, told(made.messages[0])["hash"] == made.transfers[0]["hash"]
(True, True)
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.forensics.errors import CannotMatch

PROVIDERS: Final = tuple(f"exchange-{letter}" for letter in "abcde")
WAYS: Final = ("repeated", "strangers", "at_once")
ASKED: Final = 50_000
"""Providers send messages about more than this, KGST."""
BEGIN: Final = datetime(2026, 11, 1, tzinfo=UTC)
KGST: Final = 10**18
_PART: Final = 0.7
"""How many of its messages a provider makes up in each of its ways."""
_FAMILIES: Final = (
    *("Асанов Asanov", "Бекмуратов Bekmuratov", "Чолпонов Cholponov", "Дуйшеев Duisheev"),
    *("Эгембердиев Egemberdiev", "Жумабеков Zhumabekov", "Исмаилов Ismailov", "Касымов Kasymov"),
    *("Мамытов Mamytov", "Осмонов Osmonov", "Раимкулов Raimkulov", "Сыдыков Sydykov"),
)
_GIVEN: Final = (
    *("Бакыт Bakyt", "Эркин Erkin", "Гулнара Gulnara", "Жылдыз Zhyldyz", "Марат Marat"),
    *("Нурлан Nurlan", "Салтанат Saltanat", "Талант Talant", "Урмат Urmat", "Айпери Aiperi"),
)
_INVENTED: Final = (
    *("Volkwein Hubert", "Fitzroy Quentin", "Okonkwo Chidi", "Papadakis Fotis", "Lindqvist Sven"),
    *("Guerrero Xavier", "Whitlock Jeffrey", "Yamaguchi Hiro"),
)


@dataclass(frozen=True)
class Customer:
    """Somebody with accounts at a provider.

    Attributes:
        name: as in the register, Cyrillic.
        latin: as in messages.
        document: its number.
        provider: whose customer.
        accounts: addresses.
    """

    name: str
    latin: str
    document: str
    provider: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Month:
    """What a supervisor has.

    Attributes:
        transfers: ``block``, ``transaction``, ``log``, ``hash``, ``payer``, ``payee``, ``amount``
            (minor units, text), ``time``; in the order of the chain.
        register: ``account``, ``provider``, ``name``.
        messages: as they were sent, in the order of their transfers.
    """

    transfers: list[dict[str, Any]]
    register: list[dict[str, str]]
    messages: list[dict[str, Any]]


def month(seed: int | str, fakes: Mapping[str, Sequence[str]] | None = None) -> Month:
    """Make a month.

    Args:
        seed: everything follows from it.
        fakes: which providers make messages up, and in which ways; none: drawn from the seed.

    Raises:
        CannotMatch: ``travel.month_malformed``: a provider or a way that there is not.
    """
    chance = random.Random(f"travel-rule month {seed}")  # noqa: S311 (a lab's data, no secret)
    drawn = {chance.choice(PROVIDERS): (chance.choice(WAYS),)}
    chosen = drawn if fakes is None else {name: tuple(ways) for name, ways in fakes.items()}
    ways = {each for some in chosen.values() for each in some}
    if not set(chosen) <= set(PROVIDERS) or not ways <= set(WAYS):
        raise CannotMatch("travel.month_malformed")
    customers, roles = _people(chance), chance.sample(PROVIDERS, len(PROVIDERS))
    careless = next((each for each in [*roles[2:], *roles[:2]] if each not in chosen), None)
    many = next(each for each in customers if each.provider == roles[1])
    customers[customers.index(many)] = many = _with_accounts(many, chance, 8)
    paid = sorted(_payments(chance, customers, roles[0], many), key=lambda each: each[3])
    transfers = [_transfer(chance, number, *each) for number, each in enumerate(paid, 1)]
    messages = []
    for number, (transfer, (payer, payee, _, _)) in enumerate(zip(transfers, paid, strict=True), 1):
        if int(transfer["amount"]) > ASKED * KGST:
            said = _message(chance, number, transfer, (payer[0], payee[0]))
            sender = payer[0].provider
            ways_of = chosen.get(sender, ())
            kept = (
                _carelessly(chance, said) if sender == careless else _faked(chance, said, ways_of)
            )
            if kept is not None:
                messages.append(kept)
    register = [
        {"account": account, "provider": each.provider, "name": each.name}
        for each in customers
        for account in each.accounts
    ]
    return Month(transfers, register, messages)


def told(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a message says, in one row.

    Args:
        message: of a month.

    Returns:
        ``id``, ``sent`` (a moment), ``sender``, ``receiver``, ``amount`` (minor units), ``hash``,
        ``payer`` and ``payee`` (accounts), ``payer_name``, ``document``, ``payee_name``.
    """
    payload = message["ivms101"]
    payer = payload["originator"]["originatorPerson"][0]
    payee = payload["beneficiary"]["beneficiaryPerson"][0]
    known = payer["naturalPerson"]["nationalIdentification"]
    return {
        **{name: message[name] for name in ("id", "sender", "receiver", "hash")},
        "sent": datetime.fromisoformat(message["sent"]),
        "amount": int(message["amount"]),
        "payer": payer["accountNumber"][0],
        "payee": payee["accountNumber"][0],
        "payer_name": _name(payer),
        "document": known["nationalIdentifier"],
        "payee_name": _name(payee),
    }


_Payment = tuple[tuple[Customer, str], tuple[Customer, str], int, datetime]


def _people(chance: random.Random) -> list[Customer]:
    """Sixty customers with names of their own, twelve at each provider."""
    pairs = chance.sample([(one, two) for one in _FAMILIES for two in _GIVEN], 60)
    found = []
    for number, (family, given) in enumerate(pairs):
        name, latin = (
            f"{one} {two}" for one, two in zip(family.split(), given.split(), strict=True)
        )
        document = f"AN{chance.randrange(10**7):07}"
        person = Customer(name, latin, document, PROVIDERS[number % len(PROVIDERS)], ())
        found.append(_with_accounts(person, chance, 1))
    return found


def _with_accounts(one: Customer, chance: random.Random, count: int) -> Customer:
    accounts = tuple(f"0x{chance.getrandbits(160):040x}" for _ in range(count))
    return Customer(one.name, one.latin, one.document, one.provider, accounts)


def _payments(
    chance: random.Random, customers: list[Customer], payroll: str, many: Customer
) -> Iterator[_Payment]:
    """Who pays whom how much and when."""

    def at(provider: str) -> list[Customer]:
        return [each for each in customers if each.provider == provider]

    def others(payer: Customer) -> tuple[Customer, str]:
        one = chance.choice([each for each in customers if each.provider != payer.provider])
        return one, chance.choice(one.accounts)

    def somewhen() -> datetime:
        return BEGIN + timedelta(seconds=chance.randrange(86_400, 28 * 86_400))

    payers = [chance.choice(at(provider)) for provider in PROVIDERS for _ in range(32)]
    for payer in [*payers, *[many] * 16]:
        sum_ = chance.randrange(20_000, 400_000)
        yield (payer, chance.choice(payer.accounts)), others(payer), sum_, somewhen()
    firm = next(each for each in at(payroll) if each is not many)
    day = somewhen()
    for number in range(24):
        sum_ = chance.randrange(120_000, 180_000)
        yield (firm, firm.accounts[0]), others(firm), sum_, day + timedelta(seconds=number)


def _transfer(
    chance: random.Random,
    number: int,
    payer: tuple[Customer, str],
    payee: tuple[Customer, str],
    amount: int,
    time: datetime,
) -> dict[str, Any]:
    return {
        **dict.fromkeys(("transaction", "log"), 0),
        "block": number,
        "hash": f"0x{chance.getrandbits(256):064x}",
        "payer": payer[1],
        "payee": payee[1],
        "amount": str(amount * KGST),
        "time": time,
    }


def _message(
    chance: random.Random, number: int, transfer: Mapping[str, Any], ends: tuple[Customer, Customer]
) -> dict[str, Any]:
    """An honest message, sent when the transfer was signed."""
    payer, payee = ends
    document = {
        "nationalIdentifier": payer.document,
        "nationalIdentifierType": "CCPT",
        "countryOfIssue": "KG",
    }
    one, other = _person(payer.latin, transfer["payer"]), _person(payee.latin, transfer["payee"])
    one["naturalPerson"]["nationalIdentification"] = document
    return {
        "id": f"m-{number}",
        "sent": (transfer["time"] - timedelta(seconds=chance.randrange(2))).isoformat(),
        "sender": payer.provider,
        "receiver": payee.provider,
        "amount": transfer["amount"],
        "hash": transfer["hash"],
        "ivms101": {
            "originator": {"originatorPerson": [one]},
            "beneficiary": {"beneficiaryPerson": [other]},
            "payloadMetadata": {"payloadVersion": "101.2023"},
        },
    }


def _person(name: str, account: str) -> dict[str, Any]:
    parts = _identifiers(name)
    return {"naturalPerson": {"name": {"nameIdentifier": [parts]}}, "accountNumber": [account]}


def _identifiers(name: str) -> dict[str, str]:
    primary, secondary = name.split()
    kind = {"naturalPersonNameIdentifierType": "LEGL"}
    return {"primaryIdentifier": primary, "secondaryIdentifier": secondary, **kind}


def _name(person: Mapping[str, Any]) -> str:
    parts = person["naturalPerson"]["name"]["nameIdentifier"][0]
    return f"{parts['primaryIdentifier']} {parts['secondaryIdentifier']}"


def _carelessly(chance: random.Random, said: dict[str, Any]) -> dict[str, Any] | None:
    """As a careless provider sends it: late, with a wrong amount, or not at all."""
    kind = chance.random()
    if kind < 0.1:
        return None
    if kind < 0.2:
        return said | {"amount": str(int(said["amount"]) - 1_000 * KGST)}
    if kind < 0.5:
        late = datetime.fromisoformat(said["sent"]) + timedelta(minutes=chance.randrange(5, 4_000))
        return said | {"sent": late.isoformat()}
    return said


def _faked(chance: random.Random, said: dict[str, Any], ways: Sequence[str]) -> dict[str, Any]:
    """With what a provider makes up."""
    payload = said["ivms101"]
    if "repeated" in ways and chance.random() < _PART:
        person = payload["originator"]["originatorPerson"][0]["naturalPerson"]
        number = f"AN{chance.choice((1_204_417, 5_550_123, 7_000_700))}"
        person["nationalIdentification"]["nationalIdentifier"] = number
    if "strangers" in ways and chance.random() < _PART:
        person = payload["beneficiary"]["beneficiaryPerson"][0]["naturalPerson"]
        person["name"]["nameIdentifier"] = [_identifiers(chance.choice(_INVENTED))]
    if "at_once" in ways and chance.random() < _PART:
        said["sent"] = (BEGIN + timedelta(hours=9, seconds=chance.randrange(40))).isoformat()
    return said
