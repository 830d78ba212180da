"""An engine is started within a memory group where the machine allows one."""

from sandbox.chain.engine import EngineSpec
from sandbox.isolation.memory import MemoryControl
from sandbox.isolation.probe import Isolation
from sandbox.run.engines import Engines

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
