"""Checkpoints of the log as signed notes, verifier keys, and `.tlog-proof` files.

Owns three C2SP text formats (signed-note, tlog-checkpoint, tlog-proof@v1), written and read strictly. Only Ed25519
signatures of the log itself (type 0x01) are checked; lines of unknown keys are passed over, as the format demands.
A checkpoint carries no trusted time.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from certify.merkle import HASH, leaf_hash, verify_inclusion
from ground.canonical import sha256
from ground.errors import Malformed
from ground.signing import Signer, acceptable_point, parse_multikey, verify

ED25519 = b"\x01"  # signature type of a plain Ed25519 note signature
PROOF_HEADER = "c2sp.org/tlog-proof@v1"
MAX_NOTE = 128 * 1024  # room for 16 signatures even of the post-quantum kind, some 5 kB each
MAX_SIGNATURES = 64
MAX_PROOF = 63  # hashes of an inclusion proof in a tree of 2^63 leaves
MAX_SIZE = 2**63 - 1

_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,18})\Z")
_SIGNATURE = re.compile(r"— ([^ ]+) ([A-Za-z0-9+/]+={0,2})\Z")


@dataclass(frozen=True)
class Checkpoint:
    """The head of a log: after `size` leaves its root was `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True)
class LogProof:
    """A `.tlog-proof` as it was read; nothing in it is verified yet. `extra` is never authenticated."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


def log_origin(public_url: str) -> str:
    """The origin of the log under that public URL: the URL of `/log` without its scheme."""
    return public_url.split("://", 1)[-1] + "/log"


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """The signed note of a tree head. The signer must be the log key. It signs whatever it is given: the caller has
    checked that the head is consistent with every earlier one.
    """
    _check_name(origin)
    if not 0 <= size <= MAX_SIZE or len(root) != HASH:
        raise Malformed("a checkpoint has a size and a root of 32 bytes")
    text = f"{origin}\n{size}\n{_base64(root)}\n"
    signature = key_id(origin, parse_multikey(signer.kid)) + signer.sign(text.encode())
    return f"{text}\n— {origin} {_base64(signature)}\n"


def open_checkpoint(note: str, origin: str, public: bytes) -> Checkpoint:
    """The checkpoint, if the log key `public` signed it for this origin. Malformed otherwise.

    Lines of other keys are passed over; a line under our key's name and id must hold. Extension lines are refused,
    because our log writes none.
    """
    text, lines = _split_note(note)
    if not _signed(text, lines, origin, public):
        raise Malformed("the log's key did not sign this checkpoint")
    body = text.split("\n")
    if len(body) != 4 or body[0] != origin:
        raise Malformed("a checkpoint of this log has three lines: origin, size and root")
    return Checkpoint(origin, _decimal(body[1]), _hash(body[2]))


def _split_note(note: str) -> tuple[str, list[str]]:
    """The text with its last newline, and the signature lines."""
    if len(note) > MAX_NOTE or any(symbol < " " and symbol != "\n" for symbol in note):
        raise Malformed("not a signed note")
    text, gap, signatures = note.rpartition("\n\n")
    lines = signatures.split("\n")
    if not gap or not text or lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise Malformed("a signed note is text, an empty line and signature lines")
    return text + "\n", lines


def _signed(text: str, lines: Sequence[str], origin: str, public: bytes) -> bool:
    try:
        message = text.encode()
    except UnicodeEncodeError as error:
        raise Malformed("a signed note is UTF-8") from error
    ours, found = key_id(origin, public), False
    for line in lines:
        match = _SIGNATURE.match(line)
        if match is None:
            raise Malformed("not a signature line")
        name, signature = match[1], _parse_base64(match[2])
        _check_name(name)
        if len(signature) < 5:
            raise Malformed("not a signature line")
        if name == origin and signature[:4] == ours:
            if not verify(public, message, signature[4:]):
                raise Malformed("the log's signature does not hold")
            found = True
    return found


def key_id(origin: str, public: bytes) -> bytes:
    """The 4 bytes by which a note names an Ed25519 key."""
    return sha256(origin.encode() + b"\n" + ED25519 + public)[:4]


def vkey(origin: str, public: bytes) -> str:
    """The verifier key as one line, `<origin>+<key id in hex>+<base64 of 0x01 and the key>`: the file log.vkey."""
    _check_name(origin)
    return f"{origin}+{key_id(origin, public).hex()}+{_base64(ED25519 + public)}"


def parse_vkey(text: str) -> tuple[str, bytes]:
    """Origin and public key of a verifier key line. Malformed unless it is an Ed25519 key under its own id."""
    parts = text.split("+", 2)  # base64 may have a plus of its own; names never do
    if len(text) > 1000 or len(parts) != 3:
        raise Malformed("a verifier key is name+id+key")
    origin, _, encoded = parts
    _check_name(origin)
    key = _parse_base64(encoded)
    if len(key) != 33 or key[:1] != ED25519 or not acceptable_point(key[1:]) or vkey(origin, key[1:]) != text:
        raise Malformed("not an Ed25519 verifier key")
    return origin, key[1:]


def encode_proof(index: int, hashes: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """The text of a `.tlog-proof`. hashes: from the leaf's sibling up. checkpoint: the signed note, verbatim."""
    lines = [PROOF_HEADER]
    if extra is not None:
        lines.append(f"extra {_base64(extra)}")
    lines += [f"index {index}", *(_base64(each) for each in hashes), "", checkpoint]
    text = "\n".join(lines)
    decode_proof(text)
    return text


def decode_proof(text: str) -> LogProof:
    """Read a `.tlog-proof` strictly. Malformed for anything else; verify with `open_proof`."""
    if len(text) > MAX_NOTE:
        raise Malformed("not a tlog-proof")
    head, gap, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not gap or not checkpoint or lines.pop(0) != PROOF_HEADER:
        raise Malformed(f"a log proof begins with {PROOF_HEADER}")
    extra: bytes | None = None
    if lines and lines[0].startswith("extra "):
        extra = _parse_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index ") or len(lines) - 1 > MAX_PROOF:
        raise Malformed("a log proof has an index and at most 63 hashes")
    index = _decimal(lines.pop(0).removeprefix("index "))
    return LogProof(index, tuple(_hash(line) for line in lines), checkpoint, extra)


def open_proof(text: str, leaf: bytes, origin: str, public: bytes) -> tuple[int, Checkpoint]:
    """The proven index of the leaf (its bytes) and the checkpoint that it is proven against. Raises Malformed."""
    proof = decode_proof(text)
    head = open_checkpoint(proof.checkpoint, origin, public)
    if not verify_inclusion(leaf_hash(leaf), proof.index, head.size, proof.hashes, head.root):
        raise Malformed("the leaf is not proven to be in the log")
    return proof.index, head


def _check_name(name: str) -> None:
    if not name or len(name) > 300 or "+" in name or any(symbol.isspace() or symbol < " " for symbol in name):
        raise Malformed("a key name has no spaces and no plus")


def _decimal(text: str) -> int:
    if not _DECIMAL.match(text) or int(text) > MAX_SIZE:
        raise Malformed(f"{text[:40]!r} is not a plain decimal number")
    return int(text)


def _hash(text: str) -> bytes:
    data = _parse_base64(text)
    if len(data) != HASH:
        raise Malformed("a hash has 32 bytes")
    return data


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _parse_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Malformed("not base64") from error
    if _base64(data) != text:
        raise Malformed("not canonical base64")
    return data
