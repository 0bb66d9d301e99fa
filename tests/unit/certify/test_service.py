"""From what people do to what follows: applying, accepting, issuing, suspending, revoking, reinstating, renewing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from certify import casefile, credential, dossier, issuing, log, people, rulebook, rules, service
from certify.events import commitment
from certify.service import ProductDraft
from certify.statuslist import BITS
from certify.tables import AcceptanceRow, Certificate, DecisionRow
from ground import journal, outbox
from ground.access import SCOPES, Actor
from ground.auth import Membership
from ground.canonical import digest, jcs, parse
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound, Unavailable
from ground.keyset import KeySet
from ground.world import World
from tests.cast import Player, add_site, join
from tests.unit.certify.house import SHIRTS, House, conforming, finding, passports


@pytest.fixture
def house(sqlite_world: World) -> House:
    return House(sqlite_world)


@pytest.fixture
def houses(world: World) -> House:
    """On both databases."""
    return House(world)


def hide(house: House, purpose: str) -> Path:
    (path,) = (house.world.settings.data / "house").glob(f"{purpose}-*.key")
    return path.rename(path.with_suffix(".away"))


def put_back(path: Path) -> None:
    path.rename(path.with_suffix(".key"))


def recorded(house: House, name: str) -> list[dict[str, str]]:
    with house.world.db.read() as session:
        query = select(outbox.OutboxEvent).where(outbox.OutboxEvent.name == name).order_by(outbox.OutboxEvent.id)
        return [event.ids for event in session.scalars(query)]


# ------------------------------------------------------------------------------------------------------------- applying


def test_an_application_is_looked_at_and_refused_with_reasons(house: House) -> None:
    house.apply()
    house.settle()
    (decision,) = house.decisions()
    unmet = {reason["clause"] for reason in decision.reasons if not reason["met"]}
    assert decision.outcome == "refuse"
    assert {"I2", "I4", "I10"} <= unmet
    assert {reason["clause"] for reason in decision.reasons} == set(rulebook.load("freemark-2026.0").clauses)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("unknown site", {"sites": ["site_0000000000000000"]}, "/sites/0"),
    ("a site of another organisation", {"sites": ["<office>"]}, "/sites/0"),
    ("a site twice", {"sites": ["<factory>", "<factory>"]}, "/sites/1"),
    ("a factory as agent", {"agents": ["<factory>"]}, "/agents/0"),
    ("an office twice", {"agents": ["<office>", "<office>"]}, "/agents/1"),
    ("a wrong check digit", {"products": [ProductDraft("A", "04006381333932", "", 1)]}, "/products/0/gtin"),
    ("a GTIN of nine digits", {"products": [ProductDraft("A", "400638133", "", 1)]}, "/products/0/gtin"),
    ("more than a certificate holds", {"products": [ProductDraft("A" * 200, None, "B" * 100, 1)] * 300}, "/products"),
]


@pytest.mark.parametrize(("name", "change", "where"), BAD, ids=[name for name, _, _ in BAD])
def test_a_wrong_application_is_refused_with_its_place(
    house: House, name: str, change: dict[str, Any], where: str
) -> None:
    ids = {"<factory>": house.cast.factory, "<office>": house.cast.office}
    change = {key: [ids.get(item, item) if isinstance(item, str) else item for item in value]
              for key, value in change.items()}  # fmt: skip
    with pytest.raises(Invalid) as refused:
        house.apply(**change)
    assert refused.value.where == where
    assert recorded(house, "application_changed") == []


def test_a_short_gtin_is_kept_as_fourteen_digits() -> None:
    assert service._gtin("4006381333931", "") == "04006381333931"
    assert service._gtin("73513537", "") == "00000073513537"


@given(st.integers(0, 10**13 - 1), st.integers(0, 9))
def test_exactly_one_check_digit_fits(number: int, wrong: int) -> None:
    def fits(digit: int) -> bool:
        try:
            return service._gtin(f"{number:013d}{digit}", "") is not None
        except Invalid:
            return False

    assert sum(fits(digit) for digit in range(10)) == 1


def test_a_second_application_is_no_way_around_a_suspension(house: House) -> None:
    number = house.certified()
    house.act(service.suspend, house.cast.sam, number, reason="Look at once.")
    house.settle()
    with pytest.raises(Conflict, match=number):
        house.apply()


# --------------------------------------------------------------------------------------------- acceptance, independence


def test_an_acceptance_names_every_report_and_nothing_else(house: House) -> None:
    house.audited()
    first, second = house.reports()
    with pytest.raises(Invalid, match="covers every report") as missing:
        house.accept(reports=[first])
    assert missing.value.where == "/reports"
    with pytest.raises(Invalid, match="no current report") as unknown:
        house.accept(reports=[first, "00" * 32, second])
    assert unknown.value.where == "/reports/1"
    with house.world.db.read() as session:
        assert session.scalar(select(AcceptanceRow.id)) is None


def test_without_a_report_there_is_nothing_to_accept(house: House) -> None:
    house.apply()
    with pytest.raises(Conflict, match="no report"):
        house.accept(reports=["00" * 32])


def with_roles(player: Player, *roles: str) -> Player:
    """The same person as a decider too: where one organisation is audit firm and certification body at once."""
    actor = player.actor
    return Player(Actor(actor.person, actor.organisation, frozenset(roles), frozenset(SCOPES), actor.token), "")


def test_neither_the_team_nor_its_firm_accepts_its_own_report(house: House) -> None:
    house.audited()
    for player, word in ((house.cast.amina, "audit team"), (house.second_auditor, "audit firm")):
        for roles in (("auditor",), ("auditor", "decider")):
            with pytest.raises(Forbidden, match=word):
                house.accept(with_roles(player, *roles))
    with house.world.db.read() as session:
        assert session.scalar(select(AcceptanceRow.id)) is None
    assert recorded(house, "report_accepted") == []


def test_a_member_of_the_firm_who_acts_for_another_house_does_not_accept_either(house: House) -> None:
    house.audited()
    carl = house.cast.carl
    with house.world.db.write() as session:
        session.add(Membership(person_id=carl.person, organisation_id=house.cast.amina.organisation, role="auditor"))
    with pytest.raises(Forbidden, match="audit firm"):
        house.accept(carl)


def test_the_control_without_the_check_the_team_would_accept(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.audited()
    monkeypatch.setattr(people, "check_not_of_the_audit", lambda *args, **named: None)
    house.accept(with_roles(house.cast.amina, "decider"))
    house.settle()
    assert house.outcomes()[-1] == "refuse"  # and even then the rules do not count it


def test_a_scheme_manager_cannot_accept(house: House) -> None:
    house.audited()
    with pytest.raises(Forbidden):
        house.accept(house.cast.sam)


def test_nothing_is_issued_before_the_acceptance(house: House) -> None:
    house.audited()
    service.reconsider_all(house.world)
    house.settle()
    assert house.certificates() == []
    assert house.outcomes()[-1] == "refuse"


def test_a_new_report_after_the_acceptance_stops_the_issue(house: House) -> None:
    house.audited()
    house.accept()
    house.later(hours=1)
    house.visit(house.cast.factory, type="surveillance")
    house.settle()
    assert house.outcomes()[-1] == "refuse"
    house.accept()
    house.settle()
    assert house.standing().state == "active"


# -------------------------------------------------------------------------------------------------------------- issuing


def test_a_certificate_is_issued_signed_and_logged(houses: House) -> None:
    house, number = houses, houses.certified()
    (row,) = house.certificates()
    keys = KeySet(1, house.now, {key.kid: key for key in house.world.keyring.listed()}, {})
    assert row.document is not None
    assert row.jwt is not None
    bare = credential.open_credential(row.document, keys)
    assert credential.open_jwt(row.jwt, keys) == bare == row.prepared
    scope = credential.read_scope(bare)
    assert (scope.number, scope.holder, len(scope.sites)) == (number, "Sunrise Garments", 2)
    assert {site.firm_name for site in scope.sites} == {"Meridian Audit"}
    assert bare["issuer"]["name"] == "Lotus Certification"
    (leaf,) = house.leaves()
    assert (leaf.t, leaf.doc, leaf.nbf, leaf.exp) == (
        "cert.issued",
        digest(row.document),
        row.valid_from,
        row.valid_until,
    )
    assert leaf.rules == rulebook.load("freemark-2026.0").sha256
    assert bare["credentialSubject"]["auditableEvidence"]["linkURL"].endswith(f"#cmt-{leaf.cmt}")
    assert {ids["certificate"] for ids in recorded(house, "standing_changed")} == {number}
    log.check(house.world)


def test_no_persons_name_or_id_stands_in_a_certificate(house: House) -> None:
    house.certified()
    text = jcs(house.certificates()[0].document).decode()
    for player in (house.cast.amina, house.cast.carl, house.cast.bea, house.cast.ravi):
        assert player.person not in text
    for name in ("Amina", "Carl", "Bea", "Ravi"):
        assert name not in text


def test_the_commitment_opens_to_the_record_and_the_record_replays(house: House) -> None:
    house.certified()
    for row in house.decisions():
        salt = house.world.keyring.open(row.sealed, f"decision.sealed {row.id}")
        record = parse(row.record.encode(), limit=1 << 24)
        assert commitment(salt, record) == row.cmt
        assert rules.replay(record, rulebook.load(row.rulebook)) == record
        assert jcs(record).decode() == row.record
    assert house.leaves()[0].cmt == house.decisions()[0].cmt


def test_a_core_major_is_refused_and_closing_it_leads_to_the_certificate(house: House) -> None:
    house.audited([finding("T1.1", "major", affected=2)])
    house.accept()
    house.settle()
    refused = house.decisions()[-1]
    assert refused.outcome == "refuse"
    assert "I6" in {reason["clause"] for reason in refused.reasons if not reason["met"]}
    house.later(days=20)
    house.visit(house.cast.factory, [conforming("T1.1")], type="closure", by=house.second_auditor)
    house.settle()
    assert house.outcomes()[-1] == "refuse"  # the closure report is not accepted yet
    house.accept()
    house.settle()
    assert house.standing().state == "active"


def test_deciding_again_gives_keep_and_stores_nothing_new(house: House) -> None:
    house.certified()
    before = len(house.decisions())
    for _ in range(3):
        service.reconsider_all(house.world)
        house.settle()
        house.later(days=1)
    assert house.outcomes()[-1] == "keep"
    assert len(house.decisions()) == before
    assert house.types() == ["cert.issued"]


def test_doubled_and_reordered_events_issue_one_certificate(house: House) -> None:
    house.certified()
    number = house.number()
    for _ in range(2):
        for name, ids in (
            ("certificate_prepared", {"certificate": number}),
            ("report_accepted", {"application": house.application}),
            ("audit_submitted", {"site": house.cast.factory}),
        ):
            event = outbox.Event(1, name, "", ids, house.now)
            for handler in house.handlers[name]:
                handler.run(house.world, event)
    assert len(house.certificates()) == 1
    assert house.types() == ["cert.issued"]


def test_status_places_are_random_and_never_given_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.certified()
    row = house.certificates()[0]
    taken = iter([row.revocation_index, row.revocation_index, 7])
    monkeypatch.setattr("certify.issuing.random_below", lambda n: next(taken))
    with house.world.db.read() as session:
        assert issuing._free_index(session, 1, Certificate.revocation_index) == 7
    assert 0 <= row.suspension_index < BITS


# --------------------------------------------------------------------------------------------------- when a key is away


def test_without_the_event_key_the_certificate_waits_prepared(house: House) -> None:
    house.audited()
    house.settle()
    away = hide(house, "event")
    house.accept()
    house.settle()
    (prepared,) = house.certificates()
    assert (prepared.document, prepared.sealed_at) == (None, None)
    with pytest.raises(Unavailable):
        service.seal_prepared(house.world, prepared.number)
    put_back(away)
    house.later(seconds=30)
    house.settle()
    assert house.number() == prepared.number
    assert house.standing().state == "active"


def test_what_waited_too_long_for_a_key_is_prepared_anew(house: House) -> None:
    house.audited()
    away = hide(house, "certificate")
    house.accept()
    house.settle()
    (old,) = house.certificates()
    house.later(hours=3)
    put_back(away)
    house.settle()
    old_row, new = house.certificates()
    assert (old_row.number, old_row.document, old_row.discarded_at is None) == (old.number, None, False)
    assert new.valid_from == house.now == house.standing().valid_from
    assert (old_row.revocation_index, old_row.suspension_index) == (old.revocation_index, old.suspension_index)


def test_what_the_rules_no_longer_issue_is_never_signed(house: House) -> None:
    house.audited()
    away = hide(house, "certificate")
    house.accept()
    house.settle()
    house.file(house.cast.factory, passports())
    put_back(away)
    house.later(seconds=30)
    house.settle()
    (row,) = house.certificates()
    assert row.document is None
    assert row.discarded_at is not None
    assert house.outcomes()[-1] == "refuse"


def test_the_finding_lands_while_the_event_key_is_away_and_the_suspension_follows(houses: House) -> None:
    house, number = houses, houses.certified()
    house.later(days=30)
    away = hide(house, "event")
    found = house.file(house.cast.factory, passports())
    drained = house.settle()
    assert drained.failed == 1
    assert house.standing().state == "active"
    assert house.outcomes()[-1] == "keep"
    with house.world.db.read() as session:
        facts = casefile.load(session, house.row(), house.now).dossier
        assert [each.id for each in facts.findings] == [found]
    put_back(away)
    house.later(minutes=1)
    house.settle()
    assert house.standing(number).state == "suspended"


# ---------------------------------------------------------------------------------- suspension, revocation, and the end


def suspended(house: House) -> str:
    number = house.certified()
    house.later(days=30)
    house.file(house.cast.factory, passports())
    house.settle()
    return number


def test_a_priority_finding_suspends_at_once_and_opens_a_case(house: House) -> None:
    number = suspended(house)
    assert house.types() == ["cert.issued", "cert.suspended"]
    leaf = house.leaves()[-1]
    assert (leaf.reason, leaf.at) == ("nonconformity", house.now)
    assert house.outcomes()[-3:] == ["suspend", "propose_revocation", "keep"]
    assert not house.standing(number).may_mint
    decision = next(row for row in house.decisions() if row.outcome == "suspend")
    assert leaf.cmt == decision.cmt


def test_a_waiver_makes_the_revocation_final(house: House) -> None:
    number = suspended(house)
    house.act(service.waive_reply, house.cast.bea, number)
    house.settle()
    assert house.types()[-1] == "cert.revoked"
    entry = house.standing(number)
    assert entry.state == "revoked"
    assert entry.standing.revoked_from is not None
    assert entry.standing.revoked_from <= house.now
    for step, who, more in (
        (service.waive_reply, house.cast.bea, {}),
        (service.suspend, house.cast.sam, {"reason": "Again."}),
        (service.request_withdrawal, house.cast.bea, {}),
        (service.confirm, house.cast.carl, {"act": "reinstate"}),
        (service.confirm, house.cast.carl, {"act": "revoke"}),
    ):
        with pytest.raises(Conflict):
            house.act(step, who, number, **more)


def test_silence_makes_the_revocation_final_a_reply_does_not(house: House) -> None:
    number = suspended(house)
    house.later(days=29)
    service.reconsider_all(house.world)
    assert house.standing(number).state == "suspended"
    house.act(service.reply, house.cast.bea, number, text="The safe is open.")
    with pytest.raises(Conflict, match="answered already"):
        house.act(service.reply, house.cast.bea, number, text="One more thing.")
    house.later(days=3)
    service.reconsider_all(house.world)
    assert house.standing(number).state == "suspended"


def test_silence_alone_revokes_after_the_time_for_a_reply(house: House) -> None:
    number = suspended(house)
    house.later(days=31)
    with pytest.raises(Conflict, match="over"):
        house.act(service.reply, house.cast.bea, number, text="Too late.")
    service.reconsider_all(house.world)
    assert house.standing(number).state == "revoked"


def test_two_people_of_two_organisations_revoke_in_spite_of_a_reply(house: House) -> None:
    number = suspended(house)
    house.act(service.reply, house.cast.bea, number, text="The safe is open.")
    house.act(service.confirm, house.cast.carl, number, act="revoke")
    house.settle()
    assert house.standing(number).state == "suspended"
    with pytest.raises(Conflict, match="another person"):
        house.act(service.confirm, house.cast.carl, number, act="revoke")
    house.act(service.confirm, house.cast.sam, number, act="revoke")
    house.settle()
    assert house.standing(number).state == "revoked"


def test_without_a_case_there_is_nothing_to_reply_to_or_to_confirm(house: House) -> None:
    number = house.certified()
    for step, who, more in (
        (service.reply, house.cast.bea, {"text": "What?"}),
        (service.waive_reply, house.cast.bea, {}),
        (service.confirm, house.cast.carl, {"act": "revoke"}),
        (service.confirm, house.cast.carl, {"act": "reinstate"}),
    ):
        with pytest.raises(Conflict):
            house.act(step, who, number, **more)


def test_one_person_brakes_and_two_release(house: House) -> None:
    number = house.certified()
    house.later(days=1)
    house.act(service.suspend, house.cast.sam, number, reason="The embassy called.")
    house.settle()
    assert house.standing(number).state == "suspended"
    with pytest.raises(Conflict, match="suspended already"):
        house.act(service.suspend, house.cast.carl, number, reason="Me too.")
    house.later(days=2)
    house.visit(house.cast.factory, type="surveillance")
    house.act(service.confirm, house.cast.sam, number, act="reinstate")
    house.settle()
    assert house.standing(number).state == "suspended"  # one person, and the report is not accepted
    house.accept()
    house.settle()
    assert house.types()[-2:] == ["cert.suspended", "cert.reinstated"]
    assert house.standing(number).may_mint
    assert house.row().suspension_requested_at is None


def test_a_confirmation_of_one_suspension_does_not_count_for_the_next(house: House) -> None:
    number = house.certified()
    for turn in range(2):
        house.later(days=1)
        house.act(service.suspend, house.cast.sam, number, reason="Look.")
        house.settle()
        house.later(days=2)
        house.visit(house.cast.factory, type="surveillance")
        house.accept()
        house.settle()
        assert house.standing(number).state == "suspended", turn
        house.act(service.confirm, house.cast.sam, number, act="reinstate")
        house.settle()
        assert house.standing(number).state == "active", turn


def test_the_holder_gives_it_back(house: House) -> None:
    number = house.certified()
    house.act(service.request_withdrawal, house.cast.bea, number)
    with pytest.raises(Conflict):
        house.act(service.request_withdrawal, house.cast.bea, number)
    house.settle()
    assert house.standing(number).state == "withdrawn"
    assert house.leaves()[-1].reason == "holder-request"


def test_nobody_leaves_by_that_door_while_a_revocation_is_proposed(house: House) -> None:
    number = suspended(house)
    house.act(service.request_withdrawal, house.cast.bea, number)
    house.settle()
    assert house.standing(number).state == "suspended"


def test_an_ended_certificate_is_told_of_once(house: House) -> None:
    number = house.certified()
    house.later(days=150)
    house.visit(house.cast.factory, type="surveillance")
    house.visit(house.cast.office, type="surveillance")
    house.later(days=220)
    before = len(recorded(house, "standing_changed"))
    for _ in range(2):
        service.reconsider_all(house.world)
    assert house.standing(number).state == "expired"
    assert house.types() == ["cert.issued"]
    assert len(recorded(house, "standing_changed")) == before + 1


def test_a_renewal_supersedes_the_old_one_and_names_the_new(houses: House) -> None:
    house, old = houses, houses.certified()
    house.later(days=300)
    house.visit(house.cast.factory)
    house.visit(house.cast.office)
    house.accept()
    house.settle()
    new = house.number()
    assert new != old
    assert house.types(old)[-1] == "cert.superseded"
    entry = house.standing(old)
    assert (entry.state, entry.standing.next, entry.may_mint) == ("superseded", new, False)
    assert house.standing(new).state == "active"
    assert house.leaves(old)[-1].at == house.standing(new).valid_from
    with pytest.raises(Conflict, match=new):
        house.act(service.suspend, house.cast.sam, old, reason="The old one.")
    first, second = house.certificates()
    assert (second.predecessor, second.ordinal) == (first.number, 2)
    assert {old, new} <= {ids["certificate"] for ids in recorded(house, "standing_changed")}


# ------------------------------------------------------------------------------------------------------ who may do what


def test_nobody_of_another_organisation_learns_that_there_is_anything(house: House) -> None:
    number = suspended(house)
    steps: list[tuple[Any, str, dict[str, Any]]] = [
        (service.sign_agreement, house.application, {"version": "2026.0", "independent_reporting": True}),
        (service.accept_reports, house.application, {"reports": [], "note": ""}),
        (service.suspend, number, {"reason": "Me."}),
        (service.request_withdrawal, number, {}),
        (service.reply, number, {"text": "Me."}),
        (service.waive_reply, number, {}),
        (service.confirm, number, {"act": "revoke"}),
    ]
    for step, thing, more in steps:
        for who in (house.cast.otto, house.cast.ravi):
            with pytest.raises(NotFound):
                house.act(step, who, thing, **more)


def test_the_holder_can_neither_accept_brake_nor_confirm(house: House) -> None:
    number = suspended(house)
    for step, thing, more in (
        (service.accept_reports, house.application, {"reports": [], "note": ""}),
        (service.suspend, number, {"reason": "Me."}),
        (service.confirm, number, {"act": "reinstate"}),
    ):
        with pytest.raises(Forbidden):
            house.act(step, house.cast.bea, thing, **more)


def test_only_managers_of_a_manufacturer_apply(house: House) -> None:
    for who in (house.cast.carl, house.cast.amina, house.cast.ravi, house.cast.sam):
        with pytest.raises(FreemarkError):
            house.act(service.apply, who, sites=[house.cast.factory], agents=[], products=[SHIRTS])


def test_every_act_stands_in_the_journal(house: House) -> None:
    number = suspended(house)
    house.act(service.waive_reply, house.cast.bea, number)
    house.settle()
    with house.world.db.read() as session:
        actions = [row.action for row in session.scalars(select(journal.JournalRow).order_by(journal.JournalRow.index))]
        assert journal.check(session) == len(actions)
    for action in (
        "certify.apply",
        "certify.sign",
        "certify.accept",
        "certify.decide",
        "certify.issue",
        "certify.reply",
    ):
        assert action in actions


def test_rules_that_never_come_to_rest_are_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.apply()
    monkeypatch.setattr("certify.deciding._step", lambda world, application: True)
    with pytest.raises(Conflict, match="come to rest"):
        service.consider(house.world, house.application)


def test_one_application_that_fails_does_not_hold_up_the_others(house: House) -> None:
    house.certified()
    house.later(days=1)
    with house.world.db.write() as session:
        maker = join(session, house.world, "Able Knits", "manufacturer", "Abe", "manager")
        site = add_site(session, house.world, maker, "factory", "Unit 1", 20)
    other = house.act(service.apply, maker, sites=[site], agents=[], products=[SHIRTS]).id
    with house.world.db.write() as session:
        session.execute(update(Certificate).values(valid_until=house.now + timedelta(days=9000)))
    with pytest.raises(Conflict, match="different things"):
        service.reconsider_all(house.world)
    with house.world.db.read() as session:
        assert session.scalar(select(DecisionRow.outcome).where(DecisionRow.application_id == other)) == "refuse"


def test_genesis_is_said_once(houses: House) -> None:
    for _ in range(2):
        service.genesis(houses.world)
    with houses.world.db.read() as session:
        first = log.of_types(session, ("rules.published", "key.added"))
    assert [leaf.t for leaf in first] == ["rules.published", "key.added"]
    assert first[0].rules == rulebook.load("freemark-2026.0").sha256
    assert first[1].doc == digest(parse(houses.world.shelf.read("keys.json") or b"", limit=1 << 20))


def test_records_open_to_what_was_decided(house: House) -> None:
    suspended(house)
    for row in house.decisions():
        _, standing, decision = dossier.open_record(parse(row.record.encode(), limit=1 << 24))
        assert (decision.outcome, standing.state if standing else None) == (row.outcome, row.state)
