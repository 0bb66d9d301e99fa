"""Remedy over HTTP: every operation with its example, what the site does not read, and Otto, who reads nothing.

The application with audits and remedy in it; what auditors do before is done through the services.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from icalendar import Calendar
from sqlalchemy import func, select

from audits import release
from audits import routes as audits
from audits.drafts import AnswerDraft
from audits.remedy import calendar, deadlines, routes, samples
from audits.remedy import checks as follow_up
from audits.remedy.tables import CheckRow, CohortRow, ConfirmationRow, DisclosureRow, FeedRow, PaymentRow, ReviewRow
from audits.samples import CLOCKED, RETURNED
from audits.tables import FindingRow
from freemark import problems
from ground.journal import JournalRow
from ground.mail import MailRow
from ground.outbox import Event, OutboxEvent
from ground.web import BodyLimit
from ground.world import World
from tests.auditing import Field
from tests.cast import Cast, Player, make_cast

NO = "0000000000000000"
ACTION = {
    "root_cause": "Nobody asked.", "correction": "Pay it back.", "prevention": "Ask everybody.",
    "owner_role": "Head of compliance", "due_on": "2026-08-01",
}  # fmt: skip


def keys(value: Any) -> Any:
    """The shape: names of keys, all the way down; of a list that of its first item."""
    if isinstance(value, dict):
        return {name: keys(item) for name, item in value.items()}
    return [keys(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


class Api:
    def __init__(self, world: World, cast: Cast, client: TestClient) -> None:
        self.world, self.cast, self.client = world, cast, client
        self.numbers = itertools.count()
        people = {name: getattr(cast, name).actor for name in ("sam", "carl", "amina", "bea", "otto", "hana")}
        self.field = Field(world, people, cast.factory)

    def post(self, who: Player, path: str, body: Any, status: int | None = None) -> Any:
        headers = {**who.headers, "Idempotency-Key": f"key-{next(self.numbers)}"}
        answer = self.client.post(path, json=body, headers=headers)
        if status is None:
            return answer
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, who: Player, path: str) -> Any:
        return self.client.get(path, headers=who.headers)

    def later(self, **span: float) -> None:
        self.world.clock.advance(timedelta(**span))  # type: ignore[attr-defined]

    def audited(self, *answers: AnswerDraft, by: str = "amina") -> str:
        """A visit whose report the site can read, with its later checks; the audit's id."""
        shown = self.field.visit(*answers, by=by)
        event = Event(1, "audit_submitted", self.cast.factory, {"audit": shown["id"]}, self.field.now)
        follow_up.on_audit_submitted(self.world, event)
        self.later(hours=96)
        release.release_reports(self.world)
        return str(shown["id"])

    def fees(self) -> str:
        """A finding on fees that the site can read."""
        self.audited(AnswerDraft("T1.1", "finding", "major", affected=9, sampled=42, description="Seen."))
        (finding,) = self.get(self.cast.bea, f"/v1/findings?site={self.cast.factory}").json()["items"]
        return str(finding["id"])

    def cohort(self, finding: str) -> str:
        ledger = self.post(self.cast.bea, f"/v1/findings/{finding}/cohorts", samples.COHORT, 201)
        return str(ledger["cohorts"][0]["id"])

    def checks(self) -> list[Any]:
        found: list[Any] = self.get(self.cast.carl, "/v1/checks").json()["items"]
        return sorted(found, key=lambda each: str(each["due"]))

    def state(self) -> dict[str, int]:
        tables = (CohortRow, PaymentRow, ConfirmationRow, CheckRow, DisclosureRow, FeedRow, ReviewRow, OutboxEvent,
                  JournalRow, MailRow)  # fmt: skip
        with self.world.db.read() as session:
            return {one.__tablename__: session.scalar(select(func.count()).select_from(one)) or 0 for one in tables}


@pytest.fixture
def api(sqlite_world: World) -> Iterator[Api]:
    app = FastAPI()
    app.state.world = sqlite_world
    app.include_router(audits.router)
    app.include_router(routes.router)
    problems.install(app)
    app.add_middleware(BodyLimit, limit=sqlite_world.settings.body_limit)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield Api(sqlite_world, make_cast(sqlite_world), client)


def test_the_ledger_from_the_first_cohort_to_a_closed_finding(api: Api) -> None:
    bea, carl, hana = api.cast.bea, api.cast.carl, api.cast.hana
    finding = api.fees()
    cohort = api.cohort(finding)
    api.post(carl, f"/v1/cohorts/{cohort}/agreement", {}, 200)
    day = {"paid_on": str(api.field.today)}
    api.post(bea, f"/v1/cohorts/{cohort}/payments", {**samples.PAYMENT, **day}, 201)
    api.post(bea, f"/v1/cohorts/{cohort}/payments", {**samples.KEPT, **day}, 201)
    said = {**samples.CONFIRMATION, "asked_on": str(api.field.today)}
    ledger = api.post(hana, f"/v1/cohorts/{cohort}/confirmations", said, 201)
    assert keys(ledger) == keys(samples.LEDGER)
    assert (ledger["complete"], ledger["cohorts"][0]["lacking"]) == (True, [])
    shown = api.get(bea, f"/v1/findings/{finding}").json()
    assert shown["remedied_at"] == "2026-06-05T08:00:00Z"
    assert api.field.visit(AnswerDraft("T1.1", "conformance"), type="closure")["closed"] == [finding]
    own = api.get(bea, f"/v1/findings/{finding}/repayment").json()
    assert own["cohorts"][0]["confirmations"] is None
    assert {**own["cohorts"][0], "confirmations": 0} == {**ledger["cohorts"][0], "confirmations": 0}
    revised = api.post(bea, f"/v1/cohorts/{cohort}/revision", samples.COHORT)
    assert (revised.status_code, revised.json()["detail"]) == (409, "the finding is closed")


def test_a_cohort_that_is_corrected_has_to_be_agreed_anew(api: Api) -> None:
    cohort = api.cohort(api.fees())
    api.post(api.cast.amina, f"/v1/cohorts/{cohort}/agreement", {}, 200)
    ledger = api.post(api.cast.bea, f"/v1/cohorts/{cohort}/revision", {**samples.COHORT, "people": 42}, 200)
    assert (ledger["cohorts"][0]["people"], ledger["cohorts"][0]["agreed_at"]) == (42, None)


def test_plans_go_back_and_forth_with_their_clocks(api: Api) -> None:
    bea, carl = api.cast.bea, api.cast.carl
    path = f"/v1/findings/{api.fees()}"
    assert keys(api.get(bea, path).json()["clock"]["plan"]) == keys(CLOCKED["clock"]["plan"])
    (listed,) = api.get(bea, f"/v1/findings?site={api.cast.factory}").json()["items"]
    assert listed == api.get(bea, path).json()
    assert listed["clock"]["plan"] == {"due": "2026-06-19T08:00:00Z", "days_left": 14, "done_at": None}
    shown = api.post(bea, f"{path}/action", ACTION, 200)
    assert set(shown) == set(CLOCKED)
    returned = api.post(carl, f"{path}/action/revision", {"reason": "Who looks?"}, 200)
    assert set(returned["action"]) == set(RETURNED["action"])
    assert keys(returned["action"]["reviews"]) == keys(RETURNED["action"]["reviews"])
    assert api.post(carl, f"{path}/action/approval", {}).status_code == 409
    api.post(bea, f"{path}/action", ACTION, 200)
    api.post(carl, f"{path}/action/approval", {"reason": "Now it says so."}, 200)
    assert api.post(bea, f"{path}/no-action", {"basis": "No."}).status_code == 409
    done = api.post(bea, f"{path}/action/completion", {"evidence": "Bank lists."}, 200)
    assert done["action"]["state"] == "completed"


def test_papers_that_came_back_are_a_remedy_of_their_own(api: Api) -> None:
    api.audited(AnswerDraft("T2.1", "finding", "major", affected=9, sampled=42, description="Seen."))
    (finding,) = api.get(api.cast.bea, f"/v1/findings?site={api.cast.factory}").json()["items"]
    shown = api.post(api.cast.carl, f"/v1/findings/{finding['id']}/remedy", samples.REMEDY, 200)
    assert shown["remedied_at"] is not None
    assert samples.REMEDY["reason"] not in json.dumps(shown)


def test_a_later_check_is_listed_read_and_done(api: Api) -> None:
    api.audited(AnswerDraft("T10.3", "conformance"))
    first, second = api.checks()
    assert (first["kind"], second["kind"]) == ("retaliation_30", "retaliation_90")
    assert keys(first) == keys(samples.CHECK)
    assert api.get(api.cast.carl, "/v1/checks?done=true").json()["items"] == []
    assert api.get(api.cast.carl, f"/v1/checks?site=site_{NO}").json()["items"] == []
    path = f"/v1/checks/{first['id']}"
    assert api.post(api.cast.amina, f"{path}/result", samples.RESULT).status_code == 409
    api.later(days=26)
    done = api.post(api.cast.amina, f"{path}/result", samples.RESULT, 200)
    assert keys(done) == keys(samples.DONE)
    assert done["hint"] == samples.DONE["hint"]
    notes = {name: api.get(getattr(api.cast, name), path).json()["note"] for name in ("carl", "hana", "amina", "sam")}
    assert notes == {**dict.fromkeys(("carl", "hana", "amina"), samples.RESULT["note"]), "sam": None}
    with api.world.db.read() as session:
        read = select(JournalRow.person).where(JournalRow.action == "check_read").order_by(JournalRow.index)
        assert list(session.scalars(read)) == [api.cast.carl.person, api.cast.hana.person]
    assert all(each["note"] is None for each in api.checks())


def test_a_disclosure_is_dated_and_says_that_the_rulebook_says_what_follows(api: Api) -> None:
    body = {**samples.DISCLOSURE, "site": api.cast.factory, "contained_on": "2026-06-01"}
    made = api.post(api.cast.bea, "/v1/disclosures", body, 201)
    assert keys(made) == keys(samples.DISCLOSED)
    assert made["disclosed_at"] == "2026-06-01T08:00:00Z"
    assert made["follows"].startswith("The rulebook in force says what follows")
    assert api.get(api.cast.bea, f"/v1/disclosures/{made['id']}").json() == made
    for who in (api.cast.bea, api.cast.carl, api.cast.sam):
        assert api.get(who, "/v1/disclosures").json() == {"items": [made], "next": None}


def test_dates_as_a_calendar_with_a_token_and_with_a_secret(api: Api) -> None:
    api.fees()
    answer = api.get(api.cast.bea, "/v1/calendar.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["cache-control"] == "private, no-store"
    names = {str(event["summary"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert names == {"Containment of a finding is due", "Corrective action plan is due", "Closure of a finding is due"}
    url = api.post(api.cast.bea, "/v1/calendar-feed", {}, 201)["url"]
    path = url.removeprefix(api.world.settings.public_url)
    fetched = api.client.get(path)
    assert (fetched.status_code, fetched.content) == (200, answer.content)
    assert api.post(api.cast.bea, "/v1/calendar-feed/end", {}, 200) == {"url": None}
    gone, never = api.client.get(path), api.client.get(f"/calendar/{'0' * 32}.ics")
    assert (gone.status_code, gone.text) == (404, never.text)
    assert api.client.get("/calendar/short.ics").status_code == 422
    assert api.client.get("/v1/calendar.ics").status_code == 401


def test_the_example_of_a_calendar_is_one() -> None:
    (event,) = Calendar.from_ical(samples.CALENDAR).walk("VEVENT")
    assert set(event) == {"SUMMARY", "DTSTART", "DTSTAMP", "UID", "TRANSP", "URL"}


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "name": "A worker"}, "/name"),
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "currency": "dollar"}, "/currency"),
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "currency": "ABC"}, "/currency"),
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "amount": 0}, "/amount"),
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "amount": 1.5}, "/amount"),
        ("/v1/findings/{finding}/cohorts", {**samples.COHORT, "leavers": 42}, "/leavers"),
        ("/v1/cohorts/{cohort}/payments", {**samples.PAYMENT, "kind": "promised"}, "/kind"),
        ("/v1/cohorts/{cohort}/payments", {**samples.PAYMENT, "files": ["me.pdf"]}, "/files/0"),
        ("/v1/disclosures", {**samples.DISCLOSURE, "site": "here"}, "/site"),
    ],
)
def test_a_bad_body_is_refused_with_its_pointer(api: Api, path: str, body: Any, pointer: str) -> None:
    finding = api.fees()
    address = path.format(finding=finding, cohort=api.cohort(finding))
    answer = api.post(api.cast.bea, address, body)
    assert (answer.status_code, answer.json()["pointer"]) == (422, pointer)


# --- who must not see ------------------------------------------------------------------------------------------------


def test_otto_sees_nothing_and_does_nothing(api: Api) -> None:
    otto = api.cast.otto
    day = str(api.field.today)
    told = {**samples.DISCLOSURE, "site": api.cast.factory, "contained_on": day}
    disclosure = api.post(api.cast.bea, "/v1/disclosures", told, 201)["id"]
    finding = api.fees()
    cohort = api.cohort(finding)
    check = api.checks()[0]["id"]
    url = api.post(api.cast.bea, "/v1/calendar-feed", {}, 201)["url"]
    api.later(days=26)
    before = api.state()
    reads = {
        "/v1/findings/{finding}/repayment": {"finding": finding},
        "/v1/checks/{check}": {"check": check},
        "/v1/disclosures/{disclosure}": {"disclosure": disclosure},
    }
    writes = {
        "/v1/findings/{finding}/cohorts": samples.COHORT,
        "/v1/findings/{finding}/remedy": samples.REMEDY,
        "/v1/cohorts/{cohort}/revision": samples.COHORT,
        "/v1/cohorts/{cohort}/agreement": {},
        "/v1/cohorts/{cohort}/payments": {**samples.PAYMENT, "paid_on": day},
        "/v1/cohorts/{cohort}/confirmations": {**samples.CONFIRMATION, "asked_on": day, "asked": 0, "confirmed": 0},
        "/v1/checks/{check}/result": samples.RESULT,
        "/v1/disclosures": told,
    }
    there = {"finding": finding, "cohort": cohort, "check": check, "disclosure": disclosure}
    missing = {"finding": f"fnd_{NO}", "cohort": f"led_{NO}", "check": f"chk_{NO}", "disclosure": f"dsc_{NO}"}
    for ids in (there, missing):
        answers = [api.get(otto, path.format(**ids)) for path in reads]
        answers += [
            api.post(otto, path.format(**ids), body if ids is there else {**body, **_nowhere(body)})
            for path, body in writes.items()
        ]
        assert [answer.status_code for answer in answers] == [404] * len(answers)
        assert len({answer.text for answer in answers}) == 1
    assert api.get(otto, "/v1/disclosures").json() == {"items": [], "next": None}
    assert api.get(otto, "/v1/checks").status_code == 403
    assert Calendar.from_ical(api.get(otto, "/v1/calendar.ics").content).walk("VEVENT") == []
    assert api.state() == before
    assert api.post(otto, "/v1/calendar-feed/end", {}).status_code == 409  # Bea's goes on
    assert api.client.get(url.removeprefix(api.world.settings.public_url)).status_code == 200
    operations = {
        (path, method)
        for path, methods in api.client.app.openapi()["paths"].items()  # type: ignore[attr-defined]
        for method in methods
        if "remedy" in methods[method]["tags"]
    }
    own = {
        *((path, "get") for path in ("/v1/disclosures", "/v1/checks", "/v1/calendar.ics", "/calendar/{secret}.ics")),
        *((path, "post") for path in ("/v1/calendar-feed", "/v1/calendar-feed/end")),
    }
    assert operations == {(path, "get") for path in reads} | {(path, "post") for path in writes} | own


def _nowhere(body: Any) -> Any:
    return {"site": f"site_{NO}"} if "site" in body else {}


def test_the_site_sees_nothing_of_a_later_check(api: Api) -> None:
    api.audited(AnswerDraft("T10.3", "conformance"))
    first = api.checks()[0]["id"]
    told = api.get(api.cast.bea, f"/v1/checks/{first}")
    never = api.get(api.cast.bea, f"/v1/checks/chk_{NO}")
    assert (told.status_code, told.text) == (never.status_code, never.text)
    assert api.get(api.cast.bea, "/v1/checks").status_code == 403
    assert api.post(api.cast.bea, f"/v1/checks/{first}/result", samples.RESULT).status_code == 404


def test_every_answer_of_remedy_is_that_of_a_twin_without_the_alert(api: Api) -> None:
    """Everything that the site can get here, before an alert is raised and while it is held, byte by byte."""
    finding = api.fees()
    api.cohort(finding)
    secret = api.post(api.cast.bea, "/v1/calendar-feed", {}, 201)["url"].rsplit("/", 1)[1]
    audit = api.field.plan()

    def sights() -> list[tuple[int, bytes]]:
        bea, site = api.cast.bea, api.cast.factory
        deadlines.remind(api.world)
        paths = [f"/v1/findings?site={site}", f"/v1/findings/{finding}", f"/v1/findings/{finding}/repayment",
                 f"/v1/findings/{held}/repayment", f"/v1/findings/{held}", "/v1/checks", "/v1/disclosures",
                 "/v1/calendar.ics"]  # fmt: skip
        answers = [api.get(bea, path) for path in paths] + [api.client.get(f"/calendar/{secret}")]
        answers += [
            api.post(bea, f"/v1/findings/{held}/cohorts", samples.COHORT),
            api.post(bea, f"/v1/findings/{held}/no-action", {"basis": "No."}),
        ]
        with api.world.db.read() as session:
            mail = select(MailRow.key).where(MailRow.person == bea.person).order_by(MailRow.id)
            written = json.dumps(list(session.scalars(mail))).encode()
        return [*((answer.status_code, answer.content) for answer in answers), (0, written)]

    held = f"fnd_{NO}"
    before = sights()
    held = api.field.alert(audit)
    assert sights() == before
    with api.world.db.write() as session:  # the negative control: once it is told, every sight changes
        release.release_finding(session, session.get_one(FindingRow, held), api.field.now)
    assert sum(one != other for one, other in zip(sights(), before, strict=True)) >= 6


def test_without_the_wait_for_its_release_a_calendar_would_tell(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the one filter that hides drafts and held alerts from dates."""
    audit = api.field.plan()
    held = api.field.alert(audit)
    with api.world.db.write() as session:
        row = session.get_one(FindingRow, held)
        row.close_due = api.field.now
    before = api.get(api.cast.bea, "/v1/calendar.ics").content
    assert held.encode() not in before
    with api.world.db.write() as session:
        session.get_one(FindingRow, held).released_at = api.field.now
    assert held.encode() in api.get(api.cast.bea, "/v1/calendar.ics").content
    assert calendar.PRODUCT.encode() in before
