"""Heads and cautions: the two dated lists of ours that every verdict needs.

Owns how `/heads.json` and `/cautions.json` are read (FORMATS.md 4 and 5): heads are signed by a status key and say
which leaf is a certificate's newest, cautions by an event key. Whether a list is still fresh is the judge's question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ground.canonical import Json, parse_instant
from ground.crockford import NUMBER_SYMBOLS, holds
from ground.errors import Malformed
from ground.keyset import Key, KeySet, Purpose
from ground.signing import open_document, parse_hex

MAX_CAUTIONS = 20_000  # one for each certificate that a bundle can have
CAUTION_NEEDS = frozenset(("code", "since"))
CAUTION_ABOUT = frozenset(("cert", "firm", "batch"))


@dataclass(frozen=True)
class Heads:
    """Certificate number -> hash of its newest leaf, signed by a status key."""

    valid_from: datetime
    valid_until: datetime
    heads: Mapping[str, str]


@dataclass(frozen=True)
class Caution:
    """One signed caution. It is about whatever fits all of cert, firm (URL or id) and batch that it names."""

    code: str
    since: datetime
    cert: str | None = None
    firm: str | None = None
    batch: int | None = None


@dataclass(frozen=True)
class Cautions:
    valid_from: datetime
    valid_until: datetime
    cautions: tuple[Caution, ...]


def open_heads(document: Json, keys: KeySet) -> Heads:
    """The heads, if a listed status key that was not stolen signed them. Raises Malformed."""
    starts, ends = _dated(document, "heads", "heads", "status", keys)
    heads = document["heads"]
    if not isinstance(heads, dict):
        raise Malformed("heads is an object")
    for number, head in heads.items():
        if not holds(number, NUMBER_SYMBOLS):
            raise Malformed("not a certificate number", where=f"/heads/heads/{number[:20]}")
        parse_hex(head, 32, f"/heads/heads/{number}")
    return Heads(starts, ends, heads)


def open_cautions(document: Json, keys: KeySet) -> Cautions:
    """The cautions, if a listed event key that was not stolen signed them. Raises Malformed."""
    starts, ends = _dated(document, "cautions", "cautions", "event", keys)
    entries = document["cautions"]
    if not isinstance(entries, list) or len(entries) > MAX_CAUTIONS:
        raise Malformed(f"cautions is a list of at most {MAX_CAUTIONS}")
    return Cautions(starts, ends, tuple(_caution(entry) for entry in entries))


def _dated(document: Json, kind: str, content: str, purpose: Purpose, keys: KeySet) -> tuple[datetime, datetime]:
    """validFrom and validUntil of a list of ours, after its signature and its key's time were checked."""
    if not isinstance(document, dict) or document.keys() != {"v", "validFrom", "validUntil", content, "kid", "sig"}:
        raise Malformed(f"{kind} has v, validFrom, validUntil, {content}, kid and sig")
    if type(document["v"]) is not int or document["v"] != 1:
        raise Malformed("v is 1")
    key = keys.find(document["kid"], purpose)
    not_stolen(key)
    open_document(kind, document, key.public)
    starts, ends = parse_instant(document["validFrom"]), parse_instant(document["validUntil"])
    if starts >= ends:
        raise Malformed("validUntil comes after validFrom")
    if starts < key.since or (key.until is not None and starts > key.until):
        raise Malformed("dated outside the time of its key")
    return starts, ends


def not_stolen(key: Key) -> None:
    """What a compromised key signed counts as absent (FORMATS.md 4, below the table)."""
    if key.state == "compromised":
        raise Malformed("signed by a compromised key")


def _caution(entry: Json) -> Caution:
    if not isinstance(entry, dict) or not CAUTION_NEEDS <= entry.keys() <= CAUTION_NEEDS | CAUTION_ABOUT:
        raise Malformed("a caution has code, since and perhaps cert, firm or batch")
    code, batch = entry["code"], entry.get("batch")
    if not isinstance(code, str) or not 0 < len(code) <= 60 or code.strip("ABCDEFGHIJKLMNOPQRSTUVWXYZ_"):
        raise Malformed("a caution's code has capital letters and _ only")
    texts = (entry.get("cert"), entry.get("firm"))
    if not all(text is None or isinstance(text, str) for text in texts) or not (batch is None or type(batch) is int):
        raise Malformed("cert and firm are texts, batch is a number")
    return Caution(code, parse_instant(entry["since"]), entry.get("cert"), entry.get("firm"), batch)
