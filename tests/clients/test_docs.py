"""The commands of the how-to are run as they stand there, on both chains."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from sandbox.toolchain import tools
from sandbox.toolchain.layout import CHECKOUT, node_modules

pytestmark = pytest.mark.slow

PAGE = CHECKOUT / "docs" / "how-to" / "own-tools.md"
BLOCKS = dict(
    re.findall(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
)


def test_the_page_has_a_block_for_each_client():
    assert set(BLOCKS) == {"python", "javascript", "sh"}


@pytest.mark.slow
@pytest.mark.parametrize("language", sorted(BLOCKS))
def test_the_commands_work_as_they_stand(trial, chain, owner, language, tmp_path):
    place = tmp_path / "block"
    command = {
        "python": [sys.executable, "-W", "ignore", str(place)],
        "sh": ["sh", "-eu", str(place)],
        "javascript": [str(tools.node()), "--input-type=module"],
    }[language]
    place.write_text(BLOCKS[language], "utf-8")
    done = subprocess.run(
        command,
        input=BLOCKS[language] if language == "javascript" else "",
        cwd=node_modules().parent,
        env={
            **os.environ,
            "PATH": f"{tools.cast().parent}:{os.environ['PATH']}",
            "NO_PROXY": "*",
            "RPC": trial.url(chain),
            "KEY": owner.key.to_0x_hex(),
            "MONEY": trial.national(chain)["token"],
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"kgst": "56417", "som": "417"}[chain] in done.stdout
    assert re.search(r"0x[0-9a-fA-F]{40}", done.stdout)
