"""A signature by a managed wallet, asked of the real signer as the gateway would ask.

Only root can become the gateway's user for a moment: that is the point of the
signer's rule, and why nobody else can put a transaction past the gateway. Without
root everything runs under one user, and the pages say so.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

from sandbox.chain.signer.client import SignerClient
from sandbox.run.identity import identities
from sandbox.settings import Settings
from tests.journeys.stage import Stage

MOST_WALLETS = 64


def signed_by_wallet(stage: Stage, address: str, transaction: dict) -> str:
    """Sign a transaction with the key of one of the permit's people.

    Args:
        stage: the running system.
        address: the wallet.
        transaction: all fields, web3 style.

    Returns:
        The raw transaction, hex.
    """
    socket = stage.run_dir / "signer" / "signer.sock"

    def sign() -> str:
        with contextlib.closing(SignerClient(socket)) as signer:
            for number in range(MOST_WALLETS):
                key = f"customer/{stage.permit}/{number}"
                if signer.address(key).lower() == address.lower():
                    return "0x" + signer.sign_transaction(key, transaction).raw.hex()
        raise AssertionError(f"no key of {stage.permit} has the address {address}")

    ids = identities(Settings.load().isolation.uid_base)
    if not ids.separate:
        return sign()
    return _as_user(ids.uid("gateway"), ids.group("internal"), sign)


def _as_user(uid: int, group: int, work: Callable[[], str]) -> str:
    """Do work in a child process of another user, in a group of the processes."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        said = "child failed"
        try:
            os.close(reader)
            os.setgroups([uid, group])
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            said = work()
        except BaseException as error:  # noqa: BLE001 - told to the parent
            said = f"error: {error!r}"
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    os.waitpid(child, 0)
    assert said.startswith("0x"), said
    return said
