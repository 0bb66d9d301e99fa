"""How grave a finding is, word for word and on the very limits: found missing by mutants (tests/mutants)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits import release, service, severity
from audits.facts import Finding
from audits.severity import Made, copied, made_by_rules
from audits.standard import Standard
from audits.tables import AnswerRow, AuditRow, FindingRow, RegradeRow
from ground.access import Actor
from ground.database import Base
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.journal import JournalRow
from ground.outbox import OutboxEvent
from tests.auditing import SIGNED

DAY = date(2026, 6, 2)
NOW = datetime(2026, 6, 5, 14, tzinfo=UTC)
EARLIER = datetime(2026, 6, 2, 9, tzinfo=UTC)
AUDIT = AuditRow(
    id="aud_1", site_id="site_1", type="surveillance", standard=SIGNED.id, firm_id="org_meridian", starts_on=DAY,
    ends_on=DAY,
)  # fmt: skip
GATE = "The gate stayed shut."


def values(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def answer(provision: str, result: str = "finding", description: str = "", *evidence: str) -> AnswerRow:
    return AnswerRow(
        audit_id="aud_1", provision=provision, result=result, description=description, evidence=list(evidence),
        affected=2, sampled=9, filed_at=EARLIER, filed_by="per_aino",
    )  # fmt: skip


def filed(provision: str, severity: Any, **change: Any) -> FindingRow:
    """A draft of the team's own."""
    row: dict[str, Any] = {
        "id": f"fnd_{provision}", "audit_id": "aud_1", "site_id": "site_1", "provision": provision,
        "topic": provision.split(".")[0], "core": SIGNED.provision(provision).core, "severity": severity,
        "proposed": severity, "escalated": "", "zero_tolerance": False, "deliberate": False, "concealed": False,
        "worst_form": False, "by_management": False, "discovered_at": EARLIER, "shown_as": "", "containment": "",
        "closed_on_site": False,
    }  # fmt: skip
    return FindingRow(**row | change)


def made(
    *findings: FindingRow,
    answers: tuple[AnswerRow, ...] = (),
    refused: str = "",
    ids: dict[str, str] | None = None,
    catalogue: Standard = SIGNED,
) -> tuple[Made, ...]:
    return made_by_rules(
        AUDIT, catalogue, {row.provision: row for row in answers}, {row.provision: row for row in findings},
        refused=refused, ids={} if ids is None else ids, by="per_amina", now=NOW,
    )  # fmt: skip


# --------------------------------------------------------------------------------------- what the rules find themselves


def test_a_gate_that_stayed_shut_is_a_priority_and_everything_about_it_is_said() -> None:
    ids: dict[str, str] = {}
    (found,) = made(refused=GATE, ids=ids)
    assert values(found.answer) == {
        "audit_id": "aud_1", "provision": "T15.1", "result": "finding", "description": GATE, "evidence": [],
        "affected": None, "sampled": None, "filed_at": NOW, "filed_by": "per_amina",
    }  # fmt: skip
    assert values(found.finding) == {
        **dict.fromkeys(FindingRow.__table__.columns.keys()),
        "id": ids["T15.1"], "audit_id": "aud_1", "site_id": "site_1", "provision": "T15.1", "topic": "T15",
        "core": True, "severity": "priority", "proposed": "priority", "escalated": "", "zero_tolerance": False,
        "deliberate": False, "concealed": False, "worst_form": False, "by_management": False, "discovered_at": NOW,
        "shown_as": "", "containment": "", "closed_on_site": False,
    }  # fmt: skip
    assert ids["T15.1"].startswith("fnd_")


def test_the_same_report_made_again_has_the_same_finding_ids() -> None:
    (found,) = made(refused=GATE, ids={"T15.1": "fnd_before"})
    assert found.finding.id == "fnd_before"


@pytest.mark.parametrize(
    ("own", "before", "words"),
    [
        (answer("T15.1", "conformance", "All doors open.", "Photo 1"), None,
         f"{GATE} The team's own answer (conformance): All doors open."),
        (answer("T15.1", "finding", "One door."), filed("T15.1", "major"),
         f"{GATE} The team's own answer (major): One door."),
        (answer("T15.1", "conformance"), None, GATE),
    ],
    ids=["an answer", "a finding", "an answer without words"],
)  # fmt: skip
def test_what_the_team_said_itself_stays_beside_it(own: AnswerRow, before: FindingRow | None, words: str) -> None:
    (found,) = made(*([before] if before else []), answers=(own,), refused=GATE)
    assert found.answer.description == words
    assert found.answer.evidence == own.evidence


def test_a_milder_finding_keeps_what_was_proposed_and_when_it_was_seen() -> None:
    before = filed("T15.1", "major", concealed=True)
    (found,) = made(before, answers=(answer("T15.1"),), refused=GATE)
    assert values(found.finding) == values(before) | {"severity": "priority"}
    assert found.finding is not before
    assert before.severity == "major"


@pytest.mark.parametrize("severity", ["priority", "major"])
def test_a_finding_that_is_as_grave_already_is_left_alone(severity: str) -> None:
    minors = [filed(id, "minor") for id in ("T10.1", "T10.2", "T10.3")]
    assert made(*minors, filed("T14.2", severity)) == ()
    assert made(filed("T15.1", "priority"), refused=GATE) == ()


def test_many_minors_are_told_by_topic_and_number() -> None:
    minors = ("T17.2", "T10.3", "T17.1", "T10.1", "T17.3", "T10.2", "T17.4", "T11.1")
    (found,) = made(*(filed(id, "minor") for id in minors), filed("T17.5", "risk"))
    assert found.answer.description == (
        "7 minor findings stand in 2 topics with 3 or more (T10: T10.1, T10.2, T10.3; T17: T17.1, T17.2, T17.3, T17.4)"
        ": they are not isolated slips."
    )
    assert (found.finding.provision, found.finding.topic, found.finding.core) == ("T14.2", "T14", False)
    assert (found.finding.severity, found.finding.proposed, found.finding.escalated) == (
        "major", "major", "many_minors",
    )  # fmt: skip


def test_a_shut_gate_and_many_minors_are_two_findings_with_ids_of_their_own() -> None:
    ids: dict[str, str] = {}
    both = made(*(filed(id, "minor") for id in ("T10.1", "T10.2", "T10.3")), refused=GATE, ids=ids)
    assert [one.finding.provision for one in both] == ["T15.1", "T14.2"]
    assert [one.finding.id for one in both] == [ids["T15.1"], ids["T14.2"]]
    assert len(set(ids.values())) == 2


def test_a_copy_of_a_finding_is_the_same_but_for_what_is_changed() -> None:
    before = filed("T10.1", "minor", remedy="Paid back.", close_due=NOW)
    after = copied(before, severity="major")
    assert values(after) == values(before) | {"severity": "major"}


# ------------------------------------------------------------------------------------------- changed after it was filed


def regrade(field: Any, by: str, finding: str, severity: str, reason: str = "Read again.") -> Any:
    return field.do(service.regrade_finding, by, finding, severity, reason)


def of(stage: Any, provision: str) -> Finding:
    return next(one for one in stage.facts().findings if one.provision == provision)


def released(stage: Any, field: Any, *answers: Any) -> None:
    field.visit(*answers)
    stage.later(hours=96)
    release.release_reports(stage.world)


def test_a_change_of_severity_is_on_record_with_everything(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T10.2", "minor"))
    finding = of(stage, "T10.2")
    shown = regrade(field, "carl", finding.id, "major", "Ne\u0301e in 3 places.")
    assert shown["id"] == finding.id
    with stage.world.db.read() as session:
        (row,) = session.scalars(select(RegradeRow))
        entries = session.scalars(select(JournalRow).where(JournalRow.action == "finding_regraded"))
        (entry,) = entries
        (event,) = session.scalars(select(OutboxEvent).where(OutboxEvent.name == "finding_regraded"))
        assert values(row) | {"id": 0} == {
            "id": 0, "finding_id": finding.id, "old": "minor", "new": "major", "reason": "N\u00e9e in 3 places.",
            "by_role": "decider", "by_person": stage.carl.person, "at": stage.now,
        }  # fmt: skip
        assert (entry.subject, entry.detail) == (finding.id, {"from": "minor", "to": "major"})
        assert (event.subject, event.ids) == (stage.factory, {"site": stage.factory, "finding": finding.id})


def test_raised_to_major_on_a_core_topic_the_new_dates_count_from_now(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T2.3", "minor"))
    before = of(stage, "T2.3")
    stage.later(days=20)
    regrade(field, "carl", before.id, "major")
    after, days = of(stage, "T2.3"), timedelta(days=1)
    assert before.containment_due is None
    assert after.containment_due == stage.now + 7 * days
    assert after.action.cap_due == before.action.cap_due
    assert after.action.approve_due == before.action.approve_due
    assert after.action.close_due == stage.now + 90 * days < before.action.close_due


def test_raised_to_priority_after_the_release_the_site_has_its_hours_from_now(stage: Any, field: Any) -> None:
    """The clocks "from discovery" count from the moment at which the site learns how grave it is."""
    released(stage, field, stage.finding("T17.2", "major", affected=9))
    before = of(stage, "T17.2")
    stage.later(days=1)
    regrade(field, "amina", before.id, "priority")
    after, days = of(stage, "T17.2"), timedelta(days=1)
    assert after.released_at == before.released_at
    assert after.containment_due == stage.now + timedelta(hours=48)
    assert after.action.cap_due == stage.now + 7 * days
    assert after.action.approve_due == stage.now + 10 * days
    assert after.action.close_due == stage.now + 30 * days


def test_before_the_release_a_new_severity_makes_no_date(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T10.2", "minor"))
    regrade(field, "carl", of(stage, "T10.2").id, "major")
    now = of(stage, "T10.2")
    assert (now.severity, now.released_at, now.action.close_due) == ("major", None, None)


def test_why_it_was_graver_is_told_until_it_is_as_it_was_proposed(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T17.3", "minor", affected=20))
    finding = of(stage, "T17.3")
    assert finding.escalated == "share"
    regrade(field, "carl", finding.id, "priority")
    assert of(stage, "T17.3").escalated == "share"


def test_lowered_below_what_was_proposed_it_is_no_escalation_any_more(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T10.2", "minor", affected=20))
    regrade(field, "carl", of(stage, "T10.2").id, "risk")
    assert (of(stage, "T10.2").severity, of(stage, "T10.2").escalated) == ("risk", "")


@pytest.mark.parametrize(
    ("by", "severity", "error", "words"),
    [
        ("carl", "minor", Conflict, "{id} is minor already"),
        ("carl", "priority", Invalid, "priority is outside the limits of T10.2: opportunity to major"),
        ("amina", "risk", Forbidden,
         "an auditor may raise a severity; lowering it is for a decider, with a reason"),
        ("aino", "major", Forbidden,
         "a severity is changed by a decider of another organisation, or raised by the team that found it"),
    ],
)  # fmt: skip
def test_why_a_severity_is_not_changed_is_told_word_for_word(
    stage: Any, field: Any, by: str, severity: str, error: type[FreemarkError], words: str
) -> None:
    released(stage, field, stage.finding("T10.2", "minor"))
    finding = of(stage, "T10.2")
    with pytest.raises(error) as refused:
        regrade(field, by, finding.id, severity)
    assert refused.value.detail == words.format(id=finding.id)
    assert refused.value.where == ("/severity" if error is Invalid else "")


@pytest.mark.parametrize(
    ("roles", "organisation", "person", "role"),
    [
        ({"decider"}, "org_lotus", "per_carl", "decider"),
        ({"decider"}, "org_meridian", "per_dora", None),
        ({"sealer"}, "org_lotus", "per_carl", None),
        ({"auditor"}, "org_meridian", "per_amina", "auditor"),
        ({"auditor", "decider"}, "org_meridian", "per_amina", "auditor"),
        ({"auditor"}, "org_lotus", "per_carl", None),
    ],
    ids=["a decider", "a decider of the firm itself", "of the body, no decider", "of the team", "both, of the team",
         "an auditor elsewhere"],
)  # fmt: skip
def test_who_may_raise_a_severity(roles: Any, organisation: str, person: str, role: str | None) -> None:
    actor = Actor(person=person, organisation=organisation, roles=frozenset(roles), scopes=frozenset())
    if role is not None:
        assert severity._role(actor, AUDIT, ["per_amina"], raised=True) == role
        return
    with pytest.raises(Forbidden, match="a decider of another organisation"):
        severity._role(actor, AUDIT, ["per_amina"], raised=True)


def test_a_severity_may_be_lowered_to_the_floor_and_raised_to_the_ceiling() -> None:
    provision = SIGNED.provision("T10.2")
    for word in (provision.floor, provision.ceiling):
        severity._check_regrade(filed("T10.2", "minor"), provision, word)


def test_lowered_the_dates_are_those_that_it_would_have_had() -> None:
    """What counts from discovery counts from then, not from the day on which the word was changed."""
    clock = replace(SIGNED.clocks["minor"], cap_from="discovery", cap_days=14, close_from="report", close_days=60)
    catalogue = replace(SIGNED, clocks={**SIGNED.clocks, "minor": clock})
    lowered = filed("T10.2", "minor", released_at=NOW)
    severity._move_dues(lowered, catalogue, None)
    assert (lowered.cap_due, lowered.close_due) == (EARLIER + timedelta(days=14), NOW + timedelta(days=60))


def test_a_priority_is_ended_by_a_visit_and_that_is_told(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T17.2", "priority"))
    finding = of(stage, "T17.2")
    with pytest.raises(Conflict) as refused:
        regrade(field, "carl", finding.id, "major")
    assert refused.value.detail == (
        f"{finding.id} is a priority finding: it counted from the moment it was filed, and is ended by a closure "
        "audit, not by a smaller word"
    )


def test_a_draft_and_a_held_alert_are_told_apart(stage: Any, field: Any) -> None:
    audit = field.plan()
    draft = field.answer(audit, [stage.finding("T10.2", "minor")])["findings"][0]["id"]
    alert = field.alert(audit)
    for finding, words in (
        (draft, f"{draft} is a draft; the team answers T10.2 again"),
        (alert, f"{alert} is an alert that is held; the protection handler has it"),
    ):
        with pytest.raises(Conflict) as refused:
            regrade(field, "amina", finding, "major")
        assert refused.value.detail == words


def test_a_priority_of_a_draft_is_a_finding_that_the_site_has(stage: Any, field: Any) -> None:
    """It was told at once: no draft any more, though the report is not submitted."""
    audit = field.plan()
    finding = field.answer(audit, [stage.finding("T17.2", "priority")])["findings"][0]["id"]
    with pytest.raises(Conflict, match="priority already"):
        regrade(field, "amina", finding, "priority")


def test_what_is_closed_keeps_its_severity(stage: Any, field: Any) -> None:
    released(stage, field, stage.finding("T10.2", "minor"))
    finding = of(stage, "T10.2")
    stage.later(days=30)
    field.visit(stage.conforming("T10.2"), type="closure")
    with pytest.raises(Conflict) as refused:
        regrade(field, "carl", finding.id, "major")
    assert refused.value.detail == f"{finding.id} is closed"


def test_what_does_not_exist_has_no_severity(field: Any) -> None:
    with pytest.raises(NotFound):
        regrade(field, "carl", "fnd_0000000000000000", "major")


# ----------------------------------------------------------------------------------------------------- the past counts


def test_a_minor_found_by_the_same_audit_is_no_repeat_of_itself(stage: Any, field: Any) -> None:
    audit = field.plan()
    for _ in range(2):
        shown = field.answer(audit, [stage.finding("T10.2", "minor")])
    assert [(one["severity"], one["escalated"]) for one in shown["findings"]] == [("minor", "")]


def test_a_major_in_its_own_right_makes_the_next_minor_no_repeat(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T10.2", "major", affected=3))
    stage.later(days=30)
    field.visit(stage.finding("T10.2", "minor"))
    assert sorted((one.severity, one.escalated) for one in stage.facts().findings) == [("major", ""), ("minor", "")]


def test_a_minor_of_another_family_of_standards_is_no_repeat(stage: Any, field: Any) -> None:
    """T10.2 of somebody else's catalogue may ask something else altogether."""
    field.visit(stage.finding("T10.2", "minor"))
    with stage.world.db.write() as session:
        session.scalars(select(AuditRow)).one().standard = "else-2026.1"
    stage.later(days=30)
    shown = field.answer(field.plan(), [stage.finding("T10.2", "minor")])
    assert [one["severity"] for one in shown["findings"]] == ["minor"]


def test_a_minor_of_the_older_version_of_the_standard_is_repeated_under_the_newer(stage: Any, field: Any) -> None:
    stage.visit([stage.finding("T10.2", "minor")], type="surveillance")
    stage.later(days=30)
    shown = field.answer(field.plan(), [stage.finding("T10.2", "minor")])
    assert [(one["severity"], one["escalated"]) for one in shown["findings"]] == [("major", "repeat")]


def test_a_fifth_is_a_share_before_it_is_a_repeat(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T10.2", "minor"))
    stage.later(days=30)
    shown = field.answer(field.plan(), [stage.finding("T10.2", "minor", affected=20)])
    assert [(one["severity"], one["escalated"]) for one in shown["findings"]] == [("major", "share")]


def test_the_provisions_named_in_the_rules_are_the_ones_of_the_rulebook() -> None:
    assert (severity.OPENNESS, severity.PUT_RIGHT) == ("T15.1", "T14.2")
