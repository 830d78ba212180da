"""The metadata all tables share: every constraint has a name, so that migrations can name it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING


def column(kind: Any, *constraints: Any, **options: Any) -> Any:
    """A SQLModel field with an explicit SQLAlchemy column, NOT NULL unless told.

    SQLModel's own mapping makes ``int`` 32 bits wide and stores enumerations by name; every
    column here says its type itself.

    Args:
        kind: the SQLAlchemy type.
        *constraints: foreign keys and the like.
        **options: as for ``sqlalchemy.Column``.
    """
    options.setdefault("nullable", False)
    default = None if options["nullable"] else ...
    return Field(default=default, sa_column=Column(kind, *constraints, **options))
