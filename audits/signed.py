"""What an auditor signs: a report, and the claim to a key. Bytes only.

Owns the two messages, so that server and command line sign the same. Pure, and on the base install: an auditor signs on
a machine that has nothing else of Freemark.
"""

from __future__ import annotations

from ground.canonical import Json, jcs
from ground.errors import Malformed
from ground.signing import SeedSigner, document_message, parse_hex, parse_multikey, verify

_CLAIM = b"freemark-auditor-key-v1\n"  # no kind of signed document has this tag: a claim is never a report


def claim_message(person: str, kid: str) -> bytes:
    """What proves that this person has the private half of this key: tag + JCS of both ids."""
    return _CLAIM + jcs({"kid": kid, "person": person})


def claims(person: str, kid: str, sig: str) -> bool:
    """Does the hex signature prove it? False for anything malformed."""
    return _holds(kid, claim_message(person, kid), sig)


def report_message(document: dict[str, Json]) -> bytes:
    """`freemark-report-v1\\n` + JCS of the document, in which `kid` names the key that will sign."""
    return document_message("report", document)


def holds(document: dict[str, Json], kid: str, sig: str) -> bool:
    """Is `sig` this key's signature over the report? False for anything malformed, or another key than it names."""
    return document.get("kid") == kid and _holds(kid, report_message(document), sig)


def sign_report(document: dict[str, Json], signer: SeedSigner) -> dict[str, str]:
    """{"kid", "sig"}. Malformed when the report was prepared for another key."""
    if document.get("kid") != signer.kid:
        raise Malformed(f"this report was prepared for the key {document.get('kid')}, and this key is {signer.kid}")
    return {"kid": signer.kid, "sig": signer.sign(report_message(document)).hex()}


def _holds(kid: str, message: bytes, sig: str) -> bool:
    try:
        return verify(parse_multikey(kid), message, parse_hex(sig, 64))
    except Malformed:
        return False
