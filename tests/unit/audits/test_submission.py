"""What an auditor signs is what is submitted: prepared, frozen, signed by a key of the team, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from audits import dossier, service, signed, submission
from audits.drafts import AnswerDraft
from audits.service import Signature
from audits.tables import AuditRow, PreparedRow, VersionRow
from ground.canonical import digest, jcs
from ground.errors import Conflict, Forbidden, Invalid, NotFound
from ground.signing import SeedSigner
from tests.auditing import SIGNED, figures, signature_on, signer_of

OK = AnswerDraft("T10.2", "conformance")


def prepared(field: Any, **change: Any) -> tuple[str, Any]:
    audit = field.plan()
    field.answer(audit, [OK])
    return audit, field.prepare(audit, **change)


def test_a_signed_report_is_the_prepared_one_byte_for_byte(stage: Any, field: Any) -> None:
    audit, told = prepared(field)
    assert digest(told["document"]) == told["sha256"]
    shown = field.sign(told)
    assert (shown["report"], shown["version"]) == (told["sha256"], 1)
    assert shown["signature"]["person"] == stage.amina.person
    with stage.world.db.read() as session:
        document = dossier.canonical_report(session, audit)
        kept = session.get_one(VersionRow, (audit, 1))
        assert session.get(PreparedRow, audit) is None
        assert (kept.report, kept.document.encode()) == (shown["report"], jcs(document))
    assert document == told["document"]
    assert document["kid"] == shown["signature"]["kid"]
    assert signed.holds(document, document["kid"], shown["signature"]["sig"])
    (visit,) = stage.facts().visits
    assert (visit.signed, visit.version, visit.report) == (True, 1, told["sha256"])


def test_a_report_under_this_standard_is_not_submitted_unsigned(field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [OK])
    with pytest.raises(Conflict, match="no prepared report"):
        field.do(service.submit_audit, "amina", audit, figures(field.today))
    field.prepare(audit)
    with pytest.raises(Invalid) as caught:
        field.do(service.submit_audit, "amina", audit, figures(field.today))
    assert caught.value.where == "/signature"


def test_a_report_under_an_older_standard_takes_no_signature(stage: Any, field: Any) -> None:
    audit = stage.plan(type="surveillance")
    stage.answer(audit, [OK])
    field.enrol("amina")
    with pytest.raises(Conflict, match="no signature"):
        field.do(service.prepare_report, "amina", audit, figures(field.today))
    with pytest.raises(Invalid, match="no signature"):
        field.do(service.submit_audit, "amina", audit, figures(field.today), Signature("z", "00"))


def test_without_an_enrolled_key_nothing_is_prepared(field: Any) -> None:
    audit = field.plan()
    field.answer(audit, [OK])
    with pytest.raises(Conflict, match="keygen"):
        field.do(service.prepare_report, "amina", audit, figures(field.today))


def test_a_later_answer_throws_the_prepared_report_away(field: Any) -> None:
    audit, told = prepared(field)
    field.answer(audit, [AnswerDraft("T10.3", "conformance")])
    with pytest.raises(Conflict, match="no prepared report"):
        field.sign(told)
    field.submit(audit)


def test_an_alert_throws_the_prepared_report_away(field: Any) -> None:
    audit, told = prepared(field)
    field.alert(audit)
    with pytest.raises(Conflict, match="no prepared report"):
        field.sign(told)


def test_what_changed_behind_a_prepared_report_refuses_it_and_is_named(stage: Any, field: Any) -> None:
    """Not by an answer: somebody, or something, changed the row itself."""
    audit, told = prepared(field)
    with stage.world.db.write() as session:
        session.get_one(AuditRow, audit).effort_planned = 77
    with pytest.raises(Conflict, match="this has changed: effort"):
        field.sign(told)


def test_without_the_comparison_it_would_be_signed_away(
    stage: Any, field: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    audit, told = prepared(field)
    with stage.world.db.write() as session:
        session.get_one(AuditRow, audit).effort_planned = 77
    monkeypatch.setattr(submission, "check_prepared", lambda *given: {"person": "", "kid": "", "sig": given[3].sig})
    assert field.sign(told)["report"] != told["sha256"]


def test_other_figures_than_the_prepared_ones_are_refused(stage: Any, field: Any) -> None:
    _, told = prepared(field)
    signature = signature_on(told["document"], stage.amina.person)
    with pytest.raises(Conflict, match="other figures"):
        field.do(service.submit_audit, "amina", told["audit"], figures(field.today, files_reviewed=41), signature)
    field.do(service.submit_audit, "amina", told["audit"], figures(field.today), signature)


@pytest.mark.parametrize(
    ("defect", "error"),
    [
        ("one-bit", Invalid),
        ("another-report", Invalid),
        ("no-hex", Invalid),
        ("a-stranger's-key", Conflict),
        ("a-colleague's-key", Conflict),
        ("a-revoked-key", Conflict),
        ("without-the-tag", Invalid),
    ],
)
def test_a_signature_that_does_not_hold_submits_nothing(
    stage: Any, field: Any, defect: str, error: type[Exception]
) -> None:
    audit, told = prepared(field)
    document, mine = told["document"], signer_of(stage.amina.person)
    good = signature_on(document, stage.amina.person)
    if defect == "a-colleague's-key":
        field.enrol("aino")  # of the firm, not on the team
    if defect == "a-revoked-key":
        with stage.world.db.read() as session:
            from audits.signatures import active_key

            key = active_key(session, stage.amina.person)
        assert key is not None
        field.do(service.revoke_key, "amina", key.id)

    def of(signer: SeedSigner, message: bytes) -> Signature:
        return Signature(signer.kid, signer.sign(message).hex())

    signature = {
        "one-bit": Signature(good.kid, f"{int(good.sig, 16) ^ 1 << 300:0128x}"),
        "another-report": of(mine, signed.report_message({**document, "summary": "Another."})),
        "no-hex": Signature(good.kid, "zz" * 64),
        "a-stranger's-key": of(signer_of("nobody"), signed.report_message(document)),
        "a-colleague's-key": of(signer_of(stage.aino.person), signed.report_message(document)),
        "a-revoked-key": good,
        "without-the-tag": of(mine, jcs(document)),
    }[defect]
    with pytest.raises(error):
        field.do(service.submit_audit, "amina", audit, None, signature)
    with stage.world.db.read() as session:
        assert session.get_one(AuditRow, audit).submitted_at is None
    if defect != "a-revoked-key":
        field.sign(told)


def test_a_member_of_the_team_signs_a_report_prepared_for_that_members_key(stage: Any, field: Any) -> None:
    audit = field.plan(team=("aino",))
    field.answer(audit, [OK])
    field.enrol("aino")
    told = field.prepare(audit, "aino")
    field.enrol("amina")
    mine = signer_of(stage.amina.person)
    other = Signature(mine.kid, mine.sign(signed.report_message(told["document"])).hex())
    with pytest.raises(Invalid):  # it names Aino's key
        field.do(service.submit_audit, "amina", audit, None, other)
    shown = field.sign(told, "aino")
    assert shown["signature"]["person"] == stage.aino.person


@pytest.mark.parametrize(
    ("person", "error"),
    [("aino", Forbidden), ("ulla", NotFound), ("bea", NotFound), ("otto", NotFound), ("carl", Forbidden)],
)
def test_only_the_team_prepares(field: Any, person: str, error: type[Exception]) -> None:
    audit, _ = prepared(field)
    with pytest.raises(error):
        field.do(service.prepare_report, person, audit, figures(field.today))


@pytest.mark.parametrize("type", ["initial", "periodic", "forced_labour"])
def test_a_whole_audit_leaves_nothing_open_that_it_asks(field: Any, type: str) -> None:
    audit = field.plan(type=type)
    field.answer(audit, [AnswerDraft("T1.1", "conformance")])
    with pytest.raises(Conflict, match=rf"{type} audit answers every provision"):
        field.prepare(audit)


def test_a_forced_labour_audit_asks_the_core_and_what_touches_an_indicator(stage: Any, field: Any) -> None:
    shown = field.visit(type="forced_labour")
    core = {one.id for one in SIGNED.provisions.values() if one.core}
    touching = {one.id for one in SIGNED.provisions.values() if one.indicators}
    assert shown["provisions"] == shown["answered"] == len(core | touching)
    (visit,) = stage.facts().visits
    assert visit.unanswered == 0


def test_a_forced_labour_audit_takes_a_finding_that_it_does_not_ask_for(stage: Any, field: Any) -> None:
    field.visit(stage.finding("T17.2", "minor"), type="forced_labour")
    assert [one.provision for one in stage.facts().findings] == ["T17.2"]
