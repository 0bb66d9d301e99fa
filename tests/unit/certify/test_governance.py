"""Governance: rulebooks by two people, dry runs, replays that name what was altered, and why not yet."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from string import Formatter
from typing import Any

import pytest
from sqlalchemy import select, update

from audits.tables import AuditRow, FindingRow
from certify import log, rulebook, rules
from certify.events import commitment
from certify.evidence import roots
from certify.governance import lacking, replay, whole
from certify.tables import AcceptanceRow, DecisionRow, EvidenceEntry, HeldDecisionRow
from ground.canonical import instant
from tests.conftest import WorldMaker
from tests.flows.house import DAY, FEES, LATEST, PASSPORTS, Certified, House, Inside, opened

Json = Any
NEXT = "freemark-2027.0"
CONFORMING = {"provision": "T14.1", "result": "conformance"}
FEES_PAID = {
    "provision": FEES, "result": "finding", "severity": "major", "affected": 6, "sampled": 10,
    "description": "Six of ten workers paid go-betweens for the job.",
}  # fmt: skip


@pytest.fixture
def house(make_world: WorldMaker, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(rulebook, "_ADOPTED", {})  # a process serves one world, and remembers what was published there
    with opened(make_world(first_rulebook=LATEST)) as house:
        yield house


@pytest.fixture
def sita(house: House) -> Inside:
    """A second scheme manager."""
    return house.another("Sita", house.sam.organisation, "scheme_manager")


def text_of(house: House, *changes: tuple[str, str], days: int = 40, status: str = "approved") -> str:
    """The next rulebook as TOML: in force so many days from now, with other values for some parameters."""
    text = rulebook.text_of(LATEST).replace(f'id = "{LATEST}"', f'id = "{NEXT}"', 1)
    text = re.sub('in_force_from = ".*"', f'in_force_from = "{(house.now + days * DAY).date()}"', text, count=1)
    text = text.replace('status = "approved"', f'status = "{status}"', 1)
    for name, value in changes:
        text, count = re.subn(rf"(\[parameters\.{name}\]\nvalue = )\S+", rf"\g<1>{value}", text)
        assert count == 1, name
    return text


def consultation(house: House, **change: Json) -> dict[str, Json]:
    """One that was opened today and closed tomorrow."""
    kinds = ("union", "ngo", "brand")
    return {
        "opened_on": house.today, "closed_on": str((house.now + DAY).date()),
        "invited": [{"organisation": f"The {kind}", "kind": kind} for kind in kinds], "answers": 2,
        "summary": "The union asked for more visits; taken up.", "document": "5e" * 32, **change,
    }  # fmt: skip


def asked(*organisations: str) -> list[dict[str, Json]]:
    """Of three kinds."""
    kinds = ("workers", "ngo", "brand")
    return [{"organisation": name, "kind": kind} for name, kind in zip(organisations, kinds, strict=True)]


def proposed(house: House, *changes: tuple[str, str], **more: Any) -> str:
    return str(house.sam.post("/v1/rulebooks", {"text": text_of(house, *changes, **more)})["id"])


def consulted(house: House, id: str) -> None:
    said = consultation(house)
    house.later(2 * DAY)
    house.sam.post(f"/v1/rulebooks/{id}/consultation", said)


# ----------------------------------------------------------------------------------------- from a proposal to the rules


def test_a_rulebook_by_two_people_decides_from_its_day(house: House, sita: Inside) -> None:
    application, _ = house.apply()
    id = proposed(house)
    approval = f"/v1/rulebooks/{id}/approval"
    assert sita.refused(approval, {}) == (409, "no consultation of the stakeholders is recorded for this text")
    consulted(house, id)
    assert house.sam.refused(approval, {})[0] == 403  # who proposed it
    with house.without_key("event"):
        assert sita.refused(approval, {})[0] == 503
    assert house.sam.get(f"/v1/rulebooks/{id}")["published_at"] is None
    shown = sita.post(approval, {})
    assert (shown["approved_by"], shown["sha256"]) == (sita.person, rulebook.read(shown["text"]).sha256)
    house.drain()
    with house.world.db.read() as session:
        leaf = log.of_types(session, ["rules.published"])[-1]
    assert (leaf.rules, str(leaf.nbf)) == (shown["sha256"], f"{shown['in_force_from']} 00:00:00+00:00")
    assert house.anybody.get(f"/rulebooks/{id}")["id"] == id
    assert house.carl.refused(approval, {})[0] == 409  # published once
    assert house.sam.refused(f"/v1/rulebooks/{id}/consultation", consultation(house))[0] == 409

    decides = {}
    for days in (37, 1):
        house.later(days * DAY, nightly=True)
        decides[days] = house.carl.get(f"/v1/applications/{application}/lacking")["rulebook"]
    assert decides == {37: LATEST, 1: NEXT}
    house.accept(application)
    assert house.application(application)["decision"]["rulebook"] == NEXT


def test_only_scheme_managers_propose_and_only_scheme_and_body_approve(house: House, sita: Inside) -> None:
    text = {"text": text_of(house)}
    for person in (house.carl, house.amina, house.bea, house.otto, house.hana):
        assert person.refused("/v1/rulebooks", text)[0] in (403, 404)
    id = proposed(house)
    assert house.carl.refused(f"/v1/rulebooks/{id}/consultation", consultation(house))[0] in (403, 404)
    consulted(house, id)
    for person in (house.amina, house.bea, house.otto, house.hana):
        assert person.refused(f"/v1/rulebooks/{id}/approval", {})[0] in (403, 404)
    house.carl.post(f"/v1/rulebooks/{id}/approval", {})


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"closed_on": "2026-06-01"}, "/closed_on"),
        ({"closed_on": "2026-06-09"}, "/closed_on"),
        ({"opened_on": "2026-05-31"}, "/opened_on"),
        ({"invited": [{"organisation": f"The union {n}", "kind": "union"} for n in "abc"]}, "/invited"),
        ({"invited": asked("A", "A", "A")}, "/invited/1"),
        ({"invited": asked("Rights Network", "B", "The  RIGHTS network, Ltd.")}, "/invited/2"),
        ({"answers": 4}, "/answers"),
        ({"document": "minutes"}, "/document"),
    ],
)
def test_a_consultation_that_cannot_have_been_one(house: House, change: dict[str, Json], pointer: str) -> None:
    id = proposed(house)
    said = consultation(house, **change)
    house.later(2 * DAY)
    response = house.web.post(
        f"/v1/rulebooks/{id}/consultation", json=said,
        headers={"Authorization": f"Bearer {house.sam.token}", "Idempotency-Key": "consult"},
    )  # fmt: skip
    assert (response.status_code, response.json()["pointer"]) == (422, pointer)


def test_what_cannot_become_the_rules(house: House, sita: Inside) -> None:
    """A text that is none, a number that its standard contradicts, an id that is taken, a draft, a day that is over."""
    post = "/v1/rulebooks"
    assert house.sam.refused(post, {"text": "id = 1"})[0] in (400, 422)
    status, words = house.sam.refused(post, {"text": text_of(house, ("interviews_least", "11"))})
    assert (status, "interviews_least: 11 in the rulebook" in words) == (422, True)
    status, words = house.sam.refused(post, {"text": text_of(house, ("visit_interviews_least", "0"))})
    assert (status, words) == (
        422,
        "/parameters/visit_interviews_least/value: 0 switches the rule off; it is 1 at least",
    )
    assert house.sam.refused(post, {"text": rulebook.text_of(LATEST)})[0] == 409
    id = proposed(house, status="draft")
    assert house.sam.refused(post, {"text": text_of(house)})[0] == 409
    consulted(house, id)
    assert "calls itself a draft" in sita.refused(f"{post}/{id}/approval", {})[1]


def test_nothing_is_in_force_before_it_is_approved(house: House, sita: Inside) -> None:
    id = proposed(house, days=1)
    consulted(house, id)
    status, words = sita.refused(f"/v1/rulebooks/{id}/approval", {})
    assert status == 409
    assert "2026-06-02" in words
    assert "2026-06-03" in words


# -------------------------------------------------------------------------------------------------------------- dry run


def test_a_dry_run_names_the_certificate_the_change_and_why(house: House, sita: Inside) -> None:
    visited, fresh = house.certified(), ""
    house.later(70 * DAY, nightly=True)
    fresh = house.certified().number
    id = proposed(house, ("surveillance_months", "1"), ("surveillance_overdue_days", "30"))
    told = house.carl.get(f"/v1/rulebooks/{id}/dry-run")
    assert (told["rulebook"], told["against"], told["examined"]) == (LATEST, id, 2)
    assert told["outcomes"] == [
        {"now": "keep", "then": "keep", "certificates": 1}, {"now": "keep", "then": "suspend", "certificates": 1},
    ]  # fmt: skip
    (change,) = told["changes"]
    assert (change["certificate"], change["now"], change["then"]) == (visited.number, "keep", "suspend")
    clause, release = change["clauses"]
    assert release == "R1 met -> unmet: Still against it: S6."
    assert clause.startswith("S6 met -> unmet: Visit overdue by more than 30 days")
    assert visited.site in clause
    assert visited.standing == "active"  # it was only asked
    for person in (house.bea, house.amina, house.otto):
        assert person.refused(f"/v1/rulebooks/{id}/dry-run")[0] in (403, 404)

    consulted(house, id)
    sita.post(f"/v1/rulebooks/{id}/approval", {})
    house.later(38 * DAY, nightly=True)
    assert visited.standing == "suspended"  # what was foretold, on the day
    assert fresh != visited.number


# --------------------------------------------------------------------------------------------------------------- replay


@pytest.fixture
def decided(house: House) -> Certified:
    """A certificate with a history: a finding, refusals, a closure; then more visits."""
    certificate = house.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [FEES_PAID], kind="for_cause"))
    house.drain()
    house.later(5 * DAY, nightly=True)
    return certificate


def replayed(house: House) -> replay.Replayed:
    with house.world.db.read() as session:
        return replay.replay_all(session, house.world.keyring)


def test_every_decision_is_computed_again_to_the_same_bytes(house: House, decided: Certified) -> None:
    found = replayed(house)
    assert found.total == len(house.carl.get(f"/v1/applications/{decided.application}/decisions")["items"]) > 3
    assert found.differences == ()


@pytest.mark.parametrize(("column", "value"), [("severity", "minor"), ("contained_at", "now"), ("core", False)])
def test_a_finding_altered_behind_the_services_is_named(
    house: House, decided: Certified, column: str, value: Any
) -> None:
    with house.world.db.write() as session:
        given = house.now - timedelta(hours=1) if value == "now" else value
        session.execute(update(FindingRow).values({column: given}))
    (difference,) = replayed(house).differences
    assert difference.application == decided.application
    assert "a fact is not what it was" in difference.problem
    assert any(where.startswith(f"/dossier/sites/0/findings/0/{column}: then ") for where in difference.where)


def test_a_finding_that_vanished_is_named(house: House, decided: Certified) -> None:
    with house.world.db.read() as session:
        (finding,) = [row.id for row in session.query(FindingRow)]
    with house.world.db.write() as session:
        session.delete(session.get_one(FindingRow, finding))
    (difference,) = replayed(house).differences
    assert difference.where == (f"/dossier/sites/0/findings/0: {finding} is gone",)


@pytest.mark.parametrize(
    ("column", "value"), [("interviews", 40), ("conforming", 1), ("workers", 12), ("starts_on", date(2026, 1, 1))]
)
def test_a_submitted_report_altered_behind_the_services_is_named(
    house: House, decided: Certified, column: str, value: Any
) -> None:
    """Its figures carry interviews enough, scores and deadlines as much as its findings do."""
    with house.world.db.write() as session:
        session.execute(update(AuditRow).values({column: value}))
    (difference,) = replayed(house).differences
    assert "a fact is not what it was" in difference.problem
    assert any(re.match(rf"/dossier/sites/0/visits/\d/{column}: then ", where) for where in difference.where)


@pytest.mark.parametrize("change", ["deleted", "another person", "other reports"])
def test_an_acceptance_altered_behind_the_services_is_named(house: House, decided: Certified, change: str) -> None:
    with house.world.db.write() as session:
        row = session.query(AcceptanceRow).order_by(AcceptanceRow.id).first()
        assert row is not None
        if change == "deleted":
            session.delete(row)
        elif change == "another person":
            row.person = "per_0000000000000000"
        else:
            row.reports = ["0" * 64]
    (difference,) = replayed(house).differences
    (where,) = difference.where
    assert where.startswith("/dossier/acceptances/0: then ")
    assert where.endswith("now nobody said so")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dossier", "sites", 0, "workers"), 400),
        (("dossier", "sites", 0, "findings", 0, "severity"), "minor"),
        (("decision", "outcome"), "keep"),
        (("standing", "state"), "suspended"),
    ],
)
def test_a_stored_record_that_was_altered_is_found(
    house: House, decided: Certified, path: tuple[Any, ...], value: Any
) -> None:
    """Its input or its conclusion: the commitment in the log was given to other bytes."""
    with house.world.db.write() as session:
        query = session.query(DecisionRow).where(DecisionRow.application_id == decided.application)
        row = query.order_by(DecisionRow.seq.desc()).first()
        assert row is not None
        record = json.loads(row.record)
        part = record
        for key in path[:-1]:
            part = part[key]
        if part[path[-1]] == value:
            value = "suspend"
        part[path[-1]] = value
        row.record, id = json.dumps(record, sort_keys=True, separators=(",", ":")), row.id
    (difference,) = replayed(house).differences
    assert difference.decision == id
    assert "the log was given a commitment to" in difference.problem


def test_what_was_done_about_a_finding_since_is_no_riddle(house: House, decided: Certified) -> None:
    """The negative control: the services' own changes are in the journal, and are not taken for tampering."""
    (finding,) = house.bea.get(f"/v1/findings?site={decided.site}")["items"]
    house.bea.post(
        f"/v1/findings/{finding['id']}/containment", {"measure": "Nobody pays any more.", "evidence": "List."}
    )
    assert replayed(house).differences == ()


# -------------------------------------------------------------------------------------------- held, altered and missing

ALARM = {"provision": PASSPORTS, "reason": "In the safe lay nine passports.", "deliberate": True}


@pytest.fixture
def held_twice(house: House) -> Certified:
    """A suspension that was held for three days; on the second another report was accepted, and so it was decided anew
    on other reasons."""
    certificate = house.certified()
    house.later(DAY)
    report = house.audit(certificate.site, [CONFORMING], kind="for_cause")
    visit = house.audit(certificate.site, [CONFORMING])
    house.amina.post(f"/v1/audits/{visit}/alerts", {**ALARM, "seen_at": instant(house.now)})
    house.drain()
    house.later(DAY)
    house.submit(report)
    house.drain()
    house.later(2 * DAY)
    house.drain()
    assert certificate.standing == "suspended"
    return certificate


def checked(house: House) -> whole.Counted:
    with house.world.db.read() as session:
        return whole.check(session, house.world.keyring)


def found_by_both(house: House) -> tuple[whole.Difference, ...]:
    """What replay and check say, which is the same."""
    one, other = replayed(house).differences, checked(house).differences
    assert [(each.decision, each.kind) for each in one] == [(each.decision, each.kind) for each in other]
    return one


def test_each_conclusion_that_was_held_is_linked_to_the_act_and_made_again(house: House, held_twice: Certified) -> None:
    """Each was made, on what was known then; each has its proof, the oldest first."""
    made = house.bea.get(f"/v1/applications/{held_twice.application}/decisions?limit=200")["items"]
    (n,) = (each["n"] for each in made if each["outcome"] == "suspend")
    before = house.bea.get(f"/v1/applications/{held_twice.application}/decisions/{n}/evidence")["decided_before"]
    assert len(before) == 2
    assert before[0]["decided_at"] < before[1]["decided_at"]
    assert all(each["committed"] for each in before)
    found = replayed(house)
    assert (found.total, found.held, found.differences) == (len(made), 2, ())
    assert checked(house) == whole.Counted(len(made), 2, ())


@pytest.mark.parametrize(
    ("column", "value", "problem", "where"),
    [
        ("record", '"products":2', "the log was given a commitment to", ()),
        ("record", "{", "the record cannot be read", ()),
        ("outcome", "keep", "something else than its record", ("outcome",)),
        ("decided_at", datetime(2026, 1, 1, tzinfo=UTC), "something else than its record", ("decided_at",)),
        ("state", "expired", "something else than its record", ("state",)),
        ("reasons", [], "something else than its record", ("reasons",)),
        ("cmt", "0" * 64, "the log was given a commitment to", ()),
    ],
)
def test_an_altered_row_of_a_held_decision_is_named_and_nothing_of_it_is_told(
    house: House, held_twice: Certified, column: str, value: Any, problem: str, where: tuple[str, ...]
) -> None:
    with house.world.db.write() as session:
        row = session.query(HeldDecisionRow).order_by(HeldDecisionRow.decided_at).first()
        assert row is not None
        altered = row.record.replace('"products":1', value, 1) if column == "record" and value != "{" else value
        setattr(row, column, altered)
        id = row.id
    for found in (replayed(house).differences, checked(house).differences):
        difference = next(each for each in found if each.decision == id)
        assert (difference.kind, difference.n) == ("held", 0)
        assert problem in difference.problem
        assert difference.where == where
        assert "nine passports" not in str(difference)


def test_a_held_decision_that_was_deleted_is_named(house: House, held_twice: Certified) -> None:
    with house.world.db.write() as session:
        row = session.query(HeldDecisionRow).order_by(HeldDecisionRow.decided_at).first()
        assert row is not None
        id = row.id
        session.delete(row)
    (difference,) = found_by_both(house)
    assert (difference.decision, difference.kind) == (id, "missing")
    assert "the journal tells of this held decision" in difference.problem


@pytest.mark.parametrize(
    ("column", "value"),
    [("outcome", "issue"), ("at", datetime(2026, 1, 1, tzinfo=UTC)), ("state", "revoked"), ("reasons", []),
     ("certificate", "0000000000"), ("rulebook_sha256", "0" * 64)],
)  # fmt: skip
def test_a_column_that_says_something_else_than_the_record_is_named(
    house: House, decided: Certified, column: str, value: Any
) -> None:
    with house.world.db.write() as session:
        row = session.query(DecisionRow).order_by(DecisionRow.application_id, DecisionRow.seq).first()
        assert row is not None
        setattr(row, column, value)
        id = row.id
    (difference,) = found_by_both(house)
    assert (difference.decision, difference.n) == (id, 1)
    assert difference.where[0].startswith(column)


def delete(house: House, application: str, n: int, *, journal: bool = False) -> str:
    """The row of a decision, whatever refers to it, and maybe the line of the journal: as an edit by hand does."""
    with house.world.db.read() as session:
        query = select(DecisionRow.id).where(DecisionRow.application_id == application, DecisionRow.seq == n)
        id = session.scalars(query).one()
    with closing(sqlite3.connect(house.world.settings.data / "freemark.db")) as by_hand, by_hand:
        by_hand.execute("delete from decision where id = ?", [id])
        if journal:
            by_hand.execute("delete from journal where detail like ?", [f'%"decision":"{id}"%'])
    return id


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_decision_that_was_deleted_is_named(house: House, decided: Certified, which: str) -> None:
    total = replayed(house).total
    n = {"first": 1, "middle": 2, "last": total}[which]
    id = delete(house, decided.application, n)
    missing = [each for each in found_by_both(house) if each.kind == "missing"]
    assert [each.decision for each in missing] == [id]
    assert "its row is gone" in missing[0].problem
    assert decided.application in missing[0].name
    assert replayed(house).number("missing") == 1


def test_a_decision_is_missed_too_when_the_journal_was_cut(house: House, decided: Certified) -> None:
    """The journal's own check says that of the journal; here the certificate and the gap in the numbers speak."""
    issued = delete(house, decided.application, 2, journal=True)
    (difference,) = found_by_both(house)
    assert (difference.decision, difference.application) == (issued, decided.application)
    assert difference.problem == f"certificate {decided.number} rests on this decision, and its row is gone"


def test_a_gap_in_the_numbers_is_named(house: House, decided: Certified) -> None:
    delete(house, decided.application, 1, journal=True)
    (difference,) = found_by_both(house)
    assert (difference.decision, difference.kind) == (f"{decided.application}/1", "missing")
    assert difference.problem == "there is no decision of this number"


def test_a_commitment_of_the_log_without_its_decision_is_named(house: House, decided: Certified) -> None:
    """Whoever gives a decision another commitment has the log against them: its leaf, and the root of its day."""
    with house.world.db.write() as session:
        row = session.scalars(select(DecisionRow).where(DecisionRow.outcome == "issue")).one()
        before, salt = row.cmt, b"x" * 32
        row.cmt = commitment(salt, json.loads(row.record))
        row.sealed, id = house.world.keyring.seal(salt, f"decision.sealed {row.id}"), row.id
    found = {each.decision: each.problem for each in found_by_both(house)}
    assert "no decision has it" in found[f"commitment {before}"]
    assert "under no evidence.root" in found[id]
    with house.world.db.read() as session:
        assert roots.check(session) == []
    with house.world.db.write() as session:
        changed = commitment(salt, json.loads(session.get_one(DecisionRow, id).record))
        session.execute(update(EvidenceEntry).where(EvidenceEntry.cmt == before).values(cmt=changed))
    with house.world.db.read() as session:
        (line,) = roots.check(session)
    assert "do not give the root that was published" in line


# ---------------------------------------------------------------------------------------------------------- why not yet


def test_a_suspended_holder_reads_what_the_clauses_against_it_ask_for(house: House, held_twice: Certified) -> None:
    """Each clause that R1 names stands before it, with whose turn it is; and nothing that nobody may read."""
    told = house.bea.get(f"/v1/applications/{held_twice.application}/lacking")
    assert (told["standing"], told["next"]) == ("suspended", "reinstate")
    named = {each["clause"]: each for each in told["unmet"]}
    ids = [each["clause"] for each in told["unmet"]]
    assert ids.index("S1") == ids.index("R1") - 1
    assert named["R1"]["text"] == "Still against it: S1."
    assert named["S1"]["who"] == "holder"
    assert named["S1"]["meets"].startswith("Put right what the finding names")
    assert named["S1"]["subject"].startswith("fnd_")
    assert told["asked"] - told["met"] == len(told["unmet"])
    assert not set(ids) & set(rulebook.CONFIDENTIAL)


def test_every_clause_that_can_block_says_what_would_meet_it() -> None:
    book = rulebook.load(LATEST)
    asked = {clause for outcome in rules.NEEDED for clause in rules.needed(outcome, book)}
    assert asked <= set(lacking.MEETS)
    assert {id for id, words in book.clauses.items() if words.stage in ("issue", "suspension")} <= set(lacking.MEETS)
    for id, meets in lacking.MEETS.items():
        names = {name for _, name, _, _ in Formatter().parse(meets.text) if name}
        assert names <= set(book.parameters), id
        assert meets.text.endswith("."), id


def test_the_list_shrinks_as_things_are_met(house: House) -> None:
    """From an application that has nothing to one that lacks a signature, one turn at a time."""
    from freemark.demo import crew as crews

    assert house.crew is not None
    place = {"organisation": house.bea.organisation, "kind": "factory", "name": "Unit 9", "address": "Road 9",
             "city": "Gazipur", "country": "BD", "workers": 40}  # fmt: skip
    site = str(house.bea.post("/v1/sites", place)["id"])
    product = {"name": "Shirt", "model": "S1", "yearly_units": 1000}
    application = str(house.bea.post("/v1/applications", {"sites": [site], "agents": [], "products": [product]})["id"])

    def unmet() -> dict[str, Json]:
        house.drain()
        told = house.bea.get(f"/v1/applications/{application}/lacking")
        assert (told["next"], told["asked"] - told["met"]) == ("issue", len(told["unmet"]))
        return {each["clause"]: each for each in told["unmet"]}

    first = unmet()
    assert set(first) == {"I2", "I4", "I8", "I9", "I10", "I24"}
    assert (
        first["I10"]["meets"] == "Sign the current certification agreement, with the clause on independent reporting."
    )
    assert {clause: each["who"] for clause, each in first.items()} == {
        "I2": "audit firm", "I4": "certification body", "I8": "holder", "I9": "audit firm", "I10": "holder",
        "I24": "holder",
    }  # fmt: skip
    signed = {"version": rulebook.load(LATEST).agreement, "independent_reporting": True}
    house.bea.post(f"/v1/applications/{application}/agreement", signed)
    assert set(unmet()) == {"I2", "I4", "I8", "I9", "I24"}
    house.bea.post(f"/v1/sites/{site}/register/confirmation", {"places": []})
    assert set(unmet()) == {"I2", "I4", "I8", "I9"}
    crews.audited(house.crew, site, "initial", house.now)
    assert set(unmet()) == {"I4"}
    house.accept(application)
    told = house.bea.get(f"/v1/applications/{application}/lacking")
    assert (told["standing"], told["next"]) == ("active", "renew")
    assert house.otto.refused(f"/v1/applications/{application}/lacking")[0] == 404


def test_a_decision_is_explained_with_rule_inputs_and_version(house: House, decided: Certified) -> None:
    made = house.carl.get(f"/v1/applications/{decided.application}/decisions")["items"]
    n = next(each["n"] for each in made if each["outcome"] == "refuse")
    told = house.carl.get(f"/v1/applications/{decided.application}/decisions/{n}/explanation")
    assert told["rulebook"]["sha256"] == rulebook.load(LATEST).sha256
    (reason,) = told["because"]
    assert reason["clause"] == "I4"
    assert reason["rule"] == rulebook.load(LATEST).clauses["I4"].text
    assert len(told["clauses"]) == len(rulebook.load(LATEST).clauses)
    assert any(decided.site in line for line in told["inputs"]["lines"])
    outside = house.bea.get(f"/v1/applications/{decided.application}/decisions/{n}/explanation")
    assert outside["sentence"] == told["sentence"] == "No certificate is issued yet."
    assert house.otto.refused(f"/v1/applications/{decided.application}/decisions/{n}/explanation")[0] == 404
