"""A desk per test, or one for many readers."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.support.grade_book import GradePlatform
from tests.support.oidc import served
from tests.web.passback_world import set_up
from tests.web.webhook_world import Out, Receiver
from tests.web.world import World, world


@pytest.fixture(scope="package", autouse=True)
def _events_are_not_printed() -> Iterator[None]:
    structlog.configure(
        processors=[structlog.processors.KeyValueRenderer()],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    yield
    structlog.reset_defaults()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    log = tmp_path / "took"
    command = [sys.executable, "-m", "tests.web.receiver", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield Receiver(process, int(process.stdout.readline()), log)
        process.kill()


@pytest.fixture
def out(desk: World) -> Out:
    """The worker's part of webhooks."""
    return Out(desk)


@pytest.fixture
def moodle(desk: World) -> Iterator[GradePlatform]:
    """A learning platform that takes marks, really running."""
    with served(GradePlatform()) as found:
        set_up(desk, found)
        yield found
