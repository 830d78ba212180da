"""What a key is limited to: read as people write it, kept, and looked at."""

from __future__ import annotations

import pytest

from sandbox.domain.key_scope import KeyScope, read_key_scope
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum

LOW, MIDDLE, HIGH = (f"0x{number:040x}" for number in (0xA0, 0xB0, 0xC0))


def test_nothing_written_limits_nothing():
    assert read_key_scope() is None
    assert read_key_scope(methods=" \n", addresses="\n ;") is None


def test_methods_chains_and_addresses_are_read_and_come_back_from_json():
    scope = read_key_scope(
        methods="eth_call, eth_getLogs\neth_call",
        chains=("som", "kgst"),
        addresses=f"{LOW} - {MIDDLE}\n{HIGH}",
    )
    assert scope.methods == ("eth_call", "eth_getLogs")
    assert scope.chains == ("kgst", "som")
    assert scope.addresses[1] == (checksum(HIGH), checksum(HIGH))
    assert KeyScope.from_dict(scope.as_dict()) == scope


@pytest.mark.parametrize(
    ("to", "allowed"),
    [
        (LOW, True),
        (f"0x{0xA1:040x}", True),
        (MIDDLE, True),
        (f"0x{0xB1:040x}", False),
        (f"0x{0x9F:040x}", False),
        (HIGH, True),
        (None, False),
    ],
)
def test_a_range_holds_from_its_first_to_its_last_and_no_deployment(to, allowed):
    scope = read_key_scope(addresses=f"{LOW}-{MIDDLE}, {HIGH}")
    assert scope.allows_address(to) is allowed
    assert read_key_scope(methods="eth_call").allows_address(to)


def test_methods_match_exactly():
    scope = read_key_scope(methods="eth_call")
    assert scope.allows_method("eth_call")
    assert not scope.allows_method("eth_callMany")
    assert not scope.allows_method("ETH_CALL")


@pytest.mark.parametrize(
    "written",
    [
        {"methods": "call"},
        {"methods": "eth_call;DROP"},
        {"methods": " ".join(f"eth_m{number}" for number in range(65))},
        {"chains": ("main",)},
        {"chains": ("kgst", "main")},
        {"addresses": "0x12"},
        {"addresses": f"{MIDDLE} - {LOW}"},
        {"addresses": f"{LOW} - {MIDDLE} - {HIGH}"},
        {"addresses": "\n".join(f"0x{number:040x}" for number in range(65))},
    ],
)
def test_what_cannot_be_read_is_refused(written):
    with pytest.raises(InvalidInput) as caught:
        read_key_scope(**written)
    assert caught.value.code in ("key.scope_malformed", "address.malformed")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"methods": 1, "chains": None, "addresses": None},
        {"methods": [], "chains": None, "addresses": None},
        {"methods": None, "chains": [], "addresses": None},
        {"methods": None, "chains": None, "addresses": [["0x1"]]},
    ],
)
def test_a_kept_scope_that_is_damaged_is_refused_and_never_read_as_no_limit(data):
    with pytest.raises(InvalidInput):
        KeyScope.from_dict(data)
