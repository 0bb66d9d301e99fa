"""The keyring: one key per purpose, files for their owner only, and work goes on while one of them is away."""

import hashlib
import json
import multiprocessing
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from nacl.public import PrivateKey, SealedBox

from ground.errors import Conflict, Invalid, Malformed, NotFound, Unavailable
from ground.keyring import Keyring
from ground.keyset import Purpose, build_keyset, open_keyset
from ground.signing import SeedSigner, verify
from tests.unit.ground.together import run_together

NOW = datetime(2026, 6, 1, 8, tzinfo=UTC)
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


def drawing(seed: str = "test") -> Callable[[int], bytes]:
    """The same "random" bytes each time: keys derived from a seed."""
    count = 0

    def draw(n: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(f"{seed} {count}".encode()).digest(n)

    return draw


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def keyring(folder: Path) -> Keyring:
    return Keyring.create(folder, NOW, draw=drawing())


def test_there_is_one_active_key_per_purpose_since_its_creation(keyring: Keyring) -> None:
    assert [key.purpose for key in keyring.listed()] == list(PURPOSES)
    assert {key.state for key in keyring.listed()} == {"active"}
    assert {key.since for key in keyring.listed()} == {NOW}
    assert len({key.kid for key in keyring.listed()}) == len(PURPOSES)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_signer_signs_with_the_listed_key(keyring: Keyring, purpose: Purpose) -> None:
    signer = keyring.signer(purpose)
    listed = next(key for key in keyring.listed() if key.purpose == purpose)
    assert signer.kid == listed.kid
    assert verify(listed.public, b"message", signer.sign(b"message"))


def test_two_of_the_three_roots_of_a_demo_sign_the_key_set(keyring: Keyring) -> None:
    roots = keyring.roots()
    assert [root.public for root in roots] == list(keyring.root_publics())
    assert len(roots) == 3
    document = build_keyset(keyring.version, NOW + timedelta(days=90), keyring.listed(), roots[1:])
    assert open_keyset(document, keyring.root_publics()).of("label") == tuple(
        key for key in keyring.listed() if key.purpose == "label"
    )


def test_a_loaded_keyring_is_the_same(keyring: Keyring, folder: Path) -> None:
    again = Keyring.load(folder)
    assert again.listed() == keyring.listed()
    assert again.root_publics() == keyring.root_publics()
    assert again.scan_public == keyring.scan_public
    assert again.demo is True
    assert again.signer("label").sign(b"x") == keyring.signer("label").sign(b"x")


def test_every_file_is_for_its_owner_only(keyring: Keyring, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = [path.name for path in folder.iterdir()]
    assert sum(name.endswith(".key") for name in names) == len(PURPOSES) + 3 + 2
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


def test_no_secret_shows(keyring: Keyring, folder: Path) -> None:
    secrets = [path.read_text().strip() for path in folder.glob("*.key")]
    shown = [
        repr(keyring),
        str(vars(keyring.signer("label"))["public"]),
        repr(keyring.signer("label")),
        repr(keyring.roots()),
        repr(keyring.listed()),
        (folder / "keyring.json").read_text(),
    ]
    for secret in secrets:
        for text in shown:
            assert secret not in text
            assert repr(bytes.fromhex(secret)) not in text


def test_keys_are_drawn_and_not_derived_unless_a_test_asks(tmp_path: Path) -> None:
    one, two = Keyring.create(tmp_path / "a", NOW), Keyring.create(tmp_path / "b", NOW)
    assert not {key.kid for key in one.listed()} & {key.kid for key in two.listed()}
    assert one.scan_public != two.scan_public


# Keys that are away.


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_key_that_is_away_stops_its_signer_only_and_works_again_when_it_is_back(
    keyring: Keyring, folder: Path, purpose: Purpose
) -> None:
    (path,) = folder.glob(f"{purpose}-*.key")
    before = keyring.signer(purpose).sign(b"x")
    away = folder / "away"
    path.rename(away)
    with pytest.raises(Unavailable, match=purpose):
        keyring.signer(purpose)
    for other in PURPOSES:
        if other != purpose:
            keyring.signer(other)
    fresh = Keyring.load(folder)  # a process that starts meanwhile does start
    with pytest.raises(Unavailable):
        fresh.signer(purpose)
    assert fresh.listed() == keyring.listed()
    away.rename(path)
    assert keyring.signer(purpose).sign(b"x") == before
    assert fresh.signer(purpose).sign(b"x") == before


@pytest.mark.parametrize("text", ["", "zz", "00" * 31, "00" * 33])
def test_a_damaged_key_file_is_a_key_that_is_away(keyring: Keyring, folder: Path, text: str) -> None:
    (path,) = folder.glob("label-*.key")
    path.write_text(text)
    with pytest.raises(Unavailable):
        keyring.signer("label")


def test_the_file_of_another_key_does_not_sign(keyring: Keyring, folder: Path) -> None:
    (label,), (event,) = folder.glob("label-*.key"), folder.glob("event-*.key")
    label.write_bytes(event.read_bytes())
    with pytest.raises(Unavailable, match="another key"):
        keyring.signer("label")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"demo": true, "version": 1, "keys": [], "roots": [7]}'])
def test_a_damaged_index_stops_everything(keyring: Keyring, folder: Path, text: str) -> None:
    (folder / "keyring.json").write_text(text)
    with pytest.raises(Unavailable):
        keyring.signer("label")
    with pytest.raises(Unavailable):
        Keyring.load(folder)


# Making one.


def test_there_is_nothing_to_load_before_it_was_created(folder: Path) -> None:
    with pytest.raises(NotFound):
        Keyring.load(folder)


def test_a_keyring_is_never_made_over_another(keyring: Keyring, folder: Path) -> None:
    with pytest.raises(Conflict):
        Keyring.create(folder, NOW)
    assert Keyring.load(folder).listed() == keyring.listed()


def _create(folder: str) -> None:
    try:
        Keyring.create(Path(folder), NOW)
    except Conflict:
        raise SystemExit(7) from None


def test_of_several_processes_one_makes_the_keyring(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_create, args=(str(folder),)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert sorted(other.exitcode or 0 for other in others) == [0, 7, 7]
    loaded = Keyring.load(folder)
    for purpose in PURPOSES:
        loaded.signer(purpose)


def test_a_creation_that_breaks_off_can_be_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Keyring, "_store", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            Keyring.create(folder, NOW)
    with pytest.raises(NotFound):
        Keyring.load(folder)
    Keyring.create(folder, NOW).signer("label")


def test_production_knows_its_roots_but_does_not_hold_them(folder: Path) -> None:
    roots = [SeedSigner.from_seed(bytes([n]) * 32).public for n in range(3)]
    keyring = Keyring.create(folder, NOW, demo=False, roots=roots)
    assert keyring.root_publics() == tuple(roots)
    assert not keyring.demo
    assert not list(folder.glob("root-*"))
    with pytest.raises(Unavailable, match="offline"):
        keyring.roots()


@pytest.mark.parametrize(("demo", "roots"), [(False, []), (True, [b"\x01" * 32])])
def test_a_demo_makes_its_roots_and_production_brings_them(folder: Path, demo: bool, roots: list[bytes]) -> None:
    with pytest.raises(Invalid):
        Keyring.create(folder, NOW, demo=demo, roots=roots)


# Sealing.


def test_what_is_sealed_opens_under_its_own_context_only(keyring: Keyring) -> None:
    sealed = keyring.seal(b"batch key", "batch.secret 7")
    assert b"batch key" not in sealed
    assert keyring.open(sealed, "batch.secret 7") == b"batch key"
    assert keyring.seal(b"batch key", "batch.secret 7") != sealed
    for context in ("batch.secret 8", "", "batch.other 7"):
        with pytest.raises(Malformed):
            keyring.open(sealed, context)


def test_a_changed_seal_does_not_open(keyring: Keyring) -> None:
    sealed = keyring.seal(b"batch key", "x")
    for place in (0, 24, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(Malformed):
            keyring.open(bytes(changed), "x")
    for cut in (b"", sealed[:10], sealed[:-1]):
        with pytest.raises(Malformed):
            keyring.open(cut, "x")


def test_another_world_cannot_open_it(keyring: Keyring, tmp_path: Path) -> None:
    other = Keyring.create(tmp_path / "other", NOW)
    with pytest.raises(Malformed):
        other.open(keyring.seal(b"x", "c"), "c")


def test_the_scan_server_opens_what_is_sealed_to_it_with_its_one_file(keyring: Keyring, folder: Path) -> None:
    from nacl.public import PublicKey

    sealed = SealedBox(PublicKey(keyring.scan_public)).encrypt(b"K and count")
    for path in folder.glob("*.key"):
        if path.name != "scan.key":
            path.unlink()
    scan = Keyring.load(folder).scan_private()
    assert SealedBox(PrivateKey(scan)).decrypt(sealed) == b"K and count"


# Changes.


def test_rotation_retires_the_old_key_and_keeps_it_listed(keyring: Keyring, folder: Path) -> None:
    old, later = keyring.signer("label"), NOW + timedelta(days=30)
    other = Keyring.load(folder)
    fresh = keyring.rotate("label", later)
    assert keyring.signer("label").kid == fresh.kid != old.kid
    assert other.signer("label").kid == fresh.kid  # another process sees it
    labels = [key for key in keyring.listed() if key.purpose == "label"]
    assert [(key.kid, key.state, key.until) for key in labels] == [
        (old.kid, "retired", later),
        (fresh.kid, "active", None),
    ]
    assert keyring.version == 2
    assert keyring.signer("event").kid == next(key.kid for key in keyring.listed() if key.purpose == "event")


def test_a_compromised_key_signs_no_more_and_stays_compromised(keyring: Keyring) -> None:
    stolen = keyring.signer("label")
    marked = keyring.compromise(stolen.kid, 12, NOW)
    assert (marked.state, marked.boundary, marked.until) == ("compromised", 12, NOW)
    with pytest.raises(Unavailable, match="no active label key"):
        keyring.signer("label")
    with pytest.raises(Conflict):
        keyring.compromise(stolen.kid, 13, NOW)
    fresh = keyring.rotate("label", NOW)
    assert keyring.signer("label").kid == fresh.kid
    assert next(key for key in keyring.listed() if key.kid == stolen.kid).state == "compromised"
    assert keyring.version == 3
    document = build_keyset(keyring.version, NOW, keyring.listed(), keyring.roots())
    assert open_keyset(document, keyring.root_publics()).keys[stolen.kid].boundary == 12


def rotate_together(folder: Path) -> int:
    """Eight processes rotate at the same moment; the version afterwards."""
    run_together([lambda: Keyring.load(folder).rotate("label", NOW)] * 8)
    return Keyring.load(folder).version


def test_no_rotation_is_lost(keyring: Keyring, folder: Path) -> None:
    assert rotate_together(folder) == 1 + 8
    labels = [key for key in keyring.listed() if key.purpose == "label"]
    assert (len(labels), [key.state for key in labels].count("active")) == (9, 1)


def test_without_the_lock_rotations_are_lost(keyring: Keyring, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    all_have_read = threading.Barrier(8, timeout=20)
    real_new_key = Keyring._new_key

    def new_key(self: Keyring, *given: Any) -> Any:
        all_have_read.wait()  # everybody knows the index, and nobody has stored a new one
        return real_new_key(self, *given)

    monkeypatch.setattr("ground.keyring.fcntl.flock", lambda *_: None)
    monkeypatch.setattr(Keyring, "_new_key", new_key)
    assert rotate_together(folder) < 1 + 8


def test_only_a_listed_key_can_be_marked(keyring: Keyring) -> None:
    with pytest.raises(NotFound):
        keyring.compromise("zUnknown", 0, NOW)


def test_the_index_is_plain_json_for_people_to_read(keyring: Keyring, folder: Path) -> None:
    document = json.loads((folder / "keyring.json").read_text())
    assert set(document) == {"demo", "version", "keys", "roots", "scan"}
