"""Answers from the shelf: which published bytes a request gets, in which media type, for how long they may be kept.

Owns content negotiation, the version of a status list at a past moment, and inclusion proofs built from tiles. Reads
`world.shelf` only: what is answered here is what any web server in front of the shelf would answer. No HTTP framework.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from certify import page
from certify.checkpoint import encode_proof
from certify.log import CHECKPOINT, FOLDER
from certify.merkle import Tree
from ground.canonical import Json, instant, parse, sha256
from ground.errors import Malformed, NotFound, Unavailable
from ground.shelf import Shelf
from ground.world import World

LIMIT = 1 << 26
NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{11}\Z")
WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
SHARD = re.compile(r"[1-9][0-9]{0,5}\Z")
TILE = re.compile(r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?\Z")
VERSION = re.compile(r"([0-9]{8}T[0-9]{6}Z)(?:\.([0-9]+))?\.json\Z")

FOREVER = 31_536_000  # a year: tiles and past versions never change
MINUTE = 60  # of what changes: a suspension must be seen soon
SOON = 5  # the checkpoint

VC, JSON, JWT, HTML = "application/vc", "application/json", "application/vc+jwt", "text/html"
TEXT, BYTES = "text/plain; charset=utf-8", "application/octet-stream"


@dataclass(frozen=True)
class Answer:
    """max_age: seconds that a cache may keep it. vary: it depends on the Accept header."""

    data: bytes
    media: str
    max_age: int = MINUTE
    vary: bool = False

    @property
    def tag(self) -> str:
        return f'"{sha256(self.data).hex()[:32]}"'


def document(shelf: Shelf, path: str, media: str = JSON) -> Answer:
    """A published document as it is."""
    data = shelf.read(path)
    if data is None:
        raise NotFound("nothing is published under this address")
    return Answer(data, media)


def named(shelf: Shelf, folder: str, name: str) -> Answer:
    """A document of a folder by its id: rulebooks, standards, firms."""
    if not WORD.match(name):
        raise NotFound("nothing is published under this address")
    return document(shelf, f"{folder}/{name}.json")


def certificate(world: World, number: str, accept: str, now: datetime) -> Answer:
    """The certificate in the form that `accept` likes best: the proof, the JWT, or the page for people."""
    _check_number(number)
    media = preferred(accept, (VC, JSON, JWT, HTML))
    shelf = world.shelf
    if media == HTML:
        credential = _parsed(shelf, f"certificates/{number}.json")
        events, scheme = _parsed(shelf, f"certificates/{number}/events.json"), _parsed(shelf, "scheme.json")
        text = page.render(credential, events, scheme, now, _parsed(shelf, "cautions.json")["cautions"])
        return Answer(text.encode(), f"{HTML}; charset=utf-8", vary=True)
    ending = "jwt" if media == JWT else "json"
    return Answer(document(shelf, f"certificates/{number}.{ending}").data, media, vary=True)


def events(shelf: Shelf, number: str) -> Answer:
    _check_number(number)
    return document(shelf, f"certificates/{number}/events.json")


def proof(shelf: Shelf, number: str, seq: int) -> Answer:
    """The `.tlog-proof` of one leaf of a certificate, against the published checkpoint."""
    _check_number(number)
    listed = _parsed(shelf, f"certificates/{number}/events.json")["events"]
    if not 0 <= seq < len(listed):
        raise NotFound("this certificate has no such event")
    checkpoint = document(shelf, CHECKPOINT).data.decode()
    size, index = int(checkpoint.split("\n")[1]), listed[seq]["index"]
    if index >= size:
        raise NotFound("this event is not in the published tree yet")
    try:
        hashes = Tree.from_tiles(size, lambda path: shelf.read(f"{FOLDER}/{path}")).inclusion_proof(index)
    except Malformed as error:
        raise Unavailable("the tiles of the log are being written; try again") from error
    return Answer(encode_proof(index, hashes, checkpoint).encode(), TEXT)


def status_list(shelf: Shelf, purpose: str, shard: str, at: datetime | None) -> Answer:
    """The list now, or the version that was the newest one at a past moment. NotFound before the first."""
    if purpose not in ("revocation", "suspension") or not SHARD.match(shard):
        raise NotFound("there is no such status list")
    folder = f"status/{purpose}/{shard}"
    if at is None:
        return document(shelf, f"{folder}.json", VC)
    stamp = instant(at).replace("-", "").replace(":", "")
    versions = [match for name in shelf.list(f"{folder}/history") if (match := VERSION.match(name))]
    earlier = [(match[1], int(match[2] or 0), match[0]) for match in versions if match[1] <= stamp]
    if not earlier:
        raise NotFound("there was no such list at that time")
    return document(shelf, f"{folder}/history/{max(earlier)[2]}", VC)


def log_file(shelf: Shelf, path: str) -> Answer:
    """A file of the log: checkpoint, log.vkey, or a tile."""
    if path in ("checkpoint", "log.vkey"):
        return Answer(document(shelf, f"{FOLDER}/{path}").data, TEXT, SOON if path == "checkpoint" else MINUTE)
    if not TILE.match(path):
        raise NotFound("the log has no such file")
    return Answer(document(shelf, f"{FOLDER}/{path}").data, BYTES, FOREVER)


def preferred(accept: str, offered: tuple[str, ...]) -> str:
    """The offered media type that an Accept header likes best (RFC 9110, 12.5.1); the first one when it likes none."""
    wishes: dict[str, float] = {}
    for part in accept.lower().split(",")[:50]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
        wishes[name] = float(weight) if re.fullmatch(r"[01](\.[0-9]{0,3})?", weight) else 0.0

    def liking(media: str) -> float:
        major = media.split("/")[0]
        return next((wishes[name] for name in (media, f"{major}/*", "*/*") if name in wishes), 0.0)

    return max(offered, key=liking)


def _parsed(shelf: Shelf, path: str) -> dict[str, Json]:
    found: dict[str, Json] = parse(document(shelf, path).data, limit=LIMIT)
    return found


def _check_number(number: str) -> None:
    if not NUMBER.match(number):
        raise NotFound("there is no such certificate")
