"""How many parameters a method takes is said once, in the singular where it is one."""

import pytest

from sandbox.gateway.methods import find
from sandbox.kit.errors import InvalidInput

ADDRESS = "0x" + "ab" * 20
HASH = "0x" + "cd" * 32


@pytest.mark.parametrize(
    ("method", "params", "said"),
    [
        ("eth_getTransactionByBlockHashAndIndex", [HASH], "2 parameters, not 1"),
        ("eth_getTransactionReceipt", [], "1 parameter, not 0"),
        ("eth_getStorageAt", [ADDRESS], "2 to 3 parameters, not 1"),
    ],
)
def test_how_many_parameters_are_expected_is_said_once(method, params, said):
    with pytest.raises(InvalidInput) as caught:
        find(method).schema(params)
    assert caught.value.params["what"] == said


def test_as_many_as_are_expected_are_taken():
    assert find("eth_getTransactionReceipt").schema([HASH]) == [HASH]
