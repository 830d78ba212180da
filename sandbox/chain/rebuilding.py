"""The index made again: a second engine replays the journal beside the live chain.

It begins at the newest snapshot that is not beyond the index, or at nothing, and crosses
every epoch up to the wanted one. It has a name of its own (``kgst-history``), so that the
launcher gives it its own socket and memory limit, and the live engine stays.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import structlog

from sandbox.chain.engine import EngineLauncher, EngineSpec, history_name
from sandbox.chain.epochs import Snapshots
from sandbox.chain.historian import Historian, Replay
from sandbox.chain.memory import Memory
from sandbox.chain.recovery import EngineKeeper, replay_from
from sandbox.kit.errors import IntegrityFailure

_log = structlog.get_logger()


def replays(
    spec: EngineSpec, ipc_path: Path, launcher: EngineLauncher, memory: Memory, directory: Path
) -> Replay:
    """Who makes work files again.

    Args:
        spec: of the live engine.
        ipc_path: where the live engine listens.
        launcher: who starts engines.
        memory: what the journal says.
        directory: the chain's folder.
    """
    name = history_name(spec.chain)
    beside = replace(spec, chain=cast("Any", name))

    async def replay(historian: Historian, upto: int, target: int) -> None:
        keeper = EngineKeeper(beside, ipc_path.with_name(f"{name}.ipc"), launcher)
        snapshots = Snapshots(directory / "epochs")
        starts = [epoch for epoch in reversed(memory.epochs) if epoch.head.number <= upto]
        try:
            for start in (*starts, None):
                try:
                    await replay_from(
                        keeper,
                        directory / "journal",
                        start,
                        snapshots,
                        to_block=target,
                        keep=historian.keep_again,
                    )
                except IntegrityFailure as error:
                    if start is None:
                        raise
                    _log.warning("epoch.thrown_away", block=start.head.number, code=error.code)
                else:
                    return
        finally:
            await keeper.stop()

    return replay
