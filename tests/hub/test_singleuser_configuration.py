"""What a user's server is configured to, by the context that it is of."""

import runpy

import pytest
from traitlets.config import Config

from sandbox.toolchain.layout import CHECKOUT

CONFIGURATION = CHECKOUT / "hub_config" / "singleuser" / "jupyter_server_config.py"


def configured(monkeypatch, context):
    c = Config()
    monkeypatch.setenv("SYNAK_CONTEXT", context)
    runpy.run_path(str(CONFIGURATION), {"get_config": lambda: c})
    return c


def policy(c):
    text = c.ServerApp.tornado_settings["headers"]["Content-Security-Policy"]
    return {name: set(values) for name, *values in map(str.split, text.split(";"))}


def test_pages_of_a_course_show_what_teachers_and_students_open_there(monkeypatch):
    found = policy(configured(monkeypatch, "course-money"))
    assert found["frame-ancestors"] == {"'self'"}, "formgrader is a frame in JupyterLab"
    assert found["object-src"] == {"blob:"}, "a PDF is an object that JupyterLab makes of its bytes"


def test_pages_of_a_course_load_nothing_from_elsewhere(monkeypatch):
    found = policy(configured(monkeypatch, "course-money"))
    inner = {"'self'", "data:", "blob:", "ws:", "wss:", "'unsafe-inline'", "'unsafe-eval'"}
    assert set().union(*found.values()) <= inner
    assert found["default-src"] == {"'self'", "data:", "blob:"}


@pytest.mark.parametrize("context", ["home", "course-money", "permit-sb-2026-0001"])
def test_full_disk_is_said_in_words_wherever_disks_can_be_limited(monkeypatch, context):
    manager = configured(monkeypatch, context).ServerApp.contents_manager_class
    assert manager == "sandbox.hub.full_disk.FilesOnLimitedDisk"
