"""A case is executed as planned, kept whole or not at all, and is the same again."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace

import polars as pl
import pytest

from sandbox.chain.transaction import decode
from sandbox.forensics.cases.foreign import foreign
from sandbox.forensics.cases.foreign_files import NAMES
from sandbox.forensics.cases.scene import LEDGERS
from sandbox.kit.commitment import opens
from sandbox.kit.errors import (
    Conflict,
    IntegrityFailure,
    InvalidInput,
    NotAllowed,
    NotFound,
    Unavailable,
)
from sandbox.locale import wording
from sandbox.services.cases import CaseNode, Order, Workshop, make, opened, planned
from sandbox.services.cases.chains import CHAIN_IDS, CHAINS, OFFICE_ADDRESS, token
from sandbox.services.cases.folders import begun, require_unchanged
from tests.forensics.cases.planned import SECRET
from tests.services.cases.made import copied, made, order


def hashes(case):
    return [each for ledger in LEDGERS for each in case.table(ledger)["hash"]]


@pytest.mark.parametrize("ledger", LEDGERS)
def test_the_chain_says_what_the_plan_says_row_by_row(ledger):
    plan = planned(order(), SECRET)[0].public()
    found, wanted = made().table(ledger), plan.table(ledger)
    assert found.select(wanted.columns).rows() == wanted.rows()
    assert len(found) == len(wanted) > 0
    assert len(made().ledger(ledger).amount) == len(wanted)


def test_every_transaction_has_exactly_the_gas_tip_nonce_and_type_of_the_plan():
    plan = planned(order(), SECRET)[0].public()
    rows = pl.read_parquet(made().public / "transactions.parquet")
    sent = {
        (chain, block, index): decode(raw)
        for chain, block, index, raw in rows.select(
            "chain", "block", "transaction", "raw"
        ).iter_rows()
    }
    nonces = {chain: {each.address: each.nonce for each in plan.accounts} for chain in CHAINS}
    assert len(sent) == len(plan.transactions)
    for each in plan.transactions:
        chain = "som" if each.ledger == "som" else "kgst"
        found = sent[chain, each.block, each.index]
        assert (found.gas, found.gas_price, found.fee_cap) == (each.gas, each.tip, each.tip)
        assert (found.type, found.value, found.chain_id) == (2, 0, CHAIN_IDS[chain])
        assert (found.to, each.ledger) == (token(each.ledger), each.ledger)
        if each.kind == "issue":
            assert found.sender == OFFICE_ADDRESS
        else:
            assert found.sender == each.payer
            assert found.nonce == nonces[chain][each.payer]
            nonces[chain][each.payer] += 1


def test_the_same_order_has_the_same_hashes(tmp_path):
    again = make(order(), SECRET, tmp_path / "again")
    assert hashes(again) == hashes(made())
    assert again.manifest == made().manifest


@pytest.mark.slow
def test_the_same_order_has_the_same_hashes_in_another_process(tmp_path):
    script = (
        "import sys; from pathlib import Path; from tests.services.cases.made import *;"
        "print(make(order(), SECRET, Path(sys.argv[1])).manifest['chains']['kgst']['last'])"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "other")],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONHASHSEED": "7"},
    )
    assert told.stdout.split() == [made().manifest["chains"]["kgst"]["last"]]


def test_another_attempt_shares_no_hash_and_no_address():
    other = made(attempt=2)
    assert not set(hashes(other)) & set(hashes(made()))
    assert len(set(other.table("kgst")["payer"]) & set(made().table("kgst")["payer"])) == 1


def test_the_sealed_truth_opens_the_commitment_and_speaks_of_real_blocks():
    case, sealed = made(), made().sealed()
    assert opens(case.seal, sealed.truth, salt=sealed.salt)
    places = {
        (name, block, index)
        for name in LEDGERS
        for block, index in case.table(name).select("block", "transaction").iter_rows()
    }
    assert {tuple(each) for each in sealed.truth["stolen"]} <= places
    known = {tuple(row) for row in case.table("kgst").select("block", "payer", "amount").rows()}
    hops = {(each["block"], each["payer"], each["amount"]) for each in sealed.truth["hops"]}
    assert hops
    assert hops <= known


def test_the_public_folder_is_listed_and_the_sealed_file_is_its_owners_alone():
    case = made()
    require_unchanged(case)
    for name, digest in case.manifest["files"].items():
        assert hashlib.sha256((case.public / name).read_bytes()).hexdigest() == digest
    sealed = case.folder / "sealed"
    assert stat.S_IMODE(sealed.stat().st_mode) == 0o700
    assert stat.S_IMODE((sealed / "truth.json").stat().st_mode) == 0o600
    assert case.reports[0]["hash"] in hashes(case)


@pytest.mark.parametrize("name", ["kgst.parquet", "tags.json", "blocks.csv"])
def test_a_changed_byte_is_found_and_named(tmp_path, name):
    path = copied(tmp_path / "case") / "public" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(IntegrityFailure) as found:
        require_unchanged(opened(tmp_path / "case"))
    assert (found.value.code, found.value.params) == ("cases.file_changed", {"name": name})


def test_a_file_too_many_or_too_few_is_found(tmp_path):
    folder = copied(tmp_path / "case")
    (folder / "public" / "hint.txt").write_text("it was the mule")
    with pytest.raises(IntegrityFailure, match=r"hint\.txt"):
        require_unchanged(opened(folder))
    (folder / "public" / "hint.txt").unlink()
    (folder / "public" / "som.csv").unlink()
    with pytest.raises(IntegrityFailure, match=r"som\.csv"):
        require_unchanged(opened(folder))


def test_a_changed_truth_does_not_open(tmp_path):
    folder = copied(tmp_path / "case")
    path = folder / "sealed" / "truth.json"
    path.write_bytes(path.read_bytes().replace(b'"guilty":true', b'"guilty":false', 1))
    with pytest.raises(IntegrityFailure, match=r"truth\.json"):
        opened(folder).sealed()
    path.unlink()
    with pytest.raises(NotFound, match=r"cases\.not_sealed_here"):
        opened(folder).sealed()


def test_a_case_that_is_there_is_not_made_again(tmp_path):
    folder = copied(tmp_path / "case")
    with pytest.raises(Conflict, match=r"cases\.folder_taken"):
        make(order(), SECRET, folder)
    assert opened(folder).manifest == made().manifest


def test_what_an_interrupted_making_left_is_begun_again(tmp_path):
    left = tmp_path / ".case.making" / "public"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{}")
    with pytest.raises(NotFound, match=r"cases\.not_made"):
        opened(tmp_path / "case")
    case = make(order(), SECRET, tmp_path / "case")
    assert case.manifest == made().manifest
    assert [each.name for each in tmp_path.iterdir()] == ["case"]


def test_a_failure_leaves_nothing(tmp_path):
    def fail():
        with begun(tmp_path / "case"):
            (tmp_path / ".case.making").mkdir()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_two_do_not_make_one_case_at_once(tmp_path):
    with begun(tmp_path / "case"):
        with pytest.raises(Conflict, match=r"cases\.being_made"):
            make(order(), SECRET, tmp_path / "case")
        with begun(tmp_path / "other"):
            pass


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match=r"cases\.folder_unwritable"):
        make(order(), SECRET, tmp_path / "file" / "case")


def test_a_chain_that_differs_from_the_plan_is_refused_as_a_whole():
    case, wallets, _ = planned(order(), SECRET)
    rows = case.public().transactions
    paid = next(at for at, each in enumerate(rows) if each.kind == "transfer")
    poor = list(rows)
    poor[paid] = replace(rows[paid], amount=rows[paid].amount * 10**9)
    object.__setattr__(case.public(), "transactions", tuple(poor))

    async def run():
        async with Workshop() as workshop:
            await workshop.execute(case, wallets)

    with pytest.raises(IntegrityFailure) as found:
        asyncio.run(run())
    assert found.value.code == "cases.not_as_planned"
    assert found.value.params["block"] == rows[paid].block
    for language in ("en", "ru", "ky"):
        assert str(rows[paid].block) in wording(found.value.code, found.value.params, language)


@pytest.mark.parametrize(
    ("lab", "who", "attempt"),
    [("", "aida", 1), ("P3", " ", 1), ("P3", "a\nb", 1), ("P3", "a" * 201, 1), ("P3", "aida", 0)],
)
def test_an_order_that_cannot_be_right_is_refused(lab, who, attempt):
    with pytest.raises(InvalidInput, match=r"cases\.order_malformed"):
        Order(lab, "easy", who, attempt)
    assert Order("P3", "easy", "aida", 1).recipe.lab == "P3"


def test_a_node_answers_what_was_and_nothing_else():
    case = made()
    last = case.table("kgst").row(-1, named=True)

    async def run():
        async with CaseNode(case, "kgst") as node:
            assert await node.call("eth_accounts") == []
            receipt = await node.call("eth_getTransactionReceipt", last["hash"])
            assert int(receipt["blockNumber"], 16) == last["block"]
            assert int(receipt["logs"][0]["data"], 16) == int(last["amount"])
            for method in ("evm_mine", "anvil_dumpState", "eth_sendRawTransaction", "ETH_CALL"):
                with pytest.raises(NotAllowed, match=r"cases\.method_not_allowed"):
                    await node.call(method)
            with pytest.raises(NotAllowed):
                await node.call("eth_call", {"to": token("kgst")}, "latest", {})
            newest = await node.call("eth_getBlockByNumber", "latest", False)
            assert newest["hash"] == case.manifest["chains"]["kgst"]["last"]

    asyncio.run(run())


def test_a_node_of_another_cases_dump_does_not_start(tmp_path):
    folder = copied(tmp_path / "case")
    other = made(attempt=2).engine_file("som", "dump").read_bytes()
    (folder / "engine" / "som.dump").write_bytes(other)

    async def run():
        async with CaseNode(opened(folder), "som"):
            pass

    with pytest.raises(IntegrityFailure, match=r"som\.dump"):
        asyncio.run(run())


def test_a_manifest_that_cannot_be_read_is_said(tmp_path):
    folder = copied(tmp_path / "case")
    for said in ("{", "[]", json.dumps({"format": 2, "seal": "00" * 32})):
        (folder / "public" / "manifest.json").write_text(said)
        with pytest.raises(IntegrityFailure, match=r"manifest\.json"):
            opened(folder)


def test_the_foreign_ledgers_lie_in_the_folder_and_their_truth_is_committed_to():
    case = made()
    plan = foreign(planned(order(), SECRET)[0])
    assert {name: path.read_bytes() for name, path in case.foreign.items()} == plan.files
    assert set(case.foreign) <= set(case.manifest["files"])
    sealed = case.sealed()
    assert sealed.foreign == plan.truth
    seal = bytes.fromhex(case.manifest["foreign"])
    assert opens(seal, sealed.foreign, salt=sealed.salt)
    other = {**sealed.foreign, "ends": {}}
    assert not opens(seal, other, salt=sealed.salt)


def test_another_truth_of_the_foreign_part_is_found(tmp_path):
    folder = copied(tmp_path / "case")
    path = folder / "sealed" / "truth.json"
    said = json.loads(path.read_bytes())
    said["foreign"]["ends"] = {}
    path.write_text(json.dumps(said))
    with pytest.raises(IntegrityFailure) as found:
        opened(folder).sealed()
    assert found.value.code == "cases.file_changed"


def test_a_folder_from_before_the_foreign_ledgers_is_read_as_it_was(tmp_path):
    folder = copied(tmp_path / "case")
    manifest = json.loads((folder / "public" / "manifest.json").read_bytes())
    del manifest["foreign"]
    for name in NAMES:
        (folder / "public" / name).unlink()
        del manifest["files"][name]
    (folder / "public" / "manifest.json").write_text(json.dumps(manifest))
    path = folder / "sealed" / "truth.json"
    said = json.loads(path.read_bytes())
    del said["foreign"]
    path.write_text(json.dumps(said))
    old = opened(folder)
    require_unchanged(old)
    assert (old.foreign, old.sealed().foreign) == ({}, {})
    assert old.sealed().truth == made().sealed().truth
