import os
import socket
import stat

import pytest

from sandbox.kit.errors import Conflict, Refused
from sandbox.run import prepare
from sandbox.run.identity import Identities
from sandbox.settings import Settings
from tests.support.system import free_base_port


def _mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def made(settings, ids):
    prepare.make_folders(settings, ids)
    prepare.make_secrets(settings, ids)
    return settings


def test_every_secret_is_for_its_owner_alone(made, ids):
    secrets = [path for path in (made.paths.state_dir / "secrets").rglob("*") if path.is_file()]
    assert len(secrets) >= 10
    for path in secrets:
        assert _mode(path) == 0o600, path
        assert path.stat().st_uid == ids.uid(path.parent.name), path


def test_secrets_differ_from_one_another(made):
    kept = {
        made.secret("hub", name) for name in ("cookie_secret", "proxy_token", "desk_oauth_secret")
    }
    assert len(kept) == 3


def test_shared_secret_is_the_same_for_both(made):
    assert made.secret("hub", "proxy_token") == made.secret("proxy", "proxy_token")
    assert made.secret("hub", "desk_token") == made.secret("desk", "hub_token")


def test_second_start_keeps_every_secret(made, ids):
    before = made.secret("hub", "cookie_secret"), made.secret("hub", "demo_password")
    prepare.make_folders(made, ids)
    prepare.make_secrets(made, ids)
    assert before == (made.secret("hub", "cookie_secret"), made.secret("hub", "demo_password"))


def test_folders_of_a_part_are_closed_to_others(made):
    for folder in (made.paths.signer_dir, made.paths.chain_dir, made.paths.hub_dir):
        assert _mode(folder) == 0o700
    assert _mode(made.paths.state_dir) == 0o711


def test_wrong_mode_is_put_right_and_data_is_kept(made, ids):
    made.paths.signer_dir.chmod(0o777)
    (made.paths.signer_dir / "seed").write_text("kept")
    prepare.make_folders(made, ids)
    assert _mode(made.paths.signer_dir) == 0o700
    assert (made.paths.signer_dir / "seed").read_text() == "kept"


def test_folder_that_is_a_link_is_refused(settings, ids, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    settings.paths.state_dir.mkdir()
    settings.paths.signer_dir.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused) as refused:
        prepare.make_folders(settings, ids)
    assert refused.value.code == "run.state_not_ours"


def test_second_manager_is_refused_and_told_who_holds_it(made):
    held = prepare.lock(made)
    with pytest.raises(Conflict) as refused:
        prepare.lock(made)
    assert refused.value.code == "run.already_running"
    assert refused.value.params["pid"] == str(os.getpid())
    os.close(held)
    os.close(prepare.lock(made))


def test_user_id_names_one_process_or_none():
    ids = Identities(61_000, separate=True)
    assert ids.name_of(ids.uid("hub")) == {"hub"}
    assert ids.name_of(200_001) == frozenset()
    assert ids.name_of(0) == frozenset()


def test_one_user_install_cannot_tell_processes_apart_but_refuses_others():
    ids = Identities(61_000, separate=False)
    assert "hub" in ids.name_of(os.getuid())
    assert ids.name_of(os.getuid() + 12_345) == frozenset()


def test_free_ports_are_accepted(settings):
    one = _on(settings, free_base_port())
    prepare.check_ports(one)


@pytest.mark.parametrize(("distance", "part"), [(0, "proxy"), (10, "desk"), (81, "hub")])
def test_taken_port_is_named_with_the_part_that_needs_it(settings, distance, part):
    one = _on(settings, free_base_port())
    with (
        socket.create_server(("127.0.0.1", one.install.port + distance)),
        pytest.raises(Conflict) as refused,
    ):
        prepare.check_ports(one)
    assert refused.value.params == {"port": one.install.port + distance, "part": part}


def _on(settings, port):
    return Settings.load({**settings.environment(), "SYNAK_PORT": str(port)})
