"""What the launcher gives a full replay: one readable journal, a memory limit, no network."""

import pytest

from sandbox.isolation.memory import MemoryControl
from sandbox.isolation.probe import Isolation
from sandbox.run.parts import code
from sandbox.run.replays import READER_MEMORY, Replays


def _command(settings, ids, memory=None):
    replays = Replays(settings, ids, Isolation.NONE, memory)
    known = settings.paths.worker_dir / "replays" / "RP-2026-0001.jsonl"
    return replays._command("kgst", known, 7), known


def test_its_box_holds_the_program_the_journal_and_the_batches_and_nothing_to_write(settings, ids):
    command, known = _command(settings, ids)
    journal = settings.paths.chain_dir / "kgst" / "journal"
    assert set(command.box.read_only) == {*code(), journal, known}
    assert (command.box.writable, command.box.groups, command.box.network) == ((), (), False)
    assert command.box.uid == ids.uid("gateway")
    assert not [name for name in command.environment if "SECRET" in name or "DATABASE" in name]


def test_it_runs_with_the_lowest_priority_to_the_block_that_was_asked_for(settings, ids):
    command, known = _command(settings, ids)
    assert tuple(command.line[:3]) == ("/usr/bin/nice", "-n", "19")
    assert tuple(command.line[-3:]) == (str(known), "--to", "7")


def test_engine_and_reader_share_one_memory_limit(settings, ids, tmp_path):
    (tmp_path / "groups").mkdir()
    command, _ = _command(settings, ids, MemoryControl(2, tmp_path / "groups"))
    assert command.memory is not None
    limit = settings.chain.engine_memory_mb + READER_MEMORY
    assert int((command.memory / "memory.max").read_text()) == limit << 20


def test_without_writable_groups_no_limit_is_pretended(settings, ids):
    assert _command(settings, ids)[0].memory is None


@pytest.mark.anyio
async def test_what_was_never_started_is_unknown(settings, ids):
    replays = Replays(settings, ids, Isolation.NONE)
    assert await replays.look({"task": "RP-2026-0001"}) == {"state": "unknown"}
    await replays.stop_all()
