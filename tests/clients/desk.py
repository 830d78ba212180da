"""People at the desk without a browser program: the hub's own login, the desk's own forms."""

from __future__ import annotations

import re
import time
import uuid

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct

from tests.support.system import System

LIMITS = {
    "asset.shown": "yes",
    "asset.KGST": "yes",
    "asset.SOM": "yes",
    "term_days": "90",
    "max_customers": "20",
    "max_merchants": "3",
    "transactions_per_day": "5000",
    "deployments": "60",
    "requests_per_second": "500",
    "gas_per_transaction": "16000000",
    "payload_bytes": "262144",
    "KGST.per_transaction": "5000",
    "KGST.window_volume": "500000",
    "KGST.customer_cap": "20000",
    "KGST.merchant_cap": "300000",
    "SOM.per_transaction": "5000.50",
    "SOM.window_volume": "500000",
    "SOM.customer_cap": "20000",
    "SOM.merchant_cap": "300000",
}
ANSWERS = {
    "product": "An exchange of KGST and our own token",
    "summary": "A pool in which customers swap.",
    "sponsor": "ala-too-demo-bank",
    "money_flow": "Customer, pool, customer.",
    "test_plan": "Twenty customers swap for ninety days.",
    "safeguards": "Caps; complaints are answered within a day.",
    "exit_plan": "The pool is emptied; customers redeem.",
    "risks": "A pool without money.",
}


class Person:
    """Somebody signed in at the hub and at the desk.

    Args:
        system: running.
        user: the account.
    """

    def __init__(self, system: System, user: str) -> None:
        self.system = system
        self.http: httpx.Client = system.client(user)
        answer = self.http.get("/desk/sign-in")
        assert answer.status_code == 200, (answer.status_code, str(answer.url))

    def get(self, path: str) -> str:
        """A page's text."""
        answer = self.http.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-800:])
        return answer.text

    def post(self, path: str, fields: dict[str, str], *, page: str) -> httpx.Response:
        """Send a form that stands on a page, with the password of an act of law."""
        token = re.search(r'name="_csrf" value="([^"]+)"', self.get(page))
        assert token, page
        own = {"_csrf": token[1], "_key": uuid.uuid4().hex, "_password": self.system.password}
        headers = {"origin": self.system.url, "sec-fetch-site": "same-origin"}
        answer = self.http.post(path, data=own | fields, headers=headers, follow_redirects=False)
        assert answer.status_code in (200, 303), (path, answer.status_code, answer.text[-1500:])
        return answer


class Trial:
    """A permit in force for both moneys, run from outside the hub with a permit key.

    Args:
        system: running.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        self.team = Person(system, "aigul")
        self.number = self._grant()
        self.key = self._make_key()
        self.base = f"http://127.0.0.1:{system.port}"

    def url(self, chain: str) -> str:
        """Where a client goes that only takes an address."""
        return f"{self.base}/rpc/{chain}/{self.key}"

    def socket_url(self, chain: str) -> str:
        """The same for WebSocket."""
        return self.url(chain).replace("http://", "ws://", 1)

    def _grant(self) -> str:
        place = self.team.post("/desk/files", {}, page="/desk/files").headers["location"]
        file = re.search(r"F-\d{4}-\d{4}", place)[0]
        for section, fields in (("product", ANSWERS), ("limits", LIMITS)):
            page = f"/desk/files/{file}/form?section={section}"
            revision = re.search(r'id="revision" value="(\d+)"', self.team.get(page))[1]
            self.team.post(page, fields | {"revision": revision}, page=page)
        page = f"/desk/files/{file}/form?section=check"
        revision = re.search(r'name="revision" value="(\d+)"', self.team.get(page))[1]
        self.team.post(f"/desk/files/{file}/submit", {"revision": revision}, page=page)
        sponsor, first, second = (
            Person(self.system, user) for user in ("damira", "ermek", "feruza")
        )
        here = f"/desk/files/{file}"
        read = re.search(r'name="read" value="([^"]+)"', sponsor.get(here))[1]
        sponsor.post(f"{here}/sponsor-signature", {"understood": "yes", "read": read}, page=here)
        first.post(f"{here}/take-up", {}, page=here)
        first.post(f"{here}/grant", LIMITS | {"reasons": "Small and capped."}, page=here)
        decision = re.search(r"/decisions/([^/]+)/countersign", second.get(here))[1]
        second.post(f"{here}/decisions/{decision}/countersign", {"understood": "yes"}, page=here)
        number = re.search(r"SB-\d{4}-\d{4}", second.get(here))[0]
        until(lambda: self._valid(number), 60)
        return number

    def _valid(self, number: str) -> bool:
        with self.system.anonymous() as client:
            answer = client.get(f"/desk/api/v1/public/permits/{number}")
        return answer.status_code == 200 and answer.json()["standing"] == "valid"

    def _make_key(self) -> str:
        page = f"/desk/permits/{self.number}"
        shown = self.team.post(
            f"{page}/keys", {"name": "outside tools", "days": "30"}, page=page
        ).text
        return re.search(r"spk_[A-Za-z0-9_-]{43}", shown)[0]

    def join(self, *chains: str) -> Account:
        """A fresh wallet of the team's own, joined on the desk's page."""
        account = Account.create()
        for chain in chains:
            self._join(account, chain)
        until(lambda: self._joined(account) == set(chains), 30)
        until(lambda: all(self._known(account, chain) for chain in chains), 30)
        return account

    def _known(self, account: Account, chain: str) -> bool:
        """The gateway has been told of it."""
        asked = {"jsonrpc": "2.0", "id": 1, "method": "synak_check"}
        asked["params"] = [{"from": account.address, "to": account.address}]
        return "error" not in httpx.post(self.url(chain), json=asked, timeout=30).json()

    def _join(self, account: Account, chain: str) -> None:
        page = f"/desk/permits/{self.number}/wallets"
        fields = {"address": account.address, "chain": chain, "name": "own tools"}
        here = self.team.post(page, fields, page=page).headers["location"]
        shown = self.team.get(here)
        text = re.search(r'id="challenge-text"[^>]*>(.*?)</pre>', shown, re.DOTALL)[1]
        signed = account.sign_message(encode_defunct(text=text)).signature.hex()
        signature = "0x" + signed.removeprefix("0x")
        self.team.post(f"{here}/answer", {"signature": signature}, page=here)

    def _joined(self, account: Account) -> set[str]:
        answer = self.api("GET", "/trial/wallets")
        return {
            each["chain"]
            for each in answer
            if each["address"] == account.address and each["state"] == "registered"
        }

    def api(self, method: str, path: str, body: dict | None = None, *, token: str = "") -> object:
        """The desk's JSON interface, with the permit key or a customer's token."""
        headers = {"authorization": f"Bearer {token or self.key}"}
        with httpx.Client(base_url=f"{self.base}/desk/api/v1", trust_env=False) as client:
            answer = client.request(method, path, json=body, headers=headers, timeout=60)
        assert answer.status_code < 300, (path, answer.status_code, answer.text)
        return answer.json()

    def fund(self, address: str, asset: str, amount: int) -> None:
        """Test money from the faucet."""
        body = {"address": address, "asset": asset, "amount": str(amount)}
        asked = self.api("POST", "/trial/faucet", body)
        place = f"/trial/faucet/{asked['id']}"
        until(lambda: self.api("GET", place)["state"] != "asked", 30)
        said = self.api("GET", place)
        assert said["state"] == "issued", said

    def people(self, count: int, kind: str = "customer") -> list[dict]:
        """Registered people, each with a token of their own."""
        body = {"count": count, "kind": kind, "consent": True}
        invited = self.api("POST", "/trial/customers", body)
        ids = {each["id"] for each in invited}

        def registered() -> bool:
            listed = self.api("GET", "/trial/customers")
            return all(each["state"] == "registered" for each in listed if each["id"] in ids)

        until(registered, 60)
        return invited

    def used(self, clause: str, asset: str | None = "KGST") -> int:
        """What is used of a limit, minor units."""
        lines = self.api("GET", "/trial/usage")["limits"]
        found = [each for each in lines if (each["clause"], each["asset"]) == (clause, asset)]
        return int(found[0]["used"])

    def national(self, chain: str) -> dict:
        """Where the national contracts of a chain are."""
        said = self.api("GET", "/national")
        return said["chains"][chain]


def until(holds, seconds: float) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not happen in {seconds} s"
        time.sleep(0.1)
