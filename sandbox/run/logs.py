"""Logs are events: one JSON line each, the process named, never keys or bodies."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO

import structlog


def configure(process: str, stream: TextIO | None = None) -> None:
    """Set up structlog and the libraries' own logging.

    Args:
        process: its name is in each line.
        stream: where the lines go; the error output by default.
    """
    target = stream or sys.stderr
    logging.basicConfig(
        level=logging.WARNING, stream=target, format=f"{process} %(levelname)s %(name)s %(message)s"
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _named(process),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=target),
        cache_logger_on_first_use=True,
    )


def _named(process: str) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: structlog.typing.EventDict) -> Any:
        event.setdefault("process", process)
        return event

    return add
