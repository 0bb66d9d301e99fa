"""What an alert was raised upon: the answer that stood before, so that nothing shows that it did not stand.

Revision 0004, after 0003. Of alerts from before nobody knows it; they stay as they were.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("finding", "alert"):
        with op.batch_alter_table(table) as batch_op:
            batch_op.add_column(sa.Column("former", sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("what people did since cannot be taken back: restore a copy from before")
