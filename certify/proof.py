"""Data Integrity proofs (eddsa-jcs-2022), and the did:web of the one who makes them.

Owns what is signed in a W3C credential of ours (FORMATS.md 1), which listed key may have signed it, and the DID
document that is generated from keys.json. Certificates and status lists share it. Knows nothing of what they say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from ground.canonical import Json, instant, jcs, parse_instant, sha256
from ground.errors import Malformed
from ground.keyset import KeySet, Purpose
from ground.signing import Signer, base58, parse_base58, verify


def create_proof(document: Mapping[str, Json], signer: Signer, controller: str, created: datetime) -> dict[str, Json]:
    """The document with its Data Integrity proof (eddsa-jcs-2022). controller: the DID whose key the signer is."""
    if "proof" in document:
        raise ValueError("already has a proof")
    proof: dict[str, Json] = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": instant(created),
        "verificationMethod": f"{controller}#{signer.kid}",
        "proofPurpose": "assertionMethod",
        "@context": document["@context"],
    }
    signature = signer.sign(proof_message(document, proof))
    return {**document, "proof": {**proof, "proofValue": "z" + base58(signature)}}


def proof_message(document: Mapping[str, Json], proof: Mapping[str, Json]) -> bytes:
    """The 64 bytes that are signed: SHA-256 of the proof without its value, then that of the document without proof."""
    options = {key: value for key, value in proof.items() if key != "proofValue"}
    bare = {key: value for key, value in document.items() if key != "proof"}
    return sha256(jcs(options)) + sha256(jcs(bare))


def verify_proof(document: Json, public: bytes, where: str = "/credential") -> dict[str, Json]:
    """The document without its proof, if `public` made that proof. Whose key it is, is the caller's question.

    The proof has exactly the keys that `create_proof` writes, and repeats the document's contexts. Raises Malformed.
    """
    proof = _read_proof(document, where)
    value: str = proof["proofValue"]
    signature = parse_base58(value[1:])
    if len(signature) != 64 or "z" + base58(signature) != value:
        raise Malformed("proofValue is z and 64 bytes in base58", where=f"{where}/proof/proofValue")
    if not verify(public, proof_message(document, proof), signature):
        raise Malformed("the proof does not hold", where=f"{where}/proof")
    return {key: value for key, value in document.items() if key != "proof"}


def _read_proof(document: Json, where: str) -> dict[str, Json]:
    proof = document.get("proof") if isinstance(document, dict) else None
    constants = {"type": "DataIntegrityProof", "cryptosuite": "eddsa-jcs-2022", "proofPurpose": "assertionMethod"}
    varying = {"created", "verificationMethod", "proofValue", "@context"}
    if not isinstance(proof, dict) or proof.keys() != constants.keys() | varying:
        raise Malformed("has one eddsa-jcs-2022 proof", where=f"{where}/proof")
    if any(proof[key] != value for key, value in constants.items()):
        raise Malformed("the proof is an eddsa-jcs-2022 assertion", where=f"{where}/proof")
    if proof["@context"] != document.get("@context"):
        raise Malformed("the proof repeats the contexts of its document", where=f"{where}/proof/@context")
    value = proof["proofValue"]
    if not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
        raise Malformed("proofValue is z and 64 bytes in base58", where=f"{where}/proof/proofValue")
    return proof


def open_secured(document: Json, keys: KeySet, purpose: Purpose, where: str) -> dict[str, Json]:
    """The document without its proof, made by a listed key of that purpose of the document's own issuer.

    A compromised key's signatures count as absent (FORMATS.md 4). Raises Malformed.
    """
    proof = _read_proof(document, where)
    issuer = document.get("issuer")
    did = issuer.get("id") if isinstance(issuer, dict) else issuer
    created = parse_instant(proof["created"], f"{where}/proof/created")
    public = usable_key(proof["verificationMethod"], did, keys, purpose, created, f"{where}/proof/verificationMethod")
    return verify_proof(document, public, where)


def usable_key(method: Json, did: Json, keys: KeySet, purpose: Purpose, created: datetime | None, where: str) -> bytes:
    if not isinstance(method, str) or not isinstance(did, str) or not method.startswith(f"{did}#"):
        raise Malformed("signed with a key of another than the issuer", where=where)
    key = keys.find(method.removeprefix(f"{did}#"), purpose)
    if key.state == "compromised":
        raise Malformed("signed by a compromised key", where=where)
    if created is not None and (created < key.since or (key.until is not None and created > key.until)):
        raise Malformed("signed outside the time of its key", where=where)
    return key.public


def issuer_did(public_url: str) -> str:
    """`did:web` of "http(s)://host[:port]": `did:web:host%3Aport`. Malformed for a path, or an IP address as host."""
    match = re.fullmatch(r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*)(?::([1-9][0-9]{0,4}))?", public_url, re.ASCII)
    if match is None:
        raise Malformed(f"{public_url[:100]!r} is not like https://host or http://host:8000", where="/public_url")
    host, port = match.groups()
    if host.rsplit(".", 1)[-1].isdigit():  # did:web has names only, and a name does not end in a number
        raise Malformed("a did:web has a host name, not an IP address", where="/public_url")
    return f"did:web:{host}%3A{port}" if port else f"did:web:{host}"


def did_document(public_url: str, keys: KeySet) -> dict[str, Json]:
    """`/.well-known/did.json`: every listed key as a Multikey; only certificate and status keys may assert.

    A compromised key stays visible as `revoked` (an instant), and asserts nothing.
    """
    did = issuer_did(public_url)
    methods: list[dict[str, Json]] = []
    for key in keys.keys.values():
        method = {"id": f"{did}#{key.kid}", "type": "Multikey", "controller": did, "publicKeyMultibase": key.kid}
        if key.state == "compromised":
            method["revoked"] = instant(key.until or key.since)
        methods.append(method)
    asserting = [
        f"{did}#{key.kid}"
        for key in keys.keys.values()
        if key.purpose in ("certificate", "status") and key.state != "compromised"
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": asserting,
    }
