"""What stands in for hub and gateway where a desk is tested: their seams, with set figures.

The hub is a small ASGI application, the gateway a ``GatewayPort``; the real ones are used by the
journey tests.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

from eth_abi.abi import encode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.chain.signer.client import SignerClient
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Unavailable
from sandbox.services.calls import call_data
from sandbox.services.ports import NationalChain

START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse"
TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SUPERVISOR = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
PEOPLE = {
    "aigul": ("Aigul Osmonova", "kattap", Seat.OWNER),
    "bakyt": ("Bakyt Toktosunov", "kattap", Seat.DEVELOPER),
    "cholpon": ("Cholpon Sadykova", "kattap", Seat.COMPLIANCE),
    "damira": ("Damira Asanova", "alatoo", Seat.SPONSOR),
    "nazgul": ("Nazgul Ibraimova", "alatoo", Seat.SPONSOR_COMPLIANCE),
    "meerim": ("Meerim Kadyrova", "fiu", Seat.INTELLIGENCE),
    "azamat": ("Azamat Dzhunusov", "fiu", Seat.INTELLIGENCE),
    "ermek": ("Ermek Abdyldaev", "nbkr", Seat.REGULATOR),
    "feruza": ("Feruza Mamatova", "nbkr", Seat.REGULATOR),
    "gulnara": ("Gulnara Bekova", "nbkr", Seat.REGULATOR),
    "timur": ("Timur Saparov", None, Seat.EXPERT),
    "jyldyz": ("Jyldyz Ismailova", "nbkr", Seat.AUDITOR),
    "omar": ("Omar Omarov", "other", Seat.OWNER),
    "operator": ("Oleg Sadykov", None, Seat.OPERATOR),
    "lira": ("Lira Beisheeva", None, Seat.STUDENT),
}


class SetGateway:
    """The gateway's seam with set figures; ``down`` puts it out of reach."""

    def __init__(self) -> None:
        self.down = False
        self.signer: SignerClient | None = None
        self.policies: list[Any] = []
        self.volume = 361_250 * 10**18
        self.knows_regulators = True

    def _reach(self) -> None:
        if self.down:
            raise Unavailable("gateway.unreachable")

    def national(self) -> dict[str, NationalChain]:
        """One chain."""
        self._reach()
        return {"kgst": NationalChain("kgst", 56417, SUPERVISOR, {"KGST": TOKEN})}

    def put_policy(self, policy: Any) -> int:
        """Acknowledged at once."""
        self._reach()
        self.policies.append(policy)
        return int(policy.revision)

    def hold(self, permit: str, state: str) -> str:
        """Held."""
        self._reach()
        return "a hold"

    def take_back(self, permit: str, hold: str) -> None:
        """Taken."""
        self._reach()

    def put_keys(self, keys: Any) -> None:
        """Taken."""
        self._reach()

    def heartbeat(self, payload: Any) -> None:
        """Taken."""

    def sign_consent(self, permit: str, key: str, typed: Any) -> str:
        """Some signature."""
        return "0x" + "11" * 65

    def create_wallet(self, key: str) -> str:
        """The signer's address for a key, as the gateway asks for it."""
        assert self.signer is not None
        return str(self.signer.address(key))

    def submit_system(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Not used by pages."""
        raise NotImplementedError

    def rpc(self, chain: str, method: str, params: Any) -> Any:
        """The Supervisor's ``usage`` and some movements."""
        self._reach()
        if method == "eth_blockNumber":
            return hex(842)
        if method == "eth_getLogs":
            return [self._moved(n) for n in range(3)]
        if method == "eth_getBlockByNumber":
            return {"number": hex(842), "hash": "0x" + "5e" * 32}
        if method == "eth_getCode":
            return "0x"
        if method == "eth_getTransactionReceipt":
            return None
        assert method == "eth_call", method
        data = params[0]["data"]
        if data[:10] == call_data("Supervisor", "memberOf", TOKEN)[:10]:
            return "0x" + encode(("bytes32", "uint8", "bytes32"), (bytes(32), 0, bytes(32))).hex()
        if data[:10] == call_data("Supervisor", "isRegulator", TOKEN)[:10]:
            return "0x" + encode(("bool",), (self.knows_regulators,)).hex()
        if data[:10] == call_data("KGST", "balanceOf", TOKEN)[:10]:
            return "0x" + encode(("uint256",), (0,)).hex()
        wanted = call_data("Supervisor", "usage", b"\0" * 32, TOKEN)[:10]
        assert data[:10] == wanted, data[:10]
        answer = encode(
            ("uint256", "uint256", "uint32", "uint32"), (self.volume, 41_300 * 10**18, 19, 3)
        )
        return "0x" + answer.hex()

    def readings(self, permits: Any, asked: Any) -> tuple[list[Any], list[Any]]:
        """Each on its own."""
        return [self.usage(each) for each in permits], [self.rpc(*each) for each in asked]

    def measure(self, chain: str, block: int, asks: Any) -> list[str]:
        """The same at a block."""
        assert block == 842
        return [self.rpc(chain, "eth_call", [{"to": to, "data": data}]) for _, to, data in asks]

    def _moved(self, n: int) -> dict[str, Any]:
        data = encode(
            ("bytes32", "bytes32", "uint256", "uint256"),
            (bytes([n + 1]) * 32, b"\xaa" * 32, (n + 1) * 10**21, (n + 1) * 10**21),
        )
        return {
            "blockNumber": hex(840 + n),
            "blockTimestamp": hex(int(START.timestamp()) + n),
            "transactionHash": "0x" + f"{n + 7:02x}" * 32,
            "topics": ["0x" + "00" * 32, "0x" + "00" * 32, "0x" + "00" * 12 + TOKEN[2:].lower()],
            "data": "0x" + data.hex(),
        }

    def usage(self, permit: str) -> dict[str, Any]:
        """Counters."""
        self._reach()
        return {"transactions_per_day": "962", "deployments": "3"}

    def public_state(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """There is no copy yet."""
        raise Unavailable("ledger.copy_empty", chain="kgst")

    def blocks(self, *args: Any, **kwargs: Any) -> list[Any]:
        """None."""
        self._reach()
        return []

    def refusals(self, *args: Any, **kwargs: Any) -> list[Any]:
        """None."""
        return []

    def health(self) -> dict[str, Any]:
        """Well."""
        self._reach()
        return {"status": "ok"}


class StandInHub:
    """What the desk asks of a hub: OAuth, whose token, the login form."""

    def __init__(self) -> None:
        self.codes: dict[str, tuple[str, str]] = {}
        self.tokens: dict[str, str] = {}
        self.scopes: dict[str, list[str]] = {}
        self.down = False
        self.app = Starlette(
            routes=[
                Route("/hub/api/", self._root),
                Route("/hub/api/oauth2/token", self._token, methods=["POST"]),
                Route("/hub/api/user", self._user),
                Route("/hub/login", self._login, methods=["GET", "POST"]),
            ]
        )

    def token_for(self, name: str, *scopes: str) -> str:
        """A token of a user."""
        token = f"hub-{name}-{len(self.tokens)}"
        self.tokens[token] = name
        self.scopes[token] = list(scopes)
        return token

    async def _root(self, request: Request) -> Response:
        return JSONResponse({"version": "6"}, status_code=503 if self.down else 200)

    async def _token(self, request: Request) -> Response:
        form = await request.form()
        name, challenge = self.codes.pop(str(form["code"]), ("", ""))
        verifier = str(form.get("code_verifier", "")).encode()
        made = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if not name or made != challenge or form["client_secret"] != "client-secret":
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({"access_token": self.token_for(name)})

    async def _user(self, request: Request) -> Response:
        if self.down:
            return JSONResponse({}, status_code=503)
        token = request.headers.get("authorization", "").removeprefix("token ")
        name = self.tokens.get(token)
        if name is None:
            return JSONResponse({}, status_code=403)
        return JSONResponse(
            {"name": name, "kind": "user", "groups": [], "scopes": self.scopes[token]}
        )

    async def _login(self, request: Request) -> Response:
        if request.method == "GET":
            answer = Response("form")
            answer.set_cookie("_xsrf", "x1", path="/hub/")
            return answer
        form = await request.form()
        if form.get("_xsrf") != "x1" or request.cookies.get("_xsrf") != "x1":
            return Response(status_code=403)
        if form["username"] in PEOPLE and form["password"] == PASSWORD:
            return RedirectResponse("/hub/home", 302)
        return Response("Invalid username or password", status_code=403)
