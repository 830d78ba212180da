"""An engine is started within a memory group where the machine allows one."""

import anyio
import pytest

from sandbox.chain.engine import EngineSpec
from sandbox.isolation.memory import MemoryControl
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import InvalidInput
from sandbox.run.engines import Engines

pytestmark = pytest.mark.anyio
SPEC = EngineSpec("som", 417, {"alloc": {}}, gas_price=0)


def _command(settings, ids, memory):
    (settings.paths.run_dir / "etc").mkdir(parents=True)
    return Engines(settings, ids, Isolation.NONE, memory)._command(SPEC)


def test_an_engine_has_the_memory_of_the_setting(settings, ids, tmp_path):
    (tmp_path / "groups").mkdir()
    group = _command(settings, ids, MemoryControl(2, tmp_path / "groups")).memory
    assert group is not None
    assert "engine-som" in group.name
    assert int((group / "memory.max").read_text()) == settings.chain.engine_memory_mb << 20


def test_without_writable_groups_none_is_pretended(settings, ids):
    assert _command(settings, ids, None).memory is None


async def test_the_memory_of_an_engine_is_told_with_its_limit(settings, ids, tmp_path):
    (tmp_path / "groups").mkdir()
    engines = Engines(settings, ids, Isolation.NONE, MemoryControl(2, tmp_path / "groups"))
    assert await engines.memory({"chain": "som"}) == {"used": None, "limit": None}


@pytest.mark.parametrize("chain", ["som-other", "history", "../som"])
async def test_only_the_engines_of_the_chains_and_of_their_histories_are_started(
    settings, ids, chain
):
    engines = Engines(settings, ids, Isolation.NONE)
    with pytest.raises(InvalidInput) as caught:
        await engines.start({"spec": SPEC.as_dict() | {"chain": chain}})
    assert caught.value.code == "engine.unknown_chain"


async def test_a_history_engine_runs_beside_the_live_one(settings, ids):
    (settings.paths.run_dir / "etc").mkdir(parents=True)
    (settings.paths.run_dir / "engine").mkdir(parents=True)
    settings.paths.logs.mkdir(parents=True, exist_ok=True)
    engines = Engines(settings, ids, Isolation.NONE)
    try:
        for chain in ("som", "som-history"):
            await engines.start({"spec": SPEC.as_dict() | {"chain": chain}})
        for chain in ("som", "som-history"):
            with anyio.fail_after(20):
                while (found := await engines.memory({"chain": chain}))["used"] <= 1 << 20:  # noqa: ASYNC110
                    await anyio.sleep(0.05)  # no event tells that the program is loaded
            assert found["limit"] is None
        assert engines.pid("som") != engines.pid("som-history")
        await engines.stop({"chain": "som-history"})
        assert engines.pid("som") is not None
        assert engines.pid("som-history") is None
    finally:
        await engines.stop_all()
