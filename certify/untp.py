"""The shape of a certificate: a UNTP Digital Conformity Credential 0.7.0, with nothing in it that we do not write.

Owns the checks on an unsigned credential (FORMATS.md 1): which keys, texts, URLs and lists it has, and how its parts
belong together. Both sides run them: before a certificate is signed, and whenever one is read. No numbers stand in a
certificate, so there is no place for a float.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from certify.proof import issuer_did
from ground.canonical import Json, nfc, parse_day, parse_instant
from ground.crockford import NUMBER_SYMBOLS, holds
from ground.errors import Malformed
from ground.signing import parse_hex

CONTEXTS = ("https://www.w3.org/ns/credentials/v2", "https://vocabulary.uncefact.org/untp/0.7.0/context/")
TYPES = ("DigitalConformityCredential", "VerifiableCredential")
TOPIC = "https://vocabulary.uncefact.org/conformity-topics/forced-labor-elimination"  # defined to include trafficking
TOPIC_NAME = "Forced Labor Elimination"
STATUS_PURPOSES = ("revocation", "suspension")
STATUS_ENTRIES = 131_072  # bits of one status list (FORMATS.md 2)
ASSESSMENT_LEVELS = (  # those of the UNTP vocabulary that a certification body of a scheme can have
    "authority-benchmark", "authority-mandate", "authority-globalmra", "authority-peer", "authority-extended-mra",
    "scheme-cab", "no-endorsement",
)  # fmt: skip

MAX_BYTES = 512 * 1024  # 100 sites with 60 criteria each are some 400 kB
MAX_SITES, MAX_PRODUCTS, MAX_CRITERIA = 100, 200, 200
MAX_NAME, MAX_SENTENCE, MAX_URL = 400, 1000, 500

Check = Callable[[Json, str], None]


def named(kind: str, url: str, name: str, **more: str | None) -> dict[str, Json]:
    """A typed UNTP object with id and name, texts in NFC; further keys only where they have a value."""
    said = {key: nfc(value) for key, value in more.items() if value}
    return {"type": [kind], "id": url, "name": nfc(name), **said}


def _exactly(expected: Json) -> Check:
    def check(value: Json, where: str) -> None:
        if value != expected or type(value) is not type(expected):
            raise Malformed(f"is {expected!r}, always", where=where)

    return check


def _one_of(*words: str) -> Check:
    def check(value: Json, where: str) -> None:
        if value not in words:
            raise Malformed(f"is one of {', '.join(words)}", where=where)

    return check


def _text(longest: int) -> Check:
    def check(value: Json, where: str) -> None:
        if not isinstance(value, str) or not 0 < len(value) <= longest or value != value.strip():
            raise Malformed(f"a text of 1 to {longest} characters", where=where)
        if nfc(value) != value or any(unicodedata.category(symbol) in ("Cc", "Cs", "Zl", "Zp") for symbol in value):
            raise Malformed("text is NFC and has no control characters", where=where)

    return check


_URL = re.compile(r"(https?://[a-z0-9.:-]+(/[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]*)?|did:web:[A-Za-z0-9.:%-]+)\Z")


def _url(value: Json, where: str) -> None:
    if not isinstance(value, str) or len(value) > MAX_URL or not _URL.match(value):
        raise Malformed("an absolute URL", where=where)


def _moment(value: Json, where: str) -> None:
    parse_instant(value, where)


def _day(value: Json, where: str) -> None:
    parse_day(value, where)


def _country(value: Json, where: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Z]{2}", value, re.ASCII):
        raise Malformed("a country is two capital letters", where=where)


def _many(each: Check, most: int, least: int = 1) -> Check:
    def check(value: Json, where: str) -> None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise Malformed(f"a list of {least} to {most}", where=where)
        for place, item in enumerate(value):
            each(item, f"{where}/{place}")

    return check


def _object(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    known = {**required, **(optional or {})}

    def check(value: Json, where: str) -> None:
        if not isinstance(value, dict) or not required.keys() <= value.keys() <= known.keys():
            raise Malformed(f"an object with {', '.join(required)}", where=where)
        for key, item in value.items():
            known[key](item, f"{where}/{key}")

    return check


def _typed(kind: str, required: Mapping[str, Check] | None = None, **optional: Check) -> Check:
    return _object(
        {"type": _exactly([kind]), "id": _url, "name": _text(MAX_NAME), **(required or {})},
        optional,
    )


_LINK = _object({"linkURL": _url, "linkName": _text(MAX_NAME)})
_FACILITY = _typed(
    "Facility",
    {
        "address": _object({"addressLocality": _text(MAX_NAME)}),
        "countryOfOperation": _object({"countryCode": _country}),
    },
    registeredId=_text(MAX_NAME),
)
_ASSESSMENT = _typed(
    "ConformityAssessment",
    {
        "assessmentCriteria": _many(_typed("Criterion"), MAX_CRITERIA),
        "assessmentDate": _day,
        "assessedPerformance": _exactly([{"score": {"code": "PASS"}}]),
        "assessedFacility": _many(_object({"facility": _FACILITY, "idVerifiedByCAB": _exactly(True)}), 1),
        "assessedProduct": _many(
            _object(
                {"product": _typed("Product", modelNumber=_text(MAX_NAME)), "idVerifiedByCAB": _exactly(False)},
            ),
            MAX_PRODUCTS,
        ),
        "referenceStandard": _many(_typed("Standard"), 1),
        "specifiedCondition": _many(_text(MAX_SENTENCE), 20),
        "evidence": _many(_LINK, 1),
        "conformityTopic": _exactly([named("ConformityTopic", TOPIC, TOPIC_NAME)]),
        "conformance": _exactly(True),
    },
)
_CREDENTIAL = _object(
    {
        "@context": _exactly(list(CONTEXTS)),
        "type": _exactly(list(TYPES)),
        "id": _url,
        "issuer": _typed("CredentialIssuer"),
        "validFrom": _moment,
        "validUntil": _moment,
        "name": _text(2 * MAX_NAME),
        "credentialStatus": _many(
            _object(
                {
                    "id": _url,
                    "type": _exactly("BitstringStatusListEntry"),
                    "statusPurpose": _one_of(*STATUS_PURPOSES),
                    "statusListIndex": _text(6),
                    "statusListCredential": _url,
                }
            ),
            most=2,
            least=2,
        ),
        "credentialSubject": _typed(
            "ConformityAttestation",
            {
                "assessorLevel": _exactly("3rdParty"),
                "assessmentLevel": _one_of(*ASSESSMENT_LEVELS),
                "attestationType": _exactly("certification"),
                "issuedToParty": _typed("Party", registeredId=_text(MAX_NAME)),
                "referenceScheme": _typed("ConformityScheme"),
                "referenceProfile": _typed("ConformityProfile"),
                "auditableEvidence": _LINK,
                "conformityAssessment": _many(_ASSESSMENT, MAX_SITES),
            },
        ),
    }
)


def check_unsigned(document: Json) -> None:
    """All checks on a credential without its proof: the shape, then how its parts belong together. Raises Malformed."""
    where = "/credential"
    _CREDENTIAL(document, where)
    base, _, number = document["id"].rpartition("/certificates/")
    if not holds(number, NUMBER_SYMBOLS):
        raise Malformed("the id ends in /certificates/ and a certificate number", where=f"{where}/id")
    if document["issuer"]["id"] != issuer_did(base):
        raise Malformed("the issuer is the did:web of the certificate's own host", where=f"{where}/issuer/id")
    starts = parse_instant(document["validFrom"])
    if starts >= parse_instant(document["validUntil"]):
        raise Malformed("validUntil comes after validFrom", where=f"{where}/validUntil")
    for place, (entry, purpose) in enumerate(zip(document["credentialStatus"], STATUS_PURPOSES, strict=True)):
        _check_status(entry, purpose, base, f"{where}/credentialStatus/{place}")
    subject, prefix = document["credentialSubject"], f"{document['id']}/events.json#cmt-"
    evidence: str = subject["auditableEvidence"]["linkURL"]
    if not evidence.startswith(prefix):
        raise Malformed("not this certificate's events", where=f"{where}/credentialSubject/auditableEvidence")
    parse_hex(evidence.removeprefix(prefix), 32, f"{where}/credentialSubject/auditableEvidence")
    for place, each in enumerate(subject["conformityAssessment"]):
        if parse_day(each["assessmentDate"]) > starts.date():
            raise Malformed("assessed after validFrom", where=f"{where}/credentialSubject/conformityAssessment/{place}")


def _check_status(entry: dict[str, Json], purpose: str, base: str, where: str) -> None:
    index, url = entry["statusListIndex"], entry["statusListCredential"]
    shard = url.removeprefix(f"{base}/status/{purpose}/")
    if entry["statusPurpose"] != purpose or not re.fullmatch(r"[1-9][0-9]{0,5}", shard, re.ASCII):
        raise Malformed(f"an entry of a {purpose} list of this scheme", where=where)
    if not re.fullmatch(r"0|[1-9][0-9]*", index, re.ASCII) or int(index) >= STATUS_ENTRIES:
        raise Malformed(f"an index from 0 to {STATUS_ENTRIES - 1}", where=f"{where}/statusListIndex")
    if entry["id"] != f"{url}#{index}":
        raise Malformed("the entry's id is its list and index", where=f"{where}/id")
