"""The examples in the API's description of remedy: one corridor's fees, two later checks, one disclosure.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers.
"""

from __future__ import annotations

from audits.remedy.checks import HINT
from audits.remedy.disclosures import FOLLOWS
from ground.canonical import Json

Example = dict[str, Json]

COHORT: Example = {
    "about": "Corridor from Saptari, recruited 2024 to 2025 through two agents",
    "basis": "41 interviews and 12 receipts: between 1,650 and 1,900 USD each; the higher figure is taken.",
    "currency": "USD",
    "amount": 190_000,
    "people": 41,
    "leavers": 6,
}
PAYMENT: Example = {
    "kind": "paid",
    "paid_on": "2026-07-01",
    "amount": 7_220_000,
    "people": 38,
    "newly": 38,
    "newly_left": 3,
    "evidence": "Bank list of 1 July with 38 credits, without names.",
    "files": [],
}
KEPT: Example = {
    **PAYMENT,
    "kind": "kept",
    "amount": 570_000,
    "people": 3,
    "newly": 3,
    "newly_left": 3,
    "evidence": "Blocked account at the bank, statement of 1 July.",
}
CONFIRMATION: Example = {
    "asked_on": "2026-07-20",
    "asked": 12,
    "confirmed": 12,
    "asked_by": "ngo",
    "leavers_sought": True,
    "note": "Asked outside the factory, in Maithili; three leavers were looked for at home and by telephone.",
}
_COHORT: Example = {
    "id": "led_6b1x9s4m0f8t2k5r",
    **COHORT,
    "owed": 7_790_000,
    "paid": 7_220_000,
    "kept": 570_000,
    "reached": 38,
    "reached_leavers": 3,
    "kept_for": 3,
    "agreed_at": "2026-06-20T10:00:00Z",
    "confirmed": True,
    "lacking": [],
    "payments": [{**PAYMENT, "entered_at": "2026-07-02T08:00:00Z"}, {**KEPT, "entered_at": "2026-07-02T08:05:00Z"}],
    "confirmations": [{**CONFIRMATION, "entered_at": "2026-07-21T09:00:00Z"}],
}
LEDGER: Example = {
    "finding": "fnd_5n9e2z7k4b0y3g8a",
    "provision": "T1.1",
    "required": True,
    "complete": True,
    "lacking": [],
    "remedied_at": "2026-07-21T09:00:00Z",
    "totals": [{"currency": "USD", "owed": 7_790_000, "paid": 7_220_000, "kept": 570_000}],
    "cohorts": [_COHORT],
}
REMEDY: Example = {"reason": "All 83 have their passports; 14 of 83 were asked, and a locker with a key was seen."}
CHECK: Example = {
    "id": "chk_2h7q5d0w9c4n8v1z",
    "kind": "retaliation_30",
    "about": "aud_0p4g7s2f9j5w1h6r",
    "site": "site_8w3n5e1h6z2k0b7y",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "due": "2026-07-05T00:00:00Z",
    "done_at": None,
    "result": None,
    "note": None,
    "hint": None,
}
RESULT: Example = {"result": "harm", "note": "Two people of the night shift were moved away from each other."}
DONE: Example = {**CHECK, "done_at": "2026-07-03T18:00:00Z", **RESULT, "hint": HINT}
DISCLOSURE: Example = {
    "site": "site_8w3n5e1h6z2k0b7y",
    "standard": "freemark-2026.1",
    "provision": "T1.1",
    "what": "Some 20 people of one corridor paid a sub-agent whom our agent had not named to us.",
    "containment": "The corridor is closed to new recruitment; the agent has stopped all collection.",
    "contained_on": "2026-06-02",
    "plan": "Interviews by an outside organisation in June, repayment of the standard amount by August.",
    "worst_form": False,
}
DISCLOSED: Example = {
    "id": "dsc_9k3t6z1b7e0y4m2p",
    **DISCLOSURE,
    "disclosed_at": "2026-06-03T07:15:00Z",
    "follows": FOLLOWS,
}
FEED: Example = {"url": "https://check.example.org/calendar/7Q2M9X4K1C5V8T3D6F0H7J2N9R4S1W5Z.ics"}
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Freemark//Deadlines//EN\r\nX-WR-CALNAME:Freemark deadlines\r\n"
    "BEGIN:VEVENT\r\nSUMMARY:Corrective action plan is due\r\nDTSTART:20260619T140000Z\r\nDTSTAMP:20260605T140000Z\r\n"
    "UID:plan-fnd_5n9e2z7k4b0y3g8a@check.example.org\r\nTRANSP:TRANSPARENT\r\n"
    "URL:https://check.example.org/v1/findings/fnd_5n9e2z7k4b0y3g8a\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
