from __future__ import annotations

from pathlib import Path

import pytest

from tests.chain.support import Chain


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)
