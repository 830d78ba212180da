"""The same script in a lab under terms and in a real trial under them: the same refusals.

The trial is a whole gateway with its engines, signer and journal; the SDK's own wallets speak
to it over HTTP. The lab is what ``lab(permit=…)`` gives for the same terms.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

import pytest

from sandbox.contracts.loader import artifact
from sandbox.sdk import ContractReverted, PermitRefused, compile_source, lab
from sandbox.sdk.place import Place
from sandbox.sdk.wallets import ManagedWallet
from tests.gateway.support import Permit, System
from tests.sdk.notebook import solidity

KGST = 10**18
VALUES = {
    "per_transaction": 5_000 * KGST,
    "window_volume": 7_000 * KGST,
    "customer_cap": 20_000 * KGST,
    "merchant_cap": 6_000 * KGST,
    "outstanding_cap": 60_000 * KGST,
}
LOAD = {
    "transactions_per_day": 7,
    "deployments": 1,
    "gas_per_transaction": 3_000_000,
    "payload_bytes": 60_000,
}
STRANGER = "0x" + "57" * 20


class InALab:
    """The script's world as a lab."""

    def __init__(self):
        said = {"assets": [{"asset": "KGST", **VALUES}], **LOAD}
        self.chain = lab(permit=said)
        self.team = self.chain.new_account("customer")
        self.token = self.chain.kgst.contract

    def person(self, kind, amount):
        made = self.chain.new_account(kind)
        if amount:
            self.chain.issue("KGST", made, amount)
        return made

    def send(self, call, by):
        self.chain.send(call, by=by)

    def deploy(self, contract, *args):
        self.chain.deploy(contract, *args, by=self.team)


class InATrial:
    """The script's world as a trial behind a real gateway."""

    def __init__(self, system):
        self.system = system
        self.permit = Permit(
            system,
            "SB-2026-0777",
            limits=LOAD,
            terms={
                "assets": [
                    {
                        "perTransaction": VALUES["per_transaction"],
                        "windowVolume": VALUES["window_volume"],
                        "customerCap": VALUES["customer_cap"],
                        "merchantCap": VALUES["merchant_cap"],
                        "outstandingCap": VALUES["outstanding_cap"],
                        "token": next(iter(system.national["kgst"].tokens.values())),
                    }
                ]
            },
        )
        self.team = self._wallet(self.permit.managed, self.permit.key)
        web3 = self.team.w3()
        self.token = web3.eth.contract(address=self.permit.token, abi=artifact("KGST").abi)
        self._people = 0

    def _wallet(self, address, token):
        place = Place.of(f"http://127.0.0.1:{self.system.port}", token=token)
        return ManagedWallet(place, address)

    def person(self, kind, amount):
        self._people += 1
        number = {"customer": 1, "merchant": 2}[kind]
        return self._wallet(*self.permit.customer(self._people, amount=amount, kind=number))

    def send(self, call, by):
        by.transact(call)

    def deploy(self, contract, *args):
        web3 = self.team.w3()
        factory = web3.eth.contract(abi=contract.abi, bytecode=contract.bytecode)
        self.team.transact(factory.constructor(*args))


def script(world):
    """Pay, overpay, deploy twice, send what is too dear and too long; what was refused, in order.

    Yields:
        For each step: its name and None, or what the refusal said.
    """
    aida = world.person("customer", 9_000 * KGST)
    bek = world.person("customer", 18_000 * KGST)
    shop = world.person("merchant", 0)
    pay = world.token.functions.transfer
    shops = compile_source(solidity())
    steps = {
        "pay a stranger": lambda: world.send(pay(STRANGER, 1), aida),
        "pay too much at once": lambda: world.send(pay(shop.address, 5_000 * KGST + 1), aida),
        "pay": lambda: world.send(pay(shop.address, 4_000 * KGST), aida),
        "fill the other's purse": lambda: world.send(pay(bek.address, 2_500 * KGST), aida),
        "fill the till": lambda: world.send(pay(shop.address, 2_500 * KGST), aida),
        "use the day up": lambda: world.send(pay(aida.address, 3_001 * KGST), bek),
        "pay more than one has": lambda: world.send(pay(aida.address, 5_000 * KGST), shop),
        "deploy": lambda: world.deploy(shops["MerchantPayments"], world.token.address),
        "deploy again": lambda: world.deploy(shops["MerchantPayments"], world.token.address),
        "burn gas": lambda: world.send({"to": world.token.address, "gas": 3_000_001}, aida),
        "send money of the fuel": lambda: world.send({"to": shop.address, "value": 1}, aida),
        "send a long text": lambda: world.send(
            {"to": world.token.address, "data": "0x" + "00" * 40_000, "gas": 2_000_000}, aida
        ),
        **{
            f"use the transactions up {n}": lambda: world.send(pay(shop.address, 0), aida)
            for n in range(6)
        },
        "after that": lambda: world.send(pay(STRANGER, 1), aida),
    }
    for name, step in steps.items():
        try:
            step()
        except PermitRefused as refused:
            said = (refused.clause, refused.limit, refused.used, refused.asset, refused.what_to_do)
            asked = (refused.requested, str(refused))
            # a lab signs with the people's own keys, a trial with the signer: other lengths
            yield name, said if refused.clause == "payload_bytes" else (*said, *asked)
        except ContractReverted as reverted:
            yield name, ("reverted", reverted.reason.split("(")[0])
        else:
            yield name, None


@pytest.fixture(scope="module")
def trial():
    root = Path(tempfile.mkdtemp(prefix="lt-"))
    system = System(root).start()
    yield InATrial(system)
    system.stop()
    shutil.rmtree(root, ignore_errors=True)


def test_a_lab_refuses_what_a_trial_refuses_by_the_same_words(trial, genesis_built):
    in_a_lab = InALab()
    try:
        tried = dict(script(in_a_lab))
    finally:
        in_a_lab.chain.close()
    real = dict(script(trial))
    clauses = {name: said and said[0] for name, said in real.items()}
    assert clauses == {name: said and said[0] for name, said in tried.items()}
    assert set(clauses.values()) == {
        None,
        "not_a_member",
        "per_transaction",
        "customer_cap",
        "merchant_cap",
        "window_volume",
        "reverted",
        "deployments",
        "gas_per_transaction",
        "native_value",
        "payload_bytes",
        "transactions_per_day",
    }
    assert _timeless(tried) == _timeless(real)


def _timeless(said):
    """What was said, without the clock: the two began minutes apart."""
    return {name: re.sub(r"\d{4}, \d\d:\d\d", "", repr(each)) for name, each in said.items()}
