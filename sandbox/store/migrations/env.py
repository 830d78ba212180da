"""Alembic's entry: migrations run on the connection that ``Store.migrate`` hands over."""

from __future__ import annotations

import importlib
import importlib.util

from alembic import context
from sqlmodel import SQLModel

for name in ("sandbox.store.classroom", "sandbox.store.classroom_time"):
    if importlib.util.find_spec(name):
        importlib.import_module(name)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
