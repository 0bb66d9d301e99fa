"""issue 3: audits at full depth, and everything around a decision.

Revision 0002, after 0001. New rooms have new tables; rows from before get the values that say nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from ground.database import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

AUDIT_TYPES = ("initial", "periodic", "surveillance", "closure", "priority_closure", "forced_labour", "for_cause")
NOTICES = ("announced", "semi_announced", "unannounced")
OUTCOMES = ("completed", "interrupted", "access_denied", "unsafe")
ORDER_STATES = ("accepted", "checking", "prepared", "sealed", "ready", "stopped")


def _one_of(column: str, words: tuple[str, ...]) -> str:
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} IN ({listed})"


def upgrade() -> None:
    _new_tables()
    _new_columns()


def downgrade() -> None:
    raise NotImplementedError("what people did since cannot be taken back: restore a copy from before")


def _new_tables() -> None:
    op.create_table(
        "evidence_root",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("slot"),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("next_try", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("given_up_at", Instant(), nullable=True),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person", "key"),
    )
    op.create_index(op.f("ix_mail_person"), "mail", ["person"], unique=False)
    op.create_table(
        "reminder",
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("days", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "kind", "due", "days"),
    )
    op.create_table(
        "rulebook",
        sa.Column("id", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("proposed_by", sa.String(length=24), nullable=False),
        sa.Column("proposed_for", sa.String(length=24), nullable=False),
        sa.Column("proposed_at", Instant(), nullable=False),
        sa.Column("approved_by", sa.String(length=24), nullable=True),
        sa.Column("approved_for", sa.String(length=24), nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sha256"),
    )
    op.create_table(
        "screening_list",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("publisher", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.String(length=40), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.Column("retired_by", sa.String(length=40), nullable=True),
        sa.Column("retired_because", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('exclusion', 'licence')", name="screening_list_kind"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "stored_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=4), nullable=False),
        sa.Column("stored", sa.String(length=64), nullable=False),
        sa.Column("stored_size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("taken_at", sa.String(length=19), nullable=False),
        sa.Column("taken_zone", sa.String(length=6), nullable=False),
        sa.CheckConstraint("kind IN ('pdf', 'png', 'jpeg', 'xlsx')", name="stored_file_kind"),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "auditor_tie",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.CheckConstraint(
            "kind IN ('employment', 'consultancy', 'financial', 'family', 'other')", name="auditor_tie_kind"
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_auditor_tie_organisation_id"), "auditor_tie", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_auditor_tie_subject_id"), "auditor_tie", ["subject_id"], unique=False)
    op.create_table(
        "evidence_entry",
        sa.Column("cmt", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["slot"],
            ["evidence_root.slot"],
        ),
        sa.PrimaryKeyConstraint("cmt"),
    )
    op.create_index(op.f("ix_evidence_entry_slot"), "evidence_entry", ["slot"], unique=False)
    op.create_table(
        "firm_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(length=24), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("countries", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.CheckConstraint(
            "status IN ('good', 'lapsed', 'expired', 'suspended', 'not_good', 'inactive')", name="firm_approval_status"
        ),
        sa.ForeignKeyConstraint(
            ["firm_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_firm_approval_firm_id"), "firm_approval", ["firm_id"], unique=False)
    op.create_table(
        "rulebook_consultation",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("invited", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("document", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.String(length=24), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rulebook"],
            ["rulebook.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_rulebook_consultation_rulebook"), "rulebook_consultation", ["rulebook"], unique=False)
    op.create_table(
        "screening_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Date(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("delisted", sa.Integer(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("imported_by", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["screening_list.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_id", "number"),
    )
    op.create_table(
        "screening_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("list_id", sa.String(length=24), nullable=False),
        sa.Column("lineage", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("first_edition", sa.Integer(), nullable=False),
        sa.Column("last_edition", sa.Integer(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aliases", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("identifiers", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["screening_list.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_screening_entry_current", "screening_entry", ["list_id", "last_edition"], unique=False)
    op.create_index(op.f("ix_screening_entry_lineage"), "screening_entry", ["lineage"], unique=False)
    op.create_table(
        "assignment",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("firm_id", sa.String(length=24), nullable=True),
        sa.Column("lead_id", sa.String(length=24), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("asked_by", sa.String(length=24), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancelled_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('offered', 'accepted', 'unfilled', 'cancelled')", name="assignment_state"),
        sa.CheckConstraint(
            "type IN ('initial', 'periodic', 'surveillance', 'closure', 'priority_closure', 'forced_labour', 'for_cause')",
            name="assignment_type",
        ),
        sa.CheckConstraint("(firm_id IS NULL) = (lead_id IS NULL)", name="assignment_firm_and_lead"),
        sa.CheckConstraint("ends_on >= starts_on", name="assignment_days"),
        sa.ForeignKeyConstraint(
            ["firm_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_assignment_firm_id"), "assignment", ["firm_id"], unique=False)
    op.create_index(op.f("ix_assignment_site_id"), "assignment", ["site_id"], unique=False)
    op.create_table(
        "auditor_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("level", sa.String(length=11), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("trained_until", sa.Date(), nullable=True),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.CheckConstraint("level IN ('lead', 'auditor', 'provisional')", name="auditor_approval_level"),
        sa.CheckConstraint(
            "status IN ('good', 'lapsed', 'expired', 'suspended', 'not_good', 'inactive')",
            name="auditor_approval_status",
        ),
        sa.CheckConstraint("(trained_on IS NULL) = (trained_until IS NULL)", name="auditor_training_both_days"),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_auditor_approval_person_id"), "auditor_approval", ["person_id"], unique=False)
    op.create_table(
        "auditor_key",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("kid", sa.String(length=60), nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("revoked_by", sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["revoked_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kid"),
    )
    op.create_index(op.f("ix_auditor_key_organisation_id"), "auditor_key", ["organisation_id"], unique=False)
    op.create_index(op.f("ix_auditor_key_person_id"), "auditor_key", ["person_id"], unique=False)
    op.create_index(
        "uq_auditor_key_active",
        "auditor_key",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
        sa.UniqueConstraint("secret_hash"),
    )
    op.create_table(
        "disclosure",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("standard", sa.String(length=40), nullable=False),
        sa.Column("provision", sa.String(length=10), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("containment", sa.Text(), nullable=False),
        sa.Column("contained_on", sa.Date(), nullable=True),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("worst_form", sa.Boolean(), nullable=False),
        sa.Column("disclosed_at", Instant(), nullable=False),
        sa.Column("disclosed_by", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["disclosed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_disclosure_site_provision", "disclosure", ["site_id", "provision"], unique=False)
    op.create_table(
        "label_rebinding",
        sa.Column("batch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("certificate", sa.String(length=11), nullable=False),
        sa.Column("successor", sa.String(length=11), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=40), nullable=False),
        sa.Column("asked_for", sa.String(length=24), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("confirmed_by", sa.String(length=40), nullable=True),
        sa.Column("confirmed_for", sa.String(length=24), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch"],
            ["label_batch.number"],
        ),
        sa.PrimaryKeyConstraint("batch"),
    )
    op.create_table(
        "panel_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("favourable", sa.Boolean(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_panel_word_application_id"), "panel_word", ["application_id"], unique=False)
    op.create_table(
        "release_check",
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.PrimaryKeyConstraint("application_id"),
    )
    op.create_index(op.f("ix_release_check_until"), "release_check", ["until"], unique=False)
    op.create_table(
        "scope_reduction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("certificate", sa.String(length=11), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("enacted_at", Instant(), nullable=True),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_scope_reduction_application_id"), "scope_reduction", ["application_id"], unique=False)
    op.create_table(
        "screening_hit",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("list_id", sa.String(length=24), nullable=False),
        sa.Column("lineage", sa.String(length=24), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("about", sa.String(length=12), nullable=False),
        sa.Column("about_id", sa.String(length=24), nullable=False),
        sa.Column("strength", sa.String(length=15), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("explanation", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("lift_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint("about IN ('site', 'organisation', 'place')", name="screening_hit_about"),
        sa.CheckConstraint("state IN ('open', 'dismissed', 'confirmed', 'delisted')", name="screening_hit_state"),
        sa.CheckConstraint("strength IN ('identifier', 'name_and_place', 'name')", name="screening_hit_strength"),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["screening_entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["screening_list.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("list_id", "lineage", "about", "about_id"),
    )
    op.create_index("ix_screening_hit_about", "screening_hit", ["about", "about_id"], unique=False)
    op.create_table(
        "screening_pass",
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("list_id", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_id"],
            ["screening_list.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("site_id", "list_id"),
    )
    op.create_table(
        "sealing_key",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("enrolled_at", Instant(), nullable=False),
        sa.Column("enrolled_by", sa.String(length=24), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["enrolled_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index(op.f("ix_sealing_key_organisation_id"), "sealing_key", ["organisation_id"], unique=False)
    op.create_table(
        "site_register_refresh",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_site_register_refresh_site_id"), "site_register_refresh", ["site_id"], unique=False)
    op.create_table(
        "site_risk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("level", sa.String(length=4), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_site_risk_site_id"), "site_risk", ["site_id"], unique=False)
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("provision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("deliberate", sa.Boolean(), nullable=False),
        sa.Column("concealed", sa.Boolean(), nullable=False),
        sa.Column("worst_form", sa.Boolean(), nullable=False),
        sa.Column("by_management", sa.Boolean(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("raised_by", sa.String(length=24), nullable=False),
        sa.Column("safe_because", sa.Text(), nullable=False),
        sa.Column("held_until", Instant(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("ended_by", sa.String(length=10), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('held', 'released', 'dismissed')", name="alert_state"),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["raised_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alert_audit_id"), "alert", ["audit_id"], unique=False)
    op.create_index(op.f("ix_alert_held_until"), "alert", ["held_until"], unique=False)
    op.create_index(op.f("ix_alert_site_id"), "alert", ["site_id"], unique=False)
    op.create_table(
        "assignment_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.String(length=24), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("candidates", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("firm_id", sa.String(length=24), nullable=True),
        sa.Column("lead_id", sa.String(length=24), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("declined_at", Instant(), nullable=True),
        sa.Column("declined_by", sa.String(length=24), nullable=False),
        sa.Column("declined_for", sa.String(length=4), nullable=False),
        sa.Column("declined_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("assignment_id", "round"),
    )
    op.create_table(
        "declaration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.String(length=24), nullable=False),
        sa.Column("person_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('none', 'employment', 'consultancy', 'financial', 'family', 'other')", name="declaration_kind"
        ),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_declaration_assignment_id"), "declaration", ["assignment_id"], unique=False)
    op.create_index(op.f("ix_declaration_person_id"), "declaration", ["person_id"], unique=False)
    op.create_table(
        "fieldwork_interviews",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("individual", sa.Integer(), nullable=False),
        sa.Column("in_groups", sa.Integer(), nullable=False),
        sa.Column("private", sa.Integer(), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("places", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("interpreters", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("strata", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "fieldwork_plan",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("high_risk", sa.Boolean(), nullable=False),
        sa.Column("months", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("spent", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "fieldwork_workforce",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("strata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("languages", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "follow_up_check",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("about", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("firm_id", sa.String(length=24), nullable=False),
        sa.Column("due", Instant(), nullable=False),
        sa.Column("scheduled_at", Instant(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.Column("done_by", sa.String(length=24), nullable=True),
        sa.Column("result", sa.String(length=5), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (result = '')", name="follow_up_check_done_with_result"),
        sa.CheckConstraint("kind IN ('retaliation_30', 'retaliation_90', 'repayment_90')", name="follow_up_check_kind"),
        sa.CheckConstraint("result IN ('', 'clear', 'harm')", name="follow_up_check_result"),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["done_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["firm_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("kind", "about", "due"),
    )
    op.create_index(op.f("ix_follow_up_check_due"), "follow_up_check", ["due"], unique=False)
    op.create_index(op.f("ix_follow_up_check_firm_id"), "follow_up_check", ["firm_id"], unique=False)
    op.create_index(op.f("ix_follow_up_check_site_id"), "follow_up_check", ["site_id"], unique=False)
    op.create_table(
        "held_decision",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.Column("effective_by", Instant(), nullable=False),
        sa.Column("effective_at", Instant(), nullable=True),
        sa.Column("decision_id", sa.String(length=24), nullable=True),
        sa.Column("lapsed_at", Instant(), nullable=True),
        sa.Column("certificate", sa.String(length=11), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=True),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("rulebook_sha256", sa.String(length=64), nullable=False),
        sa.Column("reasons", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("cmt", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_held_decision_application_id"), "held_decision", ["application_id"], unique=False)
    op.create_index(op.f("ix_held_decision_decision_id"), "held_decision", ["decision_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("decision_id", sa.String(length=24), nullable=False),
        sa.Column("certificate", sa.String(length=11), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("grounds", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("rulebook", sa.String(length=60), nullable=False),
        sa.Column("rulebook_sha256", sa.String(length=64), nullable=False),
        sa.Column("given_at", Instant(), nullable=False),
        sa.Column("reply_until", Instant(), nullable=True),
        sa.Column("appeal_until", Instant(), nullable=True),
        sa.Column("customers_by", Instant(), nullable=True),
        sa.Column("customers_told_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["decision_id"],
            ["decision.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id"),
    )
    op.create_index(op.f("ix_notice_application_id"), "notice", ["application_id"], unique=False)
    op.create_index(op.f("ix_notice_organisation_id"), "notice", ["organisation_id"], unique=False)
    op.create_table(
        "preliminary_sheet",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("presented_at", Instant(), nullable=False),
        sa.Column("function", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("findings", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.CheckConstraint("outcome IN ('signed', 'refused_to_sign', 'not_presented')", name="preliminary_outcome"),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "prepared_report",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("prepared_at", Instant(), nullable=False),
        sa.Column("prepared_by", sa.String(length=24), nullable=False),
        sa.Column("kid", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("given", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["prepared_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id"),
    )
    op.create_table(
        "report_version",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("report", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("signature", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=False),
        sa.Column("submitted_by", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id", "version"),
        sa.UniqueConstraint("report"),
    )
    op.create_table(
        "screening_hit_act",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hit_id", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("act", sa.String(length=15), nullable=False),
        sa.Column("person", sa.String(length=40), nullable=False),
        sa.Column("organisation", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hit_id"],
            ["screening_hit.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_screening_hit_act_hit_id"), "screening_hit_act", ["hit_id"], unique=False)
    op.create_table(
        "sealed_file",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("key_id", sa.String(length=24), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["key_id"],
            ["sealing_key.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("audit_id", "sha256"),
    )
    op.create_index(op.f("ix_sealed_file_audit_id"), "sealed_file", ["audit_id"], unique=False)
    op.create_index(op.f("ix_sealed_file_organisation_id"), "sealed_file", ["organisation_id"], unique=False)
    op.create_table(
        "sheet_figure",
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("audit_id", "name"),
    )
    op.create_table(
        "site_register",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("site_id", sa.String(length=24), nullable=False),
        sa.Column("part", sa.String(length=15), nullable=False),
        sa.Column("place_id", sa.String(length=24), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("registered_id", sa.String(length=100), nullable=False),
        sa.Column("work", sa.String(length=200), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=True),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("added_by", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("removed_on", sa.Date(), nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("removed_by", sa.String(length=24), nullable=True),
        sa.Column("removed_because", sa.Text(), nullable=False),
        sa.CheckConstraint("(source = 'audit') = (audit_id IS NOT NULL)", name="site_register_audit"),
        sa.CheckConstraint("part IN ('subcontractor', 'agent')", name="site_register_part"),
        sa.CheckConstraint("source IN ('holder', 'audit')", name="site_register_source"),
        sa.CheckConstraint("(removed_on IS NULL) = (removed_at IS NULL)", name="site_register_removed"),
        sa.ForeignKeyConstraint(
            ["added_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["place_id"],
            ["site.id"],
        ),
        sa.ForeignKeyConstraint(
            ["removed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["site.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_site_register_site_id"), "site_register", ["site_id"], unique=False)
    op.create_table(
        "action_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.String(length=24), nullable=False),
        sa.Column("word", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("word IN ('approved', 'returned')", name="action_review_word"),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_action_review_finding_id"), "action_review", ["finding_id"], unique=False)
    op.create_table(
        "alert_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.String(length=24), nullable=False),
        sa.Column("act", sa.String(length=10), nullable=False),
        sa.Column("until", Instant(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"],
            ["alert.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_alert_word_alert_id"), "alert_word", ["alert_id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("notice_id", sa.String(length=24), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("certificate", sa.String(length=11), nullable=True),
        sa.Column("against", sa.String(length=20), nullable=False),
        sa.Column("argument", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.String(length=24), nullable=False),
        sa.Column("filed_at", Instant(), nullable=False),
        sa.Column("decide_by", Instant(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("decided_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["notice.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("notice_id"),
    )
    op.create_index(op.f("ix_appeal_application_id"), "appeal", ["application_id"], unique=False)
    op.create_index(op.f("ix_appeal_certificate"), "appeal", ["certificate"], unique=False)
    op.create_index(op.f("ix_appeal_organisation_id"), "appeal", ["organisation_id"], unique=False)
    op.create_table(
        "caution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("certificate", sa.String(length=11), nullable=False),
        sa.Column("application_id", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=24), nullable=False),
        sa.Column("sites", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("reverify_by", Instant(), nullable=False),
        sa.Column("raised_at", Instant(), nullable=False),
        sa.Column("reverified_at", Instant(), nullable=True),
        sa.Column("reverified_by", sa.String(length=24), nullable=True),
        sa.Column("audits", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("lifted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
        ),
        sa.ForeignKeyConstraint(
            ["certificate"],
            ["certificate.number"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("certificate", "subject", "since"),
    )
    op.create_index(op.f("ix_caution_application_id"), "caution", ["application_id"], unique=False)
    op.create_index(op.f("ix_caution_certificate"), "caution", ["certificate"], unique=False)
    op.create_index(op.f("ix_caution_subject"), "caution", ["subject"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("finding_id", sa.String(length=24), nullable=True),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("captured_at", Instant(), nullable=True),
        sa.Column("captured_zone", sa.String(length=6), nullable=False),
        sa.Column("uploaded_at", Instant(), nullable=False),
        sa.Column("uploaded_by", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sha256"],
            ["stored_file.sha256"],
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_evidence_audit_finding", "evidence", ["audit_id", "finding_id"], unique=False)
    op.create_index(op.f("ix_evidence_sha256"), "evidence", ["sha256"], unique=False)
    op.create_table(
        "finding_regrade",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("finding_id", sa.String(length=24), nullable=False),
        sa.Column("old", sa.String(length=12), nullable=False),
        sa.Column("new", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_role", sa.String(length=20), nullable=False),
        sa.Column("by_person", sa.String(length=24), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_finding_regrade_finding_id"), "finding_regrade", ["finding_id"], unique=False)
    op.create_table(
        "repayment_cohort",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("finding_id", sa.String(length=24), nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("leavers", sa.Integer(), nullable=False),
        sa.Column("entered_at", Instant(), nullable=False),
        sa.Column("entered_by", sa.String(length=24), nullable=False),
        sa.Column("revised_at", Instant(), nullable=True),
        sa.Column("agreed_at", Instant(), nullable=True),
        sa.Column("agreed_by", sa.String(length=24), nullable=True),
        sa.CheckConstraint("(agreed_at IS NULL) = (agreed_by IS NULL)", name="repayment_cohort_agreed"),
        sa.CheckConstraint("leavers <= people", name="repayment_cohort_leavers"),
        sa.ForeignKeyConstraint(
            ["agreed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["entered_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_repayment_cohort_finding_id"), "repayment_cohort", ["finding_id"], unique=False)
    op.create_table(
        "upload",
        sa.Column("id", sa.String(length=24), nullable=False),
        sa.Column("audit_id", sa.String(length=24), nullable=False),
        sa.Column("finding_id", sa.String(length=24), nullable=True),
        sa.Column("organisation_id", sa.String(length=24), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("captured_at", Instant(), nullable=True),
        sa.Column("captured_zone", sa.String(length=6), nullable=False),
        sa.Column("provisions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("evidence_id", sa.String(length=24), nullable=True),
        sa.Column("refused", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["audit_id"],
            ["audit.id"],
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"],
            ["finding.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_upload_created_at"), "upload", ["created_at"], unique=False)
    op.create_index(op.f("ix_upload_organisation_id"), "upload", ["organisation_id"], unique=False)
    op.create_table(
        "appeal_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.String(length=24), nullable=False),
        sa.Column("person", sa.String(length=24), nullable=False),
        sa.Column("organisation", sa.String(length=24), nullable=False),
        sa.Column("uphold", sa.Boolean(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appeal_id"],
            ["appeal.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appeal_id", "person"),
    )
    op.create_index(op.f("ix_appeal_word_appeal_id"), "appeal_word", ["appeal_id"], unique=False)
    op.create_table(
        "evidence_provision",
        sa.Column("evidence_id", sa.String(length=24), nullable=False),
        sa.Column("provision", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["evidence_id"],
            ["evidence.id"],
        ),
        sa.PrimaryKeyConstraint("evidence_id", "provision"),
    )
    op.create_table(
        "repayment_confirmation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.String(length=24), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=22), nullable=False),
        sa.Column("leavers_sought", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.CheckConstraint("confirmed <= asked", name="repayment_confirmation_counts"),
        sa.ForeignKeyConstraint(
            ["by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["repayment_cohort.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_repayment_confirmation_cohort_id"), "repayment_confirmation", ["cohort_id"], unique=False)
    op.create_table(
        "repayment_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cohort_id", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=11), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("newly", sa.Integer(), nullable=False),
        sa.Column("newly_left", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.String(length=24), nullable=False),
        sa.CheckConstraint("kind IN ('paid', 'kept', 'handed_over')", name="repayment_payment_kind"),
        sa.ForeignKeyConstraint(
            ["by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["cohort_id"],
            ["repayment_cohort.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_repayment_payment_cohort_id"), "repayment_payment", ["cohort_id"], unique=False)


def _new_columns() -> None:
    with op.batch_alter_table("application_site") as batch_op:
        batch_op.add_column(sa.Column("left_at", Instant(), nullable=True))
    with op.batch_alter_table("corrective_action") as batch_op:
        batch_op.add_column(sa.Column("files", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("submitted_by", sa.String(length=24), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("returned_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("no_action", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("corrective_action") as batch_op:
        batch_op.alter_column("files", server_default=None)
        batch_op.alter_column("submitted_by", server_default=None)
        batch_op.alter_column("no_action", server_default=None)
    with op.batch_alter_table("finding") as batch_op:
        batch_op.add_column(sa.Column("containment_evidence", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(
            sa.Column("containment_files", sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        )
        batch_op.add_column(sa.Column("held_until", Instant(), nullable=True))
        batch_op.add_column(sa.Column("escalated", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("disclosed_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("remedied_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("remedy", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("worst_form", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("by_management", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("shown_as", sa.String(length=12), nullable=False, server_default=""))
    with op.batch_alter_table("finding") as batch_op:
        batch_op.alter_column("containment_evidence", server_default=None)
        batch_op.alter_column("containment_files", server_default=None)
        batch_op.alter_column("escalated", server_default=None)
        batch_op.alter_column("remedy", server_default=None)
        batch_op.alter_column("worst_form", server_default=None)
        batch_op.alter_column("by_management", server_default=None)
        batch_op.alter_column("shown_as", server_default=None)
    with op.batch_alter_table("label_order") as batch_op:
        batch_op.add_column(sa.Column("checked_until", Instant(), nullable=True))
        batch_op.create_index(batch_op.f("ix_label_order_checked_until"), ["checked_until"], unique=False)
        batch_op.drop_constraint("label_order_state", type_="check")
        batch_op.create_check_constraint("label_order_state", _one_of("state", ORDER_STATES))
    with op.batch_alter_table("product") as batch_op:
        batch_op.add_column(sa.Column("identity", sa.String(length=24), nullable=False, server_default=""))
    op.execute("UPDATE product SET identity = id")
    with op.batch_alter_table("product") as batch_op:
        batch_op.alter_column("identity", server_default=None)
    with op.batch_alter_table("site") as batch_op:
        batch_op.add_column(sa.Column("sector", sa.String(length=20), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("flag", sa.String(length=2), nullable=False, server_default=""))
    with op.batch_alter_table("site") as batch_op:
        batch_op.alter_column("sector", server_default=None)
        batch_op.alter_column("flag", server_default=None)
    with op.batch_alter_table("audit") as batch_op:
        batch_op.add_column(sa.Column("notice", sa.String(length=15), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("profiles", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("outcome", sa.String(length=15), nullable=False, server_default="completed"))
        batch_op.add_column(sa.Column("effort_planned", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("effort_needed", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("effort_spent", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("off_site", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("strata", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("objections", sa.JSON(none_as_null=True), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("in_a_row", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("signature", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("release_due", Instant(), nullable=True))
        batch_op.add_column(sa.Column("released_at", Instant(), nullable=True))
        batch_op.add_column(sa.Column("outcome_by_site", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("outcome_note", sa.Text(), nullable=False, server_default=""))
        batch_op.drop_constraint("audit_type", type_="check")
        batch_op.create_check_constraint("audit_type", _one_of("type", AUDIT_TYPES))
        batch_op.create_check_constraint("audit_notice", _one_of("notice", ("", *NOTICES)))
        batch_op.create_check_constraint("audit_outcome", _one_of("outcome", OUTCOMES))
    op.execute("UPDATE audit SET released_at = submitted_at, release_due = submitted_at")
    op.execute(
        "INSERT INTO report_version (audit_id, version, report, document, signature, reason, submitted_at, submitted_by)"
        " SELECT audit.id, 1, audit.report, audit.document, NULL, '', audit.submitted_at, audit_member.person_id"
        " FROM audit JOIN audit_member ON audit_member.audit_id = audit.id AND audit_member.position = 0"
        " WHERE audit.document IS NOT NULL"
    )
    with op.batch_alter_table("audit") as batch_op:
        batch_op.alter_column("notice", server_default=None)
        batch_op.alter_column("profiles", server_default=None)
        batch_op.alter_column("outcome", server_default=None)
        batch_op.alter_column("effort_planned", server_default=None)
        batch_op.alter_column("effort_needed", server_default=None)
        batch_op.alter_column("effort_spent", server_default=None)
        batch_op.alter_column("off_site", server_default=None)
        batch_op.alter_column("strata", server_default=None)
        batch_op.alter_column("objections", server_default=None)
        batch_op.alter_column("in_a_row", server_default=None)
        batch_op.alter_column("version", server_default=None)
        batch_op.alter_column("outcome_by_site", server_default=None)
        batch_op.alter_column("outcome_note", server_default=None)
