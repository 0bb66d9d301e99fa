"""Mail to the people of the scheme: written down with the change it tells of, sent afterwards, kept until it is.

Owns the queue and the two ways out: SMTP, or one `.eml` file per message in the data folder. A message says that there
is something to read and by when, and where; it never carries a finding, a name or anything from testimony, because
mail is read by others. Sent at least once: after a crash the same message goes out again under the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from ground.auth import Membership
from ground.canonical import sha256
from ground.database import Base, Reading, Writing
from ground.errors import Invalid
from ground.files import make_folder, write_atomic
from ground.parties import Person
from ground.settings import Settings
from ground.world import World

log = logging.getLogger(__name__)

TIMEOUT = 20.0  # seconds for a mail server to answer
AGAIN = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))  # after each failure
MOST_AT_ONCE = 200


class MailRow(Base):
    """One message to one person. `key`: the occasion; the same occasion is told to the same person once."""

    __tablename__ = "mail"
    __table_args__ = (UniqueConstraint("person", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(String(24), index=True)
    key: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]
    next_try: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None] = mapped_column(default=None)
    given_up_at: Mapped[datetime | None] = mapped_column(default=None)
    error: Mapped[str] = mapped_column(String(300), default="")


@dataclass(frozen=True)
class Delivered:
    sent: int
    failed: int
    given_up: int


class Way(Protocol):
    """A way out of the house."""

    def send(self, name: str, message: EmailMessage) -> None: ...


def write(session: Writing, people: Sequence[str], key: str, subject: str, text: str, *, now: datetime) -> int:
    """Queue one message to each of these people, once per occasion. Answers how many are new.

    subject: one line. text: plain, no names, no findings; what there is to read, where, by when.
    """
    if "\n" in subject or not subject:
        raise Invalid("the subject of a message is one line")
    told = set(session.scalars(select(MailRow.person).where(MailRow.key == key, MailRow.person.in_(people))))
    new = [person for person in dict.fromkeys(people) if person not in told]
    session.add_all(
        MailRow(person=person, key=key, subject=subject, text=text, written_at=now, next_try=now) for person in new
    )
    session.flush()
    return len(new)


def members(session: Reading, organisation: str, *roles: str) -> list[str]:
    """The people of an organisation with one of these roles, by id."""
    query = select(Membership.person_id).where(Membership.organisation_id == organisation, Membership.role.in_(roles))
    return sorted(set(session.scalars(query)))


def everyone(session: Reading, *roles: str) -> list[str]:
    """All people of the scheme with one of these roles, by id."""
    return sorted(set(session.scalars(select(Membership.person_id).where(Membership.role.in_(roles)))))


def deliver(world: World) -> Delivered:
    """Send what is due. One that fails is tried again later, and given up, visibly, after the last try."""
    now = world.clock.now()
    with world.db.read() as session:
        due = select(MailRow, Person.email).outerjoin(Person, Person.id == MailRow.person)
        due = due.where(MailRow.sent_at.is_(None), MailRow.given_up_at.is_(None), MailRow.next_try <= now)
        waiting = [(row, email) for row, email in session.execute(due.order_by(MailRow.id).limit(MOST_AT_ONCE))]
    if not waiting:
        return Delivered(0, 0, 0)
    sent = failed = given_up = 0
    with _way(world.settings) as way:
        for row, email in waiting:
            error = _send(way, world.settings, row, email)
            with world.db.write() as session:
                kept = session.get_one(MailRow, row.id)
                kept.tries += 1
                if error is None:
                    kept.sent_at, kept.error, sent = now, "", sent + 1
                elif email is None or kept.tries > len(AGAIN):
                    kept.given_up_at, kept.error, given_up = now, error[:300], given_up + 1
                    log.error("message %d to %s was given up: %s", row.id, row.person, error)
                else:
                    kept.next_try, kept.error, failed = now + AGAIN[kept.tries - 1], error[:300], failed + 1
    return Delivered(sent, failed, given_up)


def message_of(settings: Settings, row: MailRow, email: str) -> EmailMessage:
    """The message as it goes out: the same bytes each time."""
    message = EmailMessage()
    host = urlsplit(settings.public_url).hostname or "localhost"
    message["From"], message["To"], message["Subject"] = settings.mail_from, email, row.subject
    message["Date"] = format_datetime(row.written_at)
    message["Message-ID"] = f"<{row.id}.{sha256(f'{row.person} {row.key}'.encode()).hex()[:16]}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.text)
    return message


def _send(way: Way, settings: Settings, row: MailRow, email: str | None) -> str | None:
    """None, or why it did not go out."""
    if email is None:
        return "this person has no address"
    try:
        way.send(f"{row.id:08}", message_of(settings, row, email))
    except (OSError, smtplib.SMTPException, ValueError) as error:  # ValueError: an address that no header can hold
        return f"{type(error).__name__}: {error}"
    return None


@contextmanager
def _way(settings: Settings) -> Iterator[Way]:
    if not settings.smtp_url:
        yield _Folder(settings)
        return
    server = _Server(settings.smtp_url)
    try:
        yield server
    finally:
        server.close()


class _Folder:
    """One `.eml` file per message, that any mail program opens."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.data / "mail"

    def send(self, name: str, message: EmailMessage) -> None:
        make_folder(self.folder)
        write_atomic(self.folder / f"{name}.eml", bytes(message))


class _Server:
    """An SMTP server, spoken to when the first message is sent; TLS whenever it is offered."""

    def __init__(self, url: str) -> None:
        self.url = urlsplit(url)
        self.open: smtplib.SMTP | None = None
        self.away: OSError | None = None

    def send(self, name: str, message: EmailMessage) -> None:
        if self.away is not None:
            raise self.away  # waiting once in a pass for a server that is away is enough
        if self.open is None:
            try:
                self.open = self._connect()
            except OSError as error:
                self.away = error
                raise
        try:
            self.open.send_message(message)
        except smtplib.SMTPServerDisconnected:
            self.open = None
            raise

    def close(self) -> None:
        if self.open is not None:
            try:
                self.open.quit()
            except (OSError, smtplib.SMTPException) as error:
                log.info("the mail server did not say goodbye: %s", error)

    def _connect(self) -> smtplib.SMTP:
        host, context = self.url.hostname or "", ssl.create_default_context()
        if self.url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, self.url.port or 465, timeout=TIMEOUT, context=context)
        else:
            server = smtplib.SMTP(host, self.url.port or 25, timeout=TIMEOUT)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
        if self.url.username:
            server.login(unquote(self.url.username), unquote(self.url.password or ""))
        return server
