"""Compiling: texts, files and several of them; places of errors and warnings; Vyper as an extra."""

from __future__ import annotations

import sys

import pytest

from sandbox.contracts.compiler import MAX_BYTES
from sandbox.contracts.vyper import compile_vyper
from sandbox.kit.errors import InvalidInput
from sandbox.sdk import CompileError, SdkError, compile  # noqa: A004
from sandbox.sdk.problems import problem_html

HEAD = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.27;\n"
TILL = """# pragma version ^0.4.0
from ethereum.ercs import IERC20

money: public(address)

@deploy
def __init__(money: address):
    self.money = money

@external
def pay(to: address, amount: uint256):
    extcall IERC20(self.money).transferFrom(msg.sender, to, amount)
"""


def test_openzeppelin_and_the_national_interfaces_can_be_imported():
    source = HEAD + (
        'import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";\n'
        'import {IKGST} from "synak/IKGST.sol";\n'
        "contract Shop is Ownable(msg.sender) { IKGST public money; }"
    )
    assert compile(source).only.name == "Shop"


def test_an_error_shows_its_place_and_line_in_a_notebook():
    with pytest.raises(CompileError) as caught:
        compile(HEAD + "contract A {\n    uint x = ;\n}")
    assert [(each["file"], each["line"], each["column"]) for each in caught.value.problems] == [
        ("source.sol", 4, 14)
    ]
    shown = caught.value._render_traceback_()
    assert shown[1].startswith("source.sol:4:14: ")
    assert shown[2:] == ["      uint x = ;", "               ^"]
    assert "source.sol:4" in str(caught.value)


def test_warnings_are_kept_and_shown_escaped():
    made = compile(HEAD + "contract A {\n  function f() external { uint256 b; /* <b> */ }\n}")
    assert made.only.name == "A"
    assert {each["line"] for each in made.warnings} == {4}
    assert "source.sol:4" in repr(made)
    assert "&lt;b&gt;" in made._repr_html_()
    assert compile(HEAD + "contract A {}").warnings == []


def test_files_import_each_other_by_name(tmp_path):
    (tmp_path / "Base.sol").write_text(HEAD + "contract Base { uint256 public x; }")
    top = tmp_path / "Top.sol"
    top.write_text(HEAD + 'import {Base} from "./Base.sol"; contract Top is Base {}')
    assert set(compile(top, tmp_path / "Base.sol")) == {"Top", "Base"}
    texts = {"Top.sol": top.read_text(), "Base.sol": (tmp_path / "Base.sol").read_text()}
    assert set(compile(texts)) == {"Top", "Base"}
    with pytest.raises(CompileError, match=r"Base\.sol"):
        compile(top)
    with pytest.raises(SdkError, match="Two sources"):
        compile(top, top)


def test_a_file_that_is_no_text_and_sources_too_large_are_refused(tmp_path):
    file = tmp_path / "a.sol"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SdkError, match="cannot be read"):
        compile(file)
    with pytest.raises(SdkError) as caught:
        compile(HEAD + "// " + "x" * MAX_BYTES + "\n")
    assert caught.value.code == "compile.too_large"


def test_a_line_of_markup_is_escaped():
    said = {"file": "a", "line": 1, "column": 1, "message": "<script>", "text": "<img>"}
    assert "<script>" not in problem_html(said)
    assert "<img>" not in problem_html(said)


def test_vyper_compiles_and_pays_in_a_lab(limited):
    made = compile(TILL)
    assert list(made) == ["source"]
    till = limited.deploy(made, limited.kgst.address)
    aida, shop = limited.accounts[0], limited.accounts[-1]
    limited.kgst.approve(aida, till, "100")
    limited.send(till.functions.pay(shop.address, 5 * 10**18), by=aida)
    assert limited.kgst.balance(shop) == 10_005 * 10**18


def test_a_vyper_error_names_file_line_and_column(tmp_path):
    file = tmp_path / "till.vy"
    file.write_text("# pragma version ^0.4.0\n@external\ndef f() -> uint256:\n    return 'a'\n")
    with pytest.raises(CompileError) as caught:
        compile(file)
    (problem,) = caught.value.problems
    assert (problem["file"], problem["line"], problem["column"]) == ("till.vy", 4, 12)
    assert problem["text"] == "    return 'a'"


def test_vyper_reads_the_given_files_only(tmp_path):
    (tmp_path / "lib.vy").write_text("# pragma version ^0.4.0\nX: constant(uint256) = 7\n")
    top = tmp_path / "top.vy"
    top.write_text(
        "# pragma version ^0.4.0\nimport lib\n@external\ndef f() -> uint256:\n    return lib.X\n"
    )
    assert "top" in compile(top, tmp_path / "lib.vy")
    with pytest.raises(CompileError, match="lib"):
        compile(top)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "vyper", None)
    with pytest.raises(SdkError) as caught:
        compile(TILL)
    assert caught.value.code == "compile.no_vyper"
    assert 'pip install "synak[vyper]"' in caught.value.what_to_do_next()


def test_vyper_is_bounded_in_time_and_two_languages_are_not_mixed():
    with pytest.raises(InvalidInput) as caught:
        compile_vyper({"a.vy": TILL}, timeout=0.05)
    assert caught.value.code == "compile.timeout"
    with pytest.raises(SdkError, match="apart"):
        compile({"a.vy": TILL, "A.sol": HEAD + "contract A {}"})
