"""From the register to an accepted assignment: who is drawn, why the others are not, and what planning asks for.

Amina and Aino audit for Meridian, Ulla for Northern, Wilma for a house that is firm and factory at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from audits.independence import assigning, facts, register, views
from audits.independence.assigning import AssignmentDraft
from audits.independence.register import AuditorDraft, FirmDraft
from audits.independence.tables import DrawRow
from audits.release import release_finding
from audits.tables import AuditRow, FindingRow
from ground import journal
from ground.access import Actor
from ground.database import Database
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound
from ground.outbox import OutboxEvent
from tests.auditing import Field
from tests.unit.audits.conftest import Stage

STANDARD = "freemark-2026.1"
FIRM = FirmDraft("good", "Accredited.", (), ("all",), date(2027, 5, 31), date(2026, 1, 1))
AUDITOR = AuditorDraft(
    "lead", "good", "Examined.", ("all",), ("bn", "en"), date(2025, 1, 1), date(2028, 1, 1), date(2027, 5, 31),
    date(2026, 1, 1),
)  # fmt: skip
AUDITORS = ("amina", "aino", "ulla", "wilma")


class Office:
    """The scheme's office: Sam keeps the register, Carl asks, the auditors answer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        for name in AUDITORS:
            self.approve(name)
        for name in ("amina", "ulla", "wilma"):
            self.firm(name)

    def person(self, name: str) -> Actor:
        return self.stage.people[name]

    def do(self, step: Any, by: str, *things: Any, **said: Any) -> Any:
        with self.stage.world.db.write() as session:
            return step(session, self.person(by), *things, **said, now=self.stage.now)

    def approve(self, name: str, **change: Any) -> None:
        self.do(register.set_auditor, "sam", self.person(name).person, replace(AUDITOR, **change))

    def firm(self, name: str, **change: Any) -> None:
        self.do(register.set_firm, "sam", self.person(name).organisation, replace(FIRM, **change))

    def draft(self, **change: Any) -> AssignmentDraft:
        today = self.stage.today
        days = {"starts_on": today, "ends_on": today + timedelta(days=27)}
        return replace(
            AssignmentDraft(self.stage.factory, "surveillance", STANDARD, **days, languages=("bn",), topics=("T1",)),
            **change,
        )

    def ask(self, by: str = "carl", **change: Any) -> Any:
        return self.do(assigning.ask, by, self.draft(**change))

    def show(self, id: str, by: str = "carl") -> Any:
        with self.stage.world.db.read() as session:
            return views.get_assignment(session, self.person(by), id)

    def name(self, person: str) -> str:
        return next(name for name, actor in self.stage.people.items() if actor.person == person)

    def reasons(self, id: str) -> dict[str, list[str]]:
        """Of the newest draw, by name."""
        last = self.show(id)["draws"][-1]
        return {self.name(each["person"]): each["reasons"] for each in last["candidates"] if each["person"]}

    def only(self, name: str) -> None:
        """Everybody else is not available."""
        for other in AUDITORS:
            if other != name:
                self.approve(other, status="inactive")

    def accepted(self, name: str = "amina", **change: Any) -> Any:
        """An assignment that this person was drawn for, declared none about, and accepted."""
        self.only(name)
        row = self.ask(**change)
        assert row.lead_id == self.person(name).person, self.reasons(row.id)
        self.do(assigning.declare, name, row.id, kind="none", until=None)
        return self.do(assigning.accept, name, row.id)

    def check(self, *team: str, day: date | None = None, type: str = "surveillance", site: str = "") -> None:
        with self.stage.world.db.read() as session:
            facts.check_planned(
                session,
                site=site or self.stage.factory,
                type=type,
                firm=self.person(team[0]).organisation,
                team=[self.person(name).person for name in team],
                starts_on=day or self.stage.today,
            )

    def refused(self, *team: str, **said: Any) -> str:
        with pytest.raises(Conflict) as refusal:
            self.check(*team, **said)
        return refusal.value.detail

    def objections(self, audit: str, *team: str) -> tuple[str, ...]:
        with self.stage.world.db.read() as session:
            row = session.get_one(AuditRow, audit)
            row.standard, row.type = STANDARD, "surveillance"  # never flushed: this session only reads
            return facts.objections(session, row, [self.person(name).person for name in team])


@pytest.fixture
def office(stage: Stage) -> Office:
    return Office(stage)


@pytest.fixture
def offices(stages: Stage) -> Office:
    """The same on both databases."""
    return Office(stages)


# --- an alert that is held -------------------------------------------------------------------------------------------


def test_a_draw_and_its_words_are_the_same_with_an_alert_that_is_held(stage: Stage, field: Field) -> None:
    """Amina raised it. That she may not close it is told when the hold has ended, and not by a number before."""
    visit = field.plan()
    alert = field.alert(visit)
    office = Office(stage)
    row = office.ask(type="priority_closure")
    # Wilma's is one of four candidates, and as eligible as the others: the factory is not hers.
    assert office.reasons(row.id) == {name: [] for name in AUDITORS}
    why = office.show(row.id, office.name(row.lead_id))["why"]
    assert "among 4 eligible of 4 candidates" in why
    office.do(assigning.declare, office.name(row.lead_id), row.id, kind="none", until=None)
    office.only("amina")
    office.do(assigning.cancel, "carl", row.id, reason="Another window is wanted.")
    again = office.accepted("amina", type="priority_closure")
    office.check("amina", type="priority_closure")
    with stage.world.db.write() as session:
        release_finding(session, session.get_one(FindingRow, alert), stage.now)
    assert "another team closes it" in office.refused("amina", type="priority_closure")
    office.do(assigning.cancel, "carl", again.id, reason="Another team has to go.")
    reasons = office.reasons(office.ask(type="priority_closure").id)["amina"]
    assert f"{office.person('amina').person} was on the audit that found {alert}: another team closes it" in reasons


# --- the draw --------------------------------------------------------------------------------------------------------


def test_every_candidate_is_explained_and_the_draw_can_be_repeated(offices: Office) -> None:
    office = offices
    office.approve("aino", level="auditor")
    office.approve("ulla", status="suspended")
    row = office.ask()
    shown = office.show(row.id)
    (draw,) = shown["draws"]
    assert [(each["firm"], each["person"]) for each in draw["candidates"]] == sorted(
        (office.person(name).organisation, office.person(name).person) for name in AUDITORS
    )
    ulla, aino = office.person("ulla").person, office.person("aino").person
    said = office.reasons(row.id)
    assert said["aino"] == [f"{aino} is approved as auditor, not to lead"]
    assert f"{ulla} is suspended since 2026-01-01, and the audit may be on 2026-06-01" in said["ulla"]
    assert said["amina"] == said["wilma"] == []
    eligible = [each for each in draw["candidates"] if each["eligible"]]
    assert draw["of"] == len(eligible) == 2
    assert (shown["firm"], shown["lead"]) == tuple(eligible[draw["number"]][key] for key in ("firm", "person"))
    assert shown["state"] == "offered"


def test_the_lot_falls_on_everybody_who_is_eligible_sooner_or_later(office: Office) -> None:
    """The negative control of the draw: without chance it would always be the first."""
    leads = set()
    for week in range(52):
        day = office.stage.today + timedelta(days=7 * week)
        office.firm("amina", valid_until=date(2028, 12, 31))
        leads.add(office.ask(starts_on=day, ends_on=day).lead_id)
        if len(leads) == 4:
            return
    raise AssertionError(f"in 52 draws among 4 only {len(leads)} were drawn")


def test_the_house_that_owns_the_site_is_no_candidate_for_it(office: Office) -> None:
    office.only("wilma")
    wilma = office.person("wilma")
    row = office.ask(site=office.stage.mill)
    assert (row.state, row.firm_id) == ("unfilled", None)
    assert office.reasons(row.id)["wilma"] == [f"{wilma.organisation} answers for the site itself"]
    assert office.ask(site=office.stage.factory).lead_id == wilma.person


def test_nobody_eligible_is_an_answer_with_reasons_and_drawn_again_later(office: Office) -> None:
    row = office.ask(languages=("ne",))
    assert row.state == "unfilled"
    assert all(any("speaks ne" in each for each in said) for said in office.reasons(row.id).values())
    office.approve("ulla", languages=("ne",))
    again = office.do(assigning.draw_again, "sam", row.id)
    assert (again.state, again.lead_id) == ("offered", office.person("ulla").person)
    assert [draw["of"] for draw in office.show(row.id)["draws"]] == [0, 1]
    with pytest.raises(Conflict, match="is offered"):
        office.do(assigning.draw_again, "sam", row.id)


def test_who_is_drawn_cannot_be_drawn_away_by_asking_again(office: Office) -> None:
    row = office.ask()
    with pytest.raises(Conflict, match=row.id):
        office.ask(starts_on=office.stage.today + timedelta(days=20), ends_on=office.stage.today + timedelta(days=30))
    office.ask(type="closure")
    office.do(assigning.cancel, "sam", row.id, reason="The factory has closed.")
    office.ask()
    with office.stage.world.db.read() as session:
        journal.check(session)
        assert len(list(session.scalars(select(DrawRow)))) == 3


def test_declining_needs_a_reason_and_draws_somebody_else(office: Office) -> None:
    names = []
    row = office.ask()
    for unavailable in ("lead", "firm", "lead"):
        if row.state != "offered":
            break
        name = office.name(str(row.lead_id))
        names.append((name, row.firm_id))
        row = office.do(
            assigning.decline, name, row.id, unavailable=unavailable, reason="On leave in June."
        )  # fmt: skip
        said = office.reasons(row.id)[name]
        assert any("sent this assignment back" in each for each in said), said
    assert len({name for name, _ in names}) == len(names)
    assert len({firm for _, firm in names[1:]}) == len(names) - 1  # a whole firm went with the second
    assert office.show(row.id)["draws"][0]["declined_reason"] == "On leave in June."


def test_a_firm_sees_its_own_assignment_only_and_no_other_candidate(office: Office) -> None:
    row = office.ask()
    name = office.name(str(row.lead_id))
    shown = office.show(row.id, name)
    assert shown["draws"] == []
    for other in {"amina", "ulla", "wilma"} - {name, "amina" if name == "aino" else name}:
        if office.person(other).organisation != row.firm_id:
            with pytest.raises(NotFound):
                office.show(row.id, other)
    office.do(assigning.decline, name, row.id, unavailable="firm", reason="No capacity.")
    with pytest.raises(NotFound):
        office.show(row.id, name)


@pytest.mark.parametrize("who", ["bea", "ravi", "otto"])
def test_nobody_at_a_site_can_learn_of_an_assignment(office: Office, who: str) -> None:
    """Unannounced stays unannounced: one that exists and one that does not are the same answer."""
    row = office.ask()
    for step, said in (
        (assigning.declare, {"kind": "none", "until": None}), (assigning.accept, {}), (assigning.draw_again, {}),
        (assigning.decline, {"unavailable": "lead", "reason": "No."}), (assigning.cancel, {"reason": "No."}),
    ):  # fmt: skip
        told = []
        for id in (row.id, "asg_0000000000000000"):
            with pytest.raises(NotFound) as refusal:
                office.do(step, who, id, **said)
            told.append(str(refusal.value))
        assert told[0] == told[1]
    for id in (row.id, "asg_0000000000000000"):
        with pytest.raises(NotFound):
            office.show(id, who)
    with pytest.raises(Forbidden):
        office.ask(who)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"site": "site_0000000000000000"}, "/site"),
        ({"standard": "freemark-2020.1"}, "/standard"),
        ({"topics": ("T1", "T99")}, "/topics/1"),
        ({"ends_on": date(2026, 5, 31), "starts_on": date(2026, 5, 1)}, "/ends_on"),
        ({"ends_on": date(2026, 5, 31)}, "/ends_on"),
        ({"ends_on": date(2026, 9, 1)}, "/ends_on"),
        ({"starts_on": date(2027, 6, 3), "ends_on": date(2027, 6, 4)}, "/starts_on"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_with_its_place(office: Office, change: Any, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        office.ask(**change)
    assert refusal.value.where == where


# --- declarations and acceptance -------------------------------------------------------------------------------------


def test_acceptance_takes_the_lead_and_a_declaration(office: Office) -> None:
    office.only("amina")
    office.approve("aino")
    row = office.ask(languages=())
    lead = office.name(str(row.lead_id))
    colleague = "aino" if lead == "amina" else "amina"
    with pytest.raises(Forbidden, match="was drawn to lead"):
        office.do(assigning.accept, colleague, row.id)
    with pytest.raises(Conflict, match="has not declared"):
        office.do(assigning.accept, lead, row.id)
    office.do(assigning.declare, lead, row.id, kind="family", until=None)
    with pytest.raises(Conflict, match="declared family"):
        office.do(assigning.accept, lead, row.id)
    office.do(assigning.declare, lead, row.id, kind="none", until=None)
    assert office.do(assigning.accept, lead, row.id).state == "accepted"
    assert [said["kind"] for said in office.show(row.id)["declarations"]] == ["family", "none"]
    with pytest.raises(Conflict, match="accepted already"):
        office.do(assigning.decline, lead, row.id, unavailable="lead", reason="No.")


def test_a_false_declaration_is_caught_at_acceptance_and_at_planning(office: Office) -> None:
    office.only("amina")
    row = office.ask()
    office.do(assigning.declare, "amina", row.id, kind="none", until=None)
    holder = office.person("bea").organisation
    amina = office.person("amina").person
    office.do(register.record_tie, "sam", amina, organisation=holder, kind="consultancy", until=date(2025, 6, 1))
    with pytest.raises(Conflict, match="declared no conflict, but there was consultancy"):
        office.do(assigning.accept, "amina", row.id)
    office.do(assigning.cancel, "carl", row.id, reason="A conflict.")
    row = office.ask()
    assert row.state == "unfilled"
    assert any("consultancy" in each for each in office.reasons(row.id)["amina"])


def test_what_was_declared_about_one_assignment_counts_for_the_next_at_the_same_holder(office: Office) -> None:
    office.only("amina")
    row = office.ask()
    office.do(assigning.declare, "amina", row.id, kind="employment", until=date(2025, 12, 31))
    again = office.do(assigning.decline, "amina", row.id, unavailable="lead", reason="I worked there.")
    assert any("employment" in each for each in office.reasons(again.id)["amina"])
    other = office.ask(type="closure")
    assert any("which bars for 24 months" in each for each in office.reasons(other.id)["amina"])
    assert office.ask(site=office.stage.mill).lead_id == office.person("amina").person  # another holder


def test_who_lost_the_approval_meanwhile_cannot_accept(office: Office) -> None:
    office.only("amina")
    row = office.ask()
    office.do(assigning.declare, "amina", row.id, kind="none", until=None)
    office.firm("amina", status="suspended", effective_on=None)
    with pytest.raises(Conflict, match="is suspended since 2026-06-01"):
        office.do(assigning.accept, "amina", row.id)


def test_no_conflict_has_no_last_day(office: Office) -> None:
    office.only("amina")
    row = office.ask()
    with pytest.raises(Invalid) as refusal:
        office.do(assigning.declare, "amina", row.id, kind="none", until=date(2026, 1, 1))
    assert refusal.value.where == "/until"


# --- planning --------------------------------------------------------------------------------------------------------


def test_planning_asks_for_an_accepted_assignment(offices: Office) -> None:
    office = offices
    amina = office.person("amina")
    said = office.refused("amina")
    assert amina.person in said
    assert amina.organisation in said
    assert office.stage.factory in said
    office.accepted("amina")
    office.check("amina")
    office.check("amina", day=office.stage.today + timedelta(days=27))
    for wrong in ({"day": office.stage.today + timedelta(days=28)}, {"type": "initial"}, {"site": office.stage.mill}):
        assert "has accepted no assignment" in office.refused("amina", **wrong)
    assert "has accepted no assignment" in office.refused("aino", "amina")  # another lead
    assert "has accepted no assignment" in office.refused("ulla")


def test_every_member_of_the_team_is_approved_and_has_declared(office: Office) -> None:
    row = office.accepted("amina")
    aino = office.person("aino").person
    said = office.refused("amina", "aino")
    assert f"{aino} is inactive since 2026-01-01" in said
    assert f"{aino} has not declared" in said
    office.approve("aino", level="provisional")
    office.do(assigning.declare, "aino", row.id, kind="none", until=None)
    office.check("amina", "aino")
    office.do(assigning.declare, "aino", row.id, kind="financial", until=None)
    assert f"{aino} declared financial" in office.refused("amina", "aino")


def test_the_team_covers_the_languages_that_were_asked_for(office: Office) -> None:
    office.accepted("amina")
    office.approve("amina", languages=("en",))
    assert office.refused("amina") == "no member of the team speaks bn"


def test_an_assignment_is_good_for_one_completed_audit(office: Office) -> None:
    office.accepted("amina")
    done = office.stage.visit(type="surveillance", answers=[office.stage.conforming("T1.1")])
    said = office.refused("amina")
    assert done["id"] in said
    assert "a new one is needed" in said


def test_three_in_a_row_and_no_fourth(office: Office) -> None:
    stage = office.stage
    for count, lead in enumerate(("ulla", "amina", "amina", "amina")):
        stage.visit(type="surveillance", answers=[stage.conforming("T1.1")], by=lead)
        with stage.world.db.read() as session:
            rows = {name: facts.in_a_row(session, stage.factory, office.person(name).person) for name in AUDITORS}
        assert rows == {**dict.fromkeys(AUDITORS, 0), lead: max(count, 1)}
        stage.later(days=1)
    office.only("amina")
    row = office.ask()
    assert row.state == "unfilled"
    amina = office.person("amina").person
    assert office.reasons(row.id)["amina"] == [f"{amina} led the last 3 full audits here; at most 3 in a row"]
    # A closure is no full audit: it neither counts nor is barred, and it does not break the row.
    stage.visit(type="closure", answers=[stage.conforming("T1.1")], by="ulla")
    with stage.world.db.read() as session:
        assert facts.in_a_row(session, stage.factory, amina) == 3
    stage.later(days=1)
    stage.visit(type="surveillance", answers=[stage.conforming("T1.1")], by="ulla")
    assert office.do(assigning.draw_again, "carl", row.id).state == "offered"


# --- objections ------------------------------------------------------------------------------------------------------


def test_objections_are_of_the_days_of_the_audit(office: Office) -> None:
    stage = office.stage
    row = office.accepted("amina")
    audit = stage.plan(type="surveillance")
    assert office.objections(audit, "amina") == ()
    stage.later(days=5)
    amina = office.person("amina")
    office.firm("amina", status="suspended", effective_on=stage.today)
    office.approve("amina", status="lapsed", effective_on=stage.today)
    assert office.objections(audit, "amina") == ()  # on the day of the audit all was well
    office.firm("amina", status="suspended", effective_on=date(2026, 5, 20))  # learned later, in effect earlier
    assert office.objections(audit, "amina") == (
        f"{amina.organisation} is suspended since 2026-05-20, and the audit may be on 2026-06-01",
    )
    office.do(assigning.cancel, "carl", row.id, reason="It was found out.")
    assert "has accepted no assignment" in office.objections(audit, "amina")[0]


def test_an_objection_names_the_false_declaration_and_the_missing_one(office: Office) -> None:
    office.accepted("amina")
    audit = office.stage.plan(type="surveillance")
    office.approve("aino")
    holder, amina = office.person("bea").organisation, office.person("amina").person
    office.do(register.record_tie, "sam", amina, organisation=holder, kind="employment", until=None)
    said = " | ".join(office.objections(audit, "amina", "aino"))
    assert "declared no conflict, but there was employment" in said
    assert f"{office.person('aino').person} has not declared" in said
    with office.stage.world.db.read() as session:
        row = session.get_one(AuditRow, audit)
        assert facts.objections(session, row, [amina]) == ()  # under a standard without these rules


# --- the register ----------------------------------------------------------------------------------------------------


def test_only_the_scheme_manager_writes_the_register(office: Office) -> None:
    amina = office.person("amina")
    for who in ("carl", "amina", "bea", "otto"):
        with pytest.raises((Forbidden, NotFound)):
            office.do(register.set_firm, who, amina.organisation, FIRM)
        with pytest.raises((Forbidden, NotFound)):
            office.do(register.set_auditor, who, amina.person, AUDITOR)
        with pytest.raises((Forbidden, NotFound)):
            office.do(
                register.record_tie, who, amina.person, organisation=amina.organisation, kind="other", until=None
            )  # fmt: skip


@pytest.mark.parametrize(
    ("who", "firm", "colleague", "ties"),
    [("sam", True, True, True), ("carl", True, True, True), ("amina", True, True, True), ("aino", True, True, False),
     ("ulla", False, False, False), ("bea", False, False, False), ("otto", False, False, False)],
)  # fmt: skip
def test_who_reads_the_register(office: Office, who: str, *, firm: bool, colleague: bool, ties: bool) -> None:
    amina = office.person("amina")
    office.do(
        register.record_tie, "sam", amina.person, organisation=office.person("bea").organisation, kind="family",
        until=None,
    )  # fmt: skip
    with office.stage.world.db.read() as session:
        today = office.stage.today
        for may, view, subject in ((firm, views.firm_view, amina.organisation),
                                   (colleague, views.auditor_view, amina.person)):  # fmt: skip
            if not may:
                with pytest.raises(NotFound):
                    view(session, office.person(who), subject, today=today)
                continue
            shown = view(session, office.person(who), subject, today=today)
            assert shown["status"] == "good"
            if view is views.auditor_view:
                assert bool(shown["ties"]) == ties


def test_an_approval_that_is_over_says_expired_and_history_stays(office: Office) -> None:
    amina = office.person("amina")
    office.firm("amina", status="suspended", effective_on=None)
    office.firm("amina", effective_on=None)
    with office.stage.world.db.read() as session:
        for day, status in (
            (date(2027, 5, 31), "good"),
            (date(2027, 6, 1), "expired"),
            (date(2025, 1, 1), "not_registered"),
        ):
            assert views.firm_view(session, amina, amina.organisation, today=day)["status"] == status
        history = views.firm_view(session, amina, amina.organisation, today=day)["history"]
    assert [entry["status"] for entry in history] == ["good", "suspended", "good"]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"effective_on": date(2026, 6, 2)}, "/effective_on"),
        ({"effective_on": date(2025, 5, 30)}, "/effective_on"),
        ({"valid_until": date(2025, 12, 31)}, "/valid_until"),
        ({"valid_until": date(2036, 1, 1)}, "/valid_until"),
        ({"countries": ("BD", "XX")}, "/countries/1"),
    ],
)
def test_an_entry_that_cannot_be_is_refused(office: Office, change: Any, where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        office.firm("amina", **change)
    assert refusal.value.where == where


def test_training_has_two_days_in_their_order(office: Office) -> None:
    for change in ({"trained_until": None}, {"trained_until": date(2024, 1, 1)}):
        with pytest.raises(Invalid) as refusal:
            office.approve("amina", **change)
        assert refusal.value.where == "/trained_until"


def test_every_entry_is_news_and_stands_in_the_journal(office: Office) -> None:
    office.approve("ulla", status="suspended")
    with office.stage.world.db.read() as session:
        told = select(OutboxEvent.subject).where(OutboxEvent.name == "accreditation_changed").order_by(OutboxEvent.id)
        assert list(session.scalars(told))[-1] == office.person("ulla").person
        assert journal.check(session) > 0


def test_a_refused_entry_leaves_nothing(office: Office) -> None:
    before = _news(office.stage.world.db)
    with pytest.raises(FreemarkError):
        office.do(register.set_firm, "sam", "org_0000000000000000", FIRM)
    with pytest.raises(NotFound):
        office.do(register.set_firm, "sam", office.person("bea").organisation, FIRM)
    with pytest.raises(NotFound):
        office.do(register.set_auditor, "sam", office.person("bea").person, AUDITOR)
    assert _news(office.stage.world.db) == before


def _news(db: Database) -> int:
    with db.read() as session:
        return len(list(session.scalars(select(OutboxEvent.id))))
