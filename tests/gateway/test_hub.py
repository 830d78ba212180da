"""Server tokens: the hub's answer is the identity; its silence is a refusal.

The hub here is a small HTTP server that answers as the real one does (the journey
tests use the real one), so that its failures can be brought about.
"""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from sandbox.gateway.hub import KEPT, HubTokens, read_user
from sandbox.gateway.identity import Credential
from sandbox.gateway.policies import PolicyStore
from sandbox.gateway.steps.authenticate import authenticate
from sandbox.kit.clock import SystemClock
from sandbox.kit.errors import NotAllowed, NotAuthenticated, Unavailable
from tests.gateway.test_policies import POLICY, Seconds

pytestmark = pytest.mark.anyio
TOKEN = "0123456789abcdef0123456789abcdef"
SERVER = "access:servers!server=bakyt/permit-sb-2026-0001"
USER = {"kind": "user", "name": "bakyt", "scopes": ["custom:synak:trial", SERVER]}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@asynccontextmanager
async def hub(status=200, body=None):
    """A hub that answers ``GET /hub/api/user`` so, and counts how often."""
    asked, down = [], asyncio.Event()

    async def serve(reader, writer):
        while head := await reader.readuntil(b"\r\n\r\n"):
            if down.is_set():
                return
            asked.append(head.decode())
            content = json.dumps(body).encode()
            writer.write(
                f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content
            )
            await writer.drain()

    async def quiet(reader, writer):
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(quiet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    seconds = Seconds()
    tokens = HubTokens(f"http://127.0.0.1:{port}/hub/api", monotonic=seconds)
    try:
        yield tokens, asked, seconds, down
    finally:
        await tokens.close()
        server.close()


async def test_the_hub_says_whose_token_it_is_and_for_which_permit():
    async with hub(body=USER) as (tokens, asked, _, _):
        user = await tokens.user(TOKEN)
        assert (user.name, user.permit) == ("bakyt", "SB-2026-0001")
        assert f"authorization: token {TOKEN}" in asked[0].lower()


async def test_an_answer_is_kept_for_a_while_and_then_asked_again():
    async with hub(body=USER) as (tokens, asked, seconds, _):
        await asyncio.gather(*(tokens.user(TOKEN) for _ in range(20)))
        assert len(asked) == 1
        seconds.now += KEPT - 0.1
        await tokens.user(TOKEN)
        assert len(asked) == 1
        seconds.now += 0.2
        await tokens.user(TOKEN)
        assert len(asked) == 2


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_the_hub_does_not_know_is_unknown(status):
    async with hub(status, {}) as (tokens, asked, _, _):
        for _ in range(2):
            with pytest.raises(NotAuthenticated) as caught:
                await tokens.user(TOKEN)
        assert caught.value.code == "gateway.token_unknown"
        assert len(asked) == 1


@pytest.mark.parametrize("status", [500, 502, 302])
async def test_a_hub_in_trouble_is_unavailable_and_asked_again(status):
    async with hub(status, {}) as (tokens, asked, _, _):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await tokens.user(TOKEN)
        assert len(asked) == 2


async def test_an_old_answer_is_never_used_when_the_hub_is_gone():
    async with hub(body=USER) as (tokens, _, seconds, down):
        await tokens.user(TOKEN)
        down.set()
        seconds.now += KEPT + 1
        with pytest.raises(Unavailable):
            await tokens.user(TOKEN)
        down.clear()
        assert (await tokens.user(TOKEN)).name == "bakyt"


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": [SERVER]},
        {"scopes": ["custom:synak:trial"]},
        {"scopes": ["custom:synak:trial", SERVER, SERVER.replace("0001", "0002")]},
        {"scopes": ["custom:synak:trial", SERVER.replace("bakyt", "aigul")]},
        {"scopes": ["custom:synak:trial", "access:servers!user=bakyt"]},
        {"scopes": ["custom:synak:trial", "access:servers!server=bakyt/course-x"]},
        {"kind": "service"},
        {"name": None},
        {"scopes": None},
    ],
)
async def test_anything_but_the_token_of_one_own_permit_server_is_refused(change):
    assert read_user(USER) is not None
    assert read_user({**USER, **change}) is None
    async with hub(body={**USER, **change}) as (tokens, _, _, _):
        with pytest.raises(NotAuthenticated) as caught:
            await tokens.user(TOKEN)
        assert caught.value.code == "gateway.token_without_permit"


async def test_only_an_operator_of_the_permit_gets_through(tmp_path):
    store = PolicyStore(tmp_path / "policies.json", max_age=30.0, monotonic=Seconds())
    store.heartbeat()
    await store.put_policy(POLICY)
    parts = {"policies": store, "clock": SystemClock()}
    async with hub(body=USER) as (tokens, _, _, _):
        identity = await authenticate(Credential(TOKEN), hub=tokens, **parts)
        assert (identity.permit, identity.account, identity.wallet) == (
            "SB-2026-0001",
            "bakyt",
            None,
        )
    stranger = {
        **USER,
        "name": "marat",
        "scopes": ["custom:synak:trial", SERVER.replace("bakyt", "marat")],
    }
    async with hub(body=stranger) as (tokens, _, _, _):
        with pytest.raises(NotAllowed) as caught:
            await authenticate(Credential(TOKEN), hub=tokens, **parts)
        assert caught.value.code == "gateway.not_an_operator"
