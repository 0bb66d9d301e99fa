"""The access table: allowed by a grant and a scope; a stranger's thing does not exist."""

import pytest

from ground import access, parties
from ground.access import SYSTEM, Actor, Grant, check
from ground.errors import Forbidden, NotFound

ALL = frozenset(access.SCOPES)


@pytest.fixture(autouse=True)
def grants(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of its own for these tests."""
    monkeypatch.setattr(access, "_TABLE", {})
    access.register(
        Grant("audits.read", "auditor", "assigned"),
        Grant("audits.read", "decider", "any"),
        Grant("audits.read_notes", "auditor", "own"),
        Grant("audits.submit", "auditor", "assigned"),
        Grant("audits.approve", "decider", "any"),
    )


def actor(*roles: str, scopes: frozenset[str] = ALL) -> Actor:
    return Actor("per_1", "org_1", frozenset(roles), scopes)


@pytest.mark.parametrize(
    ("who", "action", "relations"),
    [
        ("auditor", "audits.submit", ("assigned",)),
        ("auditor", "audits.submit", ("own", "assigned")),
        ("auditor", "audits.read", ("assigned",)),
        ("decider", "audits.approve", ()),
        ("decider", "audits.read", ()),
        ("decider", "audits.read", ("own",)),
    ],
)
def test_a_grant_lets_it_pass(who: str, action: str, relations: tuple[access.Relation, ...]) -> None:
    check(actor(who), action, relations)


@pytest.mark.parametrize(
    ("who", "action", "relations", "error"),
    [
        ("auditor", "audits.submit", (), NotFound),  # somebody else's audit
        ("auditor", "audits.read", (), NotFound),
        ("manager", "audits.read", (), NotFound),
        ("decider", "audits.submit", (), Forbidden),  # sees every audit, so it may know, but may not submit
        ("auditor", "audits.approve", ("assigned",), Forbidden),
        ("auditor", "audits.submit", ("own",), Forbidden),
        ("manager", "audits.submit", ("own",), Forbidden),
        ("auditor", "audits.unheard_of", ("assigned",), Forbidden),
        ("auditor", "labels.read", (), NotFound),
    ],
)
def test_without_a_grant_a_stranger_sees_nothing_and_an_acquaintance_is_refused(
    who: str, action: str, relations: tuple[access.Relation, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        check(actor(who), action, relations)


def test_roles_add_up() -> None:
    check(actor("auditor", "decider"), "audits.approve")
    check(actor("auditor", "decider"), "audits.submit", ["assigned"])


def test_reads_need_the_read_scope_and_writes_the_scope_of_their_package() -> None:
    check(actor("decider", scopes=frozenset({"read"})), "audits.read")
    check(actor("auditor", scopes=frozenset({"read"})), "audits.read_notes", ["own"])
    check(actor("decider", scopes=frozenset({"audits"})), "audits.approve")
    with pytest.raises(Forbidden):
        check(actor("decider", scopes=frozenset({"audits"})), "audits.read")
    with pytest.raises(Forbidden):
        check(actor("decider", scopes=frozenset({"read", "labels"})), "audits.approve")


def test_a_missing_scope_does_not_tell_that_a_thing_exists() -> None:
    with pytest.raises(NotFound):
        check(actor("auditor", scopes=frozenset()), "audits.submit", ())


def test_the_system_may_do_everything_and_no_membership_can_carry_its_role() -> None:
    check(SYSTEM, "audits.anything")
    assert not SYSTEM.roles & set(access.ROLES)
    with pytest.raises(ValueError, match="not a role"):
        access.register(Grant("audits.read", "system", "any"))


def test_an_action_names_its_package() -> None:
    with pytest.raises(ValueError, match="verb"):
        access.register(Grant("read", "auditor", "any"))


def test_the_same_grant_twice_is_one() -> None:
    before = access.table()
    access.register(*before)
    assert access.table() == before


def test_everywhere_is_for_lists_of_all() -> None:
    assert access.everywhere(actor("decider"), "audits.read")
    assert not access.everywhere(actor("auditor"), "audits.read")
    assert access.everywhere(SYSTEM, "audits.read")


def test_a_role_of_a_person_belongs_to_a_role_of_an_organisation() -> None:
    assert set(access.ROLES.values()) == set(parties.ORGANISATION_ROLES)
