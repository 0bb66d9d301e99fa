"""The last three chapters of the story: the label is scanned, an alert is held and told, and the log proves all of it.

They begin a day ago and end now, because an alert has a night in which nobody outside may notice it.
"""

from __future__ import annotations

import time
from datetime import timedelta

from freemark.demo import crew as crews
from freemark.demo import papers
from freemark.demo.client import Json, Refused
from freemark.demo.examples import begun, example, filed, signed
from freemark.demo.scene import until
from freemark.demo.tale import Tale
from freemark.demo.teller import chapter, say

THE_DAY_BEFORE = timedelta(hours=25)  # in any 25 hours one evidence.root falls due
SUSPENSION = "S1"  # the clause of the rulebook: no open priority finding on a core topic


def scans(tale: Tale) -> None:
    moment = tale.set(tale.today - THE_DAY_BEFORE)
    chapter("6  Scans", f"{moment.date()}, yesterday")
    until(lambda: tale.scan(tale.digits)["code"] == "VALID" or None, "a fresh shelf")
    tale.show("the label", tale.digits)
    wrong = tale.digits[:-1] + str((int(tale.digits[-1]) + 1) % 10)
    tale.show("its last digit changed", wrong)
    tale.show("the code typed in", tale.human)
    papers.write_bundle(tale.public, tale.out, "bundle-before.json")
    tale.offline("offline, from bundle-before.json", "bundle-before.json")
    say(
        "Offline nobody can tell whether the number was ever printed: the answer says that membership is not "
        "established."
    )


def passports(tale: Tale) -> None:
    """A silent alert: decided at once, seen by nobody outside, effective when the protection handler has spoken."""
    cast, today = tale.cast, tale.today.date()
    first = (tale.today - THE_DAY_BEFORE).date()
    chapter("7  Passports in the manager's safe", f"{first} to {today}")
    lead, _ = crews.assigned(
        cast.crew, cast.factory, "surveillance", first, today, languages=["ne"], others=list(cast.crew.auditors)
    )
    team = [lead.person, *(person for person in cast.crew.auditors if person != lead.person)]
    audit = begun("surveillance-factory", lead, team, cast.factory, first, today)
    alarm = next(answer for answer in example("surveillance-factory")["answers"] if answer.get("zero_tolerance"))
    say(f"An unannounced surveillance visit, led by {lead.client.name}. {alarm['description']}")
    alert = crews.raise_alert(lead, audit, alarm, tale.today - THE_DAY_BEFORE)
    held = until(lambda: _held(tale), "the held decision")
    say(
        f"Raised as an alert, held to {alert['held_until'][:16].replace('T', ' ')} UTC at most. The rules decided at "
        f"once: {held['outcome']}, because of {SUSPENSION}. Outside, nothing is to be seen of it:"
    )
    tale.show("the label", tale.digits)
    entry = cast.bea.get(f"/v1/certificates/{tale.certificate}")
    say(f"Bea's certificate is {entry['standing']}; {entry['reason'][0].lower()}{entry['reason'][1:]}")

    cast.sam.post("/v1/demo/clock", {"at": None})
    root = until(lambda: (_held(tale) or {}).get("committed"), "the root of the night")
    say(
        f"{today}, the real time from here on. In the night the log got an evidence.root, leaf {root['leaf_index']}: "
        f"the held decision stands under it, at place {root['index']} of {root['size']}, and nobody outside can tell."
    )
    _told(tale, alert["id"])
    filed("surveillance-factory", lead, team, audit, tale.today)
    signed("surveillance-factory", lead, audit)
    _revoked(tale)


def _held(tale: Tale) -> Json | None:
    """The decision that is made and not effective yet: the first one, when the night's screening made a second."""
    held = tale.cast.carl.get(f"/v1/applications/{tale.application}/held-decisions")["items"]
    found = [each for each in held if each["outcome"] == "suspend" and SUSPENSION in each["unmet"]]
    return min(found, key=lambda each: str(each["decided_at"]), default=None)


def _told(tale: Tale, alert: str) -> None:
    """The protection handler ends the hold, and everybody sees what was decided the day before."""
    cast = tale.cast
    spoken = time.monotonic()
    word = {"told": "By telephone, after a workers' organisation had met those concerned and found them a place."}
    cast.hana.post(f"/v1/alerts/{alert}/release", word)
    until(lambda: tale.scan(tale.digits)["code"] == "SUSPENDED" or None, "the suspension")
    say(
        "Hana, the protection handler, tells the site when those who spoke are safe. "
        f"{time.monotonic() - spoken:.1f} s after her word the same label answers:"
    )
    tale.show("the label", tale.digits)
    papers.write_bundle(tale.public, tale.out, "bundle-after.json")
    tale.offline("offline, from bundle-after.json", "bundle-after.json")
    made = cast.carl.get(f"/v1/applications/{tale.application}/decisions?limit=200")["items"]
    n = max(each["n"] for each in made if each["outcome"] == "suspend")
    # Oldest first. Each conclusion on other facts (a list changed in the night, say) is kept and linked to the act: it
    # was made, and nobody may say later that it was not. The story tells of the first.
    before = cast.bea.get(f"/v1/applications/{tale.application}/decisions/{n}/evidence")["decided_before"][0]
    say(
        f"Bea can check that nobody made it up today: decided {_moment(before['decided_at'])}, effective "
        f"{_moment(before['effective_at'])}, with the proof of the root of the night."
    )
    try:
        tale.place_order(10, tale.day(-30))
    except Refused as refusal:
        say(f"Minting has stopped. Bea's next order: {refusal.detail}")
    else:
        raise RuntimeError("an order on a suspended certificate was accepted")


def _revoked(tale: Tale) -> None:
    cast = tale.cast
    until(lambda: cast.bea.get(f"/v1/certificates/{tale.certificate}")["revocation"], "a proposed revocation")
    notice = tale.notice("propose_revocation")
    (ground,) = notice["grounds"]
    say(
        f"It was deliberate: the rules propose revocation. The notice has the ground ({ground['clause']}, "
        f"{ground['title'].lower()}) and the last day for a reply, {notice['reply_until'][:10]}. Bea waives the reply."
    )
    cast.bea.post(f"/v1/certificates/{tale.certificate}/reply-waiver", {})
    until(lambda: tale.scan(tale.digits)["code"] in ("REVOKED", "REVOKED_LATER") or None, "the revocation")
    tale.show("the label", tale.digits)
    papers.write_bundle(tale.public, tale.out, "bundle-end.json")


def log(tale: Tale) -> None:
    chapter("8  What the log proves", "")
    size, steps = papers.write_log(tale.public, tale.out, tale.certificate)
    for step in steps:
        say(step)
    say(
        f"All of it stands in a log of {size} leaves whose signed tree head anybody may keep. Not independently "
        "witnessed yet."
    )


def _moment(text: str) -> str:
    return text[:16].replace("T", " ")
