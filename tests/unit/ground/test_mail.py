"""Mail: written with the change, sent once per occasion, kept until it is out, and never lost on the way."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from sqlalchemy import select

from ground import mail, parties
from ground.access import SYSTEM
from ground.errors import Invalid
from ground.mail import MailRow
from ground.world import World
from tests.cast import Cast
from tests.conftest import WorldMaker


class Post(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as smtplib needs to hand in a message."""

    def handle(self) -> None:
        server = self.server
        assert isinstance(server, PostOffice)
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                server.received.append(b"".join(iter(self.rfile.readline, b".\r\n")))
            elif word == b"RCPT" and server.refusing:
                self.wfile.write(b"550 no such person\r\n")
                continue
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


class PostOffice(socketserver.ThreadingTCPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.received: list[bytes] = []
        self.refusing = False

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with PostOffice() as office:
        thread = threading.Thread(target=office.serve_forever, daemon=True)
        thread.start()
        yield office
        office.shutdown()


def person(world: World, email: str = "bea@sunrise.example") -> str:
    now = world.clock.now()
    with world.db.write() as session:
        home = parties.add_organisation(
            session, SYSTEM, name="Sunrise", roles=["manufacturer"], country="BD", city="", registered_id="", now=now
        )
        return parties.add_person(
            session, SYSTEM, organisation=home.id, name="Bea", email=email, roles=["manager"], now=now
        ).id


def write(world: World, who: str, key: str = "due fnd_1 7", subject: str = "A plan is due") -> int:
    with world.db.write() as session:
        return mail.write(session, [who], key, subject, "A plan is due on 2026-06-08.\n", now=world.clock.now())


def rows(world: World) -> list[MailRow]:
    with world.db.read() as session:
        return list(session.scalars(select(MailRow).order_by(MailRow.id)))


def eml(world: World) -> list[Path]:
    return sorted((world.settings.data / "mail").glob("*.eml"))


def test_without_a_server_every_message_is_a_file_that_a_mail_program_opens(sqlite_world: World) -> None:
    write(sqlite_world, person(sqlite_world))
    assert mail.deliver(sqlite_world) == mail.Delivered(1, 0, 0)
    (file,) = eml(sqlite_world)
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["To"] == "bea@sunrise.example"
    assert message["Subject"] == "A plan is due"
    assert message.get_content() == "A plan is due on 2026-06-08.\n"


def test_the_same_occasion_is_told_once(world: World) -> None:
    who = person(world)
    assert write(world, who) == 1
    assert write(world, who) == 0
    mail.deliver(world)
    assert mail.deliver(world) == mail.Delivered(0, 0, 0)
    assert write(world, who, key="due fnd_1 2") == 1


def test_a_change_that_is_rolled_back_tells_nobody(sqlite_world: World) -> None:
    who = person(sqlite_world)

    def half_way() -> None:
        with sqlite_world.db.write() as session:
            mail.write(session, [who], "k", "Subject", "Text", now=sqlite_world.clock.now())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half_way()
    assert mail.deliver(sqlite_world).sent == 0


def test_a_server_gets_it_and_a_crash_before_the_mark_sends_the_same_id_again(
    make_world: WorldMaker, office: PostOffice
) -> None:
    world = make_world(smtp_url=office.url)
    write(world, person(world))
    mail.deliver(world)
    with world.db.write() as session:  # as if the process had died between sending and marking
        session.get_one(MailRow, 1).sent_at = None
    mail.deliver(world)
    first, second = (message_from_bytes(data) for data in office.received)
    assert first["Message-ID"] == second["Message-ID"]


def test_what_a_server_refuses_is_tried_again_later_and_given_up_in_sight(
    make_world: WorldMaker, office: PostOffice
) -> None:
    world = make_world(smtp_url=office.url)
    write(world, person(world))
    office.refusing = True
    assert mail.deliver(world) == mail.Delivered(0, 1, 0)
    assert mail.deliver(world) == mail.Delivered(0, 0, 0), "not at once again"
    world.clock.advance(timedelta(minutes=6))  # type: ignore[attr-defined]
    office.refusing = False
    assert mail.deliver(world) == mail.Delivered(1, 0, 0)
    write(world, rows(world)[0].person, key="another")
    office.refusing = True
    for _ in range(len(mail.AGAIN) + 1):
        mail.deliver(world)
        world.clock.advance(timedelta(days=2))  # type: ignore[attr-defined]
    last = rows(world)[-1]
    assert last.given_up_at is not None
    assert "550" in last.error


def test_a_server_that_is_away_loses_nothing(make_world: WorldMaker) -> None:
    world = make_world(smtp_url="smtp://127.0.0.1:9")
    write(world, person(world))
    assert mail.deliver(world).failed == 1
    assert rows(world)[0].sent_at is None


def test_somebody_without_an_address_is_seen_to_have_none(sqlite_world: World) -> None:
    write(sqlite_world, person(sqlite_world, email=""))
    assert mail.deliver(sqlite_world).given_up == 1
    assert rows(sqlite_world)[0].error == "this person has no address"


def test_a_second_line_in_a_subject_would_be_a_header_of_its_own(sqlite_world: World) -> None:
    with pytest.raises(Invalid):
        write(sqlite_world, person(sqlite_world), subject="Hello\nBcc: everybody@example.org")


def test_people_are_found_by_organisation_and_role(world: World, cast: Cast) -> None:
    with world.db.read() as session:
        assert mail.members(session, cast.bea.organisation, "manager") == [cast.bea.person]
        assert mail.members(session, cast.bea.organisation, "decider") == []
        assert cast.sam.person in mail.everyone(session, "scheme_manager")
