"""What a notice says about labels and goods: the rulebook's row for each event, its days as dates; and what not.

The rows and numbers are those of freemark-2026.1 (DOMAIN.md 7.7); freemark-2026.0 has none, and says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from audits.facts import Hit
from certify import stock
from certify.appeals import notices, samples
from certify.appeals.tables import NoticeRow
from certify.dossier import Decision, Dossier, Reduction, dossier_from_json, dossier_to_json
from certify.events import Standing
from certify.rules import decide
from certify.stock import Instruction
from ground.mail import MailRow
from tests.conftest import WorldMaker
from tests.flows.house import DAY, LATEST, House, opened
from tests.unit.certify.builders import (
    BOOK,
    BOOK_1,
    CARL,
    LOTUS,
    NOW,
    SUNRISE,
    at,
    blocked_exit,
    case,
    certified,
    certified_2026_1,
    ending,
    fees,
    finding,
    passports,
    place_1,
    repaired_2026_1,
    standing,
)

CORE_HELD = "Held, nothing is shipped."


def told(
    dossier: Dossier, stands: Standing | None = None, *, book: Any = BOOK_1
) -> tuple[Decision, Instruction | None]:
    here = stands or standing()
    decision = decide(dossier, here, book, NOW)
    return decision, stock.instruction(decision, dossier, here, book, NOW)


def instructed(dossier: Dossier, stands: Standing | None = None) -> Instruction:
    _, found = told(dossier, stands)
    assert found is not None
    return found


def in_days(number: int) -> date:
    return at(number).date()


# ------------------------------------------------------------------------------------------------- each event its row


def test_suspended_on_a_core_topic_nothing_is_shipped() -> None:
    for breach in (passports(), fees(-100, close_due=at(-1))):
        found = instructed(certified_2026_1(breach))
        assert (found.event, found.new_labels.text) == ("Suspension on a core topic", "Stop at once.")
        assert found.unshipped == stock.Part(CORE_HELD)
        assert found.unused == stock.Part("Frozen.")
        assert found.shipped == stock.Part("Amber: under review.")


def test_suspended_outside_the_core_topics_goods_are_held_for_thirty_days_at_most() -> None:
    dossier = certified_2026_1(blocked_exit(-5))
    found = instructed(dossier)
    assert found.event == "Suspension outside the core topics"
    assert found.unshipped == stock.Part("Held until the decision, 30 days at most.", in_days(30))
    assert found.shipped == stock.Part("Unchanged; a note is shown.")


@pytest.mark.parametrize(("core", "event"), [(True, stock.CORE), (False, stock.SUSPENSION)])
def test_a_plan_that_is_missing_is_held_against_what_it_is_about(core: bool, event: str) -> None:
    late = finding("fnd_p", "minor", "T1.2" if core else "T10.1", -100, core=core, planned=False)
    decision, found = told(certified_2026_1(late))
    assert "S5" in decision.because
    assert found is not None
    assert found.event == event


def test_of_one_core_ground_among_others_the_stricter_row_is_told() -> None:
    assert instructed(certified_2026_1(blocked_exit(-5), passports())).event == stock.CORE


@pytest.mark.parametrize(
    ("code", "event"),
    [
        (None, stock.CORE),
        ("unspecified", stock.CORE),
        ("nonconformity", stock.CORE),
        ("key-compromise", stock.CORE),
        ("administrative", stock.SUSPENSION),
        ("holder-request", stock.SUSPENSION),
    ],
)
def test_a_brake_holds_goods_unless_its_reason_is_none_of_a_core_topic(code: Any, event: str) -> None:
    dossier = replace(certified_2026_1(), suspension_requested_at=at(-1), suspension_reason=code)
    decision, found = told(dossier)
    assert (decision.outcome, decision.because) == ("suspend", ("S7",))
    assert found is not None
    assert found.event == event


def test_a_confirmed_hit_on_a_list_holds_goods_whatever_the_brake_says() -> None:
    hit = Hit("hit_1", "Lista Suja", "identifier", "confirmed", at(-2))
    dossier = certified_2026_1(suspension_requested_at=at(-1), suspension_reason="administrative")
    dossier = replace(dossier, sites=(replace(dossier.sites[0], hits=(hit,)),))
    assert instructed(dossier).event == stock.CORE


def test_expiry_sells_through_for_180_days_after_the_last_day() -> None:
    decision, found = told(
        certified_2026_1(), standing(valid_from=at(-400), valid_until=datetime(2026, 6, 1, tzinfo=UTC))
    )
    assert decision.outcome == "expire"
    assert found is not None
    assert (found.event, found.new_labels.until) == ("Expiry, nothing open", date(2026, 5, 31))
    assert found.unshipped == stock.Part("Sold through for 180 days.", date(2026, 11, 27))
    assert found.unused == stock.Part("Stop and count.")


def test_given_back_with_nothing_open_goods_sell_for_90_days_and_labels_come_back_in_30() -> None:
    decision, found = told(certified_2026_1(withdrawal_requested_at=at(-1)))
    assert decision.outcome == "withdraw"
    assert found is not None
    assert found.event == "Voluntary withdrawal, nothing open"
    assert found.unshipped == stock.Part("Sold through for 90 days.", in_days(90))
    assert found.unused == stock.Part("Returned or destroyed within 30 days.", in_days(30))


def test_who_leaves_under_an_open_priority_finding_sells_nothing_through() -> None:
    decision, found = told(certified_2026_1(passports(), withdrawal_requested_at=at(-1)))
    assert (decision.outcome, decision.reason_code) == ("withdraw", "nonconformity")
    assert found is not None
    assert found.event == "Withdrawal while a priority finding is open"
    assert found.unshipped == stock.Part(CORE_HELD)
    assert found.unused == stock.Part("Returned or destroyed within 30 days.", in_days(30))


def test_revoked_the_batches_of_the_affected_period_are_named_by_its_first_day() -> None:
    dossier = certified_2026_1(passports(deliberate=True), case=case(waived_at=at(-1)))
    decision, found = told(dossier, standing("suspended", -3))
    assert decision.outcome == "revoke"
    assert decision.affected_from is not None
    assert found is not None
    assert (found.event, found.since) == ("Revocation, affected period known", decision.affected_from.date())
    assert found.unused == stock.Part("Returned or destroyed before a witness within 30 days.", in_days(30))
    assert found.unshipped == stock.Part("Not sold with the label; relabelling is logged.")
    wholly = stock.instruction(replace(decision, affected_from=None), dossier, standing("suspended"), BOOK_1, NOW)
    assert wholly is not None
    assert (wholly.event, wholly.since) == ("Revocation, affected period unknown", None)


def two_sites(*findings: Any) -> Dossier:
    dossier = certified_2026_1()
    mill = place_1("site_mill", *findings)
    asked = Reduction("site_mill", CARL, LOTUS, at(-1))
    return replace(dossier, sites=(*dossier.sites, mill), reduction=replace(asked, organisation=SUNRISE))


def test_of_a_smaller_scope_only_the_site_that_leaves_is_told_to_stop() -> None:
    dossier = two_sites()
    decision = replace(decide(dossier, standing(), BOOK_1, NOW), outcome="reduce", scope=(dossier.sites[0].site,))
    found = stock.instruction(decision, dossier, standing(), BOOK_1, NOW)
    assert found is not None
    assert (found.site, found.event) == ("site_mill", "Voluntary withdrawal, nothing open")
    assert found.unshipped == stock.Part("Sold through for 90 days.", in_days(90))
    grave = two_sites(passports())
    held = stock.instruction(decision, grave, standing(), BOOK_1, NOW)
    assert held is not None
    assert held.unshipped == stock.Part(CORE_HELD)


def test_in_force_again_what_was_held_is_free() -> None:
    decision, found = told(repaired_2026_1(), standing("suspended"))
    assert decision.outcome == "reinstate"
    assert found is not None
    assert found.new_labels.text == "Allowed again."
    assert found.unshipped is not None
    assert found.unshipped.text.startswith("Free again")


def test_while_something_is_put_right_only_new_labels_stop() -> None:
    decision, found = told(certified_2026_1(blocked_exit(-1, contained_at=at(-1))))
    assert decision.outcome == "remediation"
    assert found == Instruction("Remediation", stock.Part("Stop, while something is put right."))
    back = stock.instruction(decision, certified_2026_1(), standing("suspended"), BOOK_1, NOW)
    assert back is not None
    assert (back.unused, back.unshipped is not None) == (None, True), "goods were held, and are not any more"


def test_where_nothing_changes_for_goods_nothing_is_told() -> None:
    for dossier, stands in (
        (certified_2026_1(), standing()),
        (certified_2026_1(passports(deliberate=True)), standing("suspended")),
    ):
        decision, found = told(dossier, stands)
        assert decision.outcome in ("keep", "propose_revocation")
        assert found is None


def test_the_first_rulebook_has_no_such_table_and_says_nothing() -> None:
    for dossier, stands in (
        (certified(passports()), standing()),
        (certified(withdrawal_requested_at=at(-1)), standing()),
        (certified(), ending()),
        (certified(passports(deliberate=True), case=case(waived_at=at(-1))), standing("suspended", -3)),
    ):
        assert told(dossier, stands, book=BOOK)[1] is None


def test_every_row_of_the_rulebook_but_that_of_misuse_is_used() -> None:
    names = {stock.EXPIRY, stock.WITHDRAWAL, stock.SUSPENSION, stock.CORE, stock.REVOKED, stock.REVOKED_WHOLLY}
    assert {row.event for row in BOOK_1.stock} - names == {"Misuse or copies of labels"}


# ---------------------------------------------------------------------------------------------- the days of labels


def test_the_days_are_those_that_labels_get() -> None:
    last, sold = stock.days(datetime(2027, 6, 5, tzinfo=UTC), 180)
    assert (last, sold) == (date(2027, 6, 4), date(2027, 12, 1))
    assert stock.days_view(standing(), 180) == {"use_by": "2027-05-06", "sell_by": "2027-11-02"}
    for state in ("suspended", "withdrawn", "revoked"):
        assert stock.days_view(standing(state), 180) == {"use_by": None, "sell_by": None}


# -------------------------------------------------------------------------------------------- the reason of a brake


def test_the_reason_of_a_brake_is_the_public_word_where_no_clause_says_more() -> None:
    asked: dict[str, Any] = {"suspension_requested_at": at(-1)}
    said = {code: decide(certified_2026_1(**asked, suspension_reason=code), standing(), BOOK_1, NOW).reason_code
            for code in (None, "administrative", "holder-request")}  # fmt: skip
    assert said == {None: "unspecified", "administrative": "administrative", "holder-request": "holder-request"}
    breach = certified_2026_1(passports(), **asked, suspension_reason="administrative")
    assert decide(breach, standing(), BOOK_1, NOW).reason_code == "nonconformity"
    idle = certified_2026_1(fees(-100, close_due=at(-1)), suspension_reason="administrative")
    assert decide(idle, standing(), BOOK_1, NOW).reason_code == "nonconformity"


def test_a_dossier_without_it_has_the_bytes_it_always_had() -> None:
    plain = dossier_to_json(certified())
    assert "suspension_reason" not in plain
    coded = replace(certified(), suspension_reason="administrative")
    assert dossier_from_json(dossier_to_json(coded)) == coded


# ------------------------------------------------------------------------------------------- a real house, over HTTP


@pytest.fixture
def house(make_world: WorldMaker) -> Iterator[House]:
    with opened(make_world(first_rulebook=LATEST)) as house:
        yield house


def notice(house: House, application: str, outcome: str) -> dict[str, Any]:
    found = house.bea.get(f"/v1/notices?application={application}")["items"]
    (one,) = [each for each in found if each["outcome"] == outcome]
    shown: dict[str, Any] = one
    return shown


def brake(house: House, number: str, **more: str) -> None:
    house.carl.post(f"/v1/certificates/{number}/suspension", {"reason": "A call from the embassy.", **more})
    house.drain()


def test_a_notice_of_suspension_says_what_to_do_and_keeps_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = house.certified()
    last = certificate.entry["use_by"]
    assert last < certificate.entry["valid_until"][:10]
    assert certificate.entry["sell_by"] > last
    brake(house, certificate.number, reason_code="administrative")
    shown = notice(house, certificate.application, "suspend")
    assert shown.keys() == samples.NOTICE.keys()
    assert (shown["reason_code"], [each["clause"] for each in shown["grounds"]]) == ("administrative", ["S7"])
    assert shown["stock"]["event"] == "Suspension outside the core topics"
    assert shown["stock"]["goods_not_shipped"] == {
        "text": "Held until the decision, 30 days at most.",
        "until": str((house.now + 30 * DAY).date()),
    }
    assert shown["stock"].keys() == samples.NOTICE["stock"].keys()
    (leaf,) = [leaf for leaf in house.anybody.get(f"/certificates/{certificate.number}/events.json")["events"]
               if leaf["leaf"]["t"] == "cert.suspended"]  # fmt: skip
    assert leaf["leaf"]["reason"] == "administrative"
    assert "embassy" not in str(shown)
    assert (certificate.entry["use_by"], certificate.entry["sell_by"]) == (None, None)
    # What a notice said is never changed afterwards, also not by other software that would say something else.
    monkeypatch.setattr(stock, "instruction", lambda *things: None)
    house.later(40 * DAY)
    assert notice(house, certificate.application, "suspend") == shown


def test_without_a_code_a_brake_is_as_it_always_was(house: House) -> None:
    certificate = house.certified()
    brake(house, certificate.number)
    shown = notice(house, certificate.application, "suspend")
    assert (shown["reason_code"], shown["stock"]["event"]) == ("unspecified", "Suspension on a core topic")


def test_a_code_of_an_earlier_brake_is_not_that_of_a_later_one(house: House) -> None:
    certificate = house.certified()
    brake(house, certificate.number, reason_code="holder-request")
    house.later(2 * DAY)
    seen = [{"provision": "T2.1", "result": "conformance"}]
    house.submit(house.audit(certificate.site, seen, kind="for_cause"))
    house.later(5 * DAY)
    house.drain()
    house.accept(certificate.application)
    house.sam.post(f"/v1/certificates/{certificate.number}/confirmations", {"act": "reinstate"})
    house.drain()
    assert certificate.standing == "active"
    assert notice(house, certificate.application, "reinstate")["stock"]["new_labels"]["text"] == "Allowed again."
    house.later(DAY)
    brake(house, certificate.number)
    found = house.bea.get(f"/v1/notices?application={certificate.application}")["items"]
    codes = sorted(each["reason_code"] for each in found if each["outcome"] == "suspend")
    assert codes == ["holder-request", "unspecified"]


def test_a_word_outside_the_closed_set_is_refused(house: House) -> None:
    number = house.certified().number
    for code in ("superseded", "passports", ""):
        body = {"reason": "Look.", "reason_code": code}
        assert house.carl.refused(f"/v1/certificates/{number}/suspension", body)[0] == 422


def test_the_mail_says_that_there_is_an_instruction_and_not_which(house: House) -> None:
    certificate = house.certified()
    brake(house, certificate.number)
    with house.world.db.read() as session:
        texts = {row.subject: row.text for row in session.scalars(select(MailRow))}
    assert "What to do with labels and goods, and by when, stands in it too." in texts["Certificate suspended"]
    assert "core" not in texts["Certificate suspended"]
    assert "What to do with labels" not in texts["Certificate issued"]


def test_a_notice_from_before_has_neither_key(house: House) -> None:
    """As it stands in a database of earlier software: grounds and nothing behind them."""
    certificate = house.certified()
    brake(house, certificate.number)
    id = notice(house, certificate.application, "suspend")["id"]
    with house.world.db.write() as session:
        row = session.get_one(NoticeRow, id)
        row.grounds = [ground for ground in row.grounds if notices.INSTRUCTION not in ground]
    shown = notice(house, certificate.application, "suspend")
    assert shown.keys() == samples.NOTICE.keys() - {"stock", "reason_code"}
    issued = notice(house, certificate.application, "issue")
    assert "stock" not in issued
