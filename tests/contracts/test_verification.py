"""A standard JSON input compiled and compared: every byte, its own way for each doubt."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from eth_abi import encode

from sandbox.contracts import standard_input
from sandbox.contracts.compiler import CompileFailed, compiler_version
from sandbox.contracts.standard_input import compile_standard, national, national_input
from sandbox.contracts.verification import arguments, compare, tail
from sandbox.kit.errors import InvalidInput

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Shop {
    uint256 public immutable price;
    string public name;
    constructor(uint256 given, string memory called) { price = given; name = called; }
    function total(uint256 count) external view returns (uint256) { return count * price; }
}
"""


def given(source=SOURCE, **more):
    settings = {"optimizer": {"enabled": True, "runs": 200}, "evmVersion": "cancun"}
    body = {
        "language": "Solidity",
        "sources": {"Shop.sol": {"content": source}},
        "settings": settings | more.pop("settings", {}),
    }
    return json.dumps(body | more)


@pytest.fixture(scope="module")
def shop():
    return compile_standard(given(), "Shop", compiler_version())


def _deployed(compiled, value=77):
    code = bytearray(compiled.runtime)
    for start, length in compiled.immutables:
        code[start : start + length] = value.to_bytes(length, "big")
    return bytes(code)


def test_the_same_source_matches_in_full_whatever_the_immutables_hold(shop):
    assert shop.immutables
    assert compare(shop, _deployed(shop)) == "full"


def test_a_changed_comment_matches_but_for_the_metadata(shop):
    other = compile_standard(given("// another\n" + SOURCE), "Shop", compiler_version())
    assert compare(other, _deployed(shop)) == "partial"


def test_without_a_fingerprint_equal_code_is_no_full_match():
    plain = given(settings={"metadata": {"bytecodeHash": "none"}})
    compiled = compile_standard(plain, "Shop", compiler_version())
    assert compare(compiled, _deployed(compiled)) == "partial"


@pytest.mark.parametrize("place", [0, 40, -60])
def test_a_changed_byte_is_named(shop, place):
    code = bytearray(_deployed(shop))
    code[place] ^= 1
    with pytest.raises(InvalidInput, match=r"verify\.other_code") as caught:
        compare(shop, bytes(code))
    assert caught.value.params["at"] == place % len(code)


def test_other_settings_do_not_match(shop):
    other = compile_standard(
        given(settings={"optimizer": {"enabled": False}}), "Shop", compiler_version()
    )
    with pytest.raises(InvalidInput, match=r"verify\.other_(length|code)"):
        compare(other, _deployed(shop))


def test_the_arguments_of_the_constructor_are_read_and_must_fit(shop):
    told = encode(["uint256", "string"], [5, "Osh bazaar"])
    assert arguments(shop, shop.creation + told) == told
    for wrong in (told[:-1], told + b"\0", b""):
        with pytest.raises(InvalidInput, match=r"verify\.other_arguments"):
            arguments(shop, shop.creation + wrong)
    other = replace(shop, creation=b"\1" + shop.creation)
    assert arguments(other, shop.creation + told) is None


def test_a_library_carries_its_own_address():
    source = "pragma solidity ^0.8.20; library L { function f() public pure returns (uint8) "
    compiled = compile_standard(given(source + "{ return 7; } }"), "L", compiler_version())
    code = bytearray(compiled.runtime)
    code[1:21] = b"\xab" * 20
    assert compare(compiled, bytes(code)) == "full"


@pytest.mark.slow
def test_the_national_contracts_can_be_compiled_from_their_own_input():
    for name in ("KGST", "Supervisor"):
        assert compile_standard(national_input(), name, compiler_version()) == national(name)


def test_a_national_contract_is_known_with_its_immutables_without_compiling(monkeypatch):
    monkeypatch.setattr("sandbox.contracts.standard_input.node", pytest.fail)
    compiled = national("Supervisor")
    assert compiled.immutables
    code = bytearray(compiled.runtime)
    for start, length in compiled.immutables:
        code[start : start + length] = b"\xab" * length
    assert compare(compiled, bytes(code)) == "partial", "our build has no fingerprint"
    code[0] ^= 1
    with pytest.raises(InvalidInput) as caught:
        compare(compiled, bytes(code))
    assert caught.value.code == "verify.other_code"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "verify.not_json"),
        ("[]", "verify.not_json"),
        ("[" * 100_000, "verify.not_json"),
        ('{"sources": {}}', "verify.not_json"),
        ('{"sources": {"A.sol": {"urls": ["/etc/passwd"]}}}', "verify.not_json"),
        ('{"sources": {"A.sol": {"content": ""}}, "settings": []}', "verify.not_json"),
        ('{"language": "Yul", "sources": {"a": {"content": "{}"}}}', "verify.language"),
        (" " * 1_000_001, "verify.too_large"),
    ],
)
def test_what_is_no_input_has_one_clear_error(text, code):
    with pytest.raises(InvalidInput) as caught:
        compile_standard(text, "A", compiler_version())
    assert caught.value.code == code


@pytest.mark.parametrize(
    "version", ["0.8.19", "vyper 0.4", "", f"{compiler_version()}+commit.1234"]
)
def test_another_compiler_is_refused_by_its_name(version):
    with pytest.raises(InvalidInput, match=r"verify\.compiler_not_installed") as caught:
        compile_standard(given(), "Shop", version)
    assert compiler_version() in caught.value.params["installed"]


def test_another_commit_of_the_version_is_refused():
    with pytest.raises(InvalidInput, match=r"verify\.compiler_not_installed"):
        compile_standard(given(), "Shop", f"{compiler_version()}+commit.00000000")


def test_a_source_that_does_not_compile_says_why():
    with pytest.raises(CompileFailed) as caught:
        compile_standard(given("contract {"), "Shop", compiler_version())
    assert caught.value.params["file"] == "Shop.sol"


def test_a_file_outside_is_not_read():
    with pytest.raises(CompileFailed):
        compile_standard(
            given('import "/etc/passwd"; contract Shop {}'), "Shop", compiler_version()
        )


@pytest.mark.parametrize("name", ["Nothing", "Other.sol:Shop", ""])
def test_a_contract_that_the_sources_do_not_define_is_named(name):
    with pytest.raises(InvalidInput, match=r"verify\.no_contract") as caught:
        compile_standard(given(), name, compiler_version())
    assert "Shop.sol:Shop" in caught.value.params["found"]


def test_a_compiler_that_takes_too_much_memory_or_time_is_ended(monkeypatch):
    compile_standard.cache_clear()
    monkeypatch.setattr(standard_input, "MOST_MEMORY", 20)
    with pytest.raises(InvalidInput, match=r"verify\.too_much_memory"):
        compile_standard(given(), "Shop", compiler_version())
    monkeypatch.setattr(standard_input, "MOST_MEMORY", 1_500)
    monkeypatch.setattr(standard_input, "SECONDS", 0.05)
    with pytest.raises(InvalidInput, match=r"compile\.timeout"):
        compile_standard(given(), "Shop", compiler_version())


def test_code_without_metadata_has_no_tail():
    assert [tail(each) for each in (b"", b"\0\0", b"\x60\0\0\xff")] == [0, 0, 0]
