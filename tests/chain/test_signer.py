"""The signer: who may sign with what; bad requests; a seed that is never made anew."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from sandbox.chain.signer.client import AsyncSignerClient, SignerClient
from sandbox.chain.signer.keys import SYSTEM_ROLES, Keys, check_name, read_seed
from sandbox.chain.signer.requests import MAX_LINE
from sandbox.chain.signer.server import Signer, SignerConfig
from sandbox.chain.transaction import decode
from sandbox.contracts.typed import consent_typed_data
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotAllowed, SynakError, Unavailable
from tests.chain.support import ACCOUNTS

pytestmark = pytest.mark.anyio
CUSTOMER = "customer/SB-2026-0001/7"
TX = {"nonce": 1, "gas": 21_000, "gasPrice": 5, "to": ACCOUNTS[0].address, "chainId": 417}
TYPED = consent_typed_data(
    417,
    ACCOUNTS[1].address,
    permit=b"\x01" * 32,
    wallet=ACCOUNTS[2].address,
    person=b"\x02" * 32,
    deadline=2**256 - 1,
)


@pytest.fixture
def config(tmp_path: Path) -> SignerConfig:
    mine = {os.getuid(): ("permit/", "customer/", "system/")}
    return SignerConfig(tmp_path / "s.sock", tmp_path / "signer" / "seed", mine)


@pytest.fixture
async def client(config: SignerConfig) -> AsyncIterator[AsyncSignerClient]:
    signer = Signer(config)
    await signer.start()
    asking = AsyncSignerClient(config.socket)
    try:
        yield asking
    finally:
        await asking.close()
        await signer.close()


async def refused(coroutine, kind: type[SynakError], code: str) -> SynakError:
    with pytest.raises(kind) as caught:
        await coroutine
    assert caught.value.code == code
    return caught.value


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"gasPrice": 5}, 0),
        ({"gasPrice": 5, "accessList": [{"address": ACCOUNTS[0].address, "storageKeys": []}]}, 1),
        ({"maxFeePerGas": 9, "maxPriorityFeePerGas": 5}, 2),
        ({"gasPrice": "0x5", "value": hex(2**200), "data": b"\x01"}, 0),
    ],
)
async def test_a_transaction_of_each_admitted_type_is_signed_by_the_key_asked_for(
    client: AsyncSignerClient, fields, kind
):
    tx = {k: v for k, v in TX.items() if k != "gasPrice"} | fields
    signed = await client.sign_transaction(CUSTOMER, tx)
    read = decode(signed.raw)
    assert (read.sender, read.type, read.hash) == (
        await client.address(CUSTOMER),
        kind,
        signed.hash,
    )
    assert (read.nonce, read.gas_price, read.to) == (1, 5, ACCOUNTS[0].address)


@pytest.mark.parametrize("to", [None, ""])
async def test_a_deployment_has_no_target(client: AsyncSignerClient, to):
    signed = await client.sign_transaction(CUSTOMER, TX | {"to": to, "data": "0x6000"})
    assert decode(signed.raw).to is None


async def test_typed_data_and_messages_are_signed_as_wallets_do(client: AsyncSignerClient):
    who = await client.address(CUSTOMER)
    signature = await client.sign_typed(CUSTOMER, TYPED)
    message = encode_typed_data(full_message=TYPED)
    assert Account.recover_message(message, signature=signature) == who
    signature = await client.sign_message(CUSTOMER, "сынак")
    assert Account.recover_message(encode_defunct(text="сынак"), signature=signature) == who


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"nonce": -1}, "nonce"),
        ({"nonce": 1.5}, "nonce"),
        ({"nonce": True}, "nonce"),
        ({"value": 2**256}, "value"),
        ({"to": "0x01"}, "to"),
        ({"to": ACCOUNTS[0].address.swapcase().replace("0X", "0x")}, "to"),
        ({"data": "0x0"}, "data"),
        ({"chainId": 0}, "chainId"),
        ({"blobVersionedHashes": []}, "blobVersionedHashes"),
        ({"authorizationList": []}, "authorizationList"),
        ({"type": 4}, "type"),
        ({"from": ACCOUNTS[0].address}, "from"),
        ({"maxFeePerGas": 1}, "maxFeePerGas"),
    ],
)
async def test_a_transaction_that_is_not_right_is_refused_by_its_field(
    client: AsyncSignerClient, change, field
):
    error = await refused(
        client.sign_transaction(CUSTOMER, TX | change), InvalidInput, "signer.bad_transaction"
    )
    assert field in str(error.params["field"])


@pytest.mark.parametrize("gone", ["nonce", "gas", "chainId"])
async def test_a_transaction_without_a_needed_field_is_refused(client: AsyncSignerClient, gone):
    tx = {k: v for k, v in TX.items() if k != gone}
    await refused(client.sign_transaction(CUSTOMER, tx), InvalidInput, "signer.bad_transaction")


async def test_broken_typed_data_are_refused_and_the_next_request_is_answered(client):
    for typed in ({}, {**TYPED, "primaryType": "Nothing"}, {**TYPED, "message": {}}):
        await refused(client.sign_typed(CUSTOMER, typed), InvalidInput, "signer.bad_typed_data")
    assert len(await client.sign_typed(CUSTOMER, TYPED)) == 65


def items(count: int, members: int = 1, text: str = "") -> dict[str, Any]:
    """Typed data: a list of so many items of so many members."""
    return {
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}],
            "Item": [{"name": f"m{i}", "type": "uint8"} for i in range(members)],
            "List": [{"name": "items", "type": "Item[]"}],
        },
        "primaryType": "List",
        "domain": {"name": text},
        "message": {"items": [{f"m{i}": 1 for i in range(members)}] * count},
    }


async def test_typed_data_with_too_many_parts_are_refused_at_once_and_fewer_are_signed(client):
    assert len(await client.sign_typed(CUSTOMER, items(200))) == 65
    assert len(await client.sign_typed(CUSTOMER, items(1, text="x" * 60_000))) == 65
    started = time.monotonic()
    for typed in (items(300), items(200, members=100), items(1, text="x" * 66_000)):
        await refused(client.sign_typed(CUSTOMER, typed), InvalidInput, "signer.bad_typed_data")
    assert time.monotonic() - started < 1


async def test_a_long_access_list_is_no_typed_data_and_is_signed(client: AsyncSignerClient):
    entry = {"address": ACCOUNTS[0].address, "storageKeys": ["0x" + "01" * 32] * 4}
    signed = await client.sign_transaction(CUSTOMER, TX | {"accessList": [entry] * 400})
    assert decode(signed.raw).type == 1


@pytest.mark.parametrize("key", ["regulator/ermek", "sponsor/bank"])
async def test_a_key_outside_the_askers_prefixes_signs_nothing_but_its_address_is_public(
    client: AsyncSignerClient, key
):
    assert await client.address(key)
    for asking in (
        client.sign_transaction(key, TX),
        client.sign_typed(key, TYPED),
        client.sign_message(key, b"x"),
    ):
        await refused(asking, NotAllowed, "signer.key_not_allowed")
    assert await client.sign_message("system/relayer", b"x")


async def test_an_asker_that_is_not_in_the_table_gets_nothing_but_health(tmp_path):
    config = SignerConfig(tmp_path / "s", tmp_path / "seed", {os.getuid() + 1: ("",)})
    signer = Signer(config)
    await signer.start()
    client = AsyncSignerClient(config.socket)
    await refused(client.address(CUSTOMER), NotAllowed, "signer.unknown_asker")
    await refused(client.sign_message(CUSTOMER, b"x"), NotAllowed, "signer.unknown_asker")
    assert (await client.health())["status"] == "ok"
    await client.close()
    await signer.close()


async def test_another_user_id_is_recognised_by_the_kernel(config: SignerConfig, tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root may become somebody else")
    signer = Signer(config)
    await signer.start()
    for path in (tmp_path, *tmp_path.parents[:3]):
        path.chmod(path.stat().st_mode | 0o011)

    def ask() -> str:
        code = (
            "import os, socket, sys; s = socket.socket(socket.AF_UNIX);"
            " os.setuid(65534); s.connect(sys.argv[1]);"
            ' s.sendall(b\'{"op":"address","key":"system/relayer"}\\n\');'
            " print(s.recv(9999).decode())"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(config.socket)],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert json.loads(await asyncio.to_thread(ask))["code"] == "signer.unknown_asker"
    await signer.close()


async def test_development_lets_the_own_user_id_use_every_key_and_says_so(tmp_path):
    signer = Signer(SignerConfig(tmp_path / "s", tmp_path / "seed", {}, development=True))
    await signer.start()
    client = AsyncSignerClient(tmp_path / "s")
    assert await client.sign_message("regulator/ermek", b"x")
    assert (await client.health())["mode"] == "one user id may use every key"
    await client.close()
    await signer.close()


@pytest.mark.parametrize(
    "name",
    [
        "regulator/Ermek",
        "regulator/",
        "regulator/a/b",
        "system/root",
        "permit/SB-2026-1/0",
        "permit/SB-2026-0001/-1",
        "permit/SB-2026-0001/01",
        "permit/SB-2026-0001/1234567890",
        "customer/sb-2026-0001/1",
        "sponsor/../x",
        "system/relayer\n",
        "permit/SB-٢٠٢٦-0001/1",
        "",
        None,
        5,
    ],
)
async def test_what_is_no_name_of_a_key_is_refused(client: AsyncSignerClient, name):
    await refused(client.address(name), InvalidInput, "signer.unknown_key")


@pytest.mark.parametrize(
    "name", [f"system/{role}" for role in SYSTEM_ROLES] + ["permit/SB-2026-0001/0", CUSTOMER]
)
def test_names_of_keys_are_read(name):
    assert check_name(name) == name


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b"5\n",
        b"[" * 200_000 + b"\n",
        b'{"op": "sign_all"}\n',
        b'{"op": {"a": 1}, "key": "system/relayer"}\n',
        b'{"op": "address", "key": ["x"]}\n',
        b'{"op": "sign_message", "key": "system/relayer", "message": "0xzz"}\n',
        b'{"op": "sign_transaction", "key": "system/relayer", "tx": 5}\n',
        b'{"op": "sign_transaction", "key": "system/relayer", "tx": {"nonce": '
        + b"9" * 5_000
        + b"}}\n",
        b"\xff\xfe\n",
    ],
)
async def test_one_bad_request_is_one_error_and_the_connection_goes_on(client, config, line):
    reader, writer = await asyncio.open_unix_connection(config.socket)
    writer.write(line)
    answer = json.loads(await reader.readline())
    assert answer["ok"] is False
    assert answer["code"].startswith("signer.")
    assert answer["code"] != "signer.internal"
    writer.write(b'{"id": 3, "op": "health"}\n')
    assert json.loads(await reader.readline())["id"] == 3
    writer.close()
    await writer.wait_closed()


async def test_a_line_that_is_too_long_ends_its_connection_and_no_other(client, config):
    reader, writer = await asyncio.open_unix_connection(config.socket)
    writer.write(b"x" * (MAX_LINE + 10_000))
    assert json.loads(await reader.readline())["code"] == "signer.request_too_long"
    assert await reader.read() == b""
    writer.close()
    assert await client.address(CUSTOMER)
    await refused(
        client.sign_message(CUSTOMER, b"x" * MAX_LINE), InvalidInput, "signer.request_too_long"
    )


async def test_many_at_once_are_each_answered_with_their_own(client: AsyncSignerClient):
    names = [f"customer/SB-2026-0001/{n}" for n in range(50)]
    found = await asyncio.gather(*(client.sign_message(name, name) for name in names))
    for name, signature in zip(names, found, strict=True):
        who = Account.recover_message(encode_defunct(text=name), signature=signature)
        assert who == await client.address(name)


async def test_a_cancelled_request_does_not_shift_the_answers(client: AsyncSignerClient):
    for _ in range(5):
        task = asyncio.create_task(client.sign_message(CUSTOMER, b"x" * 50_000))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await client.address(CUSTOMER) == await client.address(CUSTOMER)
        assert (await client.health())["status"] == "ok"


async def test_a_signer_that_was_restarted_is_found_again_and_has_the_same_keys(config):
    signer = Signer(config)
    await signer.start()
    client = AsyncSignerClient(config.socket)
    before = await client.sign_message(CUSTOMER, b"x")
    await signer.close()
    await client.close()
    await refused(client.sign_message(CUSTOMER, b"x"), Unavailable, "signer.unavailable")
    signer = Signer(config)
    await signer.start()
    assert await client.sign_message(CUSTOMER, b"x") == before
    await client.close()
    await signer.close()


def test_the_process_serves_threads_and_stops_when_it_is_told(tmp_path):
    code = (
        "from pathlib import Path; import sys;"
        "from sandbox.chain.signer.server import SignerConfig, serve;"
        "serve(SignerConfig(Path(sys.argv[1]) / 's', Path(sys.argv[1]) / 'seed', {},"
        " development=True))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)])
    try:
        client = SignerClient(tmp_path / "s")
        deadline = time.monotonic() + 20
        while True:
            try:
                who = client.address("sponsor/bank")
                break
            except Unavailable:
                assert time.monotonic() < deadline
                time.sleep(0.05)
        text = client.sign_message("sponsor/bank", "text")
        assert Account.recover_message(encode_defunct(text="text"), signature=text) == who
        assert client.sign_typed("sponsor/bank", TYPED).startswith("0x")
        assert decode(client.sign_transaction("sponsor/bank", TX).raw).sender == who
        with pytest.raises(InvalidInput, match=r"signer\.unknown_key"):
            client.address("nobody")
        client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def test_keys_differ_by_name_and_by_seed():
    names = ["system/issuer", "system/treasury", "permit/SB-2026-0001/0", "permit/SB-2026-0001/1"]
    first, second = Keys(bytes(32)), Keys(b"\x01" * 32)
    addresses = [keys.address(name) for keys in (first, second) for name in names]
    assert len(set(addresses)) == 8


def test_the_seed_is_made_once_for_its_owner_alone(tmp_path):
    path = tmp_path / "signer" / "seed"
    seed = read_seed(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(seed) == 32
    assert read_seed(path) == seed
    assert [each.name for each in path.parent.iterdir()] == ["seed"]


@pytest.mark.parametrize("damage", ["cut", "changed", "empty"])
def test_a_damaged_seed_stops_the_start_and_is_left_as_it_is(tmp_path, damage):
    path = tmp_path / "seed"
    read_seed(path)
    data = path.read_bytes()
    bad = {"cut": data[:-1], "changed": b"x" + data[1:], "empty": b""}[damage]
    path.write_bytes(bad)
    with pytest.raises(IntegrityFailure, match=r"signer\.seed_damaged"):
        read_seed(path)
    assert path.read_bytes() == bad


def test_a_seed_that_others_can_read_stops_the_start(tmp_path):
    path = tmp_path / "seed"
    read_seed(path)
    path.chmod(0o640)
    with pytest.raises(IntegrityFailure, match=r"signer\.seed_readable_by_others"):
        read_seed(path)


async def test_the_socket_must_be_makeable(tmp_path):
    (tmp_path / "s").mkdir()
    signer = Signer(SignerConfig(tmp_path / "s", tmp_path / "seed"))
    await refused(signer.start(), Unavailable, "signer.not_listening")


def test_a_client_without_a_signer_says_so(tmp_path):
    with pytest.raises(Unavailable, match=r"signer\.unavailable"):
        SignerClient(tmp_path / "none").health()
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(tmp_path / "silent"))
    silent.close()
    with pytest.raises(Unavailable, match=r"signer\.unavailable"):
        SignerClient(tmp_path / "silent").health()
