"""Who may do what to applications, decisions and certificates: certify's part of the access table.

Owns the grants and the two ways to a row: `application_of` and `certificate_of` answer the row or refuse. What belongs
to another organisation is a NotFound. Whether the state allows an act is asked elsewhere.
"""

from __future__ import annotations

from sqlalchemy import select

from certify.tables import Application, Certificate
from ground import access
from ground.access import Actor, Grant
from ground.database import Reading
from ground.errors import NotFound
from ground.parties import relations

READ = "certify.read"
APPLY = "certify.apply"
SIGN = "certify.sign"
ACCEPT = "certify.accept"
SUSPEND = "certify.suspend"
WITHDRAW = "certify.withdraw"
REPLY = "certify.reply"
CONFIRM = "certify.confirm"

access.register(
    Grant(READ, "manager", "own"),
    *(Grant(action, "manager", "own") for action in (APPLY, SIGN, WITHDRAW, REPLY)),
    # The certification body decides; the scheme owner watches, and may brake and confirm, never accept.
    *(Grant(action, role, "any") for action in (READ, SUSPEND, CONFIRM) for role in ("decider", "scheme_manager")),
    Grant(ACCEPT, "decider", "any"),
)


def application_of(session: Reading, actor: Actor, action: str, application: str) -> Application:
    """The application, if the actor may do this to it. NotFound or Forbidden otherwise."""
    row = session.get(Application, application)
    access.check(actor, action, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such application")
    return row


def certificate_of(session: Reading, actor: Actor, action: str, number: str) -> Certificate:
    """The sealed certificate of that number, if the actor may do this to it. One not sealed yet does not exist."""
    row = session.scalar(select(Certificate).where(Certificate.number == number, Certificate.sealed_at.is_not(None)))
    access.check(actor, action, relations(actor, row.organisation_id) if row else ())
    if row is None:
        raise NotFound("there is no such certificate")
    return row
