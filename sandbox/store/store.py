"""The store: one engine, units of work from it, migrations.

Rules:

1. SQLite: WAL, foreign keys on, five seconds of patience; a writing unit takes the write lock at
   its beginning (BEGIN IMMEDIATE), so two writers queue instead of failing half-way.
2. PostgreSQL: READ COMMITTED; what must not race is locked by row or by advisory lock.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from sandbox.kit.errors import Unavailable
from sandbox.store import explorer_tables, papers_tables, tables  # noqa: F401 - they fill the metadata
from sandbox.store.repository import READ
from sandbox.store.unit import UnitOfWork, translate

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MILLISECONDS = 5000
First = Callable[[UnitOfWork], None]


class Store:
    """Where the desk and the worker keep things.

    Args:
        url: ``sqlite:////path/synak.db`` or ``postgresql+psycopg://…``; ``postgresql://`` is
            taken to mean psycopg.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        self.url = parsed
        self.engine = (
            _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgres(parsed)
        )
        self._reading = self.engine.execution_options(synak_read_only=True)
        self.first: First | None = None

    def unit(self, *, read_only: bool = False) -> UnitOfWork:
        """A new unit of work; use it as a context manager.

        Args:
            read_only: takes no write lock; a commit of changes would fail on SQLite.
        """
        bind = self._reading if read_only else self.engine
        kept: dict[Any, Any] = {READ: {}} if read_only else {}
        u = UnitOfWork(Session(bind, expire_on_commit=False, autoflush=True, info=kept))
        if self.first is not None and not read_only:
            u.begin_with(self.first)
        return u

    def beginning_with(self, first: First) -> Store:
        """The same store, each of whose writing units begins with a check.

        Args:
            first: raises where nothing may be written (any more).
        """
        same = copy(self)
        same.first = first
        return same

    def migrate(self) -> None:
        """Bring the schema to the newest revision, from empty or from any earlier one."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()

    def create_all(self) -> None:
        """Create the tables without migrations; for doctests and throw-away stores only."""
        SQLModel.metadata.create_all(self.engine)

    def ping(self) -> None:
        """Ask the database something.

        Raises:
            Unavailable: ``store.unavailable``.
        """
        try:
            with self._reading.connect() as connection:
                connection.execute(text("SELECT 1"))
        except DBAPIError as error:
            raise translate(error) from error

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()


def _postgres(url: Any) -> Engine:
    return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20, pool_timeout=5)


def _sqlite(url: Any) -> Engine:
    memory = url.database in (None, "", ":memory:")
    if not memory:
        _create_shared(Path(url.database))
    options: dict[str, Any] = {"poolclass": StaticPool} if memory else {}
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_MILLISECONDS / 1000, "check_same_thread": False},
        **options,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_shared(path: Path) -> None:
    """Create the file for owner and group (desk and worker); WAL files take its mode."""
    if path.exists():
        return
    try:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o660)
        os.fchmod(handle, 0o660)
        os.close(handle)
    except OSError as error:
        raise Unavailable("store.unavailable", reason=type(error).__name__) from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("synak_read_only", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
