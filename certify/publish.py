"""From the database to the shelf: everything that anybody may fetch, signed, and current.

Owns which files certify puts there (FORMATS.md 6), when one is signed again (its content changed, or half its validity
is over), and their order: no reader sees a head before its parts. Everything is signed before the first byte is
written, so a key that is away leaves the shelf as it was. Decides nothing: standings are folds of the log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from audits import standard
from certify import cautions, log
from certify.credential import did_document
from certify.events import Draft, EventType, Leaf, Standing, fold
from certify.governance import books
from certify.organisations import firm_documents, scheme_document
from certify.statuslist import Bits, ListPurpose, build_list, open_list, seal_list
from certify.tables import Certificate, LogLeaf
from ground.canonical import Json, digest, instant, jcs, parse, parse_instant
from ground.database import Reading, lock
from ground.errors import Conflict, Invalid, Malformed, Unavailable
from ground.keyset import KeySet, Purpose, build_keyset, open_keyset
from ground.shelf import Shelf
from ground.signing import open_document, seal_document
from ground.world import World

logger = logging.getLogger(__name__)

KEYS_LIFETIME = timedelta(days=60)  # FORMATS.md 1: at most 90; signed again after 30
LIMIT = 1 << 26  # bytes of a file of our own that is read back; heads of 10,000 certificates have 800 kB
PURPOSES: tuple[ListPurpose, ...] = ("revocation", "suspension")
Files = dict[str, bytes]


@dataclass(frozen=True)
class Published:
    """One certificate as the published part of the log has it."""

    row: CertificateRow
    events: Sequence[tuple[int, Leaf]]
    standing: Standing


@dataclass(frozen=True)
class CertificateRow:
    """The small columns of a sealed certificate: documents are fetched only for those not on the shelf yet."""

    number: str
    shard: int
    revocation_index: int
    suspension_index: int


def refresh(world: World) -> None:
    """Publish what changed and sign again what nears its end. Harmless to repeat; then it writes nothing."""
    with world.shelf.publishing():
        refresh_inside(world)


def refresh_inside(world: World) -> None:
    """The same for a caller that holds `shelf.publishing()` already, because it publishes more in the same set.

    Raises Unavailable when a key is away, Conflict when database and published log disagree: see `certify.log`.
    """
    now = world.clock.now()
    head = log.publish(world)
    keys, keys_document = _keys(world, now)
    with world.db.read() as session:
        certificates = _certificates(session, head.size, now)
        files: Files = {
            "keys.json": jcs(keys_document),
            ".well-known/did.json": jcs(did_document(world.settings.public_url, keys)),
            **_rules_and_standards(session),
            **_organisations(session, world, now),
            **_credentials(session, world.shelf, certificates),
        }
        warned = cautions.listed(session, {each.row.number: each.standing.state for each in certificates})
    for certificate in certificates:
        listed: list[Json] = [{"index": index, "leaf": dict(leaf.document)} for index, leaf in certificate.events]
        files[f"certificates/{certificate.row.number}/events.json"] = jcs({"events": listed})
    files |= _status_lists(world, keys, certificates, now)
    files |= _sealed(world, keys, "cautions", "cautions", warned, now)
    heads = {certificate.row.number: certificate.standing.head for certificate in certificates}
    files |= _sealed(world, keys, "heads", "heads", heads, now)
    for path, data in files.items():
        world.shelf.write(path, data)


def genesis(world: World) -> None:
    """The first leaves: the rulebook, and the keys under the hash of keys.json. Harmless to repeat.

    One leaf for all the keys of a keys.json: a leaf names a document, not a key, so more would be the same bytes again.
    Also after a new release brought a new rulebook. Unavailable when the event key, or a signed keys.json, is away.
    """
    now = world.clock.now()
    with world.db.read() as session:
        rules = books.load(session, world.settings.first_rulebook, "first_rulebook")
        if not _unsaid(session, rules.sha256):
            return
    with world.shelf.publishing():
        keys = _keys(world, now)[1]
        world.shelf.write("keys.json", jcs(keys))
    with world.db.write() as session:
        lock(session, "log")
        for t in _unsaid(session, rules.sha256):
            said = Draft(t, now, rules=rules.sha256) if t == "rules.published" else Draft(t, now, doc=digest(keys))
            log.append(session, world.keyring, said, now=now)


def unsigned_keys(world: World) -> dict[str, Json]:
    """keys.json without signatures, for the offline roots of a production world to sign."""
    expires = world.clock.now() + KEYS_LIFETIME
    return build_keyset(world.keyring.version, expires, world.keyring.listed(), [])


def adopt_keys(world: World, document: Json) -> KeySet:
    """Put a keys.json that was signed elsewhere on the shelf.

    Malformed unless the roots' threshold signed it; Invalid when it is not about the keys of this keyring.
    """
    keys = open_keyset(document, world.keyring.root_publics())
    if keys.version != world.keyring.version or tuple(keys.keys.values()) != world.keyring.listed():
        raise Invalid("this keys.json does not list the keys of this keyring")
    if not world.clock.now() < keys.expires:
        raise Invalid("this keys.json has expired")
    world.shelf.write("keys.json", jcs(document))
    return keys


def _unsaid(session: Reading, rules: str) -> list[EventType]:
    """Which of the first leaves are missing."""
    said = log.of_types(session, ("rules.published", "key.added"))
    missing: list[EventType] = []
    if not any(leaf.rules == rules for leaf in said):
        missing.append("rules.published")
    if not any(leaf.t == "key.added" for leaf in said):
        missing.append("key.added")
    return missing


def _keys(world: World, now: datetime) -> tuple[KeySet, dict[str, Json]]:
    """The key set, signed again when the keys changed or half its life is over."""
    roots, ring = world.keyring.root_publics(), world.keyring
    current: KeySet | None = None
    document = _read(world.shelf, "keys.json")
    if document is not None:
        try:
            current = open_keyset(document, roots)
        except Malformed as error:
            logger.error("the published keys.json does not hold, and is replaced: %s", error)
    if current is not None and (current.version, tuple(current.keys.values())) == (ring.version, ring.listed()):
        if now < current.expires - KEYS_LIFETIME / 2 <= now + KEYS_LIFETIME:
            return current, dict(current.document)
        if not ring.demo and current.fresh(now):
            logger.warning("keys.json expires on %s: let the root keys sign it again", current.expires)
            return current, dict(current.document)
    if not ring.demo:
        raise Unavailable("keys.json must be signed by the offline root keys first")
    document = build_keyset(ring.version, now + KEYS_LIFETIME, ring.listed(), ring.roots())
    return open_keyset(document, roots), document


def _certificates(session: Reading, size: int, now: datetime) -> list[Published]:
    """Every certificate that has leaves in the published tree, in the order of their numbers."""
    columns = (
        Certificate.number, Certificate.shard, Certificate.revocation_index, Certificate.suspension_index
    )  # fmt: skip
    rows = session.execute(select(*columns).where(Certificate.sealed_at.is_not(None)).order_by(Certificate.number))
    known = [CertificateRow(*row) for row in rows]
    events: dict[str, list[tuple[int, Leaf]]] = {}
    for index, leaf in log.indexed(session, size):
        events.setdefault(str(leaf.cert), []).append((index, leaf))
    found = []
    for row in known:
        chain = events.pop(row.number, [])
        standing = fold([leaf for _, leaf in chain], now)
        if standing is not None:
            found.append(Published(row, chain, standing))
        elif session.scalar(select(LogLeaf.idx).where(LogLeaf.cert == row.number, LogLeaf.seq == 0)) is None:
            raise Conflict(f"the log has no leaf of certificate {row.number}, which the register says was issued")
    if events:
        raise Conflict(f"the log knows certificate {min(events)}, the register does not")
    return found


def _credentials(session: Reading, shelf: Shelf, certificates: Sequence[Published]) -> Files:
    """The signed documents that are not on the shelf yet. They never change."""
    missing = {
        each.row.number: each.events[0][1].doc
        for each in certificates
        if shelf.stat(f"certificates/{each.row.number}.json") is None
        or shelf.stat(f"certificates/{each.row.number}.jwt") is None
    }
    files: Files = {}
    query = select(Certificate.number, Certificate.document, Certificate.jwt).where(Certificate.number.in_(missing))
    for number, document, jwt in session.execute(query):
        if document is None or jwt is None or digest(document) != missing[number]:
            raise Conflict(f"the register and the log say different things about certificate {number}")
        files[f"certificates/{number}.json"] = jcs(document)
        files[f"certificates/{number}.jwt"] = jwt.encode()
    return files


def _rules_and_standards(session: Reading) -> Files:
    """Their canonical bytes: the SHA-256 of the file is the hash in decisions and leaves."""
    return {
        **{f"rulebooks/{book.id}.json": jcs(book.public()) for book in books.published(session)},
        **{f"standards/{id}.json": jcs(standard.load(id).public()) for id in standard.IDS},
    }


def _organisations(session: Reading, world: World, now: datetime) -> Files:
    firms = firm_documents(session, now.date())
    return {
        **{f"firms/{id}.json": jcs(document) for id, document in firms.items()},
        "scheme.json": jcs(scheme_document(world.settings, firms, books.current(session, world.settings, now).id)),
    }


def _status_lists(world: World, keys: KeySet, certificates: Sequence[Published], now: datetime) -> Files:
    """Each list as it is if it still says the same and is young, else a new version and its place in the history."""
    files: Files = {}
    wanted = {(purpose, 1): set[int]() for purpose in PURPOSES}  # the first lists exist from the first day
    for each in certificates:
        for purpose, index, bit in _bits(each):
            members = wanted.setdefault((purpose, each.row.shard), set())
            if bit:
                members.add(index)
    for (purpose, shard), members in wanted.items():
        document = _status_list(world, keys, purpose, shard, members, now)
        path = f"status/{purpose}/{shard}"
        files[_free_version(world.shelf, path, document)] = jcs(document)
        files[f"{path}.json"] = jcs(document)
    return files


def _bits(each: Published) -> tuple[tuple[ListPurpose, int, bool], ...]:
    """FORMATS.md 5, "Status bits". Superseded by renewal sets none; reissued after a lost key, it is revoked."""
    state, reason = each.standing.state, each.standing.reason
    over = state in ("revoked", "withdrawn", "reduced") or (state == "superseded" and reason == "key-compromise")
    return (
        ("revocation", each.row.revocation_index, over),
        ("suspension", each.row.suspension_index, state == "suspended"),
    )


def _status_list(
    world: World, keys: KeySet, purpose: ListPurpose, shard: int, members: set[int], now: datetime
) -> dict[str, Json]:
    bits, lifetime = Bits.of(members), timedelta(hours=world.settings.list_hours)
    document = _read(world.shelf, f"status/{purpose}/{shard}.json")
    if document is not None:
        try:
            current = open_list(document, keys, purpose)
        except Malformed as error:
            logger.error("the published %s list %d does not hold, and is replaced: %s", purpose, shard, error)
        else:
            if purpose == "revocation" and _cleared(current.bits, bits):
                raise Conflict("a published revocation is missing from the log: nothing is signed")
            if current.bits == bits and _young(current.valid_from, current.valid_until, now):
                return dict(document)
    fresh = build_list(purpose, shard, members, world.settings.public_url, now=now, lifetime=lifetime)
    return seal_list(fresh, world.keyring.signer("status"), now)


def _cleared(old: Bits, new: Bits) -> bool:
    return any(before & ~after for before, after in zip(old.data, new.data, strict=True))


def _free_version(shelf: Shelf, path: str, document: Mapping[str, Json]) -> str:
    """Where this version is kept for ever: by its second; the next ones of the same second have .1, .2 behind it.

    The last of a second is the one that counts, so bits that went back and forth within it are kept again.
    """
    data = jcs(document)
    stamp = f"{path}/history/{document['validFrom'].replace('-', '').replace(':', '')}"
    place, turn, last = f"{stamp}.json", 0, None
    while (kept := shelf.read(place)) is not None:
        last, turn = kept, turn + 1
        place = f"{stamp}.{turn}.json"
    if last == data:
        return f"{stamp}.{turn - 1}.json" if turn > 1 else f"{stamp}.json"
    return place


def _sealed(world: World, keys: KeySet, kind: str, name: str, content: Json, now: datetime) -> Files:
    """heads.json (status key) or cautions.json (event key): as it is, or signed again."""
    purpose: Purpose = "status" if kind == "heads" else "event"
    current = _read(world.shelf, f"{name}.json")
    if current is not None and current.get(name) == content:
        try:
            key = keys.find(current.get("kid"), purpose)
            open_document(kind, current, key.public)
            begins, ends = parse_instant(current.get("validFrom")), parse_instant(current.get("validUntil"))
            if key.state != "compromised" and _young(begins, ends, now):
                return {f"{name}.json": jcs(current)}
        except Malformed as error:
            logger.error("the published %s.json does not hold, and is replaced: %s", name, error)
    fresh: dict[str, Json] = {
        "v": 1,
        "validFrom": instant(now),
        "validUntil": instant(now + timedelta(hours=world.settings.list_hours)),
        name: content,
    }
    return {f"{name}.json": jcs(seal_document(kind, fresh, world.keyring.signer(purpose)))}


def _young(begins: datetime, ends: datetime, now: datetime) -> bool:
    """In the first half of its validity. One from the future is not: a demo clock was set back."""
    return begins <= now < begins + (ends - begins) / 2


def _read(shelf: Shelf, path: str) -> dict[str, Json] | None:
    """A document of ours from the shelf; None when it is absent or no JSON object: then it is made again."""
    data = shelf.read(path)
    if data is None:
        return None
    try:
        document = parse(data, limit=LIMIT, where=f"/{path}")
    except Malformed as error:
        logger.error("the published %s cannot be read, and is replaced: %s", path, error)
        return None
    return document if isinstance(document, dict) else None
