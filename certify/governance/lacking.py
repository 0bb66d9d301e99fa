"""Why not yet: what a holder still lacks, condition by condition, with what would meet each and whose turn it is.

Owns the sentences of what to do. The conditions themselves are the rules' own: they are asked about the file as its
holder may see it, so an alert that nobody may hear of yet changes nothing here. Never decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from audits.facts import encode
from certify import casefile, rules, veil
from certify.appeals import following
from certify.dossier import Decision, Outcome
from certify.governance import books
from certify.rulebook import Rulebook
from certify.tables import Application
from ground.canonical import Json, instant
from ground.database import Reading
from ground.settings import Settings

Who = Literal["holder", "audit firm", "certification body", "scheme", "time"]


@dataclass(frozen=True)
class Meets:
    """Whose turn it is, and what would meet the condition. {names} are parameters of the rulebook."""

    who: Who
    text: str


# One for every clause that can stand between a holder and a certificate in force; a test holds them against the rules.
MEETS: Mapping[str, Meets] = {
    "I1": Meets("scheme", "The scheme approves a rulebook, or the day comes on which it is in force."),
    "I2": Meets("audit firm", "A full audit on site of each place named, with every provision answered."),
    "I3": Meets("audit firm", "A new full audit: the one named is older than {audit_age_days} days."),
    "I4": Meets("certification body", "A decider who was on no audit accepts every current report by its hash."),
    "I5": Meets("holder", "Put right what the finding names, then have it closed by a visit on site."),
    "I6": Meets("holder", "Put right what the finding names; a visit on site with interviews closes it."),
    "I7": Meets("holder", "Close findings until {open_majors_most} are open at most, with an approved plan each."),
    "I8": Meets("holder", "Close findings: each one closed counts as conforming and costs no points any more."),
    "I9": Meets("audit firm", "An audit that interviews as many workers as the sample needs."),
    "I10": Meets("holder", "Sign the current certification agreement, with the clause on independent reporting."),
    "I11": Meets("audit firm", "An amended report, signed and with a reason, in which the figures agree."),
    "I12": Meets("holder", "Name at least one product in the application."),
    "I13": Meets("certification body", "An audit by a firm that has no part in holder, sites or agents."),
    "I14": Meets("holder", "Apply again with the subcontractors named, and have them audited."),
    "I15": Meets("audit firm", "Interviews with the groups named, and enough of them off site or by telephone."),
    "I16": Meets("audit firm", "An audit by an approved firm and team without conflicts, with another lead if due."),
    "I17": Meets(
        "certification body", "A screening at most {screening_days} days old, and a person's word on each hit."
    ),
    "I18": Meets("certification body", "An answer to what is asked about the places named."),
    "I19": Meets("audit firm", "An audit that takes the man-days that the site's size needs."),
    "I20": Meets("audit firm", "A report signed with the enrolled key of an auditor of its team."),
    "I21": Meets("time", "The waiting time after the revocation; it begins when full correction was proven on site."),
    "I22": Meets("scheme", "A second revocation stands for good; only an appeal that is won ends it."),
    "I23": Meets("holder", "Close every finding; those older than {conformance_months} months need a new audit."),
    "I24": Meets("holder", "Confirm the list of subcontractors and agents of each site named."),
    "I25": Meets("certification body", "The word of a panel of two people of different organisations."),
    "I26": Meets(
        "certification body",
        "The other certificate comes back first; or, where it has ended, what R2, R4 and R5 ask of a return.",
    ),
    "I27": Meets("audit firm", "An audit in which {not_applicable_most} percent at most are not applicable."),
    "I28": Meets("audit firm", "An audit that reads the files of as many workers as it has to interview."),
    "S1": Meets("holder", "Put right what the finding names, then have it closed by a visit on site."),
    "S2": Meets("holder", "Close the finding by a visit on site; containing it late does not heal it."),
    "S3": Meets("holder", "Close the overdue finding by a visit on site with interviews."),
    "S4": Meets("holder", "Close the overdue finding, on site or at the desk as its provision says."),
    "S5": Meets("holder", "Hand in the corrective action plan that is overdue."),
    "S6": Meets("audit firm", "The surveillance visit that is overdue."),
    "S7": Meets("certification body", "Two people of different organisations lift the brake."),
    "S8": Meets("certification body", "The work of the firm or auditor under review is verified again by others."),
    "S9": Meets("time", "The list drops the entry; or, was it confirmed wrongly, an appeal."),
    "S10": Meets("holder", "Let the auditors in: a later visit that is completed heals this."),
    "S11": Meets("certification body", "A person judges what several sources reported."),
    "M1": Meets("holder", "Have the finding closed by a visit on site; containment alone keeps labels frozen."),
    "M2": Meets("holder", "Have what was disclosed closed by a visit on site."),
    "W1": Meets("holder", "Nothing: the certificate was given back. A new application begins anew."),
    "R1": Meets("holder", "What would meet each of the clauses named here; each stands in this list too."),
    "R2": Meets("audit firm", "A re-entry audit, with interviews, of each place named, begun after the suspension."),
    "R3": Meets("certification body", "A second person of another organisation approves the reinstatement."),
    "R4": Meets("time", "Half a year after the suspension for misuse of labels."),
    "R5": Meets(
        "certification body",
        "The word of a panel of two people of different organisations, who neither accept nor approve.",
    ),
    "N1": Meets("time", "The window for renewal: it opens {renewal_window_days} days before the end."),
    "N2": Meets("audit firm", "A new full audit of every place, begun after the certificate was issued."),
    "N3": Meets("audit firm", "At least one unannounced visit since the certificate was issued."),
    "N4": Meets("certification body", "An answer to what is asked about the places named."),
}


def lacking(session: Reading, settings: Settings, application: Application, now: datetime) -> dict[str, Json]:
    """What the next good outcome still needs: {"next", "unmet": [{clause, title, text, subject, who, meets}], ...}.

    "appeals": as in `certify.appeals.following`.

    next: issue, renew or reinstate; null where nothing leads on from the standing (revoked, withdrawn, replaced).
    """
    book = books.current(session, settings, now)
    case = casefile.load(session, application, now, held=False)
    decision = rules.decide(case.dossier, case.standing, book, now)
    rest = veil.resting(case.dossier, case.standing, decision, book, veil.unreleased(session, application.id))
    wanted = _wanted(case.standing.state if case.standing else None)
    asked = _spelt_out(rules.needed(wanted, book) if wanted else (), decision)
    return {
        "application": application.id,
        "at": instant(now),
        "rulebook": book.id,
        "standing": case.standing.state if case.standing else None,
        "next": wanted,
        "unmet": [
            _told(reason, book, rest)
            for reason in veil.for_holder((encode(_reason(decision, id)) for id in asked), rest)
            if not reason["met"]
        ],
        "met": sum(_reason(decision, id).met for id in asked),
        "asked": len(asked),
        "appeals": following.of_application(session, application.id),
    }


def _wanted(state: str | None) -> Outcome | None:
    match state:
        case None:
            return "issue"
        case "active" | "expired":
            return "renew"
        case "suspended" | "remediation":
            return "reinstate"
        case _:
            return None


def _spelt_out(asked: tuple[str, ...], decision: Decision) -> tuple[str, ...]:
    """R1 says which clauses still stand against a return: these are asked for too, before it."""
    if "R1" not in asked or (still := _reason(decision, "R1")).met:
        return asked
    named = [id for id in still.subject.split(", ") if id not in asked]
    place = asked.index("R1")
    return (*asked[:place], *named, *asked[place:])


def _reason(decision: Decision, id: str) -> rules.Reason:
    return next(reason for reason in decision.reasons if reason.clause == id)


def _told(reason: dict[str, Json], book: Rulebook, rest: veil.Resting | None) -> dict[str, Json]:
    id = reason["clause"]
    meets = MEETS[id] if id else Meets("certification body", "Its conclusion.")
    if rest is not None and id in rest.clauses:
        meets = Meets("time", "The day from which you can read the report: it says what is to be done.")
    values = {name: str(parameter.value) for name, parameter in book.parameters.items()}
    return {
        "clause": id,
        "title": book.clauses[id].title if id else "Open question",
        "text": reason["text"],
        "subject": reason["subject"],
        "who": meets.who,
        "meets": meets.text.format_map(values),
    }
