"""What the last server of a user left, in its folder or on record, is not the next one's."""

from __future__ import annotations

import os

import pytest

from sandbox.hub.idle_rule import UNUSED
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import Unavailable
from sandbox.run.identity import Identities
from sandbox.run.servers import UserServers

KEY = ("aigul", "home")


def _servers(settings):
    settings.paths.run_dir.joinpath("servers").mkdir(parents=True, exist_ok=True)
    (settings.paths.state_dir / "manager").mkdir(parents=True, exist_ok=True)
    return UserServers(settings, Identities(0, separate=False), level=Isolation.NONE, memory=None)


def _folder(settings):
    return _servers(settings)._socket_folder(KEY)


@pytest.mark.parametrize("what", ["nothing", "file", "link", "folder", "deep folder"])
def test_the_place_of_the_socket_is_free_again(settings, tmp_path, what):
    socket = _folder(settings) / "server.sock"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    if what == "file":
        socket.write_text("")
    elif what == "link":
        socket.symlink_to(outside, target_is_directory=True)
    elif what != "nothing":
        socket.mkdir()
        (socket / "to-outside").symlink_to(outside, target_is_directory=True)
        deepest = socket
        for _ in range(200 if what == "deep folder" else 1):
            deepest = deepest / "d"
            deepest.mkdir()
    for _ in range(2):
        folder = _folder(settings)
        assert not os.path.lexists(folder / "server.sock")
    assert (outside / "kept").read_text() == "kept"
    assert outside.is_dir()


@pytest.mark.anyio
async def test_what_did_not_start_did_not_stop_because_nobody_used_it(settings):
    servers, asked = _servers(settings), {"user": KEY[0], "context": KEY[1]}
    servers._ended[KEY] = UNUSED
    assert await servers.poll(asked) == {"exit": UNUSED}
    with pytest.raises(Unavailable):
        await servers.start({**asked, "limits": {"server_cores": 1}})
    assert await servers.poll(asked) == {"exit": 0}
