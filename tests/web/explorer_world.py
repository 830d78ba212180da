"""A desk whose explorer holds what a real chain sealed: a permit, its people, a product."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.domain.records import Customer
from sandbox.domain.words import CustomerState, MemberKind
from sandbox.services.publication import Desk
from tests.gateway.support import Permit, System, encode, transfer
from tests.services.explorer_world import SOURCE, Product, call, follow
from tests.web.world import START, World

SOMEBODY = "0x" + "ab" * 20
KGST = 10**18


@dataclass
class Ledger:
    """What the chain holds, for tests to look for."""

    desk: World
    system: System
    number: str
    permit: Permit
    wallet: str
    shop: str
    quiet: str
    factory: str
    paid: str
    silent: str
    refused: str
    failed: str
    built: str

    @property
    def base(self) -> str:
        """The chain's first page."""
        return "/desk/explorer/kgst"

    @property
    def pages(self) -> list[str]:
        """A page of every kind."""
        return [
            self.base,
            f"{self.base}/blocks/{self.block(self.paid)}",
            *(f"{self.base}/transactions/{each}" for each in self.transactions),
            *(f"{self.base}/addresses/{each}" for each in self.addresses),
        ]

    @property
    def transactions(self) -> list[str]:
        return [self.paid, self.silent, self.refused, self.failed, self.built]

    @property
    def addresses(self) -> list[str]:
        return [
            self.wallet,
            self.shop,
            self.quiet,
            self.factory,
            self.permit.token,
            self.permit.account.address,
        ]

    def block(self, digest: str) -> int:
        with self.desk.parts.store.unit(read_only=True) as u:
            return u.explorer.transaction(digest).block

    def follow(self) -> None:
        follow(Desk(self.desk.parts.store, self.system.inside, self.desk.clock))


@contextmanager
def system() -> Iterator[System]:
    """A real gateway with engines and signer."""
    root = Path(tempfile.mkdtemp(prefix="se-"))
    running = System(root).start()
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(root, ignore_errors=True)


def fill(desk: World, running: System) -> Ledger:
    """Let a permit of the desk's own people use the chain, and index it."""
    number = desk.granted()
    permit = Permit(running, number)
    wallet, token = permit.customer(0, 19_000 * KGST)
    shop, _ = permit.customer(1, kind=2)
    with desk.parts.store.unit() as u:
        for place, address, kind in (
            (0, wallet, MemberKind.CUSTOMER),
            (1, shop, MemberKind.MERCHANT),
        ):
            u.customers.add(_person(number, place, address, kind))
        u.commit()
    paid = running.ok(
        permit,
        "eth_sendTransaction",
        {"from": wallet, "to": permit.token, "data": transfer(shop, 150 * KGST)},
        token=token,
    )
    running.receipt(permit, paid)
    product = Product(permit)
    quiet, factory = product.deploy("Quiet").lower(), product.deploy("Factory").lower()
    desk.gateway.rpc = running.inside.rpc  # type: ignore[method-assign]
    made = Ledger(desk, running, number, permit, wallet, shop, quiet, factory, paid, *[""] * 4)
    made.follow()
    made.silent = product.send(quiet, call("mint(address,uint256)", SOMEBODY, 2_500_000))[
        "transactionHash"
    ]
    made.follow()
    made.failed = product.send(factory, call("refuse(uint256)", 7), fails=True)["transactionHash"]
    made.built = product.send(factory, call("build(uint256)", 7))["transactionHash"]
    made.refused = _over_the_cap(running, permit, wallet)
    made.follow()
    return made


def _over_the_cap(running: System, permit: Permit, wallet: str) -> str:
    """Two issues in one block, the second above the customer's cap: mined, and refused."""
    for attempt in range(200):
        sent = [
            running.inside.submit_system(
                "kgst",
                "system/issuer",
                permit.token,
                encode("KGST", "issue", wallet, 800 * KGST),
                idempotency_key=f"cap-{attempt}-{part}",
                permit=permit.number,
                wait=False,
            )
            for part in range(2)
        ]
        for each in sent:
            if each["transactionHash"] is None:
                continue
            if running.receipt(permit, each["transactionHash"])["status"] == "0x0":
                return str(each["transactionHash"])
    raise AssertionError("no issue was mined and refused")


def _person(number: str, place: int, wallet: str, kind: MemberKind) -> Customer:
    return Customer(
        id=f"person-{place}",
        permit=number,
        kind=kind,
        place=place,
        salt="00" * 32,
        person_hash="0x" + f"{place:064x}",
        wallet=wallet,
        state=CustomerState.REGISTERED,
        invited_at=START,
    )


def standard_input(source: str = SOURCE) -> str:
    """What the product of the explorer's world was compiled from."""
    settings = {
        "optimizer": {"enabled": True, "runs": 1000},
        "evmVersion": "cancun",
        "metadata": {"bytecodeHash": "none"},
    }
    return json.dumps(
        {
            "language": "Solidity",
            "sources": {"Quiet.sol": {"content": source}},
            "settings": settings,
        }
    )
