"""Journey A: a finding, refused with reasons; put right, closed and accepted; a certificate that proves itself."""

import json
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest
from sqlalchemy import select

from certify import register, rulebook, rules
from certify.checkpoint import open_checkpoint, open_proof, parse_vkey
from certify.credential import open_credential, open_jwt
from certify.events import check_chain, fold, open_leaf
from certify.tables import DecisionRow
from ground.canonical import Json, digest, jcs, parse
from tests.flows.house import FEES, House, conforming

SCHEMA = Path(__file__).parents[2].parent / "shared" / "untp" / "ConformityCredential.w3c-status-patch.json"
PRODUCTS = [{"name": "Cotton T-shirt", "gtin": "09520123456788", "model": "SG-TS-01", "yearly_units": 120_000}]
FEES_PAID = {
    "result": "finding", "severity": "major", "affected": 11, "sampled": 42,
    "description": "Eleven of 42 workers paid go-betweens for the job.",
}  # fmt: skip
NO_SLIP = {
    "result": "finding", "severity": "minor", "affected": 2, "sampled": 30,
    "description": "Payslips are in one language only.",
}  # fmt: skip


def applied(house: House) -> str:
    """Bea applies for her factory and the agency that recruits for it, and signs the agreement."""
    body = {"sites": [house.factory], "agents": [house.office], "products": PRODUCTS}
    application = str(house.bea.post("/v1/applications", body)["id"])
    signed = {"version": "2026.0", "independent_reporting": True}
    house.bea.post(f"/v1/applications/{application}/agreement", signed)
    return application


def audited(house: House) -> list[Json]:
    """Full audits of both places; at the factory fees were paid and a payslip is wrong. The findings."""
    office = house.audit(house.office, conforming(), kind="initial")
    house.submit(office, workers=14)
    factory = house.audit(house.factory, conforming(T1_1=FEES_PAID, T10_2=NO_SLIP), kind="initial")
    house.submit(factory, workers=640)
    house.drain()
    return list(house.bea.get(f"/v1/findings?site={house.factory}")["items"])


def put_right(house: House, finding: str) -> None:
    """Plan, approval, and proof of the work."""
    due = str((house.now + timedelta(days=60)).date())
    plan = {
        "root_cause": "Go-betweens.", "correction": "Repay.", "prevention": "Ask on arrival.",
        "owner_role": "Head of personnel", "due_on": due,
    }  # fmt: skip
    house.bea.post(f"/v1/findings/{finding}/action", plan)
    house.carl.post(f"/v1/findings/{finding}/action/approval", {})
    house.bea.post(f"/v1/findings/{finding}/action/completion", {"evidence": "41 bank confirmations."})


def test_from_a_finding_to_a_certificate_that_proves_itself(house: House) -> None:
    application = applied(house)
    house.drain()
    assert {"I2", "I4"} <= set(house.decision(application)["unmet"])

    findings = {finding["provision"]: finding["id"] for finding in audited(house)}
    decision = house.decision(application)
    assert decision["outcome"] == "refuse"
    reasons = {reason["clause"]: reason for reason in decision["reasons"]}
    fees = reasons["I6"]
    assert (fees["met"], fees["subject"]) == (False, findings[FEES])
    assert fees["title"] == "No open major finding on a core topic"

    house.accept(application)  # a decider's signature does not outweigh a clause
    assert house.decision(application)["unmet"] == ["I6"]
    assert house.application(application)["certificate"] is None

    for finding in findings.values():
        put_right(house, finding)
    house.later(timedelta(days=30))
    team = [house.amina.person, house.noor.person]
    closure = house.audit(house.factory, [{"provision": FEES, "result": "conformance"}], kind="closure", team=team)
    assert house.submit(closure, workers=640)["closed"] == [findings[FEES]]
    house.drain()
    assert house.decision(application)["unmet"] == ["I4"]  # the closure's report has not been accepted by anybody

    house.accept(application)
    outcomes = [made["outcome"] for made in house.carl.get(f"/v1/applications/{application}/decisions")["items"]]
    assert outcomes[outcomes.index("issue") :] == ["issue", "keep"]
    assert set(outcomes[: outcomes.index("issue")]) == {"refuse"}
    the_certificate_proves_itself(house, house.application(application)["certificate"])
    every_decision_can_be_made_again(house, application)


def the_certificate_proves_itself(house: House, number: str) -> None:
    """With public things only: documents, published keys, status lists, and the log."""
    keys = house.keys()
    document = json.loads(house.anybody.fetch(f"/certificates/{number}", accept="application/vc").body)
    open_credential(document, keys, "did:web:localhost%3A8000")
    token = house.anybody.fetch(f"/certificates/{number}", accept="application/vc+jwt").body.decode()
    assert open_jwt(token, keys) == {key: value for key, value in document.items() if key != "proof"}
    facilities = {
        part["facility"]["id"]
        for assessment in document["credentialSubject"]["conformityAssessment"]
        for part in assessment["assessedFacility"]
    }
    assert facilities == {f"http://localhost:8000/sites/{site}" for site in (house.factory, house.office)}
    text = json.dumps(document)
    assert not any(name in text for name in ("Amina", "Noor", "Carl", "Bea", "Sam Okafor"))
    assert house.bits(number) == {"revocation": False, "suspension": False}

    events = house.anybody.get(f"/certificates/{number}/events.json")["events"]
    leaves = [open_leaf(event["leaf"], keys) for event in events]
    check_chain(leaves)
    origin, public = parse_vkey(house.anybody.fetch("/log/log.vkey", accept="*/*").body.decode().strip())
    head = open_checkpoint(house.anybody.fetch("/log/checkpoint", accept="*/*").body.decode(), origin, public)
    for event in events:
        place = f"/certificates/{number}/events/{event['leaf']['seq']}.tlog-proof"
        index, signed = open_proof(
            house.anybody.fetch(place, accept="*/*").body.decode(), jcs(event["leaf"]), origin, public
        )
        assert (index, signed) == (event["index"], head)
    (issued,) = leaves
    assert (issued.t, issued.doc, issued.rules) == (
        "cert.issued",
        digest(document),
        rulebook.load("freemark-2026.0").sha256,
    )
    assert document["credentialSubject"]["auditableEvidence"]["linkURL"].endswith(f"#cmt-{issued.cmt}")
    with house.world.db.read() as session:
        entry = register.standing(session, number, house.now)
    assert entry.standing == fold(leaves, house.now)
    assert house.anybody.get("/heads.json")["heads"] == {number: issued.hash}


def every_decision_can_be_made_again(house: House, application: str) -> None:
    """From its stored inputs and the rulebook, to the same bytes."""
    with house.world.db.read() as session:
        rows = session.scalars(select(DecisionRow).where(DecisionRow.application_id == application)).all()
    assert {row.outcome for row in rows} >= {"refuse", "issue"}
    for row in rows:
        stored = parse(row.record.encode(), limit=1 << 20)
        assert jcs(rules.replay(stored, rulebook.load(row.rulebook))) == row.record.encode()


def test_the_certificate_passes_the_untp_schema(house: House) -> None:
    if not SCHEMA.exists():
        pytest.skip("no schema of UNTP beside this checkout")
    document = house.anybody.get(f"/certificates/{house.certified().number}")
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text())).validate(document)


def test_who_audited_cannot_accept_in_a_second_role(house: House) -> None:
    """One person of the team with the decider's role, one colleague of the firm, and one in the firm's other office."""
    both = house.firm("Both Hands", "audit_firm", "certification_body")
    team = house.another("Tara", both, "auditor", "decider")
    colleague = house.another("Cleo", both, "decider")
    application = applied(house)
    office = house.audit(house.office, conforming(), kind="initial")
    house.submit(office, workers=14)
    factory = house.audit(house.factory, conforming(), kind="initial", by=team)
    house.submit(factory, by=team, workers=640)
    house.drain()
    acceptance = {"reports": house.application(application)["reports"], "note": "I know it well."}
    for person in (team, colleague):
        assert person.refused(f"/v1/applications/{application}/acceptance", acceptance)[0] == 403
    house.drain()
    assert house.decision(application)["unmet"] == ["I4"]


def test_nobody_of_another_house_sees_any_of_it(house: House) -> None:
    application = applied(house)
    (finding, *_) = audited(house)
    audit = finding["audit"]
    places = (f"/v1/applications/{application}", f"/v1/applications/{application}/decisions", f"/v1/audits/{audit}",
              f"/v1/findings/{finding['id']}", f"/v1/sites/{house.factory}")  # fmt: skip
    for place in places:
        assert house.otto.refused(place)[0] == 404
    assert house.otto.get("/v1/applications")["items"] == []
    assert (
        house.otto.refused(
            f"/v1/applications/{application}/agreement", {"version": "2026.0", "independent_reporting": True}
        )[0]
        == 404
    )
