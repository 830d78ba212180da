"""Arguments as people type them: what fits a type, and beside it what does not."""

from __future__ import annotations

import pytest

from sandbox.kit.errors import InvalidInput
from sandbox.services.explorer_arguments import MOST_LISTED, MOST_TYPED, read_argument

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (
            "uint256",
            f" {2**256 - 1} ",
            2**256 - 1,
        ),
        ("uint8", "0xff", 255),
        ("int8", "-128", -128),
        ("bool", "True", True),
        ("bool", "0", False),
        ("address", ADDRESS.lower(), ADDRESS),
        ("bytes", "0x", b""),
        ("bytes4", "0x01020304", b"\x01\x02\x03\x04"),
        ("string", "сом, [1]", "сом, [1]"),
        ("string", "", ""),
        ("uint256[]", "[]", []),
        ("bool[2]", "[true, false]", [True, False]),
        ("(address,uint256)[]", f'[["{ADDRESS}", "5"]]', [(ADDRESS, 5)]),
        ("uint256[2][]", "[[1,2],[3,4]]", [[1, 2], [3, 4]]),
    ],
)
def test_what_fits_its_type_is_taken(kind, text, value):
    assert read_argument(kind, text, "a") == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("uint256", str(2**256)),
        ("uint256", "-1"),
        ("uint256", "1.5"),
        ("uint256", "1e18"),
        ("uint256", "٣"),
        ("uint256", ""),
        ("uint8", "256"),
        ("int8", "128"),
        ("bool", "maybe"),
        ("address", "0x1234"),
        ("address", ""),
        ("bytes4", "0x0102"),
        ("bytes", "0x123"),
        ("bytes", "hello"),
        ("uint256[]", "1"),
        ("uint256[]", "[1.5]"),
        ("uint256[]", "[null]"),
        ("uint256[]", "[[1]]"),
        ("uint256[]", "[true]"),
        ("uint256[2]", "[1]"),
        ("uint256[]", "[" * 4000),
        ("uint256[]", str(list(range(MOST_LISTED + 1)))),
        ("(uint256,bool)", "[1]"),
        ("string", "x" * (MOST_TYPED + 1)),
        ("function", "0x" + "00" * 24),
        ("?", "1"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_arguments_name(kind, text):
    with pytest.raises(InvalidInput) as caught:
        read_argument(kind, text, "amount")
    assert caught.value.code == "explorer.argument"
    assert caught.value.params["name"] == "amount"
    assert len(str(caught.value.params["text"])) <= 80
