"""The dates of a case: who has which in the calendar, who is reminded of which, once; and what is in neither.

Seen through the two doors that the people have: the calendar over HTTP, and the letters that the job wrote.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from certify import agenda, deadlines, reminders
from certify.tables import CautionRow, Certificate, HeldDecisionRow
from freemark import jobs
from freemark.demo import scene
from ground.canonical import instant
from ground.mail import MailRow
from tests.flows.house import DAY, PASSPORTS, Certified, House, Inside
from tests.flows.test_appeals import REJECT, appealed, caught, notices, outsider

Json = Any
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
WORD = {"favourable": False, "opinion": "It was on purpose."}
BRAKE = {"reason": "A call from the embassy."}


def feed(house: House, who: Inside) -> bytes:
    return who._send("GET", "/v1/calendar.ics", None, {}).body


def entries(house: House, who: Inside) -> dict[str, date | datetime]:
    """{UID without the host: start} of what certify has for that person, as another program reads it."""
    read: Any = Calendar.from_ical(feed(house, who)).walk("VEVENT")
    found = {str(event["uid"]).split("@")[0]: event["dtstart"].dt for event in read}
    kinds = {*deadlines.DUTIES, *deadlines.MARKS}
    return {uid: start for uid, start in found.items() if uid.split("-")[0] in kinds}


def kinds(house: House, who: Inside) -> set[str]:
    return {uid.split("-")[0] for uid in entries(house, who)}


def letters(house: House) -> list[MailRow]:
    with house.world.db.read() as session:
        return list(session.scalars(select(MailRow).where(MailRow.key.like("due %")).order_by(MailRow.id)))


def written(house: House) -> list[tuple[str, str, int]]:
    """(person, kind, days) of what the job writes now, of certify. A second run writes nothing."""
    before = len(letters(house))
    reminders.remind_of_duties(house.world)
    found = letters(house)
    assert reminders.remind_of_duties(house.world) == 0
    assert len(letters(house)) == len(found)
    return sorted((row.person, row.key.split()[1], int(row.key.split()[-1])) for row in found[before:])


def at(house: House, moment: datetime) -> None:
    """The clock alone goes on: nothing is decided or signed."""
    house.later_without_signing(moment - house.now)


def suspended(house: House, *, deliberate: bool = False) -> tuple[Certified, datetime]:
    """A certificate that was suspended just now."""
    certificate = house.certified()
    caught(house, certificate, deliberate=deliberate)
    return certificate, house.now


def braked(house: House, certificate: Certified, **more: str) -> None:
    house.carl.post(f"/v1/certificates/{certificate.number}/suspension", {**BRAKE, **more})
    house.drain()


def doubted(house: House, certificate: Certified, *days: int) -> None:
    """Cautions about as many firms, to be verified again by then."""
    with house.world.db.write() as session:
        row = session.get_one(Certificate, certificate.number)
        for place, until in enumerate(days):
            session.add(CautionRow(
                certificate=row.number, application_id=row.application_id, subject=f"org_{place:016}", sites=[],
                since=house.now - DAY, reverify_by=house.now + until * DAY, raised_at=house.now, audits=[],
            ))  # fmt: skip


# ----------------------------------------------------------------------------------------------------------- calendar


def test_holder_certification_body_and_scheme_have_the_end_and_the_window(latest: House) -> None:
    house, certificate = latest, latest.certified()
    ends, number = datetime.fromisoformat(certificate.entry["valid_until"]), certificate.number
    expected = {f"window-{number}": (ends - 90 * DAY).date(), f"end-{number}": (ends - SECOND).date()}
    for person in (house.bea, house.carl, house.sam):
        assert entries(house, person) == expected
    for person in (house.amina, house.ravi, house.otto, house.hana):
        assert entries(house, person) == {}
    assert f"Last day of the certificate ({number})".encode() in feed(house, house.bea)


def test_a_refusal_may_be_appealed_until_something_came_after_it(latest_everywhere: House) -> None:
    house = latest_everywhere
    application, _ = house.apply()
    assert kinds(house, house.bea) == {"appeal"}
    assert kinds(house, house.carl) == set()
    house.accept(application)
    assert kinds(house, house.bea) == {"window", "end"}


def test_a_suspension_has_its_dates(latest_everywhere: House) -> None:
    house = latest_everywhere
    certificate, since = suspended(house)
    number, notice = certificate.number, notices(house, certificate.application)["suspend"]["id"]
    longest = {f"longest_core-{number}": since + 90 * DAY, f"longest-{number}": since + 180 * DAY}
    own = {**longest, f"customers-{notice}": since + 4 * DAY, f"appeal-{notice}": since + 30 * DAY}
    panel = {f"panel_call-{number}": since + 72 * HOUR, f"panel_word-{number}": since + 14 * DAY}
    assert own.items() <= entries(house, house.bea).items()
    assert kinds(house, house.bea) == {"customers", "appeal", "longest_core", "longest", "window", "end"}
    assert {**longest, **panel}.items() <= entries(house, house.carl).items()
    assert kinds(house, house.carl) == {"panel_call", "panel_word", "longest_core", "longest", "window", "end"}
    assert entries(house, house.hana) == panel
    for person in (house.amina, house.ravi, house.otto):
        assert entries(house, person) == {}


def test_who_replied_is_not_left_without_a_decision(latest: House) -> None:
    """After a reply a revocation waits for two people: somebody is told, else the suspension has no end."""
    house = latest
    certificate, _ = suspended(house, deliberate=True)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply", {"text": "They asked us to keep them."})
    house.drain()
    due = house.now + 30 * DAY
    for person in (house.carl, house.sam):
        assert entries(house, person)[f"answer-{certificate.number}"] == due
    assert "answer" not in kinds(house, house.bea)
    assert "reply" not in kinds(house, house.bea)
    at(house, due + SECOND)
    assert {kind for _, kind, days in written(house) if days == 0} >= {"answer"}


def test_what_is_done_is_gone(latest_everywhere: House) -> None:
    """Customers told, an appeal filed, the panel called by its first word and done with its second organisation's."""
    house = latest_everywhere
    certificate, _ = suspended(house)
    notice = notices(house, certificate.application)["suspend"]["id"]
    house.bea.post(f"/v1/notices/{notice}/customers-told", {})
    appealed(house, certificate, "suspend")
    assert kinds(house, house.bea) == {"longest_core", "longest", "window", "end"}
    panel = f"/v1/applications/{certificate.application}/panel"
    house.hana.post(panel, WORD)
    assert kinds(house, house.hana) == {"panel_word"}
    house.sam.post(panel, WORD)  # a colleague of hers
    assert kinds(house, house.sam) >= {"panel_word"}
    outsider(house).post(panel, WORD)
    assert entries(house, house.hana) == {}
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    assert kinds(house, house.bea) == {"customers"}  # of the withdrawal
    assert kinds(house, house.carl) == set()


def test_a_proposed_revocation_waits_for_a_reply(latest: House) -> None:
    house = latest
    certificate, since = suspended(house, deliberate=True)
    assert entries(house, house.bea)[f"reply-{certificate.number}"] == since + 30 * DAY
    assert not {"reply", "customers", "appeal"} & kinds(house, house.carl)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply", {"text": "It was one foreman, and he is gone."})
    assert "reply" not in kinds(house, house.bea)


def test_a_waived_reply_is_not_due(latest: House) -> None:
    house = latest
    certificate, _ = suspended(house, deliberate=True)
    house.bea.post(f"/v1/certificates/{certificate.number}/reply-waiver", {})
    assert "reply" not in kinds(house, house.bea)


def test_an_appeal_is_in_the_calendar_of_those_who_may_still_judge_it(latest: House) -> None:
    house = latest
    certificate, since = suspended(house)
    dora, erik = outsider(house), outsider(house, "Erik")
    appeal = appealed(house, certificate, "suspend")
    for person in (dora, erik, house.sam, house.hana):
        assert entries(house, person)[f"judgement-{appeal}"] == since + 30 * DAY
    for person in (house.carl, house.bea, house.amina, house.otto):  # Carl accepted the reports
        assert "judgement" not in kinds(house, person)
    dora.post(f"/v1/appeals/{appeal}/word", REJECT)
    assert "judgement" not in kinds(house, dora)
    assert "judgement" in kinds(house, erik)
    erik.post(f"/v1/appeals/{appeal}/word", REJECT)
    assert "judgement" not in kinds(house, house.sam)


def test_the_first_date_by_which_the_work_is_to_be_verified_again(latest_everywhere: House) -> None:
    house = latest_everywhere
    certificate = house.certified()
    doubted(house, certificate, 40, 20)
    for person in (house.bea, house.carl, house.sam):
        assert entries(house, person)[f"reverify-{certificate.number}"] == house.now + 20 * DAY
        assert b"org_0" not in feed(house, person)
    assert entries(house, house.hana) == {}
    with house.world.db.write() as session:
        for row in session.scalars(select(CautionRow)):
            row.lifted_at = house.now
    assert "reverify" not in kinds(house, house.bea)


def test_a_certificate_that_is_over_is_verified_by_nobody(latest: House) -> None:
    house, certificate = latest, latest.certified()
    doubted(house, certificate, 10)
    house.bea.post(f"/v1/certificates/{certificate.number}/withdrawal", {})
    house.drain()
    assert not {"reverify", "end"} & kinds(house, house.carl)
    at(house, house.now + 9 * DAY)
    assert "reverify" not in {kind for _, kind, _ in written(house)}


@pytest.mark.parametrize(("word", "panel"), [({}, True), ({"reason_code": "administrative"}, False)])
def test_no_panel_meets_where_the_public_reason_is_no_breach(latest: House, word: Json, panel: bool) -> None:
    house, certificate = latest, latest.certified()
    braked(house, certificate, **word)
    assert ("panel_call" in kinds(house, house.hana)) is panel


def test_nobody_has_dates_of_the_own_organisation_from_the_outside(latest: House) -> None:
    """A holder that is a certification body too: its decider has nothing of its certificate, and gets no letter."""
    house = latest
    hats = house.firm("Two Hats", "manufacturer", "certification_body")
    holder, colleague = house.another("Mo", hats, "manager"), house.another("Dee", hats, "decider")
    application, _ = house.apply(holder)
    house.accept(application)
    number = scene.certificate(house.people(holder), application)
    certificate = Certified(house, application, number, "", "")
    braked(house, certificate)
    doubted(house, certificate, 10)
    assert entries(house, colleague) == {}
    assert {"reverify", "customers", "longest"} <= kinds(house, holder)
    assert {"reverify", "panel_call"} <= kinds(house, house.carl)
    at(house, house.now + 10 * DAY + SECOND)
    people = {person for person, _, _ in written(house)}
    assert {holder.person, house.carl.person} <= people
    assert colleague.person not in people


def test_the_same_rows_give_the_same_bytes_at_any_time_and_by_either_door(latest: House) -> None:
    house = latest
    certificate, _ = suspended(house, deliberate=True)
    appealed(house, certificate, "suspend")
    readers = (house.bea, house.carl, house.sam, house.hana)
    before = {person.person: feed(house, person) for person in readers}
    url = str(house.bea.post("/v1/calendar-feed", {})["url"]).removeprefix(house.world.settings.public_url)
    at(house, house.now + 300 * DAY)
    assert {person.person: feed(house, person) for person in readers} == before
    assert house.anybody.fetch(url).body == before[house.bea.person]


def test_nothing_of_what_was_found_and_nobody_stands_in_it(latest: House) -> None:
    house = latest
    certificate, _ = suspended(house, deliberate=True)
    doubted(house, certificate, 40)
    appealed(house, certificate, "suspend")
    readers = (house.bea, house.carl, house.sam, house.hana)
    for _ in range(40):
        reminders.remind_of_duties(house.world)
        at(house, house.now + DAY)
    told = "".join(row.subject + row.text for row in letters(house))
    shown = "".join(
        str(event) for who in readers for event in Calendar.from_ical(feed(house, who)).walk("VEVENT")
        if str(event["uid"]).split("-")[0] in {*deadlines.DUTIES, *deadlines.MARKS}
    )  # fmt: skip
    assert told
    assert shown
    for word in (PASSPORTS, "assport", "S1", "V1", "priority", "fnd_", "aud_", "per_", "org_", certificate.site,
                 "Bea", "Carl", "Amina", "Sunrise", "evocation"):  # fmt: skip
        assert word not in told, word
        assert word not in shown, word


# ------------------------------------------------------------------------------------------------------------- letters


def test_the_job_reminds_the_holder_of_reply_and_customers_once_each(latest_everywhere: House) -> None:
    house = latest_everywhere
    _, since = suspended(house, deliberate=True)
    bea, carl, hana, sam = (each.person for each in (house.bea, house.carl, house.hana, house.sam))
    assert written(house) == []  # the notice has just come
    panel = sorted((person, "panel_call", 1) for person in (carl, hana, sam))
    found = {
        3 * DAY - 25 * HOUR: [],
        2 * DAY: panel,
        3 * DAY: [(bea, "customers", 1)],
        3 * DAY + SECOND: [(person, "panel_call", 0) for person in sorted((carl, hana, sam))],
        4 * DAY + SECOND: sorted([(bea, "customers", 0), (carl, "customers", 0)]),
        7 * DAY: sorted((person, "panel_word", 7) for person in (carl, hana, sam)),
        16 * DAY: sorted([(bea, "reply", 14), *((person, "panel_word", 0) for person in (carl, hana, sam))]),
        25 * DAY: [(bea, "reply", 7)],
        29 * DAY + HOUR: [(bea, "reply", 1)],
        30 * DAY: [],
        30 * DAY + SECOND: sorted([(bea, "reply", 0), (carl, "reply", 0)]),
        50 * DAY: [],
    }
    for after, expected in found.items():
        at(house, since + after)
        assert written(house) == expected, after


def test_a_letter_says_what_by_when_and_where(latest: House) -> None:
    house = latest
    certificate, since = suspended(house)
    notice = notices(house, certificate.application)["suspend"]["id"]
    at(house, since + 3 * DAY)
    jobs.post(house.world)
    told = {row.key.split()[1]: row for row in letters(house) if row.person == house.bea.person}
    due, base = since + 4 * DAY, house.world.settings.public_url
    assert told["customers"].subject == f"Notice to the holder's customers: due on {due.date()}"
    assert told["customers"].text == (
        f"Notice to the holder's customers is due at {instant(due)} (UTC).\n\n{base}/v1/notices/{notice}\n"
    )
    house.another("Rina", house.bea.organisation, "manager")
    assert written(house) == []  # who joins later hears of the next occasion
    at(house, due + SECOND)
    jobs.post(house.world)
    late = next(row for row in letters(house) if row.key.startswith(f"due customers {notice}") and row.key[-1] == "0")
    assert late.subject == "Overdue: Notice to the holder's customers"
    assert "was due at" in late.text
    assert "not on record" in late.text


def test_an_appeal_reminds_those_who_may_still_judge_it(latest: House) -> None:
    house = latest
    certificate, _ = suspended(house)
    dora, erik = outsider(house), outsider(house, "Erik")
    house.bea.post(f"/v1/notices/{notices(house, certificate.application)['suspend']['id']}/customers-told", {})
    for person in (house.hana, outsider(house, "Fay")):
        person.post(f"/v1/applications/{certificate.application}/panel", WORD)  # with which they have a part in it
    appeal, filed = appealed(house, certificate, "suspend"), house.now
    assert written(house) == []
    at(house, filed + 16 * DAY)
    assert written(house) == sorted((each.person, "judgement", 14) for each in (dora, erik, house.sam))
    dora.post(f"/v1/appeals/{appeal}/word", REJECT)
    at(house, filed + 23 * DAY)
    assert written(house) == sorted((each.person, "judgement", 7) for each in (erik, house.sam))
    at(house, filed + 30 * DAY + SECOND)
    assert written(house) == sorted((each.person, "judgement", 0) for each in (erik, house.sam))


def test_work_to_be_verified_again_reminds_holder_and_body(latest: House) -> None:
    house, certificate = latest, latest.certified()
    doubted(house, certificate, 60, 70)
    began, three = house.now, (house.bea, house.carl, house.sam)
    for days in (14, 7, 1):
        at(house, began + (60 - days) * DAY)
        assert written(house) == sorted((each.person, "reverify", days) for each in three)
    at(house, began + 60 * DAY + SECOND)
    assert written(house) == sorted((each.person, "reverify", 0) for each in three)


def test_what_was_due_long_before_the_first_run_is_told_to_nobody(latest: House) -> None:
    house = latest
    _, since = suspended(house)
    at(house, since + 4 * DAY + reminders.LATE + SECOND)
    assert "customers" not in {kind for _, kind, _ in written(house)}


# ---------------------------------------------------------------------------------------------------------- held alert


@pytest.mark.parametrize("leaking", [False, True])
def test_a_held_alert_changes_no_byte_and_writes_no_letter(
    latest: House, monkeypatch: pytest.MonkeyPatch, leaking: bool
) -> None:
    """leaking, the negative control: were the dates of held decisions read, the comparison would see it."""
    house, certificate = latest, latest.certified()
    house.later(40 * DAY)
    audit = house.audit(certificate.site, [{"provision": "T14.1", "result": "conformance"}])
    if leaking:
        every = deadlines.every

        def all_of_it(session: Any, of: Any) -> Any:
            yield from every(session, of)
            for row in session.scalars(select(HeldDecisionRow)):
                yield deadlines.Due("end", row.id, row.application_id, row.certificate, "", row.rulebook,
                                    row.effective_by, row.decided_at)  # fmt: skip

        monkeypatch.setattr(agenda, "every", all_of_it)
    everybody = (house.bea, house.ravi, house.otto, house.carl, house.sam, house.amina)
    before = {person.person: feed(house, person) for person in everybody}
    house.amina.post(f"/v1/audits/{audit}/alerts", {
        "provision": PASSPORTS, "reason": "Nine passports lay in the safe.", "deliberate": True,
        "seen_at": instant(house.now),
    })  # fmt: skip
    house.drain()
    jobs.reconsider(house.world)
    with house.world.db.read() as session:
        assert "suspend" in session.scalars(select(HeldDecisionRow.outcome)).all()
    assert ({person.person: feed(house, person) for person in everybody} == before) is not leaking
    assert written(house) == []
    at(house, house.now + 73 * HOUR)
    jobs.clocks(house.world)
    assert certificate.standing == "suspended"
    assert "customers" in kinds(house, house.bea)
