"""Accreditation under review: from the register of auditors to the words on a scan, all certificates or none.

The house is the whole application: what the register says goes through the outbox to the public list, and the judge is
somebody with nothing but the bundle and the roots.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from certify import cautions
from certify.reviews import service as reviews
from certify.tables import CautionRow, Certificate
from ground import journal
from ground.canonical import instant, parse_instant
from ground.world import World
from tests.flows.house import DAY, Certified, House, Inside, conforming, opened, passports
from verify.words import CAUTIONS

CODE = "AUDITOR_ACCREDITATION_UNDER_REVIEW"
FIRM = {"status": "good", "reason": "Accredited.", "topics": ["all"], "valid_until": "2027-05-31"}
AUDITOR = {
    "level": "lead", "status": "good", "reason": "Examined.", "topics": ["all"], "languages": ["bn"],
    "expires_on": "2027-05-31",
}  # fmt: skip


@pytest.fixture
def house(sqlite_world: World) -> Iterator[House]:
    with opened(sqlite_world) as house:
        yield house


@pytest.fixture
def houses(world: World) -> Iterator[House]:
    with opened(world) as house:
        yield house


def firm(house: House, status: str, of: Inside | None = None) -> None:
    """Sam enters it; nothing has followed yet."""
    who = of or house.amina
    house.sam.post(f"/v1/audit-firms/{who.organisation}/approvals", {**FIRM, "status": status})


def auditor(house: House, status: str, of: Inside) -> None:
    house.sam.post(f"/v1/auditors/{of.person}/approvals", {**AUDITOR, "status": status})


def listed(house: House) -> list[Any]:
    found: list[Any] = house.anybody.get("/cautions.json")["cautions"]
    return found


def rows(house: House) -> list[CautionRow]:
    with house.world.db.read() as session:
        return list(session.scalars(select(CautionRow).order_by(CautionRow.id)))


def under_review(house: House, certificate: Certified) -> Any:
    with house.world.db.read() as session:
        return cautions.under_review(session, [certificate.number])[certificate.number]


def of(house: House, certificate: Certified, who: Inside | None = None) -> list[Any]:
    found: list[Any] = (who or house.carl).get(f"/v1/certificates/{certificate.number}/cautions")["items"]
    return found


def other_firm(house: House) -> Inside:
    home = house.firm("Northern Audit", "audit_firm")
    return house.another("Ulla Lind", home, "auditor")


def visited(house: House, certificate: Certified, by: Inside, kind: str = "for_cause", **plan: Any) -> str:
    """A completed visit of the certificate's site by somebody else."""
    site = house.application(certificate.application)["sites"][0]
    audit = house.audit(site, conforming(), kind=kind, by=by, **plan)
    house.submit(audit, by=by)
    house.drain()
    return audit


# --- the whole way ---------------------------------------------------------------------------------------------------


def test_a_suspended_firm_puts_a_caution_on_its_certificates_and_their_labels_keep_their_colour(houses: House) -> None:
    house = houses
    certificates = [house.certified() for _ in range(3)]
    label = certificates[0].label()
    before = house.scan(label)
    assert (before["code"], before["colour"], before["cautions"]) == ("VALID", "green", ["NOT_WITNESSED"])

    began = house.now
    firm(house, "suspended")
    house.drain()

    numbers = sorted(certificate.number for certificate in certificates)
    assert listed(house) == [{"cert": number, "code": CODE, "since": instant(began)} for number in numbers]
    house.later_without_signing(timedelta(minutes=1))
    for verdict in (house.scan(label), house.offline(label, house.bundle(), "in")):
        assert verdict["cautions"] == ["NOT_WITNESSED", CODE]
        assert (verdict["code"], verdict["colour"]) == ("VALID", "green")
        assert verdict["certificate"]["in_force"] == "in_force"
    page = house.web.get(f"/{label}", headers={"Accept": "text/html"}).text
    assert CAUTIONS[CODE] in page
    address = f"/certificates/{certificates[1].number}"
    assert f"Caution: {CAUTIONS[CODE]}" in house.web.get(address, headers={"Accept": "text/html"}).text
    assert [certificate.standing for certificate in certificates] == ["active"] * 3
    (fact,) = under_review(house, certificates[0])
    assert (fact.subject, fact.since, fact.lifted_at) == (house.amina.organisation, began, None)
    assert fact.reverify_by == began + timedelta(days=60)

    house.later(2 * DAY)
    firm(house, "good")
    house.drain()
    assert listed(house) == []
    assert "Caution:" not in house.web.get(address, headers={"Accept": "text/html"}).text
    assert house.scan(label)["cautions"] == ["NOT_WITNESSED"]
    assert house.offline(label, house.bundle(), "in")["cautions"] == ["NOT_WITNESSED"]
    for certificate in certificates:  # the history is there, word for word
        (caution,) = of(house, certificate)
        assert (caution["since"], caution["lifted_at"]) == (instant(began), instant(house.now))
        assert under_review(house, certificate)[0].lifted_at == house.now
    with house.world.db.read() as session:
        journal.check(session)


class Fault(Exception):
    pass


@contextmanager
def failing(at: int) -> Iterator[None]:
    """The database refuses the n-th caution that is written."""
    count = itertools.count(1)

    def refuse(*_: object) -> None:
        if next(count) == at:
            raise Fault

    event.listen(CautionRow, "before_insert", refuse)
    try:
        yield
    finally:
        event.remove(CautionRow, "before_insert", refuse)


def test_when_the_second_of_three_fails_none_has_the_caution(house: House) -> None:
    for _ in range(3):
        house.certified()
    with failing(2):
        firm(house, "suspended")
        assert house.drain().failed == 1
    assert rows(house) == []
    assert listed(house) == []
    house.later(timedelta(minutes=10))
    house.drain()
    assert len(rows(house)) == len(listed(house)) == 3


def test_without_one_transaction_the_first_would_have_it(house: House) -> None:
    """The negative control: raised one by one, each in a transaction of its own, a half is left behind."""
    applications = [house.certified().application for _ in range(3)]
    firm(house, "suspended")

    def one_by_one() -> None:
        for application in applications:
            with house.world.db.write() as session:
                for rests, subject, since in reviews._missing(session, application, house.now):
                    reviews._raise(session, rests, subject, since, house.now)

    with failing(2), pytest.raises(Fault):
        one_by_one()
    assert len(rows(house)) == 1


def test_when_the_lifting_fails_none_is_lifted(house: House) -> None:
    for _ in range(3):
        house.certified()
    firm(house, "suspended")
    house.drain()
    firm(house, "good")
    count = itertools.count(1)

    def refuse(*_: object) -> None:
        if next(count) == 2:
            raise Fault

    event.listen(CautionRow, "before_update", refuse)
    try:
        assert house.drain().failed == 1
    finally:
        event.remove(CautionRow, "before_update", refuse)
    assert [row.lifted_at for row in rows(house)] == [None] * 3
    assert len(listed(house)) == 3
    house.later(timedelta(minutes=10))
    house.drain()
    assert None not in [row.lifted_at for row in rows(house)]
    assert listed(house) == []


def test_a_certificate_that_disagrees_with_the_log_holds_up_all_of_it(house: House) -> None:
    certificates = [house.certified() for _ in range(3)]
    with tampered(house, certificates[1]):
        firm(house, "suspended")
        assert house.drain().failed > 0
        assert rows(house) == []
    house.later(timedelta(minutes=10))
    house.drain()
    assert len(rows(house)) == len(listed(house)) == 3


@contextmanager
def tampered(house: House, certificate: Certified) -> Iterator[None]:
    """Somebody changed the row of this certificate; undone at the end."""

    def put(moment: datetime) -> None:
        with house.world.db.write() as session:
            session.execute(
                update(Certificate).where(Certificate.number == certificate.number).values(valid_until=moment)
            )

    with house.world.db.read() as session:
        right = session.get_one(Certificate, certificate.number).valid_until
    put(right + DAY)
    yield
    put(right)


# --- whom it concerns ------------------------------------------------------------------------------------------------


def test_only_certificates_that_rest_on_the_work_have_the_caution(house: House) -> None:
    """Of two certificates the one was visited again, in full, by another firm: it rests on that visit now."""
    first, second = house.certified(), house.certified()
    ulla = other_firm(house)
    house.later(DAY)
    visited(house, second, ulla, kind="surveillance")
    firm(house, "suspended")
    firm(house, "not_good", ulla)
    house.drain()
    assert [(row.certificate, row.subject) for row in rows(house)] == [
        (first.number, house.amina.organisation), (second.number, ulla.organisation),
    ]  # fmt: skip


def test_a_suspended_auditor_concerns_the_audits_with_them(house: House) -> None:
    first, second = house.certified(), house.certified()
    house.later(DAY)
    site = house.application(second.application)["sites"][0]
    audit = house.audit(site, conforming(), by=house.noor)
    house.submit(audit, by=house.noor)
    house.drain()
    auditor(house, "suspended", house.noor)
    house.drain()
    assert [row.certificate for row in rows(house)] == [second.number]
    auditor(house, "suspended", house.amina)
    house.drain()
    assert {row.certificate for row in rows(house)} == {first.number, second.number}
    assert len(listed(house)) == 2
    # The public list names neither.
    assert all(entry.keys() == {"cert", "code", "since"} for entry in listed(house))


MINOR = {
    "provision": "T10.2", "result": "finding", "severity": "minor", "affected": 5, "sampled": 30,
    "description": "Slips without the hours.",
}  # fmt: skip


def ended_by(house: House, certificate: Certified, by: Inside, finding: Any = MINOR) -> list[Any]:
    """Amina's visit finds it; a day later somebody else's closure ends it."""
    site = certificate_site(house, certificate)
    house.submit(house.audit(site, [finding], kind="for_cause"))
    house.later(DAY)
    end = house.audit(site, [{"provision": finding["provision"], "result": "conformance"}], kind="closure", by=by)
    closed: list[Any] = house.submit(end, by=by)["closed"]
    house.drain()
    return closed


@pytest.mark.parametrize("whom", [firm, auditor])
def test_who_ended_a_finding_by_a_closure_is_relied_upon_like_who_made_the_full_audit(house: House, whom: Any) -> None:
    first, second = house.certified(), house.certified()
    ulla = other_firm(house)
    house.later(DAY)
    assert len(ended_by(house, second, ulla)) == 1
    whom(house, "suspended", of=ulla)
    house.drain()
    (row,) = rows(house)
    assert (row.certificate, row.sites) == (second.number, [certificate_site(house, second)])
    assert [entry["cert"] for entry in listed(house)] == [second.number]
    firm(house, "suspended")  # and who made the full audits, as before
    house.drain()
    assert sorted(row.certificate for row in rows(house)) == sorted([first.number, second.number, second.number])


def test_the_closure_is_looked_at_again_like_a_full_audit(house: House) -> None:
    certificate, ulla = house.certified(), other_firm(house)
    house.later(DAY)
    ended_by(house, certificate, ulla)
    auditor(house, "suspended", ulla)
    house.drain()
    house.later(DAY)
    own = visited(house, certificate, house.another("Ulf", ulla.organisation, "auditor"))
    assert "whose own work is in doubt" in refused(certificate, house.carl, ulla.person, own)[1]
    again = visited(house, certificate, house.amina)
    (caution,) = reverify(certificate, house.carl, ulla.person, again)["items"]
    assert caution["audits"] == [again]
    house.drain()
    assert listed(house) == []


def test_a_closure_from_before_the_newest_full_audit_is_relied_on_no_more(house: House) -> None:
    certificate, ulla = house.certified(), other_firm(house)
    house.later(DAY)
    ended_by(house, certificate, ulla)
    house.later(DAY)
    visited(house, certificate, house.noor, kind="surveillance")
    firm(house, "suspended", ulla)
    house.drain()
    assert rows(house) == []


def test_who_ended_what_bars_nothing_is_not_relied_upon(house: House) -> None:
    certificate, ulla = house.certified(), other_firm(house)
    house.later(DAY)
    assert len(ended_by(house, certificate, ulla, {**MINOR, "severity": "opportunity"})) == 1
    firm(house, "suspended", ulla)
    house.drain()
    assert rows(house) == []


@pytest.mark.parametrize("status", ["lapsed", "expired", "inactive", "good"])
def test_who_merely_stopped_did_the_work_in_good_standing(house: House, status: str) -> None:
    house.certified()
    firm(house, status)
    house.drain()
    assert rows(house) == []


def test_expiring_while_suspended_does_not_lift_and_a_second_suspension_is_a_new_caution(house: House) -> None:
    certificate = house.certified()
    firm(house, "suspended")
    house.drain()
    house.later(DAY)
    firm(house, "expired")
    house.drain()
    assert [row.lifted_at for row in rows(house)] == [None]
    firm(house, "good")
    house.later(DAY)
    firm(house, "suspended")  # before anybody has looked at the lifting
    house.drain()
    first, second = rows(house)
    assert first.lifted_at == house.now
    assert (second.since, second.lifted_at) == (house.now, None)
    assert listed(house) == [{"cert": certificate.number, "code": CODE, "since": instant(house.now)}]
    assert [each.lifted_at is None for each in under_review(house, certificate)] == [False, True]


def test_a_doubled_event_changes_nothing(house: House) -> None:
    certificate = house.certified()
    firm(house, "suspended")
    house.drain()
    before = house.anybody.fetch("/cautions.json").body
    for _ in range(2):
        with house.world.db.write() as session:
            reviews.review(session, house.amina.organisation, now=house.now)
    house.drain()
    assert len(rows(house)) == len(of(house, certificate)) == 1
    assert house.anybody.fetch("/cautions.json").body == before


def test_a_certificate_issued_under_review_has_the_caution_from_its_start(house: House) -> None:
    application, _ = house.apply()
    firm(house, "suspended")
    house.drain()
    assert rows(house) == []  # there is no certificate to put it on
    house.later(DAY)
    house.accept(application)
    (row,) = rows(house)
    assert row.application_id == application
    assert (row.since, row.reverify_by) == (house.now - DAY, house.now + timedelta(days=59))
    assert [entry["cert"] for entry in listed(house)] == [row.certificate]


def test_a_certificate_that_is_over_is_left_alone(house: House) -> None:
    certificate = house.certified()
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    firm(house, "suspended")
    house.drain()
    assert certificate.standing == "withdrawn"
    assert rows(house) == []


def test_a_suspended_certificate_keeps_its_colour_and_has_the_caution_beside_it(house: House) -> None:
    certificate = house.certified()
    label = certificate.label()
    house.audit(certificate_site(house, certificate), [passports()])
    house.drain()
    firm(house, "suspended")
    house.drain()
    verdict = house.scan(label)
    assert (verdict["code"], verdict["colour"]) == ("SUSPENDED", "amber")
    assert CODE in verdict["cautions"]


def certificate_site(house: House, certificate: Certified) -> str:
    return str(house.application(certificate.application)["sites"][0])


# --- verified again --------------------------------------------------------------------------------------------------


def reverify(certificate: Certified, who: Inside, subject: str, *audits: str) -> Any:
    body = {"subject": subject, "audits": list(audits)}
    return who.post(f"/v1/certificates/{certificate.number}/reverifications", body)


def refused(certificate: Certified, who: Inside, subject: str, *audits: str) -> tuple[int, str]:
    body = {"subject": subject, "audits": list(audits)}
    return who.refused(f"/v1/certificates/{certificate.number}/reverifications", body)


def test_verified_again_by_another_firm_ends_it_for_this_certificate_alone(house: House) -> None:
    first, second = house.certified(), house.certified()
    firm(house, "suspended")
    house.drain()
    house.later(10 * DAY)
    audit = visited(house, first, other_firm(house))
    (caution,) = reverify(first, house.carl, house.amina.organisation, audit)["items"]
    house.drain()
    assert (caution["audits"], caution["reverified_at"]) == ([audit], instant(house.now))
    assert [entry["cert"] for entry in listed(house)] == [second.number]
    assert under_review(house, first)[0].reverified_at == house.now
    assert refused(first, house.carl, house.amina.organisation, audit)[0] == 409
    house.later(DAY)
    firm(house, "good")
    house.drain()
    (caution,) = of(house, first)
    assert parse_instant(caution["reverified_at"]) == parse_instant(caution["lifted_at"]) - DAY


def test_what_cannot_stand_in_for_the_doubted_work_is_refused(house: House) -> None:
    certificate = house.certified()
    ulla, late = other_firm(house), house.firm("Late Audit", "audit_firm")
    early = visited(house, certificate, ulla)
    house.later(DAY)
    firm(house, "suspended")
    house.drain()
    subject = house.amina.organisation
    house.later(DAY)
    own = visited(house, certificate, house.noor)
    lena = house.another("Lena", late, "auditor")
    doubtful = visited(house, certificate, lena)
    firm(house, "suspended", lena)
    desk = house.audit(certificate_site(house, certificate), [{"provision": "T10.1", "result": "not_reviewed"}],
                       kind="closure", by=ulla, remote=True)  # fmt: skip
    house.submit(desk, by=ulla)
    open_one = house.audit(certificate_site(house, certificate), conforming(), by=ulla)
    house.drain()
    for audit, why in (
        (early, "before the review"), (own, "whose own work is in doubt"), (doubtful, "is under review too"),
        (desk, "on site"), (open_one, "no submitted audit"), ("aud_0000000000000000", "no submitted audit"),
    ):  # fmt: skip
        status, said = refused(certificate, house.carl, subject, audit)
        assert (status, why in said) == (422, True), said
    house.submit(open_one, by=ulla)
    assert refused(certificate, house.sam, subject, open_one)[0] == 403
    both = house.another("Ulf", ulla.organisation, "auditor")
    assert refused(certificate, both, subject, open_one)[0] == 404
    assert refused(certificate, house.bea, subject, open_one)[0] == 403
    assert refused(certificate, house.otto, subject, open_one)[0] == 404
    assert reverify(certificate, house.carl, subject, open_one)["items"][0]["reverified_at"]


def test_every_site_of_the_caution_is_looked_at_again(house: House) -> None:
    certificate = house.certified()
    firm(house, "suspended")
    house.drain()
    house.later(DAY)
    audit = visited(house, certificate, other_firm(house))
    with house.world.db.write() as session:  # as if a second site had been audited by the same firm
        session.execute(update(CautionRow).values(sites=[certificate_site(house, certificate), house.office]))
    status, said = refused(certificate, house.carl, house.amina.organisation, audit)
    assert (status, house.office in said) == (422, True)


# --- who reads it ----------------------------------------------------------------------------------------------------


def test_the_holder_reads_the_caution_and_not_who_is_under_review(house: House) -> None:
    certificate = house.certified()
    firm(house, "suspended")
    house.drain()
    (told,) = of(house, certificate, house.bea)
    assert told["code"] == CODE
    assert (told["subject"], told["audits"]) == (None, [])
    assert of(house, certificate, house.sam)[0]["subject"] == house.amina.organisation
    for stranger in (house.otto, house.ravi, house.amina):
        assert stranger.refused(f"/v1/certificates/{certificate.number}/cautions")[0] in (403, 404)
    assert house.otto.refused(f"/v1/certificates/{certificate.number}/cautions")[0] == 404
