"""The story itself: eight chapters from an application to a revoked certificate, told while they happen.

It begins some months ago on a clock that can be set, and ends now: what it leaves on disk is current. Every act goes
through the public API; every claim in the terminal was just read from an answer.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import metadata
from pathlib import Path

from freemark.demo import papers, stage, visit
from freemark.demo.client import Client, Json, Refused
from freemark.demo.scene import until
from freemark.demo.server import Server, free_port
from freemark.demo.stage import Cast
from freemark.demo.teller import chapter, say, verdict
from ground.canonical import instant
from ground.clock import SystemClock
from ground.settings import LABEL_PREFIX

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "audits"
LABELS = 1000
CORE_MAJOR = "I6"  # the clause of the rulebook: no open major finding on a core topic
PHONE_PORT = 8000

# Days before today. Every one of them keeps the rulebook's clocks: plan, approval and closure of a core major within
# 14, 42 and 90 days, an issue within 180 days of the audit, a surveillance visit within six months.
BEGIN, AUDIT, AGENCY, REFUSED, PLAN, APPROVED, REPAID, CLOSURE, ISSUED, ORDERED = (
    160,
    150,
    147,
    145,
    142,
    133,
    95,
    80,
    76,
    70,
)


@dataclass
class Tale:
    """What the chapters hand to each other."""

    cast: Cast
    base: str
    prefix: str
    out: Path
    today: datetime
    application: str = ""
    certificate: str = ""
    order: str = ""
    digits: str = ""
    human: str = ""
    verdicts: list[Json] = field(default_factory=list)

    def at(self, days_ago: int) -> datetime:
        """Set the server's clock to that many days ago, at nine in the morning (UTC)."""
        moment = self.today.replace(hour=9, minute=0, second=0) - timedelta(days=days_ago)
        self.cast.sam.post("/v1/demo/clock", {"at": instant(moment)})
        return moment

    def day(self, days_ago: int) -> date:
        return (self.today - timedelta(days=days_ago)).date()

    @property
    def public(self) -> Client:
        return Client(self.base)


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
        _scans(tale)
        _suspension(tale)
        _log(tale)
        papers.write_end(tale.public, out, tale.certificate, tale.verdicts)
        print(f"\nEverything it left behind is in {out}/ ({time.monotonic() - began:.0f} s).")
        return visit.prepare(out, tale.cast, tale.prefix, tale.digits) if serve else None


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
    agreement = {"version": "2026.0", "independent_reporting": True}
    cast.bea.post(f"/v1/applications/{tale.application}/agreement", agreement)
    say(
        "Bea of Sunrise Garments (Gazipur, 640 workers) applies for one factory, one product and the agency in "
        "Kathmandu that recruits for it. She signs the agreement: auditors may report to the scheme independently."
    )


def _example(name: str) -> dict[str, Json]:
    content: dict[str, Json] = json.loads((EXAMPLES / f"{name}.json").read_text())
    return content


def _file_audit(tale: Tale, example: str, site: str, starts: int, days: int, team: list[str]) -> str:
    """Plan the audit of that example, file its answers; the report is submitted by the caller."""
    content = _example(example)
    plan = {
        **content["audit"],
        "site": site,
        "starts_on": str(tale.day(starts)),
        "ends_on": str(tale.day(starts - days + 1)),
        "team": [tale.cast.people[name] for name in team],
    }
    audit = str(tale.cast.amina.post("/v1/audits", plan)["id"])
    tale.cast.amina.post(f"/v1/audits/{audit}/answers", {"answers": content["answers"]})
    return audit


def _submit(tale: Tale, audit: str, example: str, closing: int) -> Json:
    report = {**_example(example)["report"], "closing_meeting_on": str(tale.day(closing))}
    return tale.cast.amina.post(f"/v1/audits/{audit}/report", report)


def _audits(tale: Tale) -> None:
    tale.at(AGENCY)
    chapter("2  Two audits", f"{tale.day(AUDIT)} to {tale.day(AGENCY)}")
    office = _file_audit(tale, "initial-agency", tale.cast.office, AGENCY, 1, ["Amina Yusuf"])
    _submit(tale, office, "initial-agency", AGENCY)
    factory = _file_audit(tale, "initial-factory", tale.cast.factory, AUDIT, 4, ["Amina Yusuf", "Noor Rahman"])
    _submit(tale, factory, "initial-factory", AUDIT - 3)
    answers = _example("initial-factory")["answers"]
    found = [answer for answer in answers if answer["result"] == "finding"]
    say(f"Amina's team answers {len(answers)} provisions at the factory and finds:")
    for answer in found:
        say(f"{answer['severity']:<6} {answer['provision']:<6} {answer['description']}", indent=4)


def _correction(tale: Tale) -> None:
    cast = tale.cast
    tale.at(REFUSED)
    chapter("3  The rules refuse, the factory repays", f"{tale.day(REFUSED)} to {tale.day(CLOSURE)}")
    application = until(lambda: _refused(cast.carl, tale.application, CORE_MAJOR), "the refusal")
    say("Carl, the decider, cannot issue against the rules. What the rules say is missing:")
    decision = cast.carl.get(f"/v1/applications/{tale.application}/decisions/{application['decision']['n']}")
    for reason in decision["reasons"]:
        if not reason["met"]:
            say(f"{reason['clause']:<4} {reason['title']}. {reason['text']}", indent=4)
    findings = cast.bea.get(f"/v1/findings?site={cast.factory}")["items"]
    tale.at(PLAN)
    for finding in findings:
        plan = _plan(finding["provision"])
        cast.bea.post(f"/v1/findings/{finding['id']}/action", {**plan["action"], "due_on": str(tale.day(CLOSURE))})
        if "containment" in plan:
            cast.bea.post(f"/v1/findings/{finding['id']}/containment", plan["containment"])
    tale.at(APPROVED)
    for finding in findings:
        cast.carl.post(f"/v1/findings/{finding['id']}/action/approval", {})
    tale.at(REPAID)
    for finding in findings:
        done = _plan(finding["provision"])["completion"]
        cast.bea.post(f"/v1/findings/{finding['id']}/action/completion", done)
        say(f"Done about {finding['provision']}: {done['evidence']}")
    tale.at(CLOSURE)
    closure = _file_audit(tale, "closure-factory", cast.factory, CLOSURE + 1, 2, ["Amina Yusuf", "Noor Rahman"])
    _submit(tale, closure, "closure-factory", CLOSURE)
    say("The closure audit goes back on site, asks the workers, and finds the provisions conforming.")


def _plan(provision: str) -> dict[str, Json]:
    """The corrective action for that provision, as the factory wrote it."""
    plans = [_example("action-factory"), *json.loads((EXAMPLES / "actions-minor.json").read_text())]
    return next(plan for plan in plans if plan["provision"] == provision)


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
    say(
        f"Carl was on no audit and accepts the {len(shown['reports'])} reports by their hashes. "
        "The rules now say issue."
    )
    say(
        f"Certificate {tale.certificate}: {entry['standing']}, {entry['valid_from'][:10]} to "
        f"{entry['valid_until'][:10]}, signed with Ed25519."
    )


def _labels(tale: Tale) -> None:
    cast = tale.cast
    tale.at(ORDERED)
    chapter(f"5  {LABELS:,} labels", str(tale.day(ORDERED)))
    order = _order(tale, LABELS, tale.day(-60))
    tale.order = str(order["id"])
    until(lambda: _order_state(cast.bea, tale.order, "ready"), "the sheets")
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


def _order(tale: Tale, quantity: int, last_day: date) -> Json:
    entry = tale.cast.bea.get(f"/v1/certificates/{tale.certificate}")
    body = {
        "certificate": tale.certificate,
        "site": entry["sites"][0]["id"],
        "product": entry["products"][0]["id"],
        "quantity": quantity,
        "last_day": str(last_day),
    }
    return tale.cast.bea.post("/v1/orders", body)


def _scans(tale: Tale) -> None:
    tale.cast.sam.post("/v1/demo/clock", {"at": None})
    chapter("6  Scans", f"{tale.today.date()}, the real time from here on")
    until(lambda: _scan(tale, tale.digits)["code"] == "VALID" or None, "a fresh shelf")
    _show(tale, "the label", tale.digits)
    wrong = tale.digits[:-1] + str((int(tale.digits[-1]) + 1) % 10)
    _show(tale, "its last digit changed", wrong)
    _show(tale, "the code typed in", tale.human)
    papers.write_bundle(tale.public, tale.out, "bundle-before.json")
    _offline(tale, "offline, from bundle-before.json", "bundle-before.json")
    say(
        "Offline nobody can tell whether the number was ever printed: the answer says that membership is not "
        "established."
    )


def _suspension(tale: Tale) -> None:
    cast = tale.cast
    chapter("7  Passports in the manager's safe", str(tale.today.date()))
    content = _example("surveillance-factory")
    priority = next(answer for answer in content["answers"] if answer.get("severity") == "priority")
    say(f"An unannounced surveillance visit. {priority['description']}")
    filed = time.monotonic()
    audit = _file_audit(tale, "surveillance-factory", cast.factory, 1, 2, ["Amina Yusuf", "Noor Rahman"])
    until(lambda: _scan(tale, tale.digits)["code"] == "SUSPENDED" or None, "the suspension")
    say(f"Filed with release: now. {time.monotonic() - filed:.1f} s later the same label answers:")
    _show(tale, "the label", tale.digits)
    papers.write_bundle(tale.public, tale.out, "bundle-after.json")
    _offline(tale, "offline, from bundle-after.json", "bundle-after.json")
    try:
        _order(tale, 10, tale.day(-30))
    except Refused as refusal:
        say(f"Minting has stopped. Bea's next order: {refusal.detail}")
    else:
        raise RuntimeError("an order on a suspended certificate was accepted")
    _submit(tale, audit, "surveillance-factory", 0)
    until(lambda: cast.bea.get(f"/v1/certificates/{tale.certificate}")["revocation"], "a proposed revocation")
    say("It was deliberate: the rules propose revocation. The holder may reply; Bea waives the reply.")
    cast.bea.post(f"/v1/certificates/{tale.certificate}/reply-waiver", {})
    until(lambda: _scan(tale, tale.digits)["code"] in ("REVOKED", "REVOKED_LATER") or None, "the revocation")
    _show(tale, "the label", tale.digits)
    papers.write_bundle(tale.public, tale.out, "bundle-end.json")


def _log(tale: Tale) -> None:
    chapter("8  What the log proves", "")
    size, steps = papers.write_log(tale.public, tale.out, tale.certificate)
    for step in steps:
        say(step)
    say(
        f"All of it stands in a log of {size} leaves whose signed tree head anybody may keep. Not independently "
        "witnessed yet."
    )


def _show(tale: Tale, where: str, code: str) -> None:
    answer = _scan(tale, code)
    tale.verdicts.append({"asked": where, "code": code, "verdict": answer})
    verdict(
        where,
        answer["code"],
        answer["colour"],
        f"label {answer['label']['state']}, certificate {answer['certificate']['in_force']}",
    )


def _offline(tale: Tale, where: str, bundle: str) -> None:
    answer = papers.offline(tale.out, bundle, tale.digits)
    tale.verdicts.append({"asked": where, "code": tale.digits, "bundle": bundle, "verdict": answer})
    verdict(where, answer["code"], answer["colour"], f"membership {answer['label']['membership']}")


def _scan(tale: Tale, code: str) -> Json:
    return tale.public.get(f"/{code}")


def _refused(client: Client, application: str, clause: str) -> Json | None:
    """The application, once the rules have refused it for that clause."""
    shown = client.get(f"/v1/applications/{application}")
    decision = shown["decision"]
    return shown if decision and decision["outcome"] == "refuse" and clause in decision["unmet"] else None


def _with_certificate(client: Client, application: str) -> Json | None:
    shown = client.get(f"/v1/applications/{application}")
    return shown if shown.get("certificate") else None


def _order_state(client: Client, order: str, state: str) -> Json | None:
    shown = client.get(f"/v1/orders/{order}")
    return shown if shown["state"] == state else None
