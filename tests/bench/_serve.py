"""A gateway in a process of its own, with a signer and engines beside it, for measurements."""

import asyncio
import json
import sys
from pathlib import Path

import uvloop

from sandbox.chain.engine import LocalLauncher
from sandbox.chain.node import NodeOptions
from sandbox.chain.sealing import BlockRules
from sandbox.chain.signer.server import Signer, SignerConfig
from sandbox.gateway.app import GatewaySetup
from sandbox.gateway.main import SWITCH_SECONDS, serve
from sandbox.kit.clock import SystemClock
from sandbox.toolchain.tools import anvil


def setup_of(root, blocks, regulators):
    """A gateway whose engines are its children."""
    return GatewaySetup(
        directory=root / "chain",
        engine_sockets={"kgst": root / "kgst.ipc", "som": root / "som.ipc"},
        launcher=LocalLauncher(anvil()),
        signer_socket=root / "signer.sock",
        regulators=regulators,
        hub_api="http://127.0.0.1:9",
        policy_max_age=600.0,
        options=NodeOptions(blocks=blocks),
        clock=SystemClock(),
    )


def signer_of(root):
    """Its signer, not yet started."""
    return Signer(SignerConfig(root / "signer.sock", root / "seed", development=True))


async def run(root, interval, regulators):
    signer = signer_of(root)
    await signer.start()
    setup = setup_of(root, BlockRules(interval=interval), regulators)

    def ready(port):
        (root / "port.new").write_text(str(port), encoding="ascii")
        (root / "port.new").rename(root / "port")

    try:
        await serve(setup, 0, root / "internal.sock", ready=ready)
    finally:
        await signer.close()


if __name__ == "__main__":
    arguments = json.loads(sys.argv[1])
    sys.setswitchinterval(SWITCH_SECONDS)
    main = run(Path(arguments["root"]), arguments["interval"], arguments["regulators"])
    if arguments.get("profile"):
        import cProfile

        profile = cProfile.Profile()
        profile.enable()
        try:
            uvloop.run(main)
        finally:
            profile.disable()
            profile.dump_stats(arguments["profile"])
    else:
        uvloop.run(main)
    asyncio.set_event_loop(None)
