"""The compiler: what it may read, how it tells what is wrong, what it refuses to try."""

from __future__ import annotations

import pytest

from sandbox.contracts.compiler import (
    MAX_BYTES,
    CompileFailed,
    compile_sources,
    compile_with_warnings,
)
from sandbox.contracts.storage import place
from sandbox.kit.errors import InvalidInput

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.27;\n"


def test_a_contract_that_imports_openzeppelin_and_synak_compiles() -> None:
    source = HEAD + (
        'import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";\n'
        'import {IKGST} from "synak/IKGST.sol";\n'
        'contract Points is ERC20("Points", "PTS") { IKGST public kgst; }\n'
    )
    built = compile_sources({"Points.sol": source})
    assert list(built) == ["Points"]
    assert built["Points"].runtime
    assert {"kgst", "transfer"} <= {entry.get("name") for entry in built["Points"].abi}


def test_sources_import_each_other() -> None:
    built = compile_sources(
        {
            "a/Base.sol": HEAD + "contract Base { uint256 public x; }",
            "Top.sol": HEAD + 'import {Base} from "./a/Base.sol"; contract Top is Base {}',
        }
    )
    assert set(built) == {"Base", "Top"}


def test_an_error_names_file_line_and_column() -> None:
    with pytest.raises(CompileFailed) as caught:
        compile_sources({"Shop.sol": HEAD + "contract Shop {\n    // Дүкөн\n  uint256 x = y;\n}"})
    assert caught.value.code == "compile.failed"
    assert caught.value.problems[0] == {
        "file": "Shop.sol",
        "line": 5,
        "column": 15,
        "message": "Undeclared identifier.",
        "text": "  uint256 x = y;",
    }
    assert caught.value.params["reason"] == "Shop.sol:5: Undeclared identifier."


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "@openzeppelin/contracts/../../solc/package.json",
        "synak/../Supervisor.sol",
        "http://example.org/A.sol",
        "forge-std/Test.sol",
    ],
)
def test_imports_from_elsewhere_are_not_read(path: str) -> None:
    with pytest.raises(CompileFailed) as caught:
        compile_sources({"A.sol": HEAD + f'import "{path}";\ncontract A {{}}'})
    assert "not found" in str(caught.value.params["reason"])


@pytest.mark.parametrize("path", ["", "/A.sol", "../A.sol", "synak/IKGST.sol", "@openzeppelin/A"])
def test_a_source_does_not_take_a_librarys_name(path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        compile_sources({path: HEAD + "contract A {}"})
    assert caught.value.code == "compile.path"


@pytest.mark.parametrize("sources", [{}, {"A.sol": " \n"}])
def test_nothing_to_compile_is_said(sources: dict[str, str]) -> None:
    with pytest.raises(InvalidInput) as caught:
        compile_sources(sources)
    assert caught.value.code == "compile.no_source"


def test_a_source_at_the_bound_compiles_and_a_longer_one_is_refused() -> None:
    text = HEAD + "contract A {}\n"
    padded = text + "/" * (MAX_BYTES - len(text.encode()))
    compile_sources({"A.sol": padded})
    with pytest.raises(InvalidInput) as caught:
        compile_sources({"A.sol": padded + "/"})
    assert caught.value.code == "compile.too_large"


def test_two_contracts_of_one_name_are_refused() -> None:
    text = HEAD + "contract A {}"
    with pytest.raises(InvalidInput) as caught:
        compile_sources({"A.sol": text, "B.sol": text})
    assert caught.value.code == "compile.same_name"


def test_code_above_the_chains_limit_is_refused() -> None:
    literal = 'hex"' + "ab" * 25_000 + '"'
    source = HEAD + "contract Big { bytes public constant TEXT = " + literal + "; }"
    with pytest.raises(InvalidInput) as caught:
        compile_sources({"Big.sol": source})
    assert caught.value.code == "compile.code_too_large"


def test_a_warning_names_its_place_and_stops_nothing() -> None:
    source = HEAD + "contract A {\n  function f() external { uint256 unused; }\n}"
    found = compile_with_warnings({"A.sol": source})
    assert list(found.contracts) == ["A"]
    assert {(each["file"], each["line"]) for each in found.warnings} == {("A.sol", 4)}
    assert any("nused" in each["message"] for each in found.warnings)
    assert compile_with_warnings({"A.sol": HEAD + "contract A {}"}).warnings == []


def test_the_storage_layout_of_a_contract_is_known() -> None:
    source = HEAD + "contract A { uint128 a; uint64 b; mapping(address => uint256) held; }"
    layout = compile_sources({"A.sol": source})["A"].storage
    assert place(layout, "b").bits == 128
    assert place(layout, "held", 5).slot != place(layout, "held", 6).slot
    with pytest.raises(KeyError):
        place(layout, "nothing")


def test_a_compilation_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(InvalidInput) as caught:
        compile_sources({"A.sol": HEAD + "contract A {}"}, timeout=0.01)
    assert caught.value.code == "compile.timeout"
