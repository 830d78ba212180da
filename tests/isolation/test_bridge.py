import asyncio
import stat

import pytest

from sandbox.isolation.bridge import listen

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def _echo(reader, writer):
    writer.write((await reader.read()).upper())
    await writer.drain()
    writer.close()


async def _ask(path):
    reader, writer = await asyncio.open_unix_connection(str(path))
    writer.write(b"hello")
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_bytes_pass_both_ways_and_the_end_is_passed_on(tmp_path):
    echo = await asyncio.start_server(_echo, "127.0.0.1", 0)
    port = echo.sockets[0].getsockname()[1]
    bridge = await listen(f"unix:{tmp_path}/a.sock", f"tcp:{port}")
    assert await _ask(tmp_path / "a.sock") == b"HELLO"
    bridge.close()
    echo.close()


async def test_a_bridge_leads_to_and_from_a_named_host(tmp_path):
    """As on a cluster, where the two ends are on two machines."""
    echo = await asyncio.start_server(_echo, "127.0.0.2", 0)
    port = echo.sockets[0].getsockname()[1]
    near = await listen("tcp:127.0.0.3:0", f"tcp:127.0.0.2:{port}")
    host, own = near.sockets[0].getsockname()
    assert host == "127.0.0.3"
    far = await listen(f"unix:{tmp_path}/a.sock", f"tcp:{host}:{own}")
    assert await _ask(tmp_path / "a.sock") == b"HELLO"
    alone = await listen(f"unix:{tmp_path}/b.sock", f"tcp:{port}")
    assert await _ask(tmp_path / "b.sock") == b"", "without a host it is loopback's first address"
    for each in (near, far, alone, echo):
        each.close()


async def test_nobody_at_the_far_end_closes_at_once(tmp_path):
    bridge = await listen(f"unix:{tmp_path}/a.sock", f"unix:{tmp_path}/nobody.sock")
    assert await _ask(tmp_path / "a.sock") == b""
    bridge.close()


async def test_stale_socket_is_replaced_and_closed_to_others(tmp_path):
    first = await listen(f"unix:{tmp_path}/a.sock", "tcp:9")
    first.close()
    second = await listen(f"unix:{tmp_path}/a.sock", "tcp:9")
    assert stat.S_IMODE((tmp_path / "a.sock").stat().st_mode) == 0o660
    second.close()
