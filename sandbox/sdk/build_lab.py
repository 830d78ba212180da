"""Build the lab's genesis: ``python -m sandbox.sdk.build_lab [--check]``.

Steps:

1. Start an engine with the offices' gas money and nothing else.
2. Deploy the Supervisor, KGST and the digital som; register tokens, bank, issuer.
3. Publish the lab permit's terms (no limits) with two regulators' signatures.
4. Register ten people with their own consents and give them money.
5. Read back every account the engine holds, before and after the money, and write each as a
   genesis file.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from web3.contract.contract import Contract as Web3Contract

from sandbox.contracts.loader import artifact, ledgers_creation
from sandbox.sdk.errors import SdkError
from sandbox.sdk.labs import genesis, keys
from sandbox.sdk.labs.lab import Lab
from sandbox.sdk.labs.opening import start

GAS_MONEY_WEI: Final = 10_000 * 10**18
PURSE: Final = "10000"
"""KGST, and som, that each of the ten people starts with."""


def build() -> genesis.LabGenesis:
    """Build and keep the genesis; returns where it lies.

    Raises:
        LabStopped: the engine did not start.
        ContractReverted: a step was refused: the contracts and this file disagree.
    """
    with TemporaryDirectory(prefix="synak-lab-build-") as folder:
        first = Path(folder) / "first.json"
        first.write_text(json.dumps(_first_block()), "utf-8")
        with start(first) as lab:
            where = _found(lab)
            _open(lab)
            unfunded = {**_first_block(), "alloc": _holdings(lab)}
            _fund(lab)
            made = {**_first_block(), "alloc": _holdings(lab)}
    return genesis.keep({"path": made, "unfunded": unfunded}, where)


def _first_block() -> dict[str, Any]:
    """A geth genesis with the offices' and people's gas money."""
    everybody = [*keys.people(), *(keys.account(name) for name in keys.SYSTEM)]
    return {
        "config": {"chainId": keys.LAB_CHAIN_ID},
        "difficulty": "0x0",
        "gasLimit": hex(2_000_000_000),
        "timestamp": "0x1",
        "alloc": {each.address: {"balance": hex(GAS_MONEY_WEI)} for each in everybody},
    }


def _found(lab: Lab) -> dict[str, str]:
    """Step 2."""
    admin = keys.account("admin")
    address = {name: keys.account(name).address for name in keys.SYSTEM}
    regulators = [address["regulator 1"], address["regulator 2"]]
    supervisor = _deploy(lab, "Supervisor", address["admin"], address["registrar"], regulators)
    lab.send(supervisor.functions.makeLedgers(ledgers_creation(supervisor.address)), admin)
    kgst = _deploy(lab, "KGST", supervisor.address, address["issuer"])
    som = _deploy(lab, "DigitalSom", supervisor.address, address["central bank"])
    for token in (kgst, som):
        lab.send(supervisor.functions.registerToken(token.address), admin)
    for office in ("issuer", "bank"):
        lab.send(supervisor.functions.registerInstitution(address[office], True), admin)
    bank = som.functions.registerBank(address["bank"], True)
    lab.send(bank, keys.account("central bank"))
    where = {
        "supervisor": str(supervisor.address),
        "kgst": str(kgst.address),
        "som": str(som.address),
    }
    lab.know(where)
    return where


def _open(lab: Lab) -> None:
    """Step 3, and the people of step 4."""
    lab.office.publish(None)
    for person in keys.people():
        lab.office.enrol(person, person.name.split()[0])


def _fund(lab: Lab) -> None:
    """The money of step 4."""
    for person in keys.people():
        for asset in ("KGST", "SOM"):
            lab.issue(asset, person, PURSE)


def _deploy(lab: Lab, name: str, *args: object) -> Web3Contract:
    made = artifact(name)
    factory = lab.w3.eth.contract(abi=made.abi, bytecode=made.bytecode)
    receipt = lab.send(factory.constructor(*args), keys.account("admin"))
    return lab.contract(str(receipt["contractAddress"]), list(made.abi))


def _holdings(lab: Lab) -> dict[str, Any]:
    """Step 5: what the engine holds, as a genesis' ``alloc``."""
    accounts: dict[str, Any] = json.loads(gzip.decompress(lab.dump()))["accounts"]
    return {
        address: {
            "balance": _hex(held["balance"]),
            "nonce": _hex(held["nonce"]),
            "code": held["code"],
            "storage": {_word(slot): _word(value) for slot, value in held["storage"].items()},
        }
        for address, held in accounts.items()
    }


def _hex(value: str | int) -> str:
    return hex(value) if isinstance(value, int) else value


def _word(value: str) -> str:
    return "0x" + value.removeprefix("0x").rjust(64, "0")


def main(arguments: list[str]) -> int:
    """Build when needed; with ``--check`` only say whether it is needed (exit code 1)."""
    try:
        found = genesis.load()
    except SdkError as error:
        if "--check" in arguments:
            print(error, file=sys.stderr)  # noqa: T201 - a command's own output
            return 1
        found = build()
    print(Path(found.path).name)  # noqa: T201 - a command's own output
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
