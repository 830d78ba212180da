"""Starting a lab: from the prebuilt genesis, under terms, or from a copy of the ledger."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from sandbox.domain.terms import Terms
from sandbox.kit.ids import ChainName
from sandbox.sdk.errors import SdkError
from sandbox.sdk.labs import fork as ledger
from sandbox.sdk.labs import genesis, number
from sandbox.sdk.labs.engine import LabEngine, private_folder
from sandbox.sdk.labs.lab import Lab
from sandbox.sdk.labs.provider import EngineProvider
from sandbox.sdk.labs.terms import read
from sandbox.toolchain.tools import anvil

if TYPE_CHECKING:
    from sandbox.sdk.trials import Trial


def lab(
    *,
    permit: Trial | Terms | Mapping[str, Any] | str | None = None,
    fork: Trial | Literal["trial"] | None = None,
    chain: ChainName = "kgst",
) -> Lab:
    """Start a private chain: the national contracts, ten funded people, everything allowed.

    It runs in this process's own isolation, starts in a fraction of a second and is gone with
    this process. Nothing that happens in it reaches a trial::

        chain = lab()                                   # nothing is limited
        aida, bek = chain.accounts[:2]                  # seven customers, three merchants
        chain.kgst.transfer(aida, bek, "12.50")
        shop = chain.deploy(compile("shop.sol"), chain.kgst.address)
        chain.travel(days=1)                            # or to="2027-01-31"
        mark = chain.snapshot(); chain.restore(mark)    # or: with chain.snapshot():
        with chain.impersonate("0x…") as who: ...       # send as anybody
        with chain.one_block(): chain.submit(...)       # several transactions in one block
        chain.close()                                   # or: with lab() as chain:

    A lab ``permit=…`` has a draft's terms in force, both those that the Supervisor holds and
    those that the gateway holds; a refusal is the same ``PermitRefused`` as in the trial. As
    there, nobody has money before it is issued: ``chain.issue("KGST", aida, "100")``::

        chain = lab(permit="F-2026-0001")               # or permit={"deployments": 3, ...}
        copy = lab(fork="trial")                        # everybody's balances, nobody's name

    Both assets live on the lab's one chain (id 31337) and gas is paid in test BNB; compute
    units are not counted.

    Args:
        permit: the terms: the number of your own draft (``"F-2026-0001"``) or permit
            (``"SB-2026-0001"``), a ``Trial``, a ``Terms`` document or its JSON form with amounts
            in minor units; what a dict leaves out is not limited. When the term begins later,
            the lab's clock stands at its beginning.
        fork: ``"trial"``: a private copy of the public trial ledger (accounts, contracts and
            balances, nobody's name), up to half a minute old; or a ``Trial``, from outside the
            hub. There you act for others by ``impersonate`` and nothing flows back.
        chain: which ledger is copied: ``kgst`` or ``som``.

    Returns:
        The running lab; also a context manager.

    Raises:
        SdkError: ``sdk.lab_not_built``; ``sdk.terms_name``, ``sdk.draft_incomplete`` and others
            about the terms; ``sdk.fork_outside`` (``"trial"`` outside the hub);
            ``sdk.lab_one_of`` (both arguments).
        LabStopped: the engine did not start.
    """
    if fork is not None:
        return _fork(permit, fork, chain)
    built = genesis.load()
    now = datetime.now(UTC)
    terms = None if permit is None else _terms(permit, now)
    made = start(Path(built.path if terms is None else built.unfunded))
    try:
        made.know({"supervisor": built.supervisor, "kgst": built.kgst, "som": built.som})
        if terms is None:
            made.set_clock(int(time.time()))
            return made
        made.set_clock(max(int(now.timestamp()), int(terms.start.timestamp())))
        made.enforce(terms)
    except BaseException:
        made.close()
        raise
    return made


def start(first_block: Path) -> Lab:
    """Start an engine of one's own from a genesis file.

    Args:
        first_block: the genesis file.

    Raises:
        LabStopped: the engine did not start.
    """
    folder = private_folder()
    ipc_path = folder / "engine.ipc"
    command = genesis.spec({}).command(anvil(), ipc_path, first_block)
    try:
        engine = LabEngine(command, folder, ipc_path)
        return Lab(engine, EngineProvider(ipc_path, engine.last_words))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _fork(permit: object, fork: Trial | str, chain: ChainName) -> Lab:
    if permit is not None or (isinstance(fork, str) and fork != "trial"):
        raise SdkError("sdk.lab_one_of")
    if not isinstance(fork, str):
        return ledger.fork(fork.desk, chain)
    desk = number.own_desk("sdk.fork_outside")
    try:
        return ledger.fork(desk, chain)
    finally:
        desk.close()


def _terms(permit: Trial | Terms | Mapping[str, Any] | str, now: datetime) -> Terms:
    if isinstance(permit, str):
        return read(number.terms_of(permit), now=now)
    if isinstance(permit, (Terms, Mapping)):
        return read(permit, now=now)
    return read(permit.terms(), now=now)
