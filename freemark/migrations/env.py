"""How Alembic meets our tables: on the connection it is given, never on an address of its own."""

from __future__ import annotations

from alembic import context

import audits.tables
import certify.tables
import ground.tables
import labels.tables
from ground.database import Base

__all__ = ["audits", "certify", "ground", "labels"]

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",  # SQLite alters a table by making it anew
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
