"""A second, naive judge of one question: may this label be green? It shares no code with the first one.

Only json, hashlib, gzip and PyNaCl: it walks the bundle's plain JSON, asks every condition of FORMATS.md 5 for a green
verdict, one after the other, and stops at the first that fails. It has no verdict but "deserved", or why not.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
KINDS = {"manifest": "event", "void": "event", "cautions": "event", "heads": "status", "event": "event"}


class No(Exception):
    """Why it may not be green."""


def must(condition: Any, why: str) -> None:
    if not condition:
        raise No(why)


def canonical(document: Any) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def from58(text: str) -> bytes:
    number = 0
    for symbol in text:
        number = number * 58 + ALPHABET.index(symbol)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def public(kid: str) -> bytes:
    data = from58(kid[1:])
    must(kid[0] == "z" and data[:2] == b"\xed\x01" and len(data) == 34, "a key id is a multikey")
    return data[2:]


def verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def climb(leaf: bytes, index: int, size: int, hashes: list[bytes]) -> bytes:
    """The root of a tree of `size` leaves, from a leaf and its audit path (RFC 6962, 2.1.1), from the top down."""
    if size == 1:
        must(not hashes, "no hash too many")
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    *below, beside = hashes
    if index < left:
        return sha(b"\1" + climb(leaf, index, left, below) + beside)
    return sha(b"\1" + beside + climb(leaf, index - left, size - left, below))


class Naive:
    def __init__(self, bundle: dict[str, Any], roots: list[bytes], now: datetime) -> None:
        self.bundle, self.now = bundle, now
        document = bundle["keys"]
        must(isinstance(document, dict), "keys.json is there")
        bare = {key: value for key, value in document.items() if key != "signatures"}
        message = b"freemark-keys-v1\n" + canonical(bare)
        signers = {
            root
            for root in roots
            for each in document["signatures"]
            if public(each["kid"]) == root and verifies(root, message, bytes.fromhex(each["sig"]))
        }
        must(len(signers) > len(roots) // 2, "the roots signed keys.json")
        must(now < moment(document["expires"]), "keys.json is fresh")
        self.keys = {key["kid"]: key for key in document["keys"]}

    def key(self, kid: str, purpose: str) -> bytes:
        key = self.keys.get(kid)
        must(key is not None and key["purpose"] == purpose, f"a listed {purpose} key")
        assert key is not None
        return public(kid)

    def sound(self, kid: str, purpose: str) -> bytes:
        found = self.key(kid, purpose)
        must(self.keys[kid]["state"] != "compromised", "not a stolen key")
        return found

    def sealed(self, kind: str, document: dict[str, Any]) -> None:
        bare = {key: value for key, value in document.items() if key != "sig"}
        message = f"freemark-{kind}-v1\n".encode() + canonical(bare)
        must(
            verifies(self.sound(document["kid"], KINDS[kind]), message, bytes.fromhex(document["sig"])),
            f"the {kind} is signed",
        )

    def dated(self, document: dict[str, Any]) -> None:
        must(moment(document["validFrom"]) <= self.now < moment(document["validUntil"]), "a list of now")

    def proof(self, document: dict[str, Any], purpose: str) -> None:
        proof = document["proof"]
        options = {key: value for key, value in proof.items() if key != "proofValue"}
        bare = {key: value for key, value in document.items() if key != "proof"}
        issuer = document["issuer"] if isinstance(document["issuer"], str) else document["issuer"]["id"]
        did, _, kid = proof["verificationMethod"].partition("#")
        must(did == issuer, "the issuer's own key")
        message = sha(canonical(options)) + sha(canonical(bare))
        must(verifies(self.sound(kid, purpose), message, from58(proof["proofValue"][1:])), "the proof holds")

    def included(self, leaf: bytes, index: int) -> None:
        text, _, signatures = self.bundle["checkpoint"].partition("\n\n")
        origin, size, root = text.split("\n")
        signature = base64.b64decode(signatures.split(" ")[2])[4:]
        logs = [key for key in self.keys.values() if key["purpose"] == "log" and key["state"] != "compromised"]
        must(any(verifies(public(key["kid"]), f"{text}\n".encode(), signature) for key in logs), "a signed checkpoint")
        proof = self.bundle["proofs"][sha(leaf).hex()].partition("\n\n")[0].split("\n")
        must(proof[1] == f"index {index}", "a proof of that place")
        hashes = [base64.b64decode(each) for each in proof[2:]]
        found = climb(sha(b"\0" + leaf), index, int(size), hashes)
        must(found == base64.b64decode(root) and origin, "the proof leads to the root")

    # --- the label ---

    def label(self, text: str) -> dict[str, Any]:
        must(len(text) in (187, 202) and text.isascii() and text.isdigit(), "digits of a label")
        data = b""
        for place in range(0, len(text), 17):
            group = text[place : place + 17]
            size = 7 if len(group) == 17 else {3: 1, 5: 2, 8: 3, 10: 4, 13: 5, 15: 6}[len(group)]
            data += int(group).to_bytes(size, "big")
        cut = 13 if len(data) == 77 else 19
        must(len(data) in (77, 83) and data[0] == (0x10 if cut == 13 else 0x11), "version and profile")
        body, signature = data[:cut], data[cut:]
        made_by = [
            kid
            for kid, key in self.keys.items()
            if key["purpose"] == "label" and verifies(public(kid), b"freemark-label-v1\0" + body, signature)
        ]
        must(made_by, "signed by a listed label key")
        must(sha(public(made_by[0]))[0] == data[1], "the hint is of that key")
        number = int.from_bytes(data[2:11], "big")
        must(number & 3 in (0, 2), "issued or a replacement")
        use_by = datetime(2020, 1, 1) + timedelta(days=int.from_bytes(data[11:13], "big"))
        return {
            "key": made_by[0],
            "batch": number >> 47,
            "item": number >> 2 & (2**45 - 1),
            "use_by": use_by.date().isoformat(),
            "gtin": f"{int.from_bytes(data[13:19], 'big'):014d}" if cut == 19 else None,
        }

    # --- certificate ---

    def chain(self, number: str) -> list[dict[str, Any]]:
        before, leaves = None, []
        for place, event in enumerate(self.bundle["certificates"][number]["events"]):
            leaf = event["leaf"]
            self.sealed("event", leaf)
            must(leaf["cert"] == number and leaf["seq"] == place and leaf.get("prev") == before, "a linked leaf")
            must(moment(leaf["at"]) <= self.now, "a leaf of the past")
            before = sha(canonical(leaf)).hex()
            leaves.append(leaf)
        must(leaves and self.bundle["heads"]["heads"].get(number) == before, "the chain ends at its head")
        return leaves

    def judged_by(self, number: str, batch: int) -> tuple[str, list[dict[str, Any]], list[list[dict[str, Any]]]]:
        way = []
        for _ in range(9):
            leaves = self.chain(number)
            way.append(leaves)
            following = [
                leaf["next"]
                for leaf in leaves
                if leaf["t"] in ("cert.superseded", "cert.reduced")
                or (leaf["t"] == "labels.rebound" and leaf["batch"] == batch)
            ]
            if not following:
                return number, leaves, way
            rebound = [leaf["next"] for leaf in leaves if leaf["t"] == "labels.rebound" and leaf["batch"] == batch]
            number = (rebound or following)[-1]
        raise No("at most eight steps")

    def bit(self, credential: dict[str, Any], place: int, purpose: str) -> bool:
        entry = credential["credentialStatus"][place]
        must(entry["statusPurpose"] == purpose, "the entry of that purpose")
        found = [
            each for each in self.bundle["status"][purpose].values() if each["id"] == entry["statusListCredential"]
        ]
        must(len(found) == 1, "the status list is there")
        self.proof(found[0], "status")
        self.dated(found[0])
        subject = found[0]["credentialSubject"]
        must(subject["statusPurpose"] == purpose, "a list of that purpose")
        packed = subject["encodedList"][1:]
        bits = gzip.decompress(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        index = int(entry["statusListIndex"])
        return bool(bits[index // 8] & 0x80 >> index % 8)

    def may_be_green(self, text: str, membership: str) -> str:
        """VALID or LABELLED_UNDER_EXPIRED; raises No."""
        label = self.label(text)
        for part in ("heads", "cautions"):
            must(isinstance(self.bundle[part], dict), f"the {part} are there")
            self.sealed(part, self.bundle[part])
            self.dated(self.bundle[part])
        must(membership != "out", "not out of its batch")
        manifest = self.bundle["batches"].get(str(label["batch"]))
        must(isinstance(manifest, dict), "the manifest is there")
        self.sealed("manifest", manifest)
        must(manifest["batch"] == label["batch"], "the manifest of that batch")
        same = (manifest["key"], manifest["use_by"], manifest.get("gtin"))
        must(same == (label["key"], label["use_by"], label["gtin"]), "label and manifest agree")
        first = self.chain(manifest["cert"])
        seals = [leaf for leaf in first if leaf["t"] == "labels.sealed" and leaf["batch"] == label["batch"]]
        must(seals and seals[-1]["doc"] == sha(canonical(manifest)).hex(), "the log has sealed this manifest")
        stolen = self.keys[label["key"]]
        must(moment(stolen["from"]) <= self.now, "the label key has begun")
        if stolen["state"] == "compromised":
            events = self.bundle["certificates"][manifest["cert"]]["events"]
            index = next(event["index"] for event in events if event["leaf"] == seals[-1])
            must(index < stolen["s"] and membership == "in", "sealed before the theft, and a member")
            self.included(canonical(seals[-1]), index)
        number, leaves, way = self.judged_by(manifest["cert"], label["batch"])
        voided = [
            leaf for each in way for leaf in each if leaf["t"] == "labels.voided" and leaf["batch"] == label["batch"]
        ]
        void = self.bundle["void"].get(str(label["batch"]))
        if voided or void is not None:
            must(void is not None and voided, "the void list and its leaf")
            self.sealed("void", void)
            newest = max(voided, key=lambda leaf: leaf["at"])
            must(newest["doc"] == sha(canonical(void)).hex(), "the newest void list")
            must("all" not in void and label["item"] not in void["items"], "not void")
        return self.standing(number, leaves, manifest)

    def standing(self, number: str, leaves: list[dict[str, Any]], manifest: dict[str, Any]) -> str:
        credential = self.bundle["certificates"][number]["credential"]
        must(isinstance(credential, dict), "the credential is there")
        self.proof(credential, "certificate")
        must(leaves[0]["t"] == "cert.issued", "it was issued")
        must(leaves[0]["doc"] == sha(canonical(credential)).hex(), "the credential that was issued")
        must(not self.bit(credential, 0, "revocation"), "no revocation bit")
        must(not self.bit(credential, 1, "suspension"), "no suspension bit")
        changes = [leaf["t"] for leaf in leaves if leaf["t"].startswith("cert.")]
        must(changes[-1] in ("cert.issued", "cert.reinstated"), "active")
        assessed = credential["credentialSubject"]["conformityAssessment"]
        sites = [site["facility"]["id"] for each in assessed for site in each["assessedFacility"]]
        products = [product["product"]["id"] for each in assessed for product in each["assessedProduct"]]
        must(manifest["site"] in sites and manifest["product"] in products, "in scope")
        must(moment(credential["validFrom"]) <= self.now, "begun")
        if self.now < moment(credential["validUntil"]):
            return "VALID"
        last = datetime.fromisoformat(f"{manifest['sell_by']}T00:00:00Z") + timedelta(days=1)
        must(self.now < last, "not past its sell-by")
        return "LABELLED_UNDER_EXPIRED"


def deserves_green(bundle: dict[str, Any], roots: list[bytes], text: str, membership: str, now: datetime) -> str:
    """The green code that this label deserves, or "" and nothing else: also for bundles of any shape at all."""
    try:
        return Naive(bundle, roots, now).may_be_green(text, membership)
    except (
        No,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        IndexError,
        StopIteration,
        OSError,
        EOFError,
        OverflowError,
    ):
        return ""
