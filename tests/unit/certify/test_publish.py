"""What lies on the shelf: complete, signed, no older than it may be, and never a head before its parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from audits import standard
from certify import log, publish, rulebook, service
from certify.checkpoint import open_proof, parse_vkey
from certify.credential import did_document, open_credential, open_jwt
from certify.events import Draft, fold, open_leaf
from certify.page import render
from certify.shelf import answers
from certify.statuslist import StatusList, open_list
from certify.tables import Certificate
from ground import parties
from ground.access import SYSTEM
from ground.canonical import instant, parse, sha256
from ground.crockford import with_check
from ground.errors import Conflict, Invalid, Malformed, NotFound, Unavailable
from ground.keyring import Keyring
from ground.keyset import KeySet, build_keyset, open_keyset
from ground.shelf import Shelf
from ground.signing import SeedSigner, open_document
from ground.world import World
from tests.unit.certify.house import House, finding, passports


@pytest.fixture
def house(sqlite_world: World) -> House:
    return House(sqlite_world, publishing=True)


def shelf(house: House) -> dict[str, bytes]:
    root = house.world.shelf.public
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def document(house: House, path: str) -> dict[str, Any]:
    found: dict[str, Any] = parse(house.world.shelf.read(path) or b"", limit=1 << 26)
    return found


def keys(house: House) -> KeySet:
    return open_keyset(document(house, "keys.json"), house.world.keyring.root_publics())


def status(house: House, purpose: Any) -> StatusList:
    return open_list(document(house, f"status/{purpose}/1.json"), keys(house), purpose)


def bits(house: House, number: str) -> tuple[bool, bool]:
    """(revocation, suspension) of a certificate, as a reader finds them through its own credential."""
    entries = document(house, f"certificates/{number}.json")["credentialStatus"]
    first, second = (int(entry["statusListIndex"]) for entry in entries)
    return status(house, "revocation").bit(first), status(house, "suspension").bit(second)


# ------------------------------------------------------------------------------------------------------ what there is


def test_a_new_scheme_publishes_keys_lists_rules_and_an_empty_register(house: House) -> None:
    publish.refresh(house.world)
    found = shelf(house)
    assert {
        "keys.json", ".well-known/did.json", "heads.json", "cautions.json", "scheme.json", "log/checkpoint",
        "status/revocation/1.json", "status/suspension/1.json", "rulebooks/freemark-2026.0.json",
        "standards/freemark-2026.0.json", "standards/freemark-2026.1.json",
    } <= set(found)  # fmt: skip
    assert document(house, "heads.json")["heads"] == {}
    assert document(house, "cautions.json")["cautions"] == []
    assert document(house, ".well-known/did.json") == did_document(house.world.settings.public_url, keys(house))


def test_every_published_part_opens_with_the_pinned_roots(house: House) -> None:
    number = house.certified()
    listed = keys(house)
    assert open_credential(document(house, f"certificates/{number}.json"), listed)["id"].endswith(number)
    assert open_jwt((house.world.shelf.read(f"certificates/{number}.jwt") or b"").decode(), listed)
    leaves = [
        open_leaf(event["leaf"], listed) for event in document(house, f"certificates/{number}/events.json")["events"]
    ]
    standing = fold(leaves, house.now)
    assert standing is not None
    heads = document(house, "heads.json")
    assert heads["heads"] == {number: standing.head}
    open_document("heads", heads, listed.find(heads["kid"], "status").public)
    cautions = document(house, "cautions.json")
    open_document("cautions", cautions, listed.find(cautions["kid"], "event").public)
    assert bits(house, number) == (False, False)


def test_rulebook_and_standard_hash_to_what_decisions_and_leaves_name(house: House) -> None:
    publish.refresh(house.world)
    found = shelf(house)
    assert sha256(found["rulebooks/freemark-2026.0.json"]).hex() == rulebook.load("freemark-2026.0").sha256
    for id in ("freemark-2026.0", "freemark-2026.1"):
        assert sha256(found[f"standards/{id}.json"]).hex() == standard.load(id).sha256


def test_the_scheme_says_who_holds_two_roles_and_who_is_not_accredited(house: House) -> None:
    with house.world.db.write() as session:
        both = parties.add_organisation(
            session, SYSTEM, name="Both Ltd", roles=["certification_body", "audit_firm"], country="CH", city="Bern",
            registered_id="", now=house.now,
            accreditation={"body": "SAS", "number": "SCESp 1", "scope": "17065", "expires": "2026-06-30"},
        )  # fmt: skip
    publish.refresh(house.world)
    scheme = document(house, "scheme.json")
    assert scheme["roles_in_one_hand"] == ["Both Ltd is at once certification body and audit firm."]
    assert {body["name"]: body["accreditation"] for body in scheme["certification_bodies"]}["Lotus Certification"] == (
        "not accredited"
    )
    assert document(house, f"firms/{both.id}.json")["accreditation"]["number"] == "SCESp 1"
    house.later(days=60)
    publish.refresh(house.world)
    assert document(house, f"firms/{both.id}.json")["accreditation"] == "not accredited"
    assert "Amina" not in json.dumps(scheme)


def test_only_firms_with_a_public_role_and_holders_are_published(house: House) -> None:
    publish.refresh(house.world)
    assert f"firms/{house.cast.bea.organisation}.json" not in shelf(house)
    house.certified()
    assert f"firms/{house.cast.bea.organisation}.json" in shelf(house)
    assert f"firms/{house.cast.otto.organisation}.json" not in shelf(house)


# ---------------------------------------------------------------------------------------------------------- status bits


def say(house: House, t: Any, **more: Any) -> None:
    with house.world.db.write() as session:
        log.append(session, house.world.keyring, Draft(t, house.now, cert=house.number(), **more), now=house.now)
    publish.refresh(house.world)


@pytest.mark.parametrize(
    ("t", "more", "expected"),
    [
        ("cert.suspended", {"reason": "nonconformity"}, (False, True)),
        ("cert.remediation", {"reason": "nonconformity"}, (False, False)),
        ("cert.revoked", {"reason": "nonconformity"}, (True, False)),
        ("cert.withdrawn", {"reason": "holder-request"}, (True, False)),
        ("cert.reduced", {"next": "0123456789"}, (True, False)),
        ("cert.superseded", {"next": "0123456789", "reason": "superseded"}, (False, False)),
        ("cert.superseded", {"next": "0123456789", "reason": "key-compromise"}, (True, False)),
    ],
)
def test_every_standing_has_its_bits(house: House, t: str, more: dict[str, Any], expected: tuple[bool, bool]) -> None:
    more = {key: with_check(value) if key == "next" else value for key, value in more.items()}
    number = house.certified()
    say(house, t, **more)
    assert bits(house, number) == expected


def test_suspension_clears_and_revocation_never_does(house: House) -> None:
    number = house.certified()
    say(house, "cert.suspended", reason="nonconformity")
    assert bits(house, number) == (False, True)
    say(house, "cert.reinstated")
    assert bits(house, number) == (False, False)
    say(house, "cert.revoked", reason="nonconformity")
    house.later(days=3)
    publish.refresh(house.world)
    assert bits(house, number) == (True, False)


def test_a_published_revocation_that_the_register_forgot_stops_everything(house: House) -> None:
    number = house.certified()
    say(house, "cert.revoked", reason="nonconformity")
    before = shelf(house)
    with house.world.db.write() as session:
        row = session.get_one(Certificate, number)
        session.execute(update(Certificate).values(revocation_index=(row.revocation_index + 1) % 131_072))
    with pytest.raises(Conflict, match="revocation is missing"):
        publish.refresh(house.world)
    assert shelf(house) == before


# ------------------------------------------------------------------------------------------------------------ freshness


def test_refreshing_again_writes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.certified()
    publish.refresh(house.world)
    before = {path: path.stat().st_mtime_ns for path in house.world.shelf.public.rglob("*")}
    house.later(hours=1)
    publish.refresh(house.world)
    assert {path: path.stat().st_mtime_ns for path in house.world.shelf.public.rglob("*")} == before


LISTS = ("status/revocation/1.json", "status/suspension/1.json", "heads.json", "cautions.json")


@pytest.mark.parametrize("path", LISTS)
def test_lists_are_signed_again_when_half_their_validity_is_over(house: House, path: str) -> None:
    house.certified()
    first = document(house, path)
    assert (first["validFrom"], first["validUntil"]) == (
        instant(house.now), instant(house.now + timedelta(hours=48))
    )  # fmt: skip
    house.later(hours=23, minutes=59)
    publish.refresh(house.world)
    assert document(house, path) == first
    house.later(minutes=1)
    publish.refresh(house.world)
    assert document(house, path)["validFrom"] == instant(house.now)


def test_keys_are_signed_again_after_half_of_sixty_days(house: House) -> None:
    publish.refresh(house.world)
    first = keys(house)
    assert first.expires == house.now + timedelta(days=60)
    house.later(days=29)
    publish.refresh(house.world)
    assert keys(house) == first
    house.later(days=1)
    publish.refresh(house.world)
    assert keys(house).expires == house.now + timedelta(days=60)


def test_a_new_key_is_listed_at_once_and_the_version_grows(house: House) -> None:
    number = house.certified()
    house.later(hours=1)
    house.world.keyring.rotate("status", house.now)
    publish.refresh(house.world)
    assert keys(house).version == 2
    assert bits(house, number) == (False, False)
    house.later(hours=24)
    publish.refresh(house.world)
    assert document(house, "heads.json")["kid"] == house.world.keyring.signer("status").kid


def test_what_a_compromised_key_signed_is_replaced_at_once(house: House) -> None:
    house.certified()
    house.later(hours=1)
    lost = house.world.keyring.signer("status").kid
    house.world.keyring.rotate("status", house.now)
    house.world.keyring.compromise(lost, 0, house.now)
    publish.refresh(house.world)
    assert document(house, "heads.json")["kid"] != lost
    assert lost not in json.dumps(document(house, "status/revocation/1.json"))


@pytest.mark.parametrize("path", [*LISTS, "keys.json"])
def test_a_damaged_file_is_made_again(house: House, path: str) -> None:
    house.certified()
    good = document(house, path)
    for bad in (b"", b"{", b"[]", json.dumps({**good, "validUntil": "2099-01-01T00:00:00Z"}).encode()):
        house.world.shelf.write(path, bad)
        publish.refresh(house.world)
        again = document(house, path)
        assert {k: v for k, v in again.items() if k not in ("proof", "sig")} == {
            k: v for k, v in good.items() if k not in ("proof", "sig")
        }


def test_a_list_from_the_future_is_not_young() -> None:
    """Only a demo clock that was set back makes one."""
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert publish._young(now, now + timedelta(hours=48), now)
    assert not publish._young(now + timedelta(seconds=1), now + timedelta(hours=48), now)


# -------------------------------------------------------------------------------------------------------------- history


def test_every_version_is_kept_and_a_moment_finds_its_own(house: House) -> None:
    number = house.certified()
    house.later(hours=30)
    house.file(house.cast.factory, passports())
    house.settle()
    second = house.now
    assert bits(house, number) == (False, True)

    def at(moment: datetime) -> bool:
        answer = answers.status_list(house.world.shelf, "suspension", "1", moment)
        found = open_list(parse(answer.data, limit=1 << 20), keys(house), "suspension")
        index = int(document(house, f"certificates/{number}.json")["credentialStatus"][1]["statusListIndex"])
        return found.bit(index)

    assert not at(second - timedelta(seconds=1))
    assert at(second)
    assert at(second + timedelta(days=400))
    with pytest.raises(NotFound):
        at(second - timedelta(days=10))


def test_versions_of_one_second_are_all_kept_and_the_last_one_counts(house: House) -> None:
    number = house.certified()
    house.later(hours=30)
    publish.refresh(house.world)
    say(house, "cert.suspended", reason="nonconformity")
    say(house, "cert.reinstated")
    stamp = instant(house.now).replace("-", "").replace(":", "")

    def kept() -> list[str]:
        return [name for name in house.world.shelf.list("status/suspension/1/history") if name.startswith(stamp)]

    def now() -> bytes:
        return answers.status_list(house.world.shelf, "suspension", "1", house.now).data

    assert sorted(kept()) == sorted([f"{stamp}.json", f"{stamp}.1.json", f"{stamp}.2.json"])
    assert now() == house.world.shelf.read("status/suspension/1.json")
    publish.refresh(house.world)
    assert len(kept()) == 3
    say(house, "cert.suspended", reason="nonconformity")
    assert now() == house.world.shelf.read("status/suspension/1.json")
    assert bits(house, number) == (False, True)


# ---------------------------------------------------------------------------------------------------- order and failure


def test_no_reader_sees_a_head_before_its_parts(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After every single write, whatever heads.json names must already be there."""
    real: Callable[[Shelf, str, bytes], bool] = Shelf.write
    writes: list[str] = []

    def watched(self: Shelf, path: str, data: bytes) -> bool:
        done = real(self, path, data)
        writes.append(path)
        heads = self.read("heads.json")
        for number, head in json.loads(heads)["heads"].items() if heads else ():
            events = json.loads(self.read(f"certificates/{number}/events.json") or b'{"events":[]}')["events"]
            assert head in [open_leaf(event["leaf"], None).hash for event in events], path
            assert self.read(f"certificates/{number}.json"), path
            size = int((self.read("log/checkpoint") or b"").decode().split("\n")[1])
            assert events[-1]["index"] < size or head != open_leaf(events[-1]["leaf"], None).hash, path
        return done

    monkeypatch.setattr(Shelf, "write", watched)
    house.certified()
    house.file(house.cast.factory, passports())
    house.settle()
    assert writes[-1] == "heads.json"


def test_without_the_status_key_the_published_set_stays_as_it_was(house: House) -> None:
    house.certified()
    house.later(days=2)
    before = {path: data for path, data in shelf(house).items() if not path.startswith("log/")}
    house.file(house.cast.factory, passports())
    (path,) = (house.world.settings.data / "house").glob("status-*.key")
    away = path.rename(path.with_suffix(".away"))
    house.settle()
    with pytest.raises(Unavailable):
        publish.refresh(house.world)
    assert {path: data for path, data in shelf(house).items() if not path.startswith("log/")} == before
    away.rename(path)
    publish.refresh(house.world)
    assert bits(house, house.number()) == (False, True)


def test_one_publisher_at_a_time_and_the_revision_is_even_afterwards(house: House) -> None:
    house.certified()
    assert house.world.shelf.revision() % 2 == 0
    with house.world.shelf.publishing():
        publish.refresh_inside(house.world)
        assert house.world.shelf.revision() % 2 == 1


def test_a_certificate_without_leaves_stops_publication(house: House) -> None:
    number = house.certified()
    with house.world.db.write() as session:
        session.execute(update(Certificate).where(Certificate.number == number).values(sealed_at=None))
    with pytest.raises(Conflict, match="the register does not"):
        publish.refresh(house.world)


# ------------------------------------------------------------------------------------------------- keys of a production


def test_production_waits_for_its_roots_and_adopts_what_they_signed(sqlite_world: World) -> None:
    world, roots = sqlite_world, [SeedSigner.from_seed(bytes([n]) * 32) for n in range(1, 4)]
    world.keyring = Keyring.create(
        world.settings.data / "production", world.clock.now(), demo=False, roots=[root.public for root in roots]
    )
    with pytest.raises(Unavailable, match="root keys"):
        service.genesis(world)
    draft = publish.unsigned_keys(world)
    assert draft["signatures"] == []

    def signed(by: list[SeedSigner], version: int = 1) -> dict[str, Any]:
        expires = world.clock.now() + timedelta(days=60)
        return build_keyset(version, expires, world.keyring.listed(), by)

    with pytest.raises(Malformed):
        publish.adopt_keys(world, signed(roots[:1]))
    with pytest.raises(Invalid, match="does not list"):
        publish.adopt_keys(world, signed(roots[:2], version=2))
    publish.adopt_keys(world, signed(roots[1:]))
    service.genesis(world)
    publish.refresh(world)
    world.clock.advance(timedelta(days=61))  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="root keys"):
        publish.refresh(world)
    with pytest.raises(Invalid, match="expired"):
        publish.adopt_keys(world, _old(world, roots))


def _old(world: World, roots: list[SeedSigner]) -> dict[str, Any]:
    return build_keyset(1, world.clock.now() - timedelta(days=1), world.keyring.listed(), roots)


# ------------------------------------------------------------------------------------------------- answers, page, proof


def test_each_event_has_a_proof_against_the_published_checkpoint(house: House) -> None:
    number = house.certified()
    house.file(house.cast.factory, passports())
    house.settle()
    origin, public = parse_vkey((house.world.shelf.read("log/log.vkey") or b"").decode().strip())
    for seq, event in enumerate(document(house, f"certificates/{number}/events.json")["events"]):
        text = answers.proof(house.world.shelf, number, seq).data.decode()
        index, _ = open_proof(text, open_leaf(event["leaf"], None).data, origin, public)
        assert index == event["index"]
    with pytest.raises(NotFound):
        answers.proof(house.world.shelf, number, 9)


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("*/*", "application/vc"),
        ("", "application/vc"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("application/vc+jwt", "application/vc+jwt"),
        ("application/vc+jwt;q=0.5, application/vc;q=0.9", "application/vc"),
        ("text/*;q=0.3", "text/html"),
        ("application/vc;q=0, */*;q=0.1", "application/json"),
        ("image/png", "application/vc"),
        ("text/html;q=nonsense, application/json;q=0.1", "application/json"),
    ],
)
def test_the_accept_header_chooses_the_form(accept: str, media: str) -> None:
    offered = ("application/vc", "application/json", "application/vc+jwt", "text/html")
    assert answers.preferred(accept, offered) == media


def page(house: House, number: str) -> str:
    events = document(house, f"certificates/{number}/events.json")
    credential, scheme = document(house, f"certificates/{number}.json"), document(house, "scheme.json")
    return render(credential, events, scheme, house.now)


def test_the_page_says_what_it_is_worth_for_whom_and_what_not(house: House) -> None:
    number = house.certified()
    text = page(house, number)
    for words in ("In force", "Sunrise Garments", "Unit 2", "Gazipur", "Meridian Audit", "What was not covered", number,
                  "not accredited", "not independently witnessed", "2027-06-02", "Shirts"):  # fmt: skip
        assert words in text
    for name in ("Amina", "Carl", "Bea ", "<script"):
        assert name not in text
    assert len(text.encode()) < 14_000


def test_the_page_of_a_suspended_and_of_an_ended_certificate_says_so(house: House) -> None:
    number = house.certified()
    house.file(house.cast.factory, finding("T1.1", "priority", zero_tolerance=True))
    house.settle()
    assert "Suspended" in page(house, number)
    assert "T1.1" not in page(house, number)
    house.later(days=400)
    assert "Suspended" in page(house, number)


def test_a_name_with_markup_stays_text(house: House) -> None:
    house.certified()
    number = house.number()
    credential = document(house, f"certificates/{number}.json")
    credential["credentialSubject"]["issuedToParty"]["name"] = "<b>Sunrise</b>"
    events, scheme = document(house, f"certificates/{number}/events.json"), document(house, "scheme.json")
    assert "<b>Sunrise" not in render(credential, events, scheme, house.now)


def test_paths_outside_the_log_are_not_found(house: House) -> None:
    publish.refresh(house.world)
    for path in ("../keys.json", "tile/../checkpoint", "tile/0/000.p/999", "checkpoint/", "", "tile/0", "x" * 300):
        with pytest.raises(NotFound):
            answers.log_file(house.world.shelf, path)
    assert answers.log_file(house.world.shelf, "tile/0/000.p/2").max_age == answers.FOREVER
