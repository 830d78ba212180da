"""Looks for the truth in what a trainee may have of an executed case, and in what its nodes answer.

The figures and their measure are those of the plan's own test (``tests.forensics.cases``).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict

import polars as pl
import pytest

from sandbox.forensics.cases.foreign_files import NAMES as FOREIGN
from sandbox.services.cases import CaseNode, Workshop, planned
from sandbox.services.cases.chains import OFFICE_ADDRESS
from sandbox.services.cases.folders import MANIFEST, TRUTH, kept, opened
from tests.forensics.cases.planned import SECRET
from tests.forensics.cases.test_leaks import OF_PEOPLE, OF_TAGS, area
from tests.services.cases.made import made, order

BOUND = {1: 0.3, 12: 0.06}
"""How far from a half a figure may lie, by how many cases are looked at."""
MNEMONIC = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
"""The first account of "test test test ... junk", which tools know."""


async def asked(node, addresses):
    """What a node says of each address now."""
    for address in addresses:
        yield (
            address,
            int(await node.call("eth_getBalance", address, "latest"), 16),
            int(await node.call("eth_getTransactionCount", address, "latest"), 16),
            await node.call("eth_getCode", address, "latest"),
        )


async def figures(case):
    """Of each address of a person on the KGST chain: name of the figure, guilty or not, figure."""
    control = {each["address"]: each for each in case.sealed().truth["control"]}
    genesis = json.loads(case.engine_file("kgst", "genesis").read_bytes())["alloc"]
    places = {address: place for place, address in enumerate(genesis)}
    sent, gas = defaultdict(int), defaultdict(list)
    async with CaseNode(case, "kgst") as node:
        assert await node.call("eth_accounts") == []
        assert await node.call("eth_getBalance", MNEMONIC, "latest") == "0x0"
        blocks = pl.read_parquet(case.public / "blocks.parquet").filter(pl.col("chain") == "kgst")
        for number in blocks["block"]:
            block = await node.call("eth_getBlockByNumber", hex(number), True)
            for each in block["transactions"]:
                name = each["from"]
                sent[name] += 1
                gas[name].append((int(each["gas"], 16), int(each["maxPriorityFeePerGas"], 16)))
                assert each["type"] == "0x2"
                assert each["maxFeePerGas"] == each["maxPriorityFeePerGas"]
        people = [each for each in places if control.get(each, {}).get("role") in OF_PEOPLE]
        async for address, balance, nonce, code in asked(node, people):
            guilty = control[address]["guilty"]
            assert code == "0x"
            yield "place in the genesis", guilty, places[address] / len(places)
            yield "nonce at the beginning", guilty, nonce - sent[address.lower()]
            yield "coin at the beginning", guilty, int(genesis[address]["balance"], 16)
            assert balance <= int(genesis[address]["balance"], 16)
            for limit, tip in gas[address.lower()]:
                yield "gas", guilty, limit
                yield "tip", guilty, tip


async def leaks(cases, bound):
    seen = defaultdict(lambda: ([], []))
    for case in cases:
        async for name, guilty, figure in figures(case):
            seen[name][not guilty].append(figure)
    assert len(seen) == 5
    areas = {name: area(*each) for name, each in seen.items()}
    return {name: round(each, 3) for name, each in areas.items() if abs(each - 0.5) > bound}


def test_no_figure_of_one_executed_case_tells_wholly():
    assert asyncio.run(leaks([made()], BOUND[1])) == {}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_figure_of_executed_cases_tells_guilty_from_innocent(tmp_path):
    async def run():
        cases = []
        async with Workshop() as workshop:
            for attempt in range(1, 13):
                case, wallets, sealed = planned(order("leak", attempt), SECRET)
                executed = await workshop.execute(case, wallets)
                cases.append(kept(tmp_path / str(attempt), executed, sealed))
        return await leaks(cases, BOUND[12])

    assert asyncio.run(run()) == {}


def test_no_word_of_the_truth_stands_in_the_public_folder():
    case = made()
    truth = case.sealed()
    control = truth.truth["control"]
    words = {each["owner"] for each in control if not each["service"]}
    words |= {each["role"] for each in control} | {row[-1] for row in truth.truth["purposes"]}
    words -= {*OF_TAGS, "market", "gift"}
    words |= {truth.salt.hex(), truth.seed.hex(), SECRET.hex(), "aida", "medium", "guilty", "decoy"}
    names = [*case.manifest["files"], MANIFEST]
    assert TRUTH not in names
    for name in names:
        text = (case.public / name).read_bytes().decode("utf-8", "replace")
        if name.endswith(".csv") and name not in FOREIGN:
            assert "0x" in text
        found = [each for each in words if re.search(rf"\b{re.escape(each)}\b", text)]
        assert set(found) <= ({"victim"} if name == "papers.json" else set()), name  # who reported
    assert set(words) & {"thief", "victim"}


def test_nobody_is_funded_on_the_chain_and_no_address_is_there_that_nobody_uses():
    case = made()
    for chain, ledgers in (("kgst", ("kgst", "usdkg")), ("som", ("som",))):
        genesis = json.loads(case.engine_file(chain, "genesis").read_bytes())["alloc"]
        held = {each for each, account in genesis.items() if "code" not in account}
        used = {
            address
            for ledger in ledgers
            for end in ("payer", "payee")
            for address in case.table(ledger)[end]
            if int(address, 16)
        }
        assert held == used | {OFFICE_ADDRESS}
        assert list(genesis) == sorted(genesis, key=str.lower)
        assert MNEMONIC not in genesis
    raw = pl.read_parquet(case.public / "transactions.parquet")
    rows = sum(each["rows"] for each in opened(case.folder).manifest["ledgers"].values())
    assert len(raw) == rows
