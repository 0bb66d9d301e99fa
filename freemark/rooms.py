"""Which modules have tables: all of them must be imported before the tables can be made, compared or asked."""

WITH_TABLES = (
    "ground.auth",
    "ground.idempotency",
    "ground.journal",
    "ground.mail",
    "ground.outbox",
    "ground.parties",
    "audits.tables",
    "audits.alerts.tables",
    "audits.evidence.tables",
    "audits.fieldwork.tables",
    "audits.independence.tables",
    "audits.remedy.tables",
    "audits.screening.tables",
    "audits.selfassessment.tables",
    "audits.sheets.tables",
    "certify.tables",
    "certify.appeals.tables",
    "certify.governance.tables",
    "labels.tables",
)
"""A test finds any other."""
