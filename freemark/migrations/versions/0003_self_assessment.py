"""Self-assessments of sites, and evidence that belongs to one and to no audit.

Revision 0003, after 0002. New tables; every upload and piece of evidence from before stays with its audit.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ground.database import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SAID = ("conforms", "does_not_conform", "not_applicable", "does_not_know")
ONE_PLACE = "(audit_id IS NULL) <> (assessment_id IS NULL)"


def upgrade() -> None:
    _new_tables()
    _evidence_of_either()


def downgrade() -> None:
    raise NotImplementedError("what people did since cannot be taken back: restore a copy from before")


def _new_tables() -> None:
    op.create_table(
        "self_assessment",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("profiles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.String(length=24), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("submitted_by", sa.String(length=24), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.CheckConstraint("(submitted_at IS NULL) = (submitted_by IS NULL)", name="self_assessment_submitted_by"),
        sa.CheckConstraint("(submitted_at IS NULL) = (sha256 = '')", name="self_assessment_submitted_with_hash"),
        sa.ForeignKeyConstraint(["opened_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"]),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"]),
        sa.ForeignKeyConstraint(["submitted_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("site_id", "standard", "version"),
    )
    op.create_index(op.f("ix_self_assessment_organisation_id"), "self_assessment", ["organisation_id"], unique=False)
    op.create_index(
        "uq_self_assessment_open",
        "self_assessment",
        ["site_id", "standard"],
        unique=True,
        sqlite_where=sa.text("submitted_at IS NULL"),
        postgresql_where=sa.text("submitted_at IS NULL"),
    )
    op.create_table(
        "self_assessment_answer",
        sa.Column("assessment_id", sa.String(length=24), nullable=False),
        sa.Column("provision", sa.String(length=10), nullable=False),
        sa.Column("said", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.CheckConstraint(f"said IN ({', '.join(repr(word) for word in SAID)})", name="self_assessment_answer_said"),
        sa.ForeignKeyConstraint(["assessment_id"], ["self_assessment.id"]),
        sa.ForeignKeyConstraint(["filed_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("assessment_id", "provision"),
    )


def _evidence_of_either() -> None:
    with op.batch_alter_table("upload") as batch_op:
        batch_op.alter_column("audit_id", existing_type=sa.String(length=24), nullable=True)
        batch_op.add_column(sa.Column("assessment_id", sa.String(length=24), nullable=True))
        batch_op.create_foreign_key("upload_assessment_id_fkey", "self_assessment", ["assessment_id"], ["id"])
        batch_op.create_check_constraint("upload_one_place", ONE_PLACE)
    with op.batch_alter_table("evidence") as batch_op:
        batch_op.alter_column("audit_id", existing_type=sa.String(length=24), nullable=True)
        batch_op.add_column(sa.Column("assessment_id", sa.String(length=24), nullable=True))
        batch_op.create_foreign_key("evidence_assessment_id_fkey", "self_assessment", ["assessment_id"], ["id"])
        batch_op.create_check_constraint("evidence_one_place", ONE_PLACE)
        batch_op.create_index(batch_op.f("ix_evidence_assessment_id"), ["assessment_id"], unique=False)
