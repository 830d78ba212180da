"""Where things are kept: tables, repositories and the unit of work; SQLite or PostgreSQL.

Table classes never leave this package; repositories take and give the records of
``sandbox.domain.records``.
"""

from sandbox.store.store import Store
from sandbox.store.unit import UnitOfWork

__all__ = ["Store", "UnitOfWork"]
