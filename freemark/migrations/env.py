"""How Alembic meets our tables: on the connection it is given, never on an address of its own."""

from __future__ import annotations

from importlib import import_module

from alembic import context

from freemark.rooms import WITH_TABLES
from ground.database import Base

for module in WITH_TABLES:
    import_module(module)

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    compare_type=True,
    user_module_prefix="",  # our column types are imported by name in script.py.mako
)
with context.begin_transaction():
    context.run_migrations()
