"""What a user left in the folder of a server's socket does not keep the next one from starting."""

from __future__ import annotations

import os

import pytest

from sandbox.isolation.probe import Isolation
from sandbox.run.identity import Identities
from sandbox.run.servers import UserServers

KEY = ("aigul", "home")


def _folder(settings):
    settings.paths.run_dir.joinpath("servers").mkdir(parents=True, exist_ok=True)
    (settings.paths.state_dir / "manager").mkdir(parents=True, exist_ok=True)
    servers = UserServers(
        settings, Identities(0, separate=False), level=Isolation.NONE, memory=None
    )
    return servers._socket_folder(KEY)


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
