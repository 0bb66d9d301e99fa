"""Vectors from outside: RFC 8785 numbers, the W3C proof, and signatures that only careless verifiers accept.

The curve arithmetic below is the textbook's, slow and independent of any library: it makes the hostile signatures, and
shows for each of them the careless rule that would have let it in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from certify.credential import create_proof, proof_message, verify_proof
from ground import signing
from ground.canonical import jcs, parse, parse_instant, sha256
from ground.errors import Malformed
from ground.signing import FIELD, ORDER, SeedSigner, acceptable_point, multikey, parse_multikey, verify

SHARED = Path(__file__).parents[3].parent / "shared" / "vectors"


def shared(name: str):  # type: ignore[no-untyped-def]
    if not (SHARED / name).exists():
        pytest.skip("no shared vectors beside this checkout")
    return json.loads((SHARED / name).read_text())


# --- RFC 8785 and the W3C ---------------------------------------------------------------------------------------------


def test_every_jcs_case_gives_the_canonical_text() -> None:
    cases = shared("jcs-numbers.json")
    assert len(cases) == 24
    for case in cases:
        if "jcs" in case:
            assert jcs(parse(case["json"].encode(), limit=1000, floats=True)) == case["jcs"].encode(), case
        else:
            with pytest.raises(Malformed):  # beyond 2^53 two implementations write two texts
                jcs(json.loads(case["json"]))


def test_the_w3c_vector_byte_for_byte() -> None:
    vector = shared("eddsa-jcs-2022.json")
    document, config = vector["unsecuredDocument"], vector["proofConfig"]
    assert jcs(document) == vector["canonicalDocument"].encode()
    assert jcs(config) == vector["canonicalProofConfig"].encode()
    assert sha256(jcs(document)).hex() == vector["documentHashHex"]
    assert sha256(jcs(config)).hex() == vector["proofConfigHashHex"]
    assert proof_message(document, config).hex() == vector["combinedHashHex"]
    signer = SeedSigner.from_seed(bytes.fromhex(vector["seedHex"]))
    assert signer.kid == vector["keyPair"]["publicKeyMultibase"]
    assert signer.sign(proof_message(document, config)).hex() == vector["signatureHex"]
    secured = create_proof(document, signer, f"did:key:{signer.kid}", parse_instant(config["created"]))
    signed = shared(
        "w3c-eddsa-jcs-2022-signed.json"
    )  # said to be the secured document alone; today it is the whole file
    assert secured == vector["securedDocument"] == signed.get("securedDocument", signed)
    assert jcs(secured) == jcs(vector["securedDocument"])
    assert secured["proof"]["proofValue"] == vector["proofValue"]


def test_the_w3c_document_verifies_and_no_changed_one_does() -> None:
    vector = shared("eddsa-jcs-2022.json")
    public = parse_multikey(vector["keyPair"]["publicKeyMultibase"])
    secured = vector["securedDocument"]
    assert verify_proof(secured, public) == vector["unsecuredDocument"]
    for key in vector["unsecuredDocument"]:
        if key != "@context":
            with pytest.raises(Malformed, match="does not hold"):
                verify_proof({**secured, key: "changed"}, public)
    for key in secured["proof"]:
        with pytest.raises(Malformed):
            verify_proof({**secured, "proof": {**secured["proof"], key: secured["proof"][key][:-1]}}, public)


# --- the curve, as in the textbook ------------------------------------------------------------------------------------

Point = tuple[int, int]
IDENTITY: Point = (0, 1)
D = -121665 * pow(121666, -1, FIELD) % FIELD
ROOT_OF_MINUS_ONE = pow(2, (FIELD - 1) // 4, FIELD)


def add(p: Point, q: Point) -> Point:
    (x1, y1), (x2, y2) = p, q
    product = D * x1 * x2 * y1 * y2 % FIELD
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, FIELD) % FIELD
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, FIELD) % FIELD
    return x, y


def times(scalar: int, p: Point) -> Point:
    total = IDENTITY
    while scalar:
        if scalar & 1:
            total = add(total, p)
        p, scalar = add(p, p), scalar >> 1
    return total


def negative(p: Point) -> Point:
    return -p[0] % FIELD, p[1]


def encoded(p: Point) -> bytes:
    return (p[1] | (p[0] & 1) << 255).to_bytes(32, "little")


def decoded(data: bytes) -> Point | None:
    """Takes a y above the field too, as careless decoders do."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & (2**255 - 1)) % FIELD
    square = (y * y - 1) * pow(D * y * y + 1, -1, FIELD) % FIELD
    x = pow(square, (FIELD + 3) // 8, FIELD)
    if x * x % FIELD != square:
        x = x * ROOT_OF_MINUS_ONE % FIELD
    if x * x % FIELD != square:
        return None
    return (x if x & 1 == sign else -x % FIELD), y


BASE = decoded((4 * pow(5, -1, FIELD) % FIELD).to_bytes(32, "little"))
assert BASE is not None


def torsion() -> list[Point]:
    """The eight points of small order, the identity first: multiples of one of order 8."""
    for y in range(2, 100):
        point = decoded(y.to_bytes(32, "little"))
        if point is not None:
            small = times(ORDER, point)
            if times(4, small) != IDENTITY:
                return [times(i, small) for i in range(8)]
    raise AssertionError("every other point has one")


TORSION = torsion()


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % ORDER


def careless(public: bytes, message: bytes, signature: bytes, cofactor: int = 1) -> bool:
    """[c][S]B = [c]R + [c][k]A, and not one question more."""
    a, r, s = decoded(public), decoded(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or BASE is None:
        return False
    k = challenge(signature[:32], public, message)
    return times(cofactor * s, BASE) == times(cofactor, add(r, times(k, a)))


def pynacl_alone(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(public).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


# --- hostile signatures -----------------------------------------------------------------------------------------------

SEED = bytes(range(32))
SIGNER = SeedSigner.from_seed(SEED)
MESSAGE = b"this label is genuine"


def secret_scalar() -> int:
    head = bytearray(hashlib.sha512(SEED).digest()[:32])
    head[0] &= 248
    head[31] = head[31] & 127 | 64
    return int.from_bytes(head, "little")


def packed(r: bytes, s: int) -> bytes:
    return r + s.to_bytes(32, "little")


@dataclass(frozen=True)
class Hostile:
    public: bytes
    message: bytes
    signature: bytes
    careless_rule: Callable[[bytes, bytes, bytes], bool]


def small_order_key(order: int) -> Hostile:
    """Anybody can sign for a key of small order: the challenge that makes [k]A vanish is soon found."""
    public = encoded(TORSION[8 // order])
    assert BASE is not None
    for attempt in range(1000):
        message, r = b"%d" % attempt, encoded(times(7, BASE))
        if challenge(r, public, message) % order == 0:
            return Hostile(public, message, packed(r, 7), careless)
    raise AssertionError("one in eight works")


def small_order_r(order: int) -> Hostile:
    """R of small order: the holder of a key makes one signature value that fits where [S]B = [k]A."""
    r = encoded(TORSION[0 if order == 1 else 8 // order])
    k = challenge(r, SIGNER.public, MESSAGE)
    signature = packed(r, k * secret_scalar() % ORDER)
    rule = careless if order == 1 else cofactored
    return Hostile(SIGNER.public, MESSAGE, signature, rule)


def cofactored(public: bytes, message: bytes, signature: bytes) -> bool:
    return careless(public, message, signature, cofactor=8)


def large_s() -> Hostile:
    honest = SIGNER.sign(MESSAGE)
    s = int.from_bytes(honest[32:], "little") + ORDER
    return Hostile(SIGNER.public, MESSAGE, packed(honest[:32], s), careless)


def non_canonical_r() -> Hostile:
    """The identity with y written as p + 1: the same point in other bytes."""
    r = (FIELD + 1).to_bytes(32, "little")
    k = challenge(r, SIGNER.public, MESSAGE)
    return Hostile(SIGNER.public, MESSAGE, packed(r, k * secret_scalar() % ORDER), careless)


def torsion_in_r(order: int) -> Hostile:
    """R = [r]B + T: valid for who multiplies by the cofactor, invalid for who does not."""
    assert BASE is not None
    r = encoded(add(times(1234567, BASE), TORSION[8 // order]))
    s = (1234567 + challenge(r, SIGNER.public, MESSAGE) * secret_scalar()) % ORDER
    return Hostile(SIGNER.public, MESSAGE, packed(r, s), cofactored)


HOSTILE = {
    "small order A, order 1": lambda: Hostile(
        encoded(IDENTITY), MESSAGE, packed(encoded(times(7, BASE or IDENTITY)), 7), careless
    ),
    **{f"small order A, order {order}": (lambda order=order: small_order_key(order)) for order in (2, 4, 8)},
    **{f"small order R, order {order}": (lambda order=order: small_order_r(order)) for order in (1, 2, 4, 8)},
    "S >= L": large_s,
    "non-canonical R": non_canonical_r,
    **{f"torsion of order {order} added to R": (lambda order=order: torsion_in_r(order)) for order in (2, 4, 8)},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_signature_is_refused(name: str) -> None:
    case = HOSTILE[name]()
    assert not verify(case.public, case.message, case.signature)


@pytest.mark.parametrize("name", HOSTILE)
def test_negative_control_a_careless_verifier_accepts_it(name: str) -> None:
    case = HOSTILE[name]()
    assert case.careless_rule(case.public, case.message, case.signature)


@pytest.mark.parametrize("name", HOSTILE)
def test_pynacl_alone_refuses_it_too(name: str) -> None:
    """So with this backend our rule is the second wall. It is the first one with any other: see the next test."""
    case = HOSTILE[name]()
    assert not pynacl_alone(case.public, case.message, case.signature)


@pytest.mark.parametrize("name", [name for name in HOSTILE if "torsion" not in name])
def test_our_rule_refuses_it_before_a_careless_backend_is_asked(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Torsion in R is left out: whether the cofactor is multiplied in is the backend's own arithmetic."""
    case = HOSTILE[name]()

    def crypto_sign_open(signed: bytes, public: bytes) -> bytes:
        if not case.careless_rule(public, signed[64:], signed[:64]):
            raise BadSignatureError
        return signed[64:]

    monkeypatch.setattr(signing, "bindings", SimpleNamespace(crypto_sign_open=crypto_sign_open))
    assert not verify(case.public, case.message, case.signature)
    monkeypatch.setattr(signing, "acceptable_point", lambda point: True)
    monkeypatch.setattr(signing, "ORDER", 2**256)
    assert verify(case.public, case.message, case.signature), "with the rule off it would be let in"


def test_the_textbook_and_the_library_agree_on_honest_signatures() -> None:
    signature = SIGNER.sign(MESSAGE)
    assert BASE is not None
    assert encoded(times(secret_scalar(), BASE)) == SIGNER.public
    assert careless(SIGNER.public, MESSAGE, signature)
    assert cofactored(SIGNER.public, MESSAGE, signature)
    assert verify(SIGNER.public, MESSAGE, signature)
    assert not careless(SIGNER.public, MESSAGE + b".", signature)


def test_all_eight_points_of_small_order_are_refused_with_either_sign_bit_and_in_every_spelling() -> None:
    assert len(set(TORSION)) == 8
    for point in TORSION:
        for sign in (0, 1 << 255):
            assert not acceptable_point((point[1] | sign).to_bytes(32, "little"))
            if point[1] + FIELD < 2**255:  # y = 0 and 1 have a second spelling
                assert not acceptable_point((point[1] + FIELD | sign).to_bytes(32, "little"))
    with pytest.raises(Malformed, match="small order"):
        parse_multikey(multikey(encoded(TORSION[1])))


def test_no_y_above_the_field_is_accepted_as_a_point() -> None:
    for y in range(FIELD, 2**255):
        assert not acceptable_point(y.to_bytes(32, "little"))


def test_a_key_with_torsion_is_judged_without_the_cofactor_like_pynacl() -> None:
    """A + T is not of small order. Such a signature holds exactly where [k]T vanishes, here and in PyNaCl alike."""
    public = encoded(add(times(secret_scalar(), BASE or IDENTITY), TORSION[4]))
    r = encoded(times(7, BASE or IDENTITY))
    seen = set()
    for attempt in range(20):
        message = b"%d" % attempt
        k = challenge(r, public, message)
        signature = packed(r, (7 + k * secret_scalar()) % ORDER)
        assert cofactored(public, message, signature)
        assert verify(public, message, signature) is pynacl_alone(public, message, signature) is (k % 2 == 0)
        seen.add(k % 2)
    assert seen == {0, 1}
