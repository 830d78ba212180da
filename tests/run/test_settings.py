import json
from pathlib import Path
from typing import get_type_hints

import pytest

from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.run.prepare import write_running
from sandbox.settings import Settings
from sandbox.settings_parts import PARTS, Part
from sandbox.toolchain.layout import Layout


def test_defaults_are_safe():
    settings = Settings.load({})
    assert settings.install.bind == "127.0.0.1"
    assert settings.install.development is False
    assert settings.database_url.startswith("sqlite:///")


def test_every_field_is_described():
    for part in PARTS:
        for name, field in part.model_fields.items():
            assert field.description, f"{part.__name__}.{name}"


def test_every_part_of_the_settings_is_among_those_that_are_described():
    types = get_type_hints(Settings).values()
    assert {each for each in types if issubclass(each, Part)} == set(PARTS)


def test_no_setting_is_a_secret():
    names = [name for part in PARTS for name in part.model_fields]
    assert not [
        name for name in names if any(word in name for word in ("secret", "password", "token"))
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SYNAK_PORT", "80"),
        ("SYNAK_PORT", "many"),
        ("SYNAK_HOST", "Not A Host"),
        ("SYNAK_BIND", "everywhere"),
        ("SYNAK_BLOCK_INTERVAL", "-1"),
        ("SYNAK_POLICY_MAX_AGE", "0"),
        ("SYNAK_LANGUAGE", "de"),
        ("SYNAK_ROLE_LIMITS", "one core"),
        ("SYNAK_ROLE_LIMITS", '{"examiner": {}}'),
        ("SYNAK_ROLE_LIMITS", '{"student": {"server_cores": 0}}'),
    ],
)
def test_wrong_value_names_its_variable(name, value):
    with pytest.raises(InvalidInput) as refused:
        Settings.load({name: value})
    assert refused.value.code == "settings.invalid"
    assert refused.value.params["variable"] == name


def test_development_on_a_public_address_is_refused():
    with pytest.raises(InvalidInput) as refused:
        Settings.load({"SYNAK_DEVELOPMENT": "1", "SYNAK_BIND": "0.0.0.0"})
    assert refused.value.code == "settings.unsafe"


def test_development_on_loopback_is_accepted():
    assert Settings.load({"SYNAK_DEVELOPMENT": "1", "SYNAK_BIND": "127.0.0.1"})


def test_given_environment_decides_alone(monkeypatch):
    monkeypatch.setenv("SYNAK_PORT", "9999")
    assert Settings.load({}).install.port == 8000
    assert Settings.load().install.port == 9999


def test_environment_of_settings_gives_the_same_settings(tmp_path):
    settings = Settings.load({"SYNAK_PORT": "9000", "SYNAK_STATE_DIR": str(tmp_path)})
    again = Settings.load(settings.environment())
    assert again.environment() == settings.environment()
    assert again.paths == settings.paths


def test_secret_is_read_from_its_file(tmp_path):
    settings = Settings.load({"SYNAK_STATE_DIR": str(tmp_path)})
    (tmp_path / "secrets" / "desk").mkdir(parents=True)
    (tmp_path / "secrets" / "desk" / "key").write_text("abc\n")
    assert settings.secret("desk", "key") == "abc"


def test_missing_secret_is_named(tmp_path):
    settings = Settings.load({"SYNAK_STATE_DIR": str(tmp_path)})
    with pytest.raises(NotFound) as missing:
        settings.secret("desk", "key")
    assert missing.value.params == {"process": "desk", "name": "key"}


def test_short_state_directory_holds_its_sockets():
    layout = Layout.of(Path("/srv/synak"), port=8000)
    assert layout.run_dir == Path("/srv/synak/run")


def test_deep_state_directory_gets_sockets_that_fit():
    layout = Layout.of(Path("/srv") / ("deep" * 25), port=8000)
    sockets = [
        layout.launcher_socket,
        layout.gateway_socket,
        layout.server_socket("a" * 32, "permit-sb-2026-0001"),
        layout.engine_socket("kgst"),
    ]
    assert max(len(str(path)) for path in sockets) <= 107


def test_sockets_of_two_contexts_differ():
    layout = Layout.of(Path("/srv/synak"), port=8000)
    assert layout.server_socket("aigul", "home") != layout.server_socket("aigul", "course-x")
    assert layout.server_socket("aigul", "home") != layout.server_socket("bakyt", "home")


def test_a_command_finds_the_running_install_by_its_state_directory_alone(tmp_path):
    beside = {"SYNAK_STATE_DIR": str(tmp_path)}
    started = Settings.load({**beside, "SYNAK_PORT": "9300", "SYNAK_RUN_DIR": str(tmp_path / "r")})
    write_running(started)
    assert Settings.load(beside).install.port == 8000
    found = Settings.of_running(beside)
    assert (found.url, found.paths) == (started.url, started.paths)
    assert [each.name for each in tmp_path.iterdir()] == ["running.json"]


def test_a_variable_decides_before_what_the_running_install_wrote(tmp_path):
    beside = {"SYNAK_STATE_DIR": str(tmp_path)}
    write_running(Settings.load({**beside, "SYNAK_PORT": "9300"}))
    assert Settings.of_running({**beside, "SYNAK_PORT": "9400"}).install.port == 9400


def test_without_a_running_install_the_settings_are_the_plain_ones(tmp_path):
    beside = {"SYNAK_STATE_DIR": str(tmp_path)}
    assert Settings.of_running(beside) == Settings.load(beside)


def test_a_broken_file_of_the_running_install_is_named(tmp_path):
    for text in ("{", "[]", json.dumps({"SYNAK_PORT": "many"})):
        (tmp_path / "running.json").write_text(text)
        with pytest.raises(InvalidInput) as refused:
            Settings.of_running({"SYNAK_STATE_DIR": str(tmp_path)})
        assert refused.value.code == "settings.invalid"
