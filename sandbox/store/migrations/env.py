"""Alembic's entry: migrations run on the connection that ``Store.migrate`` hands over."""

from __future__ import annotations

import importlib
import pkgutil

from alembic import context
from sqlmodel import SQLModel

import sandbox.store

for module in pkgutil.iter_modules(sandbox.store.__path__, "sandbox.store."):
    if not module.ispkg:  # every table is in one of them
        importlib.import_module(module.name)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    compare_type=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
