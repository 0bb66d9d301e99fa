"""An auditor's own key: proved, one at a time, never anybody else's, and gone when it is revoked."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from audits import service, signatures, signed
from audits.tables import AuditorKeyRow
from ground.errors import Conflict, Forbidden, Invalid, Malformed, NotFound
from ground.journal import JournalRow
from ground.signing import KINDS
from tests.auditing import Field, claim, signer_of


def keys(stage: Any, person: str) -> list[str]:
    with stage.world.db.read() as session:
        return [row.person_id for row in session.scalars(signatures.visible_keys(stage.people[person]))]


def test_a_key_is_enrolled_with_proof_and_without_its_private_half(stage: Any, field: Any) -> None:
    shown = field.enrol("amina")
    assert (shown["person"], shown["kid"]) == (stage.amina.person, signer_of(stage.amina.person).kid)
    with stage.world.db.read() as session:
        (row,) = session.scalars(select(JournalRow).where(JournalRow.action == "auditor_key_enrolled"))
        assert row.detail == {"person": stage.amina.person, "kid": shown["kid"]}
        kept = session.get_one(AuditorKeyRow, shown["id"])
    secret = signer_of(stage.amina.person)._secret.hex()
    assert secret not in str(vars(kept)) + str(row.detail)


@pytest.mark.parametrize("defect", ["anothers-claim", "a-report", "no-hex", "another-key"])
def test_a_key_without_proof_is_refused(stage: Any, field: Any, defect: str) -> None:
    signer = signer_of(stage.amina.person)
    proof = {
        "anothers-claim": signer.sign(signed.claim_message(stage.aino.person, signer.kid)).hex(),
        "a-report": signer.sign(signed.report_message({"kid": signer.kid, "person": stage.amina.person})).hex(),
        "no-hex": "zz" * 64,
        "another-key": signer_of("x").sign(signed.claim_message(stage.amina.person, signer.kid)).hex(),
    }[defect]
    with pytest.raises(Invalid) as caught:
        field.do(service.enrol_key, "amina", signer.kid, proof)
    assert caught.value.where == "/sig"


def test_what_is_no_key_is_refused(field: Any) -> None:
    for kid in ("", "z6Mk", "z" + "1" * 47, "did:key:z6Mk"):
        with pytest.raises(Malformed):
            field.do(service.enrol_key, "amina", kid, "00" * 64)


def test_a_person_has_one_key_at_a_time(stage: Any, field: Any) -> None:
    first = field.enrol("amina")
    with pytest.raises(Conflict, match=first["id"]):
        field.enrol("amina", 1)
    field.do(service.revoke_key, "amina", first["id"])
    second = field.enrol("amina", 1)
    with stage.world.db.read() as session:
        active = signatures.active_key(session, stage.amina.person)
    assert active is not None
    assert active.id == second["id"]


def test_the_database_itself_keeps_a_second_active_key_out(stages: Any) -> None:
    """Two requests at once get past the question; the index does not let both in."""
    field = Field(stages.world, stages.people, stages.factory)
    field.enrol("amina")
    with pytest.raises(Conflict), stages.world.db.write() as session:
        session.add(
            AuditorKeyRow(
                id="key_0000000000000000", person_id=stages.amina.person, organisation_id=stages.amina.organisation,
                kid=claim(stages.amina, 1)[0], enrolled_at=stages.now,
            )
        )  # fmt: skip


def test_a_revoked_key_never_comes_back_for_anybody(stage: Any, field: Any) -> None:
    first = field.enrol("amina")
    field.do(service.revoke_key, "amina", first["id"])
    with pytest.raises(Conflict, match="enrolled before"):
        field.enrol("amina")
    signer = signer_of(stage.amina.person)
    proof = signer.sign(signed.claim_message(stage.aino.person, signer.kid)).hex()
    with pytest.raises(Conflict, match="enrolled before"):
        field.do(service.enrol_key, "aino", signer.kid, proof)
    with pytest.raises(Conflict, match="was revoked"):
        field.do(service.revoke_key, "amina", first["id"])


def test_a_scheme_manager_revokes_too_and_a_colleague_does_not(stage: Any, field: Any) -> None:
    key = field.enrol("amina")["id"]
    for person, error in (("aino", NotFound), ("ulla", NotFound), ("bea", NotFound), ("otto", NotFound)):
        with pytest.raises(error):
            field.do(service.revoke_key, person, key)
    with pytest.raises(Forbidden):
        field.do(service.revoke_key, "carl", key)
    assert field.do(service.revoke_key, "sam", key)["revoked_at"] is not None


@pytest.mark.parametrize("person", ["sam", "carl", "bea", "ravi", "otto"])
def test_only_auditors_enrol(stage: Any, field: Any, person: str) -> None:
    with pytest.raises(Forbidden):
        field.enrol(person)


def test_keys_are_listed_to_the_firm_and_to_who_decides(stage: Any, field: Any) -> None:
    field.enrol("amina")
    field.enrol("ulla")
    amina, ulla = stage.amina.person, stage.ulla.person
    assert keys(stage, "aino") == [amina]
    assert keys(stage, "ulla") == [ulla]
    assert sorted(keys(stage, "carl")) == sorted(keys(stage, "sam")) == sorted([amina, ulla])
    for person in ("bea", "otto"):
        with pytest.raises(Forbidden):
            keys(stage, person)


def test_a_claim_can_never_be_a_signed_document() -> None:
    tag = signed.claim_message("per_x", "z").split(b"\n")[0] + b"\n"
    assert tag not in {f"freemark-{kind}-v1\n".encode() for kind in KINDS}


def test_a_report_is_signed_by_the_key_that_it_names_only() -> None:
    mine, other = signer_of("a"), signer_of("b")
    document = {"audit": "aud_1", "kid": mine.kid}
    with pytest.raises(Malformed, match=other.kid):
        signed.sign_report(document, other)
    sig = signed.sign_report(document, mine)["sig"]
    assert signed.holds(document, mine.kid, sig)
    assert not signed.holds({**document, "kid": other.kid}, mine.kid, sig)
    assert not signed.holds({**document, "audit": "aud_2"}, mine.kid, sig)
