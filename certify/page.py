"""The page of one certificate, for people: what it is worth now, for whom, where, since when, by whom, and what not.

Owns the words and the template; reads nothing but documents that lie on the shelf, and folds the standing from the
published leaves. No JavaScript, no cookie, no name of a natural person.
"""

from __future__ import annotations

import base64
from datetime import datetime
from importlib.resources import files
from typing import cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from certify.credential import read_scope
from certify.events import Standing, State, fold, open_leaf
from certify.register import NOT_YET, SENTENCES
from ground.canonical import Json, sha256
from ground.errors import NotFound

WORDS: dict[State, tuple[str, str]] = {
    "active": ("In force", "active"),
    "remediation": ("In remediation", "amber"),
    "suspended": ("Suspended", "amber"),
    "reduced": ("Replaced by a smaller scope", "amber"),
    "revoked": ("Revoked: do not rely on it", "red"),
    "withdrawn": ("Given back by the holder", "amber"),
    "expired": ("Ended", "amber"),
    "superseded": ("Replaced by a newer certificate", "amber"),
}

CAUTIONS = {
    "AUDITOR_ACCREDITATION_UNDER_REVIEW": "The accreditation of the audit firm, or of an auditor, is under review.",
}

_templates = Environment(
    loader=PackageLoader("certify", "pages"), autoescape=True, undefined=StrictUndefined, auto_reload=False
)
_SOURCE = (files("certify") / "pages" / "certificate.html").read_text("utf-8")
_STYLE = _SOURCE.partition("<style>")[2].partition("</style>")[0]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(sha256(_STYLE.encode())).decode()
    + "'; base-uri 'none'; frame-ancestors 'none'",
}
"""The page loads nothing from anywhere, and runs nothing."""


def standing_of(events: Json, now: datetime) -> Standing:
    """The standing that a published events.json gives."""
    standing = fold([open_leaf(cast(dict[str, Json], event["leaf"]), None) for event in events["events"]], now)
    if standing is None:
        raise NotFound("there is no such certificate")
    return standing


def render(document: dict[str, Json], events: Json, scheme: Json, now: datetime, cautions: Json = ()) -> str:
    """The page. document: the signed credential; events, scheme: events.json and scheme.json; cautions: the entries of
    cautions.json.

    Its links stay on the host that the reader has reached: all of what they name lies beside it on the shelf.
    """
    scope, standing = read_scope(document), standing_of(events, now)
    begun = now >= standing.valid_from
    word, colour = WORDS[standing.state] if begun else ("Not valid yet", "amber")
    bodies = {body["name"]: body["accreditation"] for body in scheme["certification_bodies"]}
    issuer = document["issuer"]["name"]
    return _templates.get_template("certificate.html").render(
        scope=scope,
        scheme_name=scheme["name"],
        word=word,
        colour=colour,
        sentence=SENTENCES[standing.state] if begun else NOT_YET,
        since="" if standing.state == "active" else _words(standing.since),
        successor=standing.next,
        cautions=sorted(
            {
                CAUTIONS.get(each["code"], f"A caution is on record: {each['code']}.")
                for each in cautions
                if each.get("cert") == scope.number
            }
        ),
        valid_from=_words(scope.valid_from),
        valid_until=_words(scope.valid_until),
        issuer=issuer,
        accreditation=_accreditation(bodies.get(issuer)),
        rulebook_url=f"/rulebooks/{scope.rulebook}",
        url=f"/certificates/{scope.number}",
        hands=scheme["roles_in_one_hand"],
        as_of=_words(now),
    )


def _accreditation(found: Json) -> str:
    """Who accredited the certification body, in words; "" when the scheme's document does not list it."""
    if isinstance(found, dict):
        return f"accredited by {found['body']} under {found['number']} until {found['expires']}"
    return str(found or "")


def _words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
