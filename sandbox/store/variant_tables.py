"""The table and repository of the seeds of variants."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import String
from sqlmodel import SQLModel

from sandbox.domain.variants import Seed
from sandbox.store.base import column
from sandbox.store.repository import Repository


class SeedRow(SQLModel, table=True):
    """Secret seeds; no interface and no page gives one away."""

    __tablename__: ClassVar[Any] = "classroom_seed"
    course: str = column(String(48), primary_key=True)
    assignment: str = column(String(48), primary_key=True)
    seed: str = column(String(64))


class Seeds(Repository[Seed]):
    """Seeds."""

    record, row, code = Seed, SeedRow, "seed"
