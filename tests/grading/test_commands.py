"""``synak course``: what the commands say of a folder that is none of theirs."""

from __future__ import annotations

from typer.testing import CliRunner

from sandbox.grading.commands import app


def test_folder_without_an_assignment_is_an_error(tmp_path):
    assert CliRunner().invoke(app, ["check", str(tmp_path)]).exit_code == 2
