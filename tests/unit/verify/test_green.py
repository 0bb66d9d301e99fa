"""No green without every reason for it: the judge against a naive second judge that shares no code with it.

Worlds are drawn by flags, then their bundles are broken at random places. A green verdict must be deserved; and where
nothing was broken the two must agree both ways, so that neither can hide behind always saying no.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ground.errors import Malformed
from labels.payload import parse
from tests.unit.verify.naive import deserves_green
from tests.vectors import defects, verdicts
from tests.vectors.scene import (
    DAY,
    FIRST,
    NOW,
    OTHER_PRODUCT,
    OTHER_SITE,
    PRODUCT,
    ROOTS,
    SECOND,
    SITE,
    Scene,
    digits,
    good,
    item,
    number,
)
from verify.bundle import open_bundle
from verify.codes import COLOUR
from verify.verdict import judge

GREEN = {code for code, colour in COLOUR.items() if colour == "green"}
HOUR = timedelta(hours=1)

Change = Callable[[Scene], None]

# Each flag does one thing to a world; some are harmless, most are not, and any two may meet.
FLAGS: dict[str, Change] = {
    "suspended": lambda w: _event(w, "cert.suspended", reason="nonconformity"),
    "reinstated": lambda w: _event(w, "cert.reinstated"),
    "remediation": lambda w: _event(w, "cert.remediation", reason="nonconformity"),
    "withdrawn": lambda w: _event(w, "cert.withdrawn", reason="holder-request"),
    "revoked": lambda w: _event(w, "cert.revoked", reason="nonconformity"),
    "renewed": lambda w: _renew(w, (SITE,), (PRODUCT,)),
    "renewed elsewhere": lambda w: _renew(w, (OTHER_SITE,), (PRODUCT,)),
    "renewed otherwise": lambda w: _renew(w, (SITE,), (OTHER_PRODUCT,)),
    "rebound": lambda w: _rebind(w),
    "revocation bit": lambda w: w.set_bit("revocation"),
    "suspension bit": lambda w: w.set_bit("suspension"),
    "item void": lambda w: w.void_items([item(0)]),
    "other void": lambda w: w.void_items([item(5)]),
    "all void": lambda w: w.void_items(None),
    "lists old": lambda w: _dates(w, -50 * HOUR, -HOUR),
    "lists early": lambda w: _dates(w, HOUR, 40 * HOUR),
    "keys old": lambda w: setattr(w, "keys_expire", NOW - HOUR),
    "label key stolen": lambda w: w.mark_key("label", "compromised", boundary=len(w.log) + 1, until=NOW - DAY),
    "label key stolen early": lambda w: w.mark_key("label", "compromised", boundary=1, until=NOW - DAY),
    "label key retired": lambda w: w.mark_key("label", "retired", until=NOW - DAY),
    "event key stolen": lambda w: w.mark_key("event", "compromised", boundary=0, until=NOW - DAY),
    "status key stolen": lambda w: w.mark_key("status", "compromised", boundary=0, until=NOW - DAY),
    "certificate key stolen": lambda w: w.mark_key("certificate", "compromised", boundary=0, until=NOW - DAY),
    "proofs": lambda w: setattr(w, "with_proofs", True),
    "incomplete": lambda w: setattr(w, "complete", False),
}


def _event(world: Scene, t: str, **said: Any) -> None:
    try:
        world.add(t, FIRST, NOW - 3 * DAY, **said)
    except KeyError:  # no certificate
        return


def _renew(world: Scene, sites: tuple[str, ...], products: tuple[str, ...]) -> None:
    following = number(f"successor {len(world.events)}")
    world.issue(following, at=NOW - 2 * DAY, sites=sites, products=products)
    world.add("cert.superseded", FIRST, NOW - 2 * DAY, next=following)


def _rebind(world: Scene) -> None:
    if SECOND not in world.events:
        world.issue(SECOND, at=NOW - 2 * DAY)
    world.add("labels.rebound", FIRST, NOW - 2 * DAY, batch=1, next=SECOND)


def _dates(world: Scene, starts: timedelta, ends: timedelta) -> None:
    world.lists_from, world.lists_until = NOW + starts, NOW + ends


LABELS = st.sampled_from(
    (digits(), digits(), digits(cls=2), digits(cls=1), digits(use_by=date(2027, 6, 1)), digits(key="other"), digits(2))
)
MEMBERSHIPS = st.sampled_from(("in", "in", "unknown", "out"))
MOMENTS = st.sampled_from((NOW, NOW, NOW - 80 * DAY, NOW + HOUR, NOW + 60 * HOUR, NOW + 300 * DAY, NOW + 500 * DAY))


@settings(max_examples=120, deadline=None)
@given(flags=st.lists(st.sampled_from(sorted(FLAGS)), max_size=3), text=LABELS, membership=MEMBERSHIPS, now=MOMENTS)
def test_over_worlds_drawn_by_flags_green_is_said_just_where_it_is_deserved(
    flags: list[str], text: str, membership: Any, now: Any
) -> None:
    world = good()
    for flag in flags:
        FLAGS[flag](world)
    bundle = world.bundle()
    code = judge(parse(text), open_bundle(bundle, ROOTS), membership, now).code
    deserved = deserves_green(bundle, list(ROOTS), text, membership, now)
    lawful = not any("cannot follow" in each.why for each in open_bundle(bundle, ROOTS).refused)
    if code in GREEN:
        assert deserved == code
    elif lawful:
        assert deserved == "", f"{flags}: {code}"


def places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value inside a document."""
    found = [way] if way else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += places(inner, (*way, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            found += places(inner, (*way, place))
    return found


def break_at(bundle: dict[str, Any], way: tuple[Any, ...], how: int, other: tuple[Any, ...]) -> None:
    holder: Any = bundle
    for key in way[:-1]:
        holder = holder[key]
    value = holder[way[-1]]
    match how:
        case 0:
            holder[way[-1]] = None
        case 1 if isinstance(holder, dict):
            del holder[way[-1]]
        case 2 if isinstance(value, str) and value:
            middle = len(value) // 2
            holder[way[-1]] = value[:middle] + ("1" if value[middle] != "1" else "2") + value[middle + 1 :]
        case 3 if isinstance(value, int) and not isinstance(value, bool):
            holder[way[-1]] = value + 1
        case _:  # something of ours, duly signed perhaps, in another place
            stranger: Any = bundle
            for key in other:
                stranger = stranger[key]
            holder[way[-1]] = copy.deepcopy(stranger)


WORLDS = ("good", "label-key-stolen", "another-item-void", "renewed", "reinstated", "ended", "revoked-and-rebound")
CONTAINERS = {name: defects.container(name) for name in WORLDS}
PLACES = {name: places(document) for name, document in CONTAINERS.items()}


@settings(max_examples=300, deadline=None)
@given(data=st.data(), name=st.sampled_from(WORLDS), how=st.integers(0, 4))
def test_a_bundle_broken_anywhere_never_turns_what_is_not_deserved_green(data: Any, name: str, how: int) -> None:
    bundle = copy.deepcopy(CONTAINERS[name])
    break_at(bundle, data.draw(st.sampled_from(PLACES[name])), how, data.draw(st.sampled_from(PLACES[name])))
    now = defects.ENDED if name == "ended" else NOW
    try:
        opened = open_bundle(bundle, ROOTS)
    except Malformed:
        return
    code = judge(parse(digits()), opened, "in", now).code
    if code in GREEN:
        assert deserves_green(bundle, list(ROOTS), digits(), "in", now) == code


@pytest.mark.parametrize("name", WORLDS)
def test_the_naive_judge_knows_green_when_it_sees_it(name: str) -> None:
    """Otherwise the two tests above would hold for a judge that never says yes."""
    now = defects.ENDED if name == "ended" else NOW
    expected = "LABELLED_UNDER_EXPIRED" if name == "ended" else "VALID"
    assert deserves_green(CONTAINERS[name], list(ROOTS), digits(), "in", now) == expected


@pytest.mark.parametrize("case", [case for case in verdicts.cases() if case.bundle != "suspension-from-later"])
def test_the_two_judges_agree_on_every_vector(case: verdicts.Case) -> None:
    deserved = deserves_green(defects.container(case.bundle), list(ROOTS), case.text, case.membership, case.at)
    assert deserved == (case.expected if case.expected in GREEN else "")
