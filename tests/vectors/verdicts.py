"""The shared vectors of the verdict: what is scanned, a bundle, a membership and an instant; and the bytes to answer.

`python -m tests.vectors.verdicts` writes three files into verdicts/, and the examples of docs/verdicts.md; `--check`
only compares.
  good.json     a bundle without a fault
  defects.json  {name: JSON Patch (RFC 6902) that makes that bundle of good.json}, named after what is wrong with it
  cases.json    {roots, cases: [{name, text, bundle, membership, at, code, sha256 of the verdict, verdict for the first
                case of each code}]}
Any implementation of FORMATS.md 5 must print just these bytes; `tests/unit/verify/test_vectors.py` holds ours to it.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ground.canonical import instant, jcs, sha256
from ground.errors import Malformed
from ground.signing import multikey
from labels import payload
from tests.vectors.defects import AFTER, ENDED, Bundle, bundles, container
from tests.vectors.scene import COUNT, DAY, ISSUED, NOW, ROOTS, SEALED, digits, typed
from verify.bundle import open_bundle
from verify.codes import CODES, Membership
from verify.verdict import judge

HERE = Path(__file__).parent / "verdicts"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "verdicts.md"
MARK = "<!-- examples: written by python -m tests.vectors.verdicts -->\n"


@dataclass(frozen=True)
class Case:
    """One vector. expected: the code that FORMATS.md gives it, written by hand, before any program was asked."""

    name: str
    expected: str
    text: str
    bundle: str
    membership: Membership = "in"
    at: datetime = NOW


# --- what is scanned -------------------------------------------------------------------------------------------------


def replaced(text: str, place: int) -> str:
    """One digit changed."""
    return text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :]


def forged(change: Callable[[bytearray], None]) -> str:
    """A payload whose bytes were changed."""
    data = bytearray(payload.from_digits(digits()))
    change(data)
    return payload.to_digits(bytes(data))


def set_byte(place: int, value: int) -> Callable[[bytearray], None]:
    return lambda data: data.__setitem__(place, value)


def big_s(data: bytearray) -> None:
    """S + L: the same signature to a careless reader."""
    order = 2**252 + 27742317777372353535851937790883648493
    data[-32:] = (int.from_bytes(data[-32:], "little") + order).to_bytes(32, "little")


def small_r(data: bytearray) -> None:
    data[13:45] = (1).to_bytes(32, "little")


def wrong_symbol(code: str) -> str:
    return ("1" if code[0] != "1" else "2") + code[1:]


def cases() -> list[Case]:
    label, code = digits(), typed()
    unlisted = digits(key="stranger-label")
    rows = [
        ("valid", "VALID", label, "good"),
        ("valid-replacement", "VALID", digits(cls=2), "good"),
        ("valid-last-of-the-batch", "VALID", digits(index=COUNT - 1), "good"),
        ("valid-with-gtin", "VALID", digits(2, gtin="09520123456788"), "two-batches"),
        ("a-digit-missing", "MALFORMED", label[:-1], "good"),
        ("a-letter-inside", "MALFORMED", label[:50] + "x" + label[51:], "good"),
        ("version-2", "MALFORMED", forged(set_byte(0, 0x20)), "good"),
        ("profile-2", "MALFORMED", forged(set_byte(0, 0x12)), "good"),
        ("class-11", "MALFORMED", forged(lambda data: set_byte(10, data[10] | 3)(data)), "good"),
        ("group-beyond-seven-bytes", "MALFORMED", "9" * 17 + label[17:], "good"),
        ("wrong-check-symbol", "MALFORMED", wrong_symbol(code), "good"),
        ("unlisted-key", "UNKNOWN_KEY", unlisted, "good"),
        ("unlisted-key-keys-expired", "CANNOT_CONFIRM", unlisted, "keys-expired"),
        ("unlisted-key-keys-missing", "CANNOT_CONFIRM", unlisted, "keys-missing"),
        ("last-digit-changed", "BAD_SIGNATURE", replaced(label, len(label) - 1), "good"),
        ("item-changed", "BAD_SIGNATURE", forged(lambda data: set_byte(9, data[9] ^ 1)(data)), "good"),
        ("use-by-changed", "BAD_SIGNATURE", forged(lambda data: set_byte(11, data[11] ^ 1)(data)), "good"),
        ("s-not-reduced", "BAD_SIGNATURE", forged(big_s), "good"),
        ("r-of-small-order", "BAD_SIGNATURE", forged(small_r), "good"),
        ("specimen", "SPECIMEN", digits(0, cls=1), "good"),
        ("specimen-key-stolen", "SPECIMEN", digits(0, cls=1), "label-key-stolen"),
        ("batch-unknown", "NOT_REGISTERED", digits(9), "good"),
        ("batch-zero-as-issued", "NOT_REGISTERED", digits(0), "good"),
        ("use-by-not-the-manifests", "NOT_REGISTERED", digits(use_by=date(2027, 6, 29)), "good"),
        ("gtin-not-in-the-manifest", "NOT_REGISTERED", digits(gtin="09520123456788"), "good"),
        ("gtin-of-the-manifest-missing", "NOT_REGISTERED", digits(2), "two-batches"),
        ("typed", "TYPED_CODE", code, "good"),
        ("typed-in-lower-case", "TYPED_CODE", code.lower().replace("-", " "), "good"),
        ("typed-suspended", "SUSPENDED", code, "suspended"),
        ("typed-void", "VOID", code, "batch-void"),
        ("typed-batch-unknown", "NOT_REGISTERED", typed(batch=9), "good"),
        ("typed-key-stolen", "TYPED_CODE", code, "label-key-stolen"),
        ("typed-key-stolen-before-sealing", "KEY_COMPROMISED", code, "label-key-stolen-before-sealing"),
        ("typed-label-key-not-listed", "CANNOT_CONFIRM", code, "label-key-not-listed"),
        ("typed-remediation", "TYPED_CODE", code, "remediation"),
        ("key-stolen-batch-not-sealed", "KEY_COMPROMISED", digits(9), "label-key-stolen"),
    ]
    found = [Case(*row) for row in rows]
    found += [
        Case("membership-unknown", "VALID", label, "good", "unknown"),
        Case("item-not-in-the-batch", "NOT_REGISTERED", digits(index=COUNT), "good", "out"),
        Case("item-not-in-the-batch-heads-expired", "CANNOT_CONFIRM", label, "heads-expired", "out"),
        Case("item-not-in-the-batch-keys-expired", "CANNOT_CONFIRM", label, "keys-expired", "out"),
        Case("typed-membership-unknown", "CANNOT_CONFIRM", code, "good", "unknown"),
        Case("typed-membership-out", "NOT_REGISTERED", code, "good", "out"),
        Case("key-stolen-membership-unknown", "CANNOT_CONFIRM", label, "label-key-stolen", "unknown"),
        Case("key-stolen-membership-out", "NOT_REGISTERED", label, "label-key-stolen", "out"),
        Case("key-stolen-no-proofs-membership-out", "CANNOT_CONFIRM", label, "label-key-stolen-no-proofs", "out"),
        Case("typed-ended", "TYPED_CODE", code, "ended", at=ENDED),
        Case("label-key-not-listed-label", "UNKNOWN_KEY", digits(key="stranger-label"), "label-key-not-listed"),
        Case("label-key-from-later-label", "CANNOT_CONFIRM", digits(key="next"), "label-key-from-later"),
        Case(
            "the-last-second",
            "LABELLED_UNDER_EXPIRED",
            label,
            "ended",
            at=datetime.fromisoformat("2027-09-18T12:59:59Z"),
        ),
        Case("judged-before-it-was-issued", "NOT_YET_VALID", label, "good", at=ISSUED - DAY),
        Case("judged-before-the-lists", "CANNOT_CONFIRM", label, "good", at=SEALED + DAY),
    ]
    expected = {
        "two-batches": "VALID",
        "incomplete": "VALID",
        "label-key-stolen": "VALID",
        "label-key-stolen-before-sealing": "KEY_COMPROMISED",
        "one-item-void": "VOID",
        "another-item-void": "VALID",
        "batch-void": "VOID",
        "manifest-missing": "NOT_REGISTERED",
        "manifest-not-sealed": "NOT_REGISTERED",
        "revoked": "REVOKED",
        "revoked-from-before-the-batch": "REVOKED",
        "revoked-from-after-the-batch": "REVOKED_LATER",
        "revoked-without-bit": "REVOKED",
        "revocation-bit-only": "REVOKED",
        "revocation-bit-only-list-expired": "REVOKED",
        "revoked-another-batch-rebound": "REVOKED",
        "suspended": "SUSPENDED",
        "suspended-without-bit": "SUSPENDED",
        "suspension-bit-only": "SUSPENDED",
        "suspended-heads-missing": "SUSPENDED",
        "suspension-from-later": "SUSPENDED",
        "renewed-and-suspended": "SUSPENDED",
        "suspended-ended": "SUSPENDED",
        "withdrawn": "WITHDRAWN",
        "site-not-in-scope": "OUT_OF_SCOPE",
        "product-not-in-scope": "OUT_OF_SCOPE",
        "reduced-without-the-site": "OUT_OF_SCOPE",
        "not-yet-valid": "NOT_YET_VALID",
        "ended-long-ago": "EXPIRED",
        "ended": "LABELLED_UNDER_EXPIRED",
        "remediation": "REMEDIATION",
        "remediation-ended": "REMEDIATION",
        "reinstated": "VALID",
        "renewed": "VALID",
        "reissued": "VALID",
        "reduced": "VALID",
        "renewed-8-times": "VALID",
        "revoked-and-rebound": "VALID",
        "caution-for-the-firm": "VALID",
        "caution-for-another-batch": "VALID",
        "caution-from-later": "VALID",
    }
    moments = {"ended": ENDED, "remediation-ended": ENDED, "ended-long-ago": AFTER, "suspended-ended": AFTER}
    special = {"good", "label-key-from-later", "label-key-not-listed"}
    found += [  # every other bundle with a genuine label: what is wrong in it must not be overlooked
        Case(name, expected.get(name, "CANNOT_CONFIRM"), label, name, at=moments.get(name, NOW))
        for name in bundles()
        if name not in special
    ]
    return found


# --- files -----------------------------------------------------------------------------------------------------------


def read(text: str) -> payload.Label | payload.Typed | None:
    try:
        return payload.parse(text)
    except Malformed:
        return None


def patch(old: Any, new: Any, where: str = "") -> list[dict[str, Any]]:
    """The operations (RFC 6902) that make `new` of `old`; they descend into objects and replace everything else."""
    if old == new and type(old) is type(new):
        return []
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [{"op": "replace", "path": where, "value": new}]
    steps: list[dict[str, Any]] = [{"op": "remove", "path": f"{where}/{key}"} for key in old if key not in new]
    for key, value in new.items():
        if key in old:
            steps += patch(old[key], value, f"{where}/{key}")
        else:
            steps.append({"op": "add", "path": f"{where}/{key}", "value": value})
    return steps


def apply(document: Bundle, steps: list[dict[str, Any]]) -> Bundle:
    """A patched copy."""
    document = copy.deepcopy(document)
    for step in steps:
        *way, last = step["path"].split("/")[1:]
        place = document
        for key in way:
            place = place[key]
        if step["op"] == "remove":
            del place[last]
        else:
            place[last] = copy.deepcopy(step["value"])
    return document


def render() -> dict[Path, bytes]:
    """Every file and its bytes."""
    whole = container("good")
    defects = {name: patch(whole, container(name)) for name in bundles() if name != "good"}
    opened = {name: open_bundle(container(name), ROOTS) for name in bundles()}
    vectors: list[dict[str, Any]] = []
    for case in cases():
        verdict = judge(read(case.text), opened[case.bundle], case.membership, case.at)
        if verdict.code != case.expected:
            raise SystemExit(f"{case.name}: {verdict.code} where FORMATS.md 5 says {case.expected}")
        vector = {
            "name": case.name,
            "text": case.text,
            "bundle": case.bundle,
            "membership": case.membership,
            "at": instant(case.at),
            "code": case.expected,
            "sha256": sha256(verdict.data).hex(),
        }
        if all(other["code"] != case.expected for other in vectors):
            vector["verdict"] = verdict.data.decode()
        vectors.append(vector)
    document = {"roots": [multikey(root) for root in ROOTS], "cases": vectors}
    return {
        HERE / "good.json": jcs(whole) + b"\n",
        HERE / "defects.json": lines(defects),
        HERE / "cases.json": lines(document),
        DOCS: with_examples(
            DOCS.read_text("utf-8"), [json.loads(each["verdict"]) for each in vectors if "verdict" in each]
        ),
    }


def with_examples(text: str, verdicts: list[Any]) -> bytes:
    """The page up to its mark, and then one example per code in the order of the table."""
    ordered = sorted(verdicts, key=lambda verdict: CODES.index(verdict["code"]))
    shown = [
        f"### {verdict['code']}\n\n```json\n{json.dumps(verdict, ensure_ascii=False, indent=1)}\n```\n"
        for verdict in ordered
    ]
    return (text.partition(MARK)[0] + MARK + "\n" + "\n".join(shown)).encode()


def lines(document: Any) -> bytes:
    """One line per case or defect, so that a change shows what it changed."""
    rows = document.get("cases", document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for row in rows if isinstance(rows, list) else rows.values():
        found = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        text = text.replace(found, found + "\n", 1)
    return text.encode() + b"\n"


def main(argv: list[str]) -> int:
    files = render()
    if argv == ["--check"]:
        stale = [path for path, data in files.items() if not path.exists() or path.read_bytes() != data]
        stale += [path for path in HERE.rglob("*.json") if path not in files]
        for path in stale:
            print(f"not as the script makes it: {path.name}", file=sys.stderr)
        return 1 if stale else 0
    for path, data in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
