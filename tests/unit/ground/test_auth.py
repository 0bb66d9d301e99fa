"""Tokens: shown once, kept as a hash, ending in time; and nobody hands out more than they hold."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text

from ground import auth, journal
from ground.access import SCOPES, Actor
from ground.auth import Membership, TokenRow, authenticate, issue_token, revoke_token
from ground.errors import Conflict, Forbidden, FreemarkError, Invalid, NotFound, Unauthenticated
from ground.world import World
from tests.cast import Cast, Player, enrol, make_cast
from tests.conftest import START

SOON = START + timedelta(days=30)


@pytest.fixture
def world(sqlite_world: World) -> World:
    """What is decided here does not depend on the database."""
    return sqlite_world


@pytest.fixture
def cast(world: World) -> Cast:
    return make_cast(world)


def issue(world: World, actor: Actor, to: Player, scopes: tuple[str, ...] = ("read",)) -> tuple[TokenRow, str]:
    with world.db.write() as session:
        return issue_token(
            session, actor, person=to.person, organisation=to.organisation, scopes=scopes, expires=SOON, now=START
        )


def who(world: World, secret: str, at: timedelta = timedelta(0)) -> Actor:
    with world.db.read() as session:
        return authenticate(session, secret, START + at)


def test_a_secret_has_160_bits_and_is_kept_as_a_hash(world: World, cast: Cast) -> None:
    _, secret = issue(world, cast.bea.actor, cast.bea)
    assert re.fullmatch("fm_[0-9A-HJKMNP-TV-Z]{32}", secret)
    with world.db.read() as session:
        for table in ("token", "journal"):
            for row in session.execute(text(f"SELECT * FROM {table}")):
                assert secret not in str(row)
                assert secret[3:] not in str(row)


def test_a_secret_tells_who_and_for_whom_and_what_for(world: World, cast: Cast) -> None:
    token, secret = issue(world, cast.bea.actor, cast.bea, ("read", "labels", "read"))
    assert who(world, secret) == Actor(
        person=cast.bea.person,
        organisation=cast.bea.organisation,
        roles=frozenset({"manager"}),
        scopes=frozenset({"read", "labels"}),
        token=token.id,
    )


@pytest.mark.parametrize("secret", ["", "fm_", "fm_" + "0" * 32, "x" * 10_000, "\x00", "\udcff", "é"])
def test_an_unknown_secret_is_nobody(world: World, cast: Cast, secret: str) -> None:
    with pytest.raises(Unauthenticated):
        who(world, secret)


def test_a_secret_in_another_case_or_cut_is_nobody(world: World, cast: Cast) -> None:
    for other in (cast.bea.secret.lower(), cast.bea.secret[:-1], cast.bea.secret + " "):
        with pytest.raises(Unauthenticated):
            who(world, other)


def test_a_token_ends_when_it_said(world: World, cast: Cast) -> None:
    _, secret = issue(world, cast.bea.actor, cast.bea)
    who(world, secret, timedelta(days=30, seconds=-1))
    with pytest.raises(Unauthenticated):
        who(world, secret, timedelta(days=30))


def test_a_revoked_token_ends_now_and_stays_revoked(world: World, cast: Cast) -> None:
    token, secret = issue(world, cast.bea.actor, cast.bea)
    with world.db.write() as session:
        assert revoke_token(session, cast.bea.actor, token.id, now=START).revoked_at == START
    with pytest.raises(Unauthenticated):
        who(world, secret)
    with world.db.write() as session, pytest.raises(Conflict):
        revoke_token(session, cast.bea.actor, token.id, now=START)


def test_unknown_expired_and_revoked_sound_the_same(world: World, cast: Cast) -> None:
    token, revoked = issue(world, cast.bea.actor, cast.bea)
    with world.db.write() as session:
        revoke_token(session, cast.bea.actor, token.id, now=START)
    _, expired = issue(world, cast.bea.actor, cast.bea)
    heard = set()
    for secret, at in ((revoked, timedelta(0)), (expired, timedelta(days=31)), ("fm_x", timedelta(0))):
        with pytest.raises(Unauthenticated) as caught:
            who(world, secret, at)
        heard.add(caught.value.detail)
    assert len(heard) == 1


def test_a_role_that_is_taken_away_is_gone_at_once(world: World, cast: Cast) -> None:
    with world.db.write() as session:
        session.execute(delete(Membership).where(Membership.person_id == cast.bea.person))
    with pytest.raises(Unauthenticated):
        who(world, cast.bea.secret)


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_ends_within_a_year(world: World, cast: Cast, days: int) -> None:
    with world.db.write() as session, pytest.raises(Invalid) as caught:
        issue_token(
            session,
            cast.bea.actor,
            person=cast.bea.person,
            organisation=cast.bea.organisation,
            scopes=["read"],
            expires=START + timedelta(days=days),
            now=START,
        )
    assert caught.value.where == "/expires"


@pytest.mark.parametrize("scopes", [(), ("everything",), ("read", "")])
def test_scopes_are_of_the_list(world: World, cast: Cast, scopes: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as caught:
        issue(world, cast.bea.actor, cast.bea, scopes)
    assert caught.value.where == "/scopes"


# Who hands out what.


@pytest.mark.parametrize("name", ["carl", "amina", "bea"])
def test_members_make_tokens_for_their_own_organisation(world: World, cast: Cast, name: str) -> None:
    player: Player = getattr(cast, name)
    issue(world, player.actor, player)


@pytest.mark.parametrize("name", ["carl", "amina", "bea", "ravi", "otto"])
def test_the_scheme_manager_makes_tokens_for_everybody(world: World, cast: Cast, name: str) -> None:
    issue(world, cast.sam.actor, getattr(cast, name), SCOPES)


@pytest.mark.parametrize(
    ("name", "error"), [("otto", NotFound), ("ravi", NotFound), ("carl", Forbidden), ("amina", Forbidden)]
)
def test_nobody_else_makes_tokens_for_another_organisation(
    world: World, cast: Cast, name: str, error: type[FreemarkError]
) -> None:
    """Carl and Amina may read organisations, so for them it is a 403; for the others it does not exist."""
    with pytest.raises(error):
        issue(world, getattr(cast, name).actor, cast.bea)


def test_an_agent_makes_no_tokens(world: World, cast: Cast) -> None:
    with pytest.raises(Forbidden):
        issue(world, cast.ravi.actor, cast.ravi)


def test_nobody_hands_out_a_scope_that_their_own_token_lacks(world: World, cast: Cast) -> None:
    _, secret = issue(world, cast.bea.actor, cast.bea, ("parties", "read"))
    narrow = who(world, secret)
    issue(world, narrow, cast.bea, ("read",))
    with pytest.raises(Forbidden):
        issue(world, narrow, cast.bea, ("labels",))


def test_a_token_without_the_scope_makes_none(world: World, cast: Cast) -> None:
    _, secret = issue(world, cast.bea.actor, cast.bea, ("read", "labels"))
    with pytest.raises(Forbidden):
        issue(world, who(world, secret), cast.bea, ("read",))


def test_nobody_acts_as_a_colleague_with_another_role(world: World, cast: Cast) -> None:
    """One organisation may audit and decide: its auditor must not make a token of its decider."""
    with world.db.write() as session:
        session.execute(
            text("""UPDATE organisation SET roles = '["certification_body","audit_firm"]' WHERE id = :id"""),
            {"id": cast.carl.organisation},
        )
    with world.db.write() as session:
        audits = enrol(session, world, cast.carl.organisation, "Both House Auditor", "auditor")
    with pytest.raises(Forbidden):
        issue(world, audits.actor, cast.carl)
    issue(world, replace(cast.carl.actor, roles=frozenset({"auditor", "decider"})), cast.carl)


def test_a_token_is_for_a_member(world: World, cast: Cast) -> None:
    with world.db.write() as session, pytest.raises(NotFound):
        issue_token(
            session,
            cast.sam.actor,
            person=cast.otto.person,
            organisation=cast.bea.organisation,
            scopes=["read"],
            expires=SOON,
            now=START,
        )


def test_a_token_of_another_organisation_is_not_there(world: World, cast: Cast) -> None:
    token, _ = issue(world, cast.bea.actor, cast.bea)
    with world.db.write() as session:
        for unknown in (token.id, "tok_0000000000000000"):
            with pytest.raises(NotFound) as caught:
                revoke_token(session, cast.otto.actor, unknown, now=START)
            assert caught.value.detail == auth.NOTHING
            with pytest.raises(NotFound):
                auth.get_token(session, cast.otto.actor, unknown)


def test_making_and_revoking_is_in_the_journal(world: World, cast: Cast) -> None:
    token, _ = issue(world, cast.bea.actor, cast.bea)
    with world.db.write() as session:
        revoke_token(session, cast.sam.actor, token.id, now=START)
    with world.db.read() as session:
        journal.check(session)
        rows = session.scalars(select(journal.JournalRow).where(journal.JournalRow.subject == token.id)).all()
        assert [(row.action, row.person) for row in rows] == [
            ("token_issued", cast.bea.person),
            ("token_revoked", cast.sam.person),
        ]
