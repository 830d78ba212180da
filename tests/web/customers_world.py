"""Phones for the test desk: a small ledger behind the gateway's seam, and people with codes."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import Any

import httpx
from eth_abi.abi import encode

from sandbox.domain.words import CustomerState
from sandbox.kit.errors import Refused, Unavailable
from sandbox.services.calls import call_data
from tests.web.world import World, stage

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

KGST = 10**18
CAP = 5000 * KGST
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}")


class Ledger:
    """What the gateway holds: balances, and each act once under its name.

    Attributes:
        lose: the next answer is lost after the act was done.
        away: nothing can be reached.
        slow: acts stay in the queue.
    """

    def __init__(self) -> None:
        self.balances: dict[str, int] = {}
        self.done: dict[str, dict[str, Any]] = {}
        self.lose = self.away = self.slow = False

    def act(self, chain: str, asked: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable("gateway.unreachable")
        name = f"{asked['wallet']}:{asked['key']}"
        if name not in self.done:
            amount = int(asked["amount"])
            if asked["act"] == "pay" and amount > CAP:
                raise Refused(
                    "refused.per_transaction",
                    clause="per_transaction",
                    asset="KGST",
                    limit=str(CAP),
                    used="0",
                    requested=str(amount),
                    version=1,
                )
            self.balances[asked["wallet"]] -= amount
            if asked["to"]:
                self.balances[asked["to"]] = self.balances.get(asked["to"], 0) + amount
            digest = f"0x{len(self.done) + 1:064x}"
            self.done[name] = {"transactionHash": digest, "status": "0x1"}
        if self.lose:
            self.lose = False
            raise Unavailable("gateway.unreachable", reason="ReadTimeout")
        return {**self.done[name], "status": None} if self.slow else self.done[name]

    def found(self, chain: str, asked: dict[str, Any]) -> dict[str, Any]:
        if self.away:
            raise Unavailable("gateway.unreachable")
        nothing = {"transactionHash": None, "status": None}
        said = self.done.get(f"{asked['wallet']}:{asked['key']}", nothing)
        return {**said, "status": None} if self.slow else said


def with_ledger(desk: World) -> Ledger:
    """Put a ledger behind the desk's gateway."""
    ledger, rpc = Ledger(), desk.gateway.rpc
    wanted = call_data("KGST", "balanceOf", "0x" + "00" * 20)[:10]

    def asked(chain: str, method: str, params: Any) -> Any:
        if method == "eth_call" and params[0]["data"][:10] == wanted:
            if ledger.away:
                raise Unavailable("gateway.unreachable")
            wallet = params[0]["data"][-40:].lower()
            held = {key[2:].lower(): value for key, value in ledger.balances.items()}
            return "0x" + encode(("uint256",), (held.get(wallet, 0),)).hex()
        return rpc(chain, method, params)

    desk.gateway.rpc = asked  # type: ignore[method-assign]
    desk.gateway.customer_act = ledger.act  # type: ignore[attr-defined]
    desk.gateway.customer_found = ledger.found  # type: ignore[attr-defined]
    return ledger


class Phone:
    """A browser of somebody without an account."""

    def __init__(self, desk: World, lang: str = "en", address: str = "203.0.113.7") -> None:
        self.desk = desk
        self.client = TestClient(
            desk.app,
            base_url=desk.parts.public_url,
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        self.client.headers["accept-language"] = lang
        self.client.headers["x-forwarded-for"] = address

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(
        self, page: str, action: str, fields: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send the form of a page that has an action, with its hidden fields."""
        text = self.get(page).text
        form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
        assert form, text
        return self.send(action, hidden(form[0]) | (fields or {}), **more)

    def send(self, action: str, fields: dict[str, str], **more: Any) -> httpx.Response:
        headers = {
            "origin": self.desk.parts.public_url,
            "sec-fetch-site": "same-origin",
        } | more.pop("headers", {})
        return self.client.post(action, data=fields, headers=headers)

    def join(self, code: str) -> httpx.Response:
        return self.post("/desk/c/", "/desk/c/join", {"code": code})


def hidden(form: str) -> dict[str, str]:
    """A form's hidden fields."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def invite(desk: World, kind: str = "customer") -> str:
    """A person of the permit; their id."""
    number = "SB-2026-0001"
    desk.browser("bakyt").post(f"/desk/permits/{number}/customers", {"count": "1", "kind": kind})
    with desk.parts.store.unit(read_only=True) as u:
        return max(u.customers.of_permit(number), key=lambda each: each.place).id


def code_for(desk: World, person: str, **fields: str) -> str:
    """A fresh code, read from the slip."""
    slip = desk.browser("bakyt").post(
        "/desk/permits/SB-2026-0001/slips", {"people": person} | fields
    )
    assert slip.status_code == 200, slip.text
    return CODE.search(slip.text)[0]


def register(desk: World, person: str) -> str:
    """What the worker does after the consent; the wallet."""
    with desk.parts.store.unit() as u:
        found = u.customers.get(person)
        u.customers.save(replace(found, state=CustomerState.REGISTERED))
        u.commit()
        return found.wallet


@stage
def opened(desk: World) -> tuple[str, str, str, str]:
    """A running permit with a customer and a merchant: their ids, then their wallets."""
    desk.granted()
    customer, merchant = invite(desk), invite(desk, "merchant")
    return customer, merchant, register(desk, customer), register(desk, merchant)


def phone_of(desk: World, person: str, lang: str = "en") -> Phone:
    """A phone on which a person has joined."""
    phone = Phone(desk, lang)
    assert phone.join(code_for(desk, person)).status_code == 303
    return phone
