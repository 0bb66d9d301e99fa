"""What breaks the order of a life: alerts, forgotten plans, closed doors, revocations, a list, a smaller scope, an end.

Owns one short story each, told after the first certificate, and which case gets which. A plot ends with the case in
order again, or over; what follows is the ordinary life (`lives`).
"""

from __future__ import annotations

from sqlalchemy import select

from audits.alerts import service as alerts
from audits.alerts.tables import AlertRow
from audits.drafts import AnswerDraft
from audits.screening import hits
from audits.screening.register import confirm_register
from audits.screening.tables import HitRow
from certify import acts
from certify import service as certify
from certify.appeals import service as appeals
from certify.appeals.tables import NoticeRow
from freemark.demo.history import findings, lives, scheme
from freemark.demo.history.house import DAY, Case, House
from freemark.demo.history.lives import Life, Plot, settled
from freemark.demo.history.visits import Alarm, Visit, visit

PASSPORTS, LOCKED, DOOR, HOURS = "T2.1", "T4.1", "T17.1", "T10.3"
SAFE = Alarm(PASSPORTS, "Passports of a whole shift lay in the manager's safe.")
EARLIEST, LATEST = 30, 110  # days after the certificate in which a plot begins
PLAN_FORGOTTEN = 4 + 14 + 28 + 1  # days: release, due, and as late as the rules endure
LISTED_FOR = 100  # days: a suspension that long is no ground for revocation yet


def _pause(house: House, case: Case) -> Life:
    yield house.today + house.lot.between(EARLIEST, LATEST, "plot", case.number) * DAY


def _surprise(house: House, case: Case, *answers: AnswerDraft, alarm: Alarm | None = None, refused: str = "") -> str:
    """An unannounced visit at the first place, with this and nothing else."""
    found = visit(
        house, case, case.places[0], Visit("surveillance", "unannounced", answers, alarm=alarm, refused=refused)
    )
    house.touched.add(case.application)
    return found


# ---------------------------------------------------------------------------------------------- suspended, and back


def alarm_held(house: House, case: Case) -> Life:
    """An alert that nobody hears of for 72 hours; then the suspension, another team, the panel, two people."""
    yield from _pause(house, case)
    _surprise(house, case, alarm=SAFE)
    yield house.today + 4 * DAY
    yield from settled(house, case)


def alarm_told(house: House, case: Case) -> Life:
    """The same, but the protection handler says earlier that the site may be told."""
    yield from _pause(house, case)
    finding = _surprise_alert(house, case)
    yield house.today + DAY
    with house.acting(case) as session:
        alerts.release(session, house.people.hana, finding, told="By telephone, to the owner.", now=house.now)
    yield house.today + DAY
    yield from settled(house, case)


def alarm_unfounded(house: House, case: Case) -> Life:
    """The same, and two people lay it aside: outside nobody ever knew."""
    yield from _pause(house, case)
    finding = _surprise_alert(house, case)
    yield house.today + 2 * DAY
    with house.acting(case) as session:
        for person in (house.people.hana, house.people.carl):
            alerts.dismiss(session, person, finding, reason="The safe was the workers' own.", now=house.now)
    yield house.today + DAY


def _surprise_alert(house: House, case: Case) -> str:
    """The alert's id, which is its finding's."""
    audit = _surprise(house, case, alarm=SAFE)
    with house.world.db.read() as session:
        query = select(AlertRow.id).where(AlertRow.audit_id == audit)
        return str(session.scalars(query).one())


def plan_forgotten(house: House, case: Case) -> Life:
    """A major finding, and no plan: suspended when it is four weeks late."""
    yield from _pause(house, case)
    _surprise(house, case, AnswerDraft(HOURS, "finding", "major", description="Overtime is paid at the normal rate."))
    house.later(PLAN_FORGOTTEN, case)
    yield house.today + (PLAN_FORGOTTEN + 2) * DAY
    yield from settled(house, case)


def fire_door(house: House, case: Case) -> Life:
    """A priority finding outside the core topics: remediation, labels frozen, put right within a month."""
    yield from _pause(house, case)
    _surprise(house, case, _locked_door())
    yield house.today + DAY
    yield from settled(house, case)


def _locked_door() -> AnswerDraft:
    return AnswerDraft(DOOR, "finding", "priority", description="The fire door was locked.", release="now")


def door_closed(house: House, case: Case) -> Life:
    """The auditors are turned away at the gate: suspended, until a visit is completed."""
    yield from _pause(house, case)
    _surprise(house, case, refused="Nobody was let in, although the team waited for two hours.")
    yield house.today + DAY
    yield from settled(house, case)


def on_a_list(house: House, case: Case) -> Life:
    """Named on an exclusion list, confirmed by a person, and some months later off it again."""
    yield from _pause(house, case)
    with house.acting() as session:
        scheme.import_edition(session, house, f"{case.plan.name},{case.plan.at.country},{case.plan.at.city}\n")
    yield house.today + 2 * DAY
    with house.acting(case) as session:
        query = select(HitRow.id).where(HitRow.about_id == case.organisation, HitRow.state == "open")
        for hit in session.scalars(query).all():
            hits.confirm_hit(session, house.people.carl, hit, "Same name, city and register number.", now=house.now)
    yield house.today + LISTED_FOR * DAY
    with house.acting(case) as session:
        scheme.import_edition(session, house, "")
    yield house.today + DAY
    yield from settled(house, case)


# ------------------------------------------------------------------------------------------------------------- ends


def _deliberate(house: House, case: Case) -> Life:
    """A deliberate breach that is told at once: suspended, and revocation is proposed the same evening."""
    yield from _pause(house, case)
    _surprise(house, case, alarm=Alarm(LOCKED, "The dormitory was locked from outside.", deliberate=True, told=True))
    yield house.today + 2 * DAY


def revoked_by_waiver(house: House, case: Case) -> Life:
    """The holder waives the reply."""
    yield from _deliberate(house, case)
    with house.acting(case) as session:
        certify.waive_reply(session, case.manager, _number(house, case), now=house.now)
    yield house.today + DAY


def revoked_in_silence(house: House, case: Case) -> Life:
    """No reply comes."""
    yield from _deliberate(house, case)
    house.later(31, case)
    yield house.today + 33 * DAY


def revoked_and_won(house: House, case: Case) -> Life:
    """Replied, confirmed by two people, appealed, won: no revocation is taken back, but a new certificate comes."""
    yield from _deliberate(house, case)
    number = _number(house, case)
    with house.acting(case) as session:
        certify.reply(session, case.manager, number, text="It was the night of a theft; workers agreed.", now=house.now)
    yield house.today + 14 * DAY
    for person in (house.people.carl, house.people.sam):
        with house.acting(case) as session:
            certify.confirm(session, person, number, act="revoke", now=house.now)
    yield house.today + 10 * DAY
    with house.acting(case) as session:
        query = select(NoticeRow.id).where(NoticeRow.application_id == case.application, NoticeRow.outcome == "revoke")
        notice = session.scalars(query).one()
        appeal = appeals.file_appeal(
            session, case.manager, notice, "Workers had the key, and said so.", now=house.now
        ).id
    yield house.today + 12 * DAY
    for person in (house.people.tara, house.people.dina):
        with house.acting(case) as session:
            appeals.judge(session, person, appeal, uphold=True, reasons="They had the key.", now=house.now)
    yield from _anew(house, case)


def _anew(house: House, case: Case) -> Life:
    """What was found is put right all the same; then a new application, with full audits."""
    findings.contain(house, case)
    findings.plan(house, case)
    yield house.today + 3 * DAY
    findings.approve(house, case)
    yield house.today + 10 * DAY
    findings.complete(house, case)
    yield from lives.closed(house, case)
    yield from lives.first_certificate(house, case)


def given_back(house: House, case: Case) -> Life:
    """The holder stops making the product."""
    yield from _pause(house, case)
    with house.acting(case) as session:
        certify.request_withdrawal(session, case.manager, _number(house, case), now=house.now)
    yield house.today + DAY


def given_back_in_trouble(house: House, case: Case) -> Life:
    """The same while a priority finding is open: recorded as such."""
    yield from _pause(house, case)
    _surprise(house, case, _locked_door())
    yield house.today + DAY
    findings.contain(house, case)
    yield house.today + 2 * DAY
    with house.acting(case) as session:
        certify.request_withdrawal(session, case.manager, _number(house, case), now=house.now)
    yield house.today + DAY


def not_renewed(house: House, case: Case) -> Life:
    """One visit in the middle, and nobody asks for a renewal: it ends on its day."""
    found = house.certificate(case)
    if found is None:
        return
    _, first, last = found
    yield first + (last - first) / 2
    yield from lives.audited(house, case, "surveillance", unannounced=True)
    yield from lives.put_right(house, case)
    yield from lives.accepted(house, case)
    yield last + 2 * DAY
    house.touched.add(case.application)
    yield house.today + DAY


def smaller_scope(house: House, case: Case) -> Life:
    """One site leaves the certificate; what remains is certified until the same day."""
    own = [site for site in case.places if site.own]
    if len(own) < 2:
        return
    yield from _pause(house, case)
    with house.acting(case) as session:
        for site in own:
            confirm_register(session, site.actor, site.id, [], now=house.now)
        acts.ask_reduction(
            session, case.manager, _number(house, case), own[-1].id, "The unit was sold.", now=house.now
        )  # fmt: skip
    own[-1].left = True
    yield house.today + DAY


def late_at_the_end(house: House, case: Case) -> Life:
    """The last visit is so long ago that patience with late visits decides: what a dry run is about."""
    while (found := house.certificate(case)) is not None and found[2] <= house.last:
        yield from lives.one_cycle(house, case)
        if house.state(case) in lives.OVER:
            return
    yield max(house.today + DAY, house.last - LATE_SINCE * DAY)
    yield from lives.audited(house, case, "surveillance", unannounced=True)
    yield from lives.put_right(house, case)
    yield from lives.accepted(house, case)
    yield house.last + DAY


def nobody_came(house: House, case: Case) -> Life:
    """The same, but since the first audit: who joined then was passed over."""
    yield house.last + DAY


LATE_SINCE = 182 + 45  # days: half a year, in which the next visit is due, and six weeks more


def _number(house: House, case: Case) -> str:
    found = house.certificate(case)
    if found is None:
        raise RuntimeError(f"{case.plan.name} has no certificate on {house.today}")
    return found[0]


# ------------------------------------------------------------------------------------------------ which case gets which

LEADING: tuple[Plot | None, ...] = (
    smaller_scope, alarm_held, late_at_the_end, plan_forgotten, revoked_and_won, on_a_list, fire_door,
    revoked_by_waiver, given_back, not_renewed, alarm_unfounded, revoked_in_silence, given_back_in_trouble,
    door_closed, alarm_told, plan_forgotten,
)  # fmt: skip
LATER: tuple[Plot, ...] = (plan_forgotten, not_renewed, given_back, fire_door, plan_forgotten, late_at_the_end)
SHARE = 30  # percent of the other cases that have one of these
TOO_LATE = 70  # percent of the history after which a case joins too late for a plot


def plot_of(house: House, case: Case) -> Plot | None:
    """The first cases have one each, in this order, so that a small history has the most telling ones."""
    if case.plan.passed_over:
        return nobody_came
    if case.number < len(LEADING):
        return LEADING[case.number]
    if case.plan.joins > TOO_LATE or not house.lot.chance(SHARE, "plot or not", case.number):
        return None
    return house.lot.pick(LATER, "which plot", case.number)
