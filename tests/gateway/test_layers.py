"""A linked library is one whose address is written in the code; code is read once."""

import pytest

from sandbox.gateway.layers import LayerReader

pytestmark = pytest.mark.anyio
ACCOUNT, OTHER, LIBRARY, STRANGER = ("0x" + pair * 20 for pair in ("a1", "b2", "c3", "d4"))


class Codes:
    """An engine that knows code and counts who asks for it."""

    def __init__(self, **codes):
        self.codes, self.asked = codes, []

    async def __call__(self, method, account, _tag):
        assert method == "eth_getCode"
        self.asked.append(account.lower())
        return self.codes.get(account.lower(), "0x")


async def test_an_address_that_is_written_in_the_code_of_a_layer_is_linked_and_no_other():
    ask = Codes(**{ACCOUNT: "0x6001", OTHER: "0x73" + LIBRARY[2:] + "5af4"})
    reader = LayerReader(ask)
    for _ in range(3):
        assert await reader.written([ACCOUNT, OTHER], LIBRARY)
        assert not await reader.written([ACCOUNT, OTHER], STRANGER)
        assert not await reader.written([ACCOUNT], LIBRARY)
    assert ask.asked == [ACCOUNT, OTHER] * 2, "code that is there does not change"


async def test_an_account_that_has_no_code_yet_is_asked_again():
    ask = Codes()
    reader = LayerReader(ask)
    assert not await reader.written([ACCOUNT], LIBRARY)
    ask.codes[ACCOUNT] = "0x73" + LIBRARY[2:]
    assert await reader.written([ACCOUNT], LIBRARY)
