"""Journey A under freemark-2026.1: a finding, the refusal with what would meet it, the correction, the certificate."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audits import signed
from freemark.demo import crew as crews
from freemark.demo import scene
from freemark.demo.client import Refused
from tests.flows.house import DAY, FEES, LATEST, House

RELEASE = timedelta(hours=96)
FEES_PAID = {
    "provision": FEES, "result": "finding", "severity": "major", "affected": 6, "sampled": 10,
    "description": "Six of ten workers paid go-betweens for the job.",
}  # fmt: skip


def lacking(house: House, application: str) -> dict[str, dict[str, Any]]:
    """What the manufacturer reads: {clause: who and what would meet it}."""
    told = house.bea.get(f"/v1/applications/{application}/lacking")
    assert told["rulebook"] == LATEST
    return {each["clause"]: each for each in told["unmet"]}


def put_right(house: House, finding: str) -> None:
    due = str((house.now + 60 * DAY).date())
    house.bea.post(f"/v1/findings/{finding}/containment", {"measure": "Nobody pays a go-between any more."})
    house.bea.post(
        f"/v1/findings/{finding}/action",
        {"root_cause": "Go-betweens.", "correction": "Repay.", "prevention": "Ask on arrival.",
         "owner_role": "Head of personnel", "due_on": due},
    )  # fmt: skip
    house.carl.post(f"/v1/findings/{finding}/action/approval", {})
    house.bea.post(f"/v1/findings/{finding}/action/completion", {"evidence": "Bank confirmations."})


def repaid(house: House, finding: str) -> None:
    """Who is owed what, agreed by somebody outside; paid; and six of six say that they have it."""
    place = f"/v1/findings/{finding}"
    cohort = {"about": "Corridor of 2024", "basis": "Six interviews and two receipts.", "currency": "USD",
              "amount": 120_000, "people": 6, "leavers": 0}  # fmt: skip
    (line,) = house.bea.post(f"{place}/cohorts", cohort)["cohorts"]
    house.carl.post(f"/v1/cohorts/{line['id']}/agreement", {})
    house.bea.post(
        f"/v1/cohorts/{line['id']}/payments",
        {"kind": "paid", "paid_on": house.today, "amount": 720_000, "people": 6, "newly": 6, "newly_left": 0,
         "evidence": "Bank list with six credits."},
    )  # fmt: skip
    ledger = house.amina.post(
        f"/v1/cohorts/{line['id']}/confirmations",
        {"asked_on": house.today, "asked": 6, "confirmed": 6, "asked_by": "auditor", "leavers_sought": False,
         "note": "Asked outside the factory."},
    )  # fmt: skip
    assert ledger["complete"]


def test_from_a_finding_to_a_label_that_scans(latest_everywhere: House) -> None:
    house = latest_everywhere
    assert house.crew is not None
    people = house.people()
    site = scene.new_site(people)
    application = scene.applied(people, [site])
    house.drain()
    assert {"I2", "I4"} <= set(lacking(house, application))

    audit, submitted = crews.audited(
        house.crew, site, "initial", house.now, findings=[FEES_PAID], among=[house.amina.person]
    )
    house.drain()
    assert submitted["released_at"] is None
    assert house.bea.refused(f"/v1/audits/{audit}")[0] == 404  # the site reads it some days later
    open_now = lacking(house, application)
    assert set(open_now) == {"I4", "I6"}
    assert (open_now["I6"]["who"], open_now["I4"]["who"]) == ("time", "time")
    assert "It rests on a report that you can read from" in open_now["I6"]["text"]
    version = house.amina.get(f"/v1/audits/{audit}/reports/1")
    assert signed.holds(version["document"], version["signature"]["kid"], version["signature"]["sig"])

    house.accept(application)  # a decider's signature does not outweigh a clause
    assert set(lacking(house, application)) == {"I6"}
    assert house.application(application)["certificate"] is None

    house.later(RELEASE)
    (finding,) = house.bea.get(f"/v1/findings?site={site}")["items"]
    put_right(house, finding["id"])
    house.later(20 * DAY, nightly=True)
    with pytest.raises(Refused, match="no repayment ledger"):
        house.submit(house.audit(site, [{"provision": FEES, "result": "conformance"}], kind="closure"))
    repaid(house, finding["id"])
    closure = house.audit(site, [{"provision": FEES, "result": "conformance"}], kind="closure")
    assert house.submit(closure)["closed"] == [finding["id"]]
    house.drain()
    assert set(lacking(house, application)) == {"I4"}
    house.accept(application)
    number = scene.certificate(people, application)
    decided = [made["outcome"] for made in house.carl.get(f"/v1/applications/{application}/decisions")["items"]]
    assert decided[-2:] == ["issue", "keep"]
    document = house.anybody.get(f"/certificates/{number}")
    assert LATEST in str(document)

    order = scene.order_labels(people, number, 3, str((house.now + 30 * DAY).date()))
    house.drain()
    (label, *_) = scene.printed(people, order)
    assert house.scan(label)["code"] == "VALID"
    assert house.offline(label, house.bundle())["code"] == "VALID"


def test_the_short_way_to_a_certificate(latest: House) -> None:
    certificate = latest.certified()
    assert certificate.entry["standing"] == "active"
    assert latest.scan(certificate.label())["code"] == "VALID"
