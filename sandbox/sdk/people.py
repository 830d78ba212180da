"""Customers and merchants of a trial: each with a wallet and a token of their own.

Rules: a person's token moves that person's wallet and nothing else; tokens are
shown nowhere and kept in the permit's home, readable by its owner alone, because
the desk never shows them again.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Protocol

from web3.contract.contract import Contract as Web3Contract
from web3.types import TxReceipt

from sandbox.kit.ids import Address, AssetCode, checksum
from sandbox.locale.catalogue import Language
from sandbox.locale.states import state_text
from sandbox.sdk.amounts import Amount, minor, spoken
from sandbox.sdk.desk import Desk
from sandbox.sdk.pace import Pace
from sandbox.sdk.place import Place
from sandbox.sdk.private_files import write_private
from sandbox.sdk.wallets import Call, ManagedWallet, Sent

CHAIN_OF: Final = {"KGST": "kgst", "SOM": "som"}


class Tokens(Protocol):
    """Where a person finds the national money's contracts."""

    def token(self, asset: AssetCode) -> Web3Contract:
        """The contract of a national asset."""


class Person(ManagedWallet):
    """A customer or merchant who takes part in a trial.

    Args:
        record: ``id``, ``kind``, ``address`` and, once, ``token``.
        place: where the desk and the gateway are, with this person's token.
        tokens: the trial, for the national contracts.
        language: the language of errors.
        pace: gives each request its turn; none by default.
    """

    def __init__(
        self,
        record: dict[str, Any],
        place: Place,
        tokens: Tokens,
        *,
        language: Language = "en",
        pace: Pace | None = None,
    ) -> None:
        super().__init__(place, checksum(record["address"]), language=language, pace=pace)
        self.id = str(record["id"])
        self.kind = str(record["kind"])
        self.state = str(record.get("state", "invited"))
        self.refusal: dict[str, Any] | None = record.get("refusal")
        self._tokens = tokens
        self._desk = Desk(place, language=language)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.id} {self.address} {self.state}>"

    def close(self) -> None:
        """Close the connections; nothing is asked through this person afterwards."""
        super().close()
        self._desk.close()

    def consent(self) -> Person:
        """Agree to the trial's conditions, signed by this person's own wallet.

        Raises:
            PermitRefused: ``max_customers`` or ``max_merchants``.
        """
        self.state = str(self._desk.post("/customer/consent", {}).get("state", "consented"))
        return self

    def approve(
        self, spender: str | Web3Contract, amount: Amount, asset: AssetCode = "KGST"
    ) -> TxReceipt:
        """Let a contract take up to an amount from this wallet.

        Args:
            spender: the contract, or its address.
            amount: whole tokens as text, or minor units as ``int``.
            asset: KGST or SOM.
        """
        token = self._tokens.token(asset)
        call = token.functions.approve(_address(spender), minor(amount, asset))
        return self._on(call, asset).wait()

    def pay(self, to: str | Person, amount: Amount, asset: AssetCode = "KGST") -> TxReceipt:
        """Pay somebody of the same trial directly.

        Args:
            to: a person or an address.
            amount: whole tokens as text, or minor units as ``int``.
            asset: KGST or SOM.

        Raises:
            PermitRefused: a clause said no.
        """
        token = self._tokens.token(asset)
        call = token.functions.transfer(_address(to), minor(amount, asset))
        return self._on(call, asset).wait()

    def redeem(self, amount: Amount, asset: AssetCode = "KGST") -> TxReceipt:
        """Give tokens back to the issuer; possible while a permit winds down, too."""
        token = self._tokens.token(asset)
        return self._on(token.functions.redeem(minor(amount, asset)), asset).wait()

    def balance(self, asset: AssetCode = "KGST") -> int:
        """What this wallet holds, minor units."""
        held: int = self._tokens.token(asset).functions.balanceOf(self.address).call()
        return held

    def _on(self, call: Call, asset: AssetCode) -> Sent:
        return self.send(call, chain="som" if asset == "SOM" else "kgst")


class People(list[Person]):
    """Persons of a trial; a table in a notebook."""

    def __repr__(self) -> str:
        return "\n".join(repr(person) for person in self) or "nobody"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(each.id)}</td><td>{html.escape(each.kind)}</td>"
            f"<td><code>{html.escape(each.address)}</code></td>"
            f"<td>{html.escape(state_text(each.state, each.language))}</td></tr>"
            for each in self
        )
        return (
            f"<table><tr><th>id</th><th>kind</th><th>wallet</th><th>state</th></tr>{rows}</table>"
        )

    def balances(self, asset: AssetCode = "KGST") -> dict[str, str]:
        """What each holds, for a person to read."""
        return {each.id: spoken(each.balance(asset), asset) for each in self}


class TokenStore:
    """Persons' tokens, kept beside the trial's notebooks.

    Args:
        path: a file that only its owner may read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> dict[str, str]:
        """Person id to token; empty when there is nothing yet.

        A file that cannot be read is put aside under another name, never overwritten.
        """
        try:
            kept = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            self._path.replace(self._path.with_name(f"{self._path.name}.unreadable"))
            return {}
        return {str(name): str(token) for name, token in kept.items()}

    def add(self, tokens: Iterable[tuple[str, str]]) -> None:
        """Keep tokens, replacing the file as a whole."""
        write_private(self._path, json.dumps({**self.read(), **dict(tokens)}, indent=1))


def _address(of: str | Person | Web3Contract) -> Address:
    return checksum(of if isinstance(of, str) else str(of.address))
