"""The story itself: eight chapters from an application to a revoked certificate, told while they happen.

It begins some months ago on a clock that can be set, and ends now: what it leaves on disk is current. Every act goes
through the public API; every claim in the terminal was just read from an answer. From here to the printed label; the
rest is in `alarm`.
"""

from __future__ import annotations

import signal
import time
from datetime import timedelta
from importlib import metadata
from pathlib import Path

from certify import rulebook
from freemark.demo import alarm, papers, stage, visit
from freemark.demo import crew as crews
from freemark.demo.client import Client, Json
from freemark.demo.crew import Auditor
from freemark.demo.examples import begun, example, filed, plan_of, signed
from freemark.demo.scene import until
from freemark.demo.server import Server, free_port
from freemark.demo.tale import Tale
from freemark.demo.teller import chapter, say
from ground.clock import SystemClock
from ground.settings import LABEL_PREFIX

LABELS = 1000
CORE_MAJOR = "I6"  # the clause of the rulebook: no open major finding on a core topic
PHONE_PORT = 8000

# Days before today. Every one of them keeps the rulebook's clocks: a report is released after four days; from then on
# plan, approval and closure of a core major have 14, 42 and 90 days; an issue comes within 180 days of the audit, a
# surveillance visit within six months.
BEGIN, DRAWN, AUDIT, AGENCY, REFUSED, PLAN, APPROVED, REPAID, CLOSURE, ISSUED, ORDERED = (
    160, 156, 150, 146, 145, 141, 133, 95, 80, 76, 70,
)  # fmt: skip


def run(out: Path, *, serve: bool, host: str, port: int) -> int:
    """Tell the story into the folder `out`; with `serve`, keep its server running. Returns the exit status.

    With `serve`, a world that an earlier run left in `out` for the same addresses is served again as it is: its labels
    stay good. Conflict, and nothing is changed, when the folder or the port is in use.
    """
    port = port or (PHONE_PORT if serve else free_port())
    public_url = f"http://localhost:{port}"
    label_url = f"http://{host}:{port}" if host not in ("", "localhost", "127.0.0.1") else ""
    listen = "0.0.0.0" if label_url else "127.0.0.1"  # noqa: S104  # a phone must reach it; only when asked to by --host
    signal.signal(signal.SIGTERM, _end)  # so that whoever ends the demo ends its server too
    stage.check_addresses(out / "world", public_url, label_url, port)
    with stage.reserved(out):
        kept = visit.kept(out, label_url or public_url) if serve else None
        if kept is None:
            stage.clear(out)
            kept = _tell(out, Server(out / "world", port, listen), public_url, label_url, serve=serve)
        if kept is not None:
            with Server(out / "world", port, listen) as server:
                visit.show(out, kept, server)
    return 0


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _tell(out: Path, server: Server, public_url: str, label_url: str, *, serve: bool) -> visit.Visit | None:
    """All chapters. With `serve`, also what a visitor needs."""
    began, today = time.monotonic(), SystemClock().now()
    begin = today.replace(hour=9, minute=0, second=0) - timedelta(days=BEGIN)
    token = stage.found_world(out / "world", public_url, label_url, begin)
    with server:
        tale = Tale(stage.register(server.base, token, begin), server.base, f"{label_url or public_url}/", out, today)
        _application(tale)
        _audits(tale)
        _correction(tale)
        _certificate(tale)
        _labels(tale)
        alarm.scans(tale)
        alarm.passports(tale)
        alarm.log(tale)
        papers.write_end(tale.public, out, tale.certificate, tale.verdicts)
        print(f"\nEverything it left behind is in {out}/ ({time.monotonic() - began:.0f} s).")
        return visit.prepare(out, tale.cast, tale.prefix, tale.digits) if serve else None


# -------------------------------------------------------------------------------------------------------------------- 1


def _application(tale: Tale) -> None:
    cast = tale.cast
    tale.at(BEGIN)
    chapter("1  A manufacturer applies", str(tale.day(BEGIN)))
    body = {
        "sites": [cast.factory],
        "agents": [cast.office],
        "products": [
            {"name": "Cotton T-shirt", "gtin": "09520123456788", "model": "SG-TS-01", "yearly_units": 120_000}
        ],
    }
    tale.application = str(cast.bea.post("/v1/applications", body)["id"])
    agreement = {"version": rulebook.load(stage.RULEBOOK).agreement, "independent_reporting": True}
    cast.bea.post(f"/v1/applications/{tale.application}/agreement", agreement)
    cast.bea.post(f"/v1/sites/{cast.factory}/register/confirmation", {"places": []})
    say(
        "Bea of Sunrise Garments (Gazipur, 640 workers) applies for one factory, one product and the agency in "
        "Kathmandu that recruits for it. She signs the agreement: auditors may report to the scheme independently."
    )
    screened = until(lambda: _screened(cast.bea, cast.factory), "the screening")
    names = ", ".join(each["name"] for each in screened["lists"])
    say(f"Factory and owner are held against the lists in use ({names}): {len(screened['hits'])} confirmed hits.")
    _why_not_yet(tale)


def _screened(client: Client, site: str) -> Json | None:
    shown = client.get(f"/v1/sites/{site}/screening")
    return shown if shown["screened_at"] else None


def _why_not_yet(tale: Tale) -> Json:
    """The list that the manufacturer sees: every unmet condition, whose turn it is, and what would meet it."""
    told = until(lambda: tale.cast.bea.get(f"/v1/applications/{tale.application}/lacking"))
    say(f"Why not yet? {told['met']} of {told['asked']} conditions of {told['rulebook']} are met. The others:")
    for each in told["unmet"]:
        say(f"{each['clause']:<4} {each['who']}: {each['meets']}", indent=4)
    return told


# -------------------------------------------------------------------------------------------------------------------- 2


def _audits(tale: Tale) -> None:
    cast = tale.cast
    tale.at(DRAWN)
    chapter("2  Two audits, by lot", f"{tale.day(DRAWN)} to {tale.day(AGENCY)}")
    say("Carl of the certification body asks for two audits. Who leads is drawn among all auditors who may:")
    lead = _drawn(tale, cast.factory, "initial", AUDIT, AGENCY + 1, ["bn", "ne"])
    other = _drawn(tale, cast.office, "initial", AGENCY, AGENCY, ["ne"])
    now = tale.at(AGENCY)
    office = begun("initial-agency", other, [other.person], cast.office, tale.day(AGENCY), tale.day(AGENCY))
    filed("initial-agency", other, [other.person], office, now)
    signed("initial-agency", other, office)
    team = _team(tale, lead)
    factory = begun("initial-factory", lead, team, cast.factory, tale.day(AUDIT), tale.day(AGENCY + 1))
    filed("initial-factory", lead, team, factory, now)
    answers = example("initial-factory")["answers"]
    found = [answer for answer in answers if answer["result"] == "finding"]
    say(f"The team of {lead.client.name} answers {len(answers)} provisions at the factory and finds:")
    for answer in found:
        say(f"{answer['severity']:<6} {answer['provision']:<6} {answer['description']}", indent=4)
    _sample(lead, factory)
    report = signed("initial-factory", lead, factory)
    version = lead.client.get(f"/v1/audits/{factory}/reports/1")
    say(
        f"{lead.client.name} signs the report ({report['report'][:16]}…) with a key that nobody else has, "
        f"{version['signature']['kid'][:12]}…. The rules know it at once, the site reads it after four days."
    )


def _drawn(tale: Tale, site: str, type: str, first: int, last: int, languages: list[str]) -> Auditor:
    """An assignment, drawn and accepted, told with the reasons of the draw."""
    cast = tale.cast
    lead, assignment = crews.assigned(
        cast.crew, site, type, tale.day(first), tale.day(last), languages=languages, others=list(cast.crew.auditors)
    )
    draw = assignment["draws"][-1]
    place = cast.sam.get(f"/v1/sites/{site}")["name"]
    say(f"{place}: number {draw['number']} of {draw['of']} who may: {lead.client.name}.", indent=4)
    for each in draw["candidates"]:
        if not each["eligible"]:
            say(tale.named(f"not {each['person']}: {'; '.join(each['reasons'])}"), indent=6)
    return lead


def _team(tale: Tale, lead: Auditor) -> list[str]:
    return [lead.person, *(person for person in tale.cast.crew.auditors if person != lead.person)]


def _sample(lead: Auditor, audit: str) -> None:
    sample = lead.client.get(f"/v1/audits/{audit}/sample")
    held, away = sample["interviews"], sample["off_site"]
    strata = ", ".join(f"{each['name']} {each['achieved']} of {each['size']}" for each in sample["strata"])
    say(
        f"The sample: {held['achieved']} of {sample['workers']} workers interviewed ({held['needed']} needed), "
        f"{away['achieved']} of them away from the site ({away['needed']} needed); {strata}. Passed over: "
        f"{'; '.join(sample['missing']) or 'nobody'}."
    )


# -------------------------------------------------------------------------------------------------------------------- 3


def _correction(tale: Tale) -> None:
    cast = tale.cast
    tale.at(REFUSED)
    chapter("3  The rules refuse, the factory repays", f"{tale.day(REFUSED)} to {tale.day(CLOSURE)}")
    until(lambda: _refused(cast.carl, tale.application, CORE_MAJOR), "the refusal")
    tale.at(PLAN)
    findings = until(lambda: cast.bea.get(f"/v1/findings?site={cast.factory}")["items"], "the release of the report")
    notice = tale.notice("refuse")
    say(
        f"Bea has a notice ({notice['subject'].lower()}). She may appeal until {notice['appeal_until'][:10]}. The "
        "grounds:"
    )
    for ground in notice["grounds"]:
        say(f"{ground['clause']:<4} {ground['title']}. {ground['text']}", indent=4)
    _why_not_yet(tale)
    for finding in findings:
        plan = plan_of(finding["provision"])
        cast.bea.post(f"/v1/findings/{finding['id']}/action", {**plan["action"], "due_on": str(tale.day(CLOSURE))})
        if "containment" in plan:
            cast.bea.post(f"/v1/findings/{finding['id']}/containment", plan["containment"])
    tale.at(APPROVED)
    for finding in findings:
        cast.carl.post(f"/v1/findings/{finding['id']}/action/approval", {})
    cohort = _owed(tale, findings)
    tale.at(REPAID)
    for finding in findings:
        done = plan_of(finding["provision"])["completion"]
        cast.bea.post(f"/v1/findings/{finding['id']}/action/completion", done)
        say(f"Done about {finding['provision']}: {done['evidence']}")
    _repaid(tale, cohort)
    say("A closure audit is drawn:")
    lead = _drawn(tale, cast.factory, "closure", CLOSURE + 1, CLOSURE, ["ne"])
    _closed(tale, lead, cohort)


def _owed(tale: Tale, findings: Json) -> str:
    """The ledger of the fees: the factory says who is owed what, and somebody outside agrees to it."""
    (fees,) = [finding["id"] for finding in findings if "repayment" in plan_of(finding["provision"])]
    cohort = plan_of("T1.1")["repayment"]["cohort"]
    (line,) = tale.cast.bea.post(f"/v1/findings/{fees}/cohorts", cohort)["cohorts"]
    tale.cast.carl.post(f"/v1/cohorts/{line['id']}/agreement", {})
    return str(line["id"])


def _repaid(tale: Tale, cohort: str) -> None:
    payment = {**plan_of("T1.1")["repayment"]["payment"], "paid_on": str(tale.day(REPAID))}
    (line,) = tale.cast.bea.post(f"/v1/cohorts/{cohort}/payments", payment)["cohorts"]
    say(
        f"The ledger of the fees: {line['paid'] // 100:,} of {line['owed'] // 100:,} {line['currency']} paid to "
        f"{line['reached']} of {line['people']} people, {line['reached_leavers']} leavers among them."
    )


def _closed(tale: Tale, lead: Auditor, cohort: str) -> None:
    now, team = tale.at(CLOSURE), _team(tale, lead)
    audit = begun("closure-factory", lead, team, tale.cast.factory, tale.day(CLOSURE + 1), tale.day(CLOSURE))
    filed("closure-factory", lead, team, audit, now)
    said = {**plan_of("T1.1")["repayment"]["confirmation"], "asked_on": str(tale.day(CLOSURE))}
    ledger = lead.client.post(f"/v1/cohorts/{cohort}/confirmations", said)
    closed = signed("closure-factory", lead, audit)["closed"]
    say(
        f"The team goes back on site and asks {said['asked']} of those repaid: {said['confirmed']} have the money. The "
        f"ledger is {'complete' if ledger['complete'] else 'not complete'}, and {len(closed)} findings are closed."
    )


def _refused(client: Client, application: str, clause: str) -> Json | None:
    """The application, once the rules have refused it for that clause."""
    shown = client.get(f"/v1/applications/{application}")
    decision = shown["decision"]
    return shown if decision and decision["outcome"] == "refuse" and clause in decision["unmet"] else None


# ----------------------------------------------------------------------------------------------------------------- 4, 5


def _certificate(tale: Tale) -> None:
    cast = tale.cast
    tale.at(ISSUED)
    chapter("4  The certificate", str(tale.day(ISSUED)))
    shown = cast.carl.get(f"/v1/applications/{tale.application}")
    acceptance = {"reports": shown["reports"], "note": "Reports reviewed; sampling and evidence sufficient."}
    cast.carl.post(f"/v1/applications/{tale.application}/acceptance", acceptance)
    issued = until(lambda: _with_certificate(cast.carl, tale.application), "a certificate")
    tale.certificate = str(issued["certificate"])
    entry = cast.bea.get(f"/v1/certificates/{tale.certificate}")
    made = cast.carl.get(f"/v1/applications/{tale.application}/decisions?limit=200")["items"]
    n = next(each["n"] for each in made if each["outcome"] == "issue")
    why = cast.carl.get(f"/v1/applications/{tale.application}/decisions/{n}/explanation")
    say(
        f"Carl was on no audit and accepts the {len(shown['reports'])} reports by their hashes. The rules now say "
        f"issue: {sum(each['met'] for each in why['clauses'])} clauses met, score {why['score']}, band {why['band']}."
    )
    say(
        f"Certificate {tale.certificate}: {entry['standing']}, {entry['valid_from'][:10]} to "
        f"{entry['valid_until'][:10]}, signed with Ed25519."
    )


def _labels(tale: Tale) -> None:
    cast = tale.cast
    tale.at(ORDERED)
    chapter(f"5  {LABELS:,} labels", str(tale.day(ORDERED)))
    tale.order = str(tale.place_order(LABELS, tale.day(-60))["id"])
    until(lambda: cast.bea.get(f"/v1/orders/{tale.order}")["state"] == "ready" or None, "the sheets")
    tale.digits, tale.human, version = papers.write_labels(cast.bea, tale.out, tale.order)
    say(f"Bea orders {LABELS:,} labels. The batch is sealed in the public log before a single one is printed.")
    say(
        f"One label, read back from its pixels by zxing-cpp {metadata.version('zxing-cpp')}: {tale.digits[:24]}… "
        f"({len(tale.digits)} digits)"
    )
    say(f"The same label for a keyboard: {tale.human}")
    if len(tale.prefix) > LABEL_PREFIX:
        say(
            f"The address {tale.prefix} has {len(tale.prefix)} characters, more than the {LABEL_PREFIX} that fit into "
            f"QR version 6-M: these labels are {version}."
        )


def _with_certificate(client: Client, application: str) -> Json | None:
    shown = client.get(f"/v1/applications/{application}")
    return shown if shown.get("certificate") else None
