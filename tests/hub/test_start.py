"""What a user's server leaves out, and that what it needs goes on working."""

from __future__ import annotations

import subprocess
import sys

import pytest

LOADED = """
import sys
from sandbox.hub import start
{first}
import jupyterhub.singleuser, jupyterlab.labapp, httpx, jsonschema
from jupyterhub import orm, scopes
print(*(name in sys.modules for name in ("alembic.ddl", "httpx._main", "rich")))
"""
OURS = "start.lighten_server()"


@pytest.mark.parametrize(
    ("first", "loaded"), [(OURS, "False True False"), ("", "True True True")], ids=["ours", "stock"]
)
def test_a_server_does_without_the_hubs_database_tools_and_httpx_command_line(first, loaded):
    code = LOADED.format(first=first)
    ran = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True
    )
    assert ran.stdout.strip() == loaded
