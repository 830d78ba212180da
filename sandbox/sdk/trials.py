"""A permit's trial, from a notebook or from one's own tools.

Inside a permit's notebook server nothing has to be named::

    from sandbox.sdk import trial
    my = trial()
    shop = my.deploy(my.compile("shop.sol"), my.kgst.address)
    customers = my.invite_customers(20)

From anywhere else, with a permit key made on the permit's page::

    from sandbox.sdk import connect
    my = connect("http://127.0.0.1:8000", key="spk_…")

Rules: no private key ever comes here; everything goes through the gateway or the
desk and is refused there, not here; a refusal is ``PermitRefused``.
"""

from __future__ import annotations

import html
import os
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from web3 import Web3
from web3.contract.contract import Contract as Web3Contract
from web3.types import TxReceipt

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import AssetCode, ChainName, checksum
from sandbox.kit.money import limit_from_json
from sandbox.locale.catalogue import Language
from sandbox.locale.states import state_text
from sandbox.sdk.amounts import Amount, minor
from sandbox.sdk.checks import Check, check
from sandbox.sdk.compiled import Compiled, Contract, compile_source, one
from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import PermitRefused, SdkError
from sandbox.sdk.heads import Head, KeptHeads, LogCheck, check_log
from sandbox.sdk.own_wallets import Key, join_wallet
from sandbox.sdk.pace import Pace
from sandbox.sdk.people import People, Person, TokenStore
from sandbox.sdk.place import Place
from sandbox.sdk.progress import Progress
from sandbox.sdk.tables import Refusals, Usage
from sandbox.sdk.wallets import Call, ManagedWallet, Sent, wait_all

REGISTER_SECONDS: Final = 90.0
_POLL_SECONDS: Final = 0.25
_SETTLED: Final = frozenset({"registered", "refused", "released"})
_CONTRACTS: Final[dict[AssetCode, tuple[ChainName, str]]] = {
    "KGST": ("kgst", "KGST"),
    "SOM": ("som", "DigitalSom"),
}


class Trial:
    """One permit's trial.

    Args:
        place: where the Synak is and the token that opens this trial.
        language: the language of errors: ``en``, ``ru`` or ``ky``.
        home: where tokens and heads are kept; ``~/.synak`` by default.
    """

    def __init__(
        self, place: Place, *, language: Language = "en", home: Path | None = None
    ) -> None:
        self.language: Language = language
        self._place = place
        self._home = home or Path.home() / ".synak"
        self._desk = Desk(place, language=language)
        self.about: dict[str, Any] = self._desk.get("/trial")
        self.number = str(self.about["number"])
        self._tokens = TokenStore(self._home / "people" / f"{self.number}.json")
        self._people: dict[str, Person] = {}
        self._pace = Pace(self._requests_per_second)

    # --- the permit ---------------------------------------------------------

    @property
    def state(self) -> str:
        """The permit's state now, for example ``active``."""
        return str(self.refresh()["state"])

    def refresh(self) -> dict[str, Any]:
        """Read the permit again: state, version, terms."""
        self.about = self._desk.get("/trial")
        return self.about

    @property
    def desk(self) -> Desk:
        """The desk's JSON interface, with this trial's token."""
        return self._desk

    def terms(self) -> dict[str, Any]:
        """The permit's terms in force as a document; ``lab(permit=trial)`` tries them."""
        return dict(self._desk.get(f"/terms/{self.number}")["terms"])

    def usage(self) -> Usage:
        """Every limit and what is used of it."""
        return Usage(self._desk.get("/trial/usage"))

    def refusals(self, after: int = 0) -> Refusals:
        """What was refused, oldest first.

        Args:
            after: a number that an earlier answer gave as ``.last``.
        """
        return Refusals(self._desk.get("/trial/refusals", after=after), language=self.language)

    # --- chains and contracts -----------------------------------------------

    @cached_property
    def wallet(self) -> ManagedWallet:
        """The permit's settlement wallet; its key lies in the signer."""
        address = checksum(str(self.about["settlement"]))
        return ManagedWallet(self._place, address, language=self.language, pace=self._pace)

    def w3(self, chain: ChainName = "kgst") -> Web3:
        """A ready web3.py with the trial's token.

        Args:
            chain: ``kgst`` or ``som``.
        """
        return self.wallet.w3(chain)

    @cached_property
    def national(self) -> dict[str, Any]:
        """Chain ids, paths and addresses of the national contracts, by chain."""
        said = self._desk.get("/national")
        chains = said.get("chains", said)
        if isinstance(chains, list):
            return {str(each.get("name", each.get("chain"))): each for each in chains}
        return dict(chains)

    def token(self, asset: AssetCode) -> Web3Contract:
        """The contract of a national asset.

        Args:
            asset: KGST or SOM.
        """
        chain, name = _CONTRACTS[asset]
        address = str(self.national[chain]["token"])
        return self.contract(address, list(artifact(name).abi), chain=chain)

    @cached_property
    def kgst(self) -> Web3Contract:
        """The national stablecoin's contract."""
        return self.token("KGST")

    @cached_property
    def som(self) -> Web3Contract:
        """The digital som's contract."""
        return self.token("SOM")

    def compile(self, source: str | Path) -> Compiled:
        """Compile Solidity; see ``compile_source``."""
        return compile_source(source)

    def contract(
        self, address: str, abi: list[dict[str, Any]] | Contract, *, chain: ChainName = "kgst"
    ) -> Web3Contract:
        """A contract that is on chain already.

        Args:
            address: where it is.
            abi: its interface, or the compiled contract.
            chain: on which chain.
        """
        known = abi.abi if isinstance(abi, Contract) else abi
        return self.w3(chain).eth.contract(address=Web3.to_checksum_address(address), abi=known)

    def deploy(
        self, contract: Contract | Compiled, *args: object, chain: ChainName = "kgst"
    ) -> Web3Contract:
        """Deploy a contract from the settlement wallet.

        Args:
            contract: what ``compile`` gave.
            *args: the constructor's arguments.
            chain: on which chain.

        Raises:
            PermitRefused: for example ``deployments``.
            ContractReverted: the constructor refused.
        """
        chosen = one(contract)
        receipt = self.wallet.transact(self._constructor(chosen, args, chain), chain=chain)
        return self.contract(str(receipt["contractAddress"]), chosen, chain=chain)

    def check(
        self,
        what: Call | Contract | Compiled,
        *args: object,
        by: ManagedWallet | None = None,
        chain: ChainName = "kgst",
    ) -> Check:
        """Every clause that would refuse, and why; sends nothing and uses nothing up.

        In a notebook the answer is a table; ``if my.check(call): …`` is true when nothing would
        be refused::

            my.check(my.kgst.functions.transfer(shop.address, 100), by=customer)
            my.check(compiled, my.kgst.address)          # a deployment
            my.check({"to": shop.address, "value": 1})   # a plain transfer

        Args:
            what: a call with its arguments, or a compiled contract about to be deployed.
            *args: the constructor's arguments, for a contract.
            by: who would send it; the settlement wallet by default.
            chain: on which chain.
        """
        payload = self.refresh()["terms"].get("payload_bytes")
        wallet = by or self.wallet
        if isinstance(what, (Contract, Compiled)):
            what = self._constructor(one(what), args, chain)
        return check(what, wallet, chain, payload=payload, language=self.language)

    def send(self, call: Call, *, chain: ChainName = "kgst") -> Sent:
        """Submit a call from the settlement wallet and do not wait."""
        return self.wallet.send(call, chain=chain)

    def transact(self, call: Call, *, chain: ChainName = "kgst") -> TxReceipt:
        """Submit a call from the settlement wallet and wait for its block."""
        return self.wallet.transact(call, chain=chain)

    def wait_all(self, sent: list[Sent]) -> list[TxReceipt | SdkError]:
        """Wait for many transactions; see ``sandbox.sdk.wallets.wait_all``."""
        return wait_all(sent)

    # --- people --------------------------------------------------------------

    def invite_customers(
        self, count: int, *, consent: bool = True, residence: str = "KG", level: str = "none"
    ) -> People:
        """Invite synthetic customers and, unless told otherwise, let each consent.

        Args:
            count: how many.
            consent: each signs with its own wallet and is registered; the call returns then.
            residence: where they live, an ISO 3166-1 code; the permit may name the allowed ones.
            level: how well they are identified: ``none``, ``simplified`` or ``full``; the travel
                rule asks for ``full``.

        Raises:
            PermitRefused: ``max_customers`` with ``limit``, ``used`` and ``requested``: there are
                fewer places than people; then nobody was invited.
        """
        return self._invite(count, "customer", consent=consent, residence=residence, level=level)

    def invite_merchants(
        self, count: int, *, consent: bool = True, residence: str = "KG", level: str = "none"
    ) -> People:
        """Invite synthetic merchants; as ``invite_customers``."""
        return self._invite(count, "merchant", consent=consent, residence=residence, level=level)

    def describe(self, people: Iterable[Person], *, level: str, residence: str = "KG") -> None:
        """Say where people live and how well they are identified, after they were invited.

        Args:
            people: of this trial.
            level: ``none``, ``simplified`` or ``full``.
            residence: an ISO 3166-1 code.
        """
        for each in people:
            said = {"customer": each.id, "residence": residence, "level": level}
            self._desk.post("/trial/customers/attributes", said)

    def invitation_codes(
        self, people: Iterable[Person], *, shop: str | None = None
    ) -> dict[str, str]:
        """Codes with which people open the customer's page on their phones.

        Each works once, for fourteen days, and ends the person's older ones; it is shown here and
        nowhere else. Only from the permit's notebook server: a permit key makes none.

        Args:
            people: invited people of this trial, at most 200.
            shop: the name that payers see; for one merchant at a time.

        Returns:
            The code by the person's id.
        """
        ids = [person.id for person in people]
        said = self._desk.post("/trial/customers/codes", {"people": ids, "label": shop})
        return {str(each["customer"]): str(each["code"]) for each in said}

    def customers(self) -> People:
        """The customers of this trial whose tokens are kept here, without refused ones."""
        return People(each for each in self._everybody() if each.kind == "customer")

    def merchants(self) -> People:
        """The merchants of this trial whose tokens are kept here, without refused ones."""
        return People(each for each in self._everybody() if each.kind == "merchant")

    def faucet(
        self, to: Person | str | Iterable[Person], amount: Amount, asset: AssetCode = "KGST"
    ) -> None:
        """Give test money to members of the trial and wait until it is there.

        Args:
            to: a person, several, or an address.
            amount: whole tokens as text, or minor units as ``int``; for each.
            asset: KGST or SOM.

        Raises:
            PermitRefused: for example ``customer_cap``.
        """
        targets = [to] if isinstance(to, (Person, str)) else list(to)
        body = {"asset": asset, "amount": str(minor(amount, asset))}
        asked = [
            self._desk.post("/trial/faucet", {**body, "address": getattr(each, "address", each)})
            for each in targets
        ]
        bar = Progress(len(asked), f"{asset} for {len(asked)}")
        for done, each in enumerate(asked, start=1):
            said = self._faucet_answer(each)
            if said["state"] == "refused":
                raise PermitRefused({**said["refusal"], "asset": asset}, language=self.language)
            bar.at(done)

    def join_wallet(self, key: Key, *, chain: ChainName = "kgst", name: str = "") -> dict[str, Any]:
        """Let a wallet whose key you keep join this permit, by signing a challenge.

        Args:
            key: for example ``eth_account``'s ``Account.from_key(…)``; it stays here.
            chain: where it joins; once for each chain.
            name: what it is for.

        Raises:
            PermitRefused: the Supervisor said no.
            SdkError: ``wallet.not_by_key`` with a permit key: use the notebook server or the desk.
        """
        return join_wallet(self._desk, key, chain, name, language=self.language)

    # --- the audit log --------------------------------------------------------

    def audit_head(self) -> Head:
        """The audit log's signed head as shown now; the first one seen is kept."""
        kept = self._kept_heads()
        return kept.last() or check_log(self._desk, kept, language=self.language).now

    def check_log(self) -> LogCheck:
        """Check that the audit log continues the head kept here.

        Raises:
            LogRewritten: it does not; the kept head stays as evidence.
        """
        return check_log(self._desk, self._kept_heads(), language=self.language)

    def close(self) -> None:
        """Close every connection; a notebook need not, a long-running tool should."""
        self._desk.close()
        for wallet in (self.wallet, *self._people.values()):
            wallet.close()

    # --- inside ----------------------------------------------------------------

    def __repr__(self) -> str:
        return f"<trial {self.number}: {self.about['product']}, {self.about['state']}>"

    def _repr_html_(self) -> str:
        state = state_text(str(self.about["state"]), self.language)
        said = [self.number, str(self.about["product"]), state]
        return "<p><b>{}</b> {}: {}</p>".format(*(html.escape(each) for each in said))

    def _requests_per_second(self) -> int | None:
        said = self.about["terms"].get("requests_per_second")
        limit = None if said is None else limit_from_json(said)
        return limit if isinstance(limit, int) else None

    def _kept_heads(self) -> KeptHeads:
        return KeptHeads(self._home / "heads.json", self._place.host or self._place.base)

    def _constructor(self, contract: Contract, args: tuple[object, ...], chain: ChainName) -> Call:
        factory = self.w3(chain).eth.contract(abi=contract.abi, bytecode=contract.bytecode)
        return factory.constructor(*args)

    def _invite(
        self, count: int, kind: str, *, consent: bool, residence: str, level: str
    ) -> People:
        wanted: dict[str, object] = {"count": count, "kind": kind, "consent": consent}
        if (residence, level) != ("KG", "none"):
            wanted |= {"residence": residence, "level": level}
        said = self._desk.post("/trial/customers", wanted)
        self._tokens.add((str(each["id"]), str(each["token"])) for each in said)
        people = People(self._person(each) for each in said)
        if consent:
            self.wait_until_registered(people)
        return people

    def wait_until_registered(self, people: Iterable[Person]) -> None:
        """Wait until people who have consented are registered on the chain.

        Args:
            people: who has consented.

        Raises:
            PermitRefused: somebody was refused, for example ``max_customers``.
            SdkError: ``sdk.not_registered``.
        """
        people = People(people)
        bar = Progress(len(people), "consent and registration")
        waiting = {person.id: person for person in people}
        deadline = monotonic() + REGISTER_SECONDS
        while waiting and monotonic() < deadline:
            for said in self._desk.get("/trial/customers"):
                if str(said["id"]) in waiting and said["state"] in _SETTLED:
                    person = waiting.pop(str(said["id"]))
                    person.state, person.refusal = str(said["state"]), said.get("refusal")
            bar.at(len(people) - len(waiting))
            if waiting:
                sleep(_POLL_SECONDS)
        if waiting:
            raise SdkError("sdk.not_registered", language=self.language, count=len(waiting))
        for person in people:
            if person.refusal:
                raise PermitRefused(person.refusal, language=self.language)

    def _everybody(self) -> list[Person]:
        tokens = self._tokens.read()
        listed = self._desk.get("/trial/customers")
        known = [
            each
            for each in listed
            if str(each["id"]) in tokens and each["state"] not in {"refused", "released"}
        ]
        return [self._person({**each, "token": tokens[str(each["id"])]}) for each in known]

    def _person(self, record: dict[str, Any]) -> Person:
        identity = str(record["id"])
        if identity not in self._people:
            place = self._place.with_token(str(record["token"]))
            self._people[identity] = Person(
                record, place, self, language=self.language, pace=self._pace
            )
        person = self._people[identity]
        person.state = str(record.get("state", person.state))
        return person

    def _faucet_answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Wait until test money that was asked for is issued or refused."""
        said, deadline = asked, monotonic() + REGISTER_SECONDS
        while said["state"] not in {"issued", "refused"}:
            if monotonic() > deadline:
                seconds = REGISTER_SECONDS
                raise SdkError("sdk.still_waiting", language=self.language, seconds=seconds)
            sleep(_POLL_SECONDS)
            said = self._desk.get(f"/trial/faucet/{asked['id']}")
        return said


def trial(*, language: Language = "en") -> Trial:
    """The trial of the notebook server this runs in.

    Args:
        language: the language of errors: ``en``, ``ru`` or ``ky``.

    Raises:
        SdkError: ``sdk.not_in_a_permit_server``.
    """
    for name in ("SYNAK_URL", "JUPYTERHUB_API_TOKEN"):
        if not os.environ.get(name):
            raise SdkError("sdk.not_in_a_permit_server", language=language, missing=name)
    if not os.environ.get("SYNAK_CONTEXT", "").startswith("permit-"):
        raise SdkError("sdk.not_in_a_permit_server", language=language, missing="SYNAK_CONTEXT")
    place = Place.of(os.environ["SYNAK_URL"], token=os.environ["JUPYTERHUB_API_TOKEN"])
    return Trial(place, language=language)


def connect(url: str, *, key: str, language: Language = "en", home: Path | None = None) -> Trial:
    """A trial from outside the hub.

    Args:
        url: for example ``http://127.0.0.1:8000``.
        key: a permit key (``spk_…``) made on the permit's page.
        language: the language of errors: ``en``, ``ru`` or ``ky``.
        home: where customers' tokens and tree heads are kept; ``~/.synak`` by default.
    """
    return Trial(Place.of(url, token=key), language=language, home=home)
