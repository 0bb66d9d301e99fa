"""Signed notes, verifier keys and log proofs: written as C2SP says, read strictly."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.checkpoint import (
    Checkpoint,
    decode_proof,
    encode_proof,
    key_id,
    log_origin,
    open_checkpoint,
    open_proof,
    parse_vkey,
    sign_checkpoint,
    vkey,
)
from certify.merkle import EMPTY_ROOT, Tree, leaf_hash
from ground.canonical import sha256
from ground.errors import Malformed
from ground.signing import SeedSigner, verify
from tests.unit.certify.formats import signer

LOG = signer("log")
ORIGIN = "scheme.example/log"
ROOT = sha256(b"root")
NOTE = sign_checkpoint(ORIGIN, 42, ROOT, LOG)
TEXT, LINE = NOTE.split("\n\n")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def note(text: str, *more: str, by: SeedSigner = LOG, name: str = ORIGIN) -> str:
    """A note over any text, rightly signed."""
    signature = key_id(name, by.public) + by.sign(text.encode())
    return f"{text}\n— {name} {b64(signature)}\n" + "".join(more)


# --- checkpoints ------------------------------------------------------------------------------------------------------


def test_a_checkpoint_is_three_lines_and_one_signature() -> None:
    assert NOTE.startswith(f"{ORIGIN}\n42\n{b64(ROOT)}\n\n— {ORIGIN} ")
    assert NOTE.endswith("\n")
    raw = base64.b64decode(LINE.split(" ")[2])
    assert raw[:4] == sha256(ORIGIN.encode() + b"\n\x01" + LOG.public)[:4]
    assert verify(LOG.public, (TEXT + "\n").encode(), raw[4:])
    assert open_checkpoint(NOTE, ORIGIN, LOG.public) == Checkpoint(ORIGIN, 42, ROOT)


def test_the_empty_log_has_a_checkpoint_too() -> None:
    text = sign_checkpoint(ORIGIN, 0, EMPTY_ROOT, LOG)
    assert open_checkpoint(text, ORIGIN, LOG.public) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)


def test_the_origin_is_the_logs_url_without_its_scheme() -> None:
    assert log_origin("http://localhost:8000") == "localhost:8000/log"
    assert log_origin("https://scheme.example") == ORIGIN


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    """Witnesses add lines of their own; a key that shares only the name or only the id is unknown too."""
    stranger = signer("stranger")
    same_id = f"— witness.example/w {b64(key_id(ORIGIN, LOG.public) + bytes(64))}\n"
    same_name = f"— {ORIGIN} {b64(key_id(ORIGIN, stranger.public) + bytes(64))}\n"
    cosignature = f"— witness.example/w {b64(b'abcd' + bytes(72))}\n"
    many = "".join(f"— w{i}.example {b64(b'abcd' + bytes(64))}\n" for i in range(16))
    assert open_checkpoint(NOTE + same_id + same_name + cosignature + many, ORIGIN, LOG.public).size == 42
    before = f"{TEXT}\n\n{cosignature}{LINE}"
    assert open_checkpoint(before, ORIGIN, LOG.public).size == 42


def test_a_wrong_signature_under_our_key_refuses_the_whole_note() -> None:
    wrong = f"— {ORIGIN} {b64(key_id(ORIGIN, LOG.public) + bytes(64))}\n"
    for text in (NOTE + wrong, f"{TEXT}\n\n{wrong}{LINE}"):
        with pytest.raises(Malformed, match="does not hold"):
            open_checkpoint(text, ORIGIN, LOG.public)


def test_another_key_or_origin_is_refused() -> None:
    with pytest.raises(Malformed, match="did not sign"):
        open_checkpoint(NOTE, ORIGIN, signer("stranger").public)
    with pytest.raises(Malformed, match="did not sign"):
        open_checkpoint(NOTE, "other.example/log", LOG.public)
    renamed = note(f"other.example/log\n42\n{b64(ROOT)}\n")
    with pytest.raises(Malformed, match="three lines"):
        open_checkpoint(renamed, ORIGIN, LOG.public)


SIGNED_BUT_WRONG = {
    "no root": f"{ORIGIN}\n42\n",
    "an extension line": f"{ORIGIN}\n42\n{b64(ROOT)}\nextension\n",
    "an empty extension line": f"{ORIGIN}\n42\n{b64(ROOT)}\n\n",
    "a size with a zero in front": f"{ORIGIN}\n042\n{b64(ROOT)}\n",
    "a negative size": f"{ORIGIN}\n-1\n{b64(ROOT)}\n",
    "a size with a plus": f"{ORIGIN}\n+42\n{b64(ROOT)}\n",
    "a size in other digits": f"{ORIGIN}\n٤٢\n{b64(ROOT)}\n",
    "an enormous size": f"{ORIGIN}\n{2**63}\n{b64(ROOT)}\n",
    "a size with a blank": f"{ORIGIN}\n42 \n{b64(ROOT)}\n",
    "a short root": f"{ORIGIN}\n42\n{b64(ROOT[:-1])}\n",
    "a root in hex": f"{ORIGIN}\n42\n{ROOT.hex()}\n",
    "a root without padding": f"{ORIGIN}\n42\n{b64(ROOT).rstrip('=')}\n",
    "a root in base64url": f"{ORIGIN}\n42\n{base64.urlsafe_b64encode(bytes([255]) * 32).decode()}\n",
    "a root with stray bits": f"{ORIGIN}\n42\n{b64(ROOT)[:-2] + chr(ord(b64(ROOT)[-2]) + 1)}=\n",
    "a carriage return": f"{ORIGIN}\r\n42\n{b64(ROOT)}\n",
    "a tab": f"{ORIGIN}\n42\t\n{b64(ROOT)}\n",
}


@pytest.mark.parametrize("defect", SIGNED_BUT_WRONG)
def test_a_signature_does_not_make_a_wrong_checkpoint_right(defect: str) -> None:
    with pytest.raises(Malformed):
        open_checkpoint(note(SIGNED_BUT_WRONG[defect]), ORIGIN, LOG.public)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda n: n[:-1], lambda n: n + "\n", lambda n: n + "x\n", lambda n: n.replace("— ", "- "), lambda n: "",
        lambda n: n.replace("\n\n", "\n"), lambda n: TEXT, lambda n: TEXT + "\n\n", lambda n: "\n\n" + LINE,
        lambda n: n.replace("42", "43"), lambda n: n.replace(b64(ROOT), b64(EMPTY_ROOT)), lambda n: "\n" + n,
        lambda n: n.replace(f"— {ORIGIN} ", f"— {ORIGIN}  "), lambda n: n.replace(f"— {ORIGIN}", f"—  {ORIGIN}"),
        lambda n: n[:-3] + "=\n", lambda n: n + f"— a+b {b64(bytes(68))}\n", lambda n: n + f"— a {b64(bytes(4))}\n",
        lambda n: n + "— a AA\n", lambda n: n + "\ud800", lambda n: n.replace("42", "\ud800"),
        lambda n: n.replace("42", "42\x7f") + "\x00",
        lambda n: n + LINE * 70, lambda n: n + f"— w {'A' * 140_000}\n", lambda n: n.replace("\n", "\r\n"),
    ],
)  # fmt: skip
def test_a_spoiled_note_is_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        open_checkpoint(spoil(NOTE), ORIGIN, LOG.public)


@given(st.text())
def test_any_text_at_all_is_refused_as_malformed_and_nothing_else(text: str) -> None:
    for spoiled in (text, TEXT + text, f"{TEXT}\n\n{text}", NOTE.replace("42", text or "x")):
        with pytest.raises(Malformed):
            open_checkpoint(spoiled, ORIGIN, LOG.public)
    with pytest.raises(Malformed):
        decode_proof(text)
    with pytest.raises(Malformed):
        parse_vkey(text)


@pytest.mark.parametrize(("origin", "size", "root"), [
    ("", 1, ROOT), ("a b", 1, ROOT), ("a+b", 1, ROOT), ("a\u00a0b", 1, ROOT), ("a\nb", 1, ROOT),
    (ORIGIN, -1, ROOT), (ORIGIN, 2**63, ROOT), (ORIGIN, 1, ROOT[:-1]),
])  # fmt: skip
def test_what_would_not_open_is_not_signed(origin: str, size: int, root: bytes) -> None:
    with pytest.raises(Malformed):
        sign_checkpoint(origin, size, root, LOG)


# --- verifier keys ----------------------------------------------------------------------------------------------------


def test_a_verifier_key_is_name_id_and_key() -> None:
    text = vkey(ORIGIN, LOG.public)
    assert text == f"{ORIGIN}+{key_id(ORIGIN, LOG.public).hex()}+{b64(bytes([1]) + LOG.public)}"
    assert parse_vkey(text) == (ORIGIN, LOG.public)


def test_the_verifier_key_of_the_go_checksum_database_is_read() -> None:
    """A key made by others: the id and the encoding are theirs."""
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    origin, public = parse_vkey(text)
    assert origin == "sum.golang.org"
    assert vkey(origin, public) == text


@pytest.mark.parametrize(
    "spoil",
    [
        lambda v: v[:-1], lambda v: v + "\n", lambda v: v.replace("+", "-"), lambda v: "x" + v, lambda v: v + "AAAA",
        lambda v: v.replace(v.split("+")[1], "00000000"), lambda v: v.upper(), lambda v: "+" + v, lambda v: "v" * 2000,
        lambda v: vkey(ORIGIN, bytes(32)), lambda v: v.replace(ORIGIN, "scheme example"),
    ],
)  # fmt: skip
def test_a_spoiled_verifier_key_is_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        parse_vkey(spoil(vkey(ORIGIN, LOG.public)))


# --- log proofs -------------------------------------------------------------------------------------------------------

LEAVES = [b"leaf %d" % i for i in range(13)]
TREE = Tree.of([leaf_hash(leaf) for leaf in LEAVES])
HEAD = sign_checkpoint(ORIGIN, 13, TREE.root(), LOG)
PROOF = encode_proof(6, TREE.inclusion_proof(6), HEAD)


def test_a_log_proof_is_header_index_hashes_and_the_checkpoint_verbatim() -> None:
    lines = PROOF.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 6"]
    assert lines[2:6] == [b64(each) for each in TREE.inclusion_proof(6)]
    assert "\n".join(lines[7:]) == HEAD
    assert lines[6] == ""
    read = decode_proof(PROOF)
    assert (read.index, list(read.hashes), read.checkpoint, read.extra) == (6, TREE.inclusion_proof(6), HEAD, None)


def test_extra_data_stands_before_the_index() -> None:
    text = encode_proof(6, TREE.inclusion_proof(6), HEAD, b"note")
    assert text.split("\n")[1] == "extra bm90ZQ=="
    assert decode_proof(text).extra == b"note"
    assert open_proof(text, LEAVES[6], ORIGIN, LOG.public)[0] == 6
    assert decode_proof(encode_proof(0, [], HEAD, b"")).extra == b""


def test_every_leaf_is_proven_and_no_other() -> None:
    for index, leaf in enumerate(LEAVES):
        text = encode_proof(index, TREE.inclusion_proof(index), HEAD)
        assert open_proof(text, leaf, ORIGIN, LOG.public) == (index, Checkpoint(ORIGIN, 13, TREE.root()))
        with pytest.raises(Malformed, match="not proven"):
            open_proof(text, b"invented", ORIGIN, LOG.public)
        with pytest.raises(Malformed, match="not proven"):
            open_proof(text.replace(f"index {index}\n", "index 99\n"), leaf, ORIGIN, LOG.public)


def test_the_only_leaf_of_a_log_needs_no_hashes() -> None:
    alone = sign_checkpoint(ORIGIN, 1, leaf_hash(b"x"), LOG)
    text = encode_proof(0, [], alone)
    assert text.startswith("c2sp.org/tlog-proof@v1\nindex 0\n\n")
    assert open_proof(text, b"x", ORIGIN, LOG.public)[0] == 0


def test_a_proof_under_a_strangers_checkpoint_is_refused() -> None:
    text = encode_proof(6, TREE.inclusion_proof(6), sign_checkpoint(ORIGIN, 13, TREE.root(), signer("stranger")))
    with pytest.raises(Malformed, match="did not sign"):
        open_proof(text, LEAVES[6], ORIGIN, LOG.public)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda p: p.replace("@v1", "@v2"), lambda p: "\n" + p, lambda p: p.replace("index 6", "index 06"),
        lambda p: p.replace("index 6", "index  6"), lambda p: p.replace("index 6", "index"),
        lambda p: p.split("\n\n")[0],
        lambda p: p.replace("index 6\n", ""), lambda p: p.replace("index 6", "extra AA==\nextra AA==\nindex 6"),
        lambda p: p.replace("index 6", "extra AA\nindex 6"), lambda p: p.replace("index 6", "index 6\nextra AA=="),
        lambda p: p.replace("index 6", "index 6\nAAAA"), lambda p: p.replace("index 6", "index -6"),
        lambda p: p.replace("index 6", "index 6\n" + (b64(ROOT) + "\n") * 60 + b64(ROOT)), lambda p: p + "x" * 200_000,
        lambda p: p.replace("index 6", f"index {2**63}"), lambda p: p.replace("\n\n", "\n", 1), lambda p: "",
    ],
)  # fmt: skip
def test_a_spoiled_log_proof_is_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        open_proof(spoil(PROOF), LEAVES[6], ORIGIN, LOG.public)
