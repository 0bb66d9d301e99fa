"""The certificate as a W3C Verifiable Credential 2.0, typed as a UNTP Digital Conformity Credential 0.7.0.

Owns what a certificate says and its two signed forms, proof and JWT (FORMATS.md 1); its rooms behind are `certify.untp`
(the shape) and `certify.proof` (proofs, DID), whose functions others take from here. Preparing and signing are apart:
every check happens when a `Prepared` is made, and only a `Prepared` can be sealed. Never fetches a context, and never
names a natural person.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, cast

from certify.proof import (
    create_proof,
    did_document,
    issuer_did,
    open_secured,
    proof_message,
    usable_key,
    verify_proof,
)  # fmt: skip
from certify.untp import CONTEXTS, MAX_BYTES, TOPIC, TOPIC_NAME, TYPES, check_unsigned, named
from ground.canonical import Json, instant, jcs, nfc, parse, parse_day, parse_instant
from ground.errors import Malformed
from ground.keyset import KeySet
from ground.signing import Signer, verify

__all__ = [
    "Party", "Site", "Product", "Criterion", "Assessment", "Statement", "Prepared", "prepare",
    "seal", "seal_jwt", "open_credential", "open_jwt", "Assessed", "Scope", "read_scope",
    "create_proof", "verify_proof", "proof_message", "open_secured", "issuer_did", "did_document",
]  # fmt: skip

MAX_TOKEN = 2 * MAX_BYTES  # base64 makes 4 bytes of 3, and header and signature are short

Kind = Literal["factory", "farm", "vessel", "dormitory", "agency_office"]


@dataclass(frozen=True)
class Party:
    """The holder. id: an absolute URL; registered_id: its number in the company register, if it has one."""

    id: str
    name: str
    registered_id: str | None = None


@dataclass(frozen=True)
class Site:
    """A listed site. id: an absolute URL; country: ISO 3166-1 alpha-2. Of a dormitory only the city is published."""

    id: str
    kind: Kind
    name: str
    city: str
    country: str
    registered_id: str | None = None


@dataclass(frozen=True)
class Product:
    id: str
    name: str
    model: str | None = None


@dataclass(frozen=True)
class Criterion:
    """A topic or provision of the standard. id: an absolute URL such as `/standards/{id}#T1`."""

    id: str
    name: str


@dataclass(frozen=True)
class Assessment:
    """What one firm assessed at one site. site: the `id` of a listed site; firm: its id as in `/firms/{id}`."""

    site: str
    firm: str
    firm_name: str
    assessed_on: date
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Statement:
    """All that a certificate says. Names become NFC; ids are absolute URLs; instants are cut to whole seconds.

    public_url: the scheme's own, "https://host[:port]", from which all URLs of the certificate and its DID follow.
    status_shard, revocation_index, suspension_index: its two entries in the status lists. cmt: `events.commitment`.
    """

    number: str
    public_url: str
    issuer_name: str
    scheme_name: str
    holder: Party
    sites: tuple[Site, ...]
    products: tuple[Product, ...]
    assessments: tuple[Assessment, ...]
    standard: str
    standard_title: str
    rulebook: str
    valid_from: datetime
    valid_until: datetime
    not_covered: tuple[str, ...]
    status_shard: int
    revocation_index: int
    suspension_index: int
    cmt: str
    assessment_level: str = "scheme-cab"


@dataclass(frozen=True)
class Prepared:
    """A checked, unsigned credential, as canonical bytes: what is stored before it is signed.

    Making one runs every check, whoever makes it: `prepare` for a new one, `Prepared(stored bytes)` for one read back.
    Raises Malformed.
    """

    data: bytes

    def __post_init__(self) -> None:
        document = parse(self.data, limit=MAX_BYTES, where="/credential")
        if jcs(document) != self.data:
            raise Malformed("the prepared credential is not canonical JSON", where="/credential")
        check_unsigned(document)

    @property
    def document(self) -> dict[str, Json]:
        return cast(dict[str, Json], parse(self.data, limit=MAX_BYTES))

    @property
    def number(self) -> str:
        return str(self.document["id"]).rsplit("/", 1)[1]


def prepare(statement: Statement) -> Prepared:
    """The unsigned credential of that statement, checked. Malformed, naming the place, for anything not acceptable."""
    base = statement.public_url
    url = f"{base}/certificates/{statement.number}"
    document: dict[str, Json] = {
        "@context": list(CONTEXTS),
        "type": list(TYPES),
        "id": url,
        "issuer": {"type": ["CredentialIssuer"], "id": issuer_did(base), "name": nfc(statement.issuer_name)},
        "validFrom": instant(statement.valid_from),
        "validUntil": instant(statement.valid_until),
        "name": nfc(f"{statement.scheme_name} certificate {statement.number}, {statement.holder.name}"),
        "credentialStatus": [
            _status_entry(base, "revocation", statement.status_shard, statement.revocation_index),
            _status_entry(base, "suspension", statement.status_shard, statement.suspension_index),
        ],
        "credentialSubject": {
            "type": ["ConformityAttestation"],
            "id": f"{url}#attestation",
            "name": nfc(f"{statement.scheme_name}: {statement.holder.name}"),
            "assessorLevel": "3rdParty",
            "assessmentLevel": statement.assessment_level,
            "attestationType": "certification",
            "issuedToParty": named(
                "Party", statement.holder.id, statement.holder.name, registeredId=statement.holder.registered_id
            ),
            "referenceScheme": named("ConformityScheme", f"{base}/scheme", statement.scheme_name),
            "referenceProfile": named(
                "ConformityProfile", f"{base}/rulebooks/{statement.rulebook}", f"Rulebook {statement.rulebook}"
            ),
            "auditableEvidence": {
                "linkURL": f"{url}/events.json#cmt-{statement.cmt}",
                "linkName": "Salted commitment to the record of the decision",
            },
            "conformityAssessment": [
                _assessment(statement, place, assessment)
                for place, assessment in enumerate(statement.assessments, start=1)
            ],
        },
    }
    listed, assessed = {site.id for site in statement.sites}, {each.site for each in statement.assessments}
    if listed != assessed or len(listed) != len(statement.sites):
        raise Malformed("every site is listed once and assessed, and no other", where="/credential")
    return Prepared(jcs(document))


def _status_entry(base: str, purpose: str, shard: int, index: int) -> dict[str, Json]:
    url = f"{base}/status/{purpose}/{shard}"
    return {
        "id": f"{url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": url,
    }


def _assessment(statement: Statement, place: int, assessment: Assessment) -> dict[str, Json]:
    base = statement.public_url
    site = next((site for site in statement.sites if site.id == assessment.site), None)
    if site is None:
        raise Malformed("an assessment of a site that is not listed", where="/credential")
    return {
        "type": ["ConformityAssessment"],
        "id": f"{base}/certificates/{statement.number}#assessment-{place}",
        "name": nfc(f"{statement.standard_title}, assessed by {assessment.firm_name}"),
        "assessmentCriteria": [named("Criterion", each.id, each.name) for each in assessment.criteria],
        "assessmentDate": assessment.assessed_on.isoformat(),
        "assessedPerformance": [{"score": {"code": "PASS"}}],
        "assessedFacility": [{"facility": _facility(site), "idVerifiedByCAB": True}],
        # The holder says what it makes; the auditor assessed people's work there, not product numbers.
        "assessedProduct": [
            {"product": named("Product", each.id, each.name, modelNumber=each.model), "idVerifiedByCAB": False}
            for each in statement.products
        ],
        "referenceStandard": [named("Standard", f"{base}/standards/{statement.standard}", statement.standard_title)],
        "specifiedCondition": [nfc(sentence) for sentence in statement.not_covered],
        "evidence": [{"linkURL": f"{base}/firms/{assessment.firm}", "linkName": nfc(assessment.firm_name)}],
        "conformityTopic": [named("ConformityTopic", TOPIC, TOPIC_NAME)],
        "conformance": True,
    }


def _facility(site: Site) -> dict[str, Json]:
    hidden = site.kind == "dormitory"  # where workers sleep is nobody's business: city only
    name = f"Dormitory in {site.city}" if hidden else site.name
    return {
        **named("Facility", site.id, name, registeredId=None if hidden else site.registered_id),
        "address": {"addressLocality": nfc(site.city)},
        "countryOfOperation": {"countryCode": site.country},
    }


def seal(prepared: Prepared, signer: Signer, created: datetime) -> dict[str, Json]:
    """The credential with its eddsa-jcs-2022 proof. The signer must be a certificate key."""
    document = prepared.document
    return create_proof(document, signer, document["issuer"]["id"], created)


def open_credential(document: Json, keys: KeySet, issuer: str | None = None) -> dict[str, Json]:
    """The credential without its proof, if a listed certificate key signed it and all of it is in order.

    issuer: the DID it must come from, where the caller knows one; else that of the host in its id. Raises Malformed.
    """
    bare = open_secured(document, keys, "certificate", "/credential")
    check_unsigned(bare)
    if issuer is not None and bare["issuer"]["id"] != issuer:
        raise Malformed("issued by somebody else", where="/credential/issuer/id")
    return bare


def seal_jwt(prepared: Prepared, signer: Signer) -> str:
    """The same credential as `application/vc+jwt`: the payload is the credential itself (FORMATS.md 1)."""
    method = f"{prepared.document['issuer']['id']}#{signer.kid}"
    header = jcs({"alg": "EdDSA", "cty": "vc", "kid": method, "typ": "vc+jwt"})
    signed = f"{_base64url(header)}.{_base64url(prepared.data)}"
    return f"{signed}.{_base64url(signer.sign(signed.encode()))}"


def open_jwt(token: str, keys: KeySet, issuer: str | None = None) -> dict[str, Json]:
    """The credential inside a JWT of `seal_jwt`; no other header, algorithm or spelling passes. Raises Malformed."""
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        raise Malformed("a JWT has three parts", where="/jwt")
    first, second, third = token.split(".")
    header = parse(_parse_base64url(first), limit=1024, where="/jwt/header")
    document = parse(_parse_base64url(second), limit=MAX_BYTES, where="/jwt/payload")
    check_unsigned(document)
    did = document["issuer"]["id"]
    kid = header.get("kid") if isinstance(header, dict) else None
    if not isinstance(kid, str) or header != {"alg": "EdDSA", "cty": "vc", "kid": kid, "typ": "vc+jwt"}:
        raise Malformed("the header has alg EdDSA, cty vc, typ vc+jwt and kid", where="/jwt/header")
    if issuer is not None and did != issuer:
        raise Malformed("issued by somebody else", where="/jwt/payload/issuer/id")
    public = usable_key(kid, did, keys, "certificate", None, "/jwt/header/kid")
    if not verify(public, f"{first}.{second}".encode(), _parse_base64url(third)):
        raise Malformed("the signature of the JWT does not hold", where="/jwt")
    return cast(dict[str, Json], document)


@dataclass(frozen=True)
class Assessed:
    """A listed site and what was assessed there: ids as in the credential, `firm` the URL of the firm's page."""

    id: str
    name: str
    city: str
    country: str
    firm: str
    firm_name: str
    assessed_on: date


@dataclass(frozen=True)
class Scope:
    """What a reader of a certificate asks it: for whom, where, what, until when, by whom, and what not."""

    number: str
    holder: str
    valid_from: datetime
    valid_until: datetime
    sites: tuple[Assessed, ...]
    products: tuple[Product, ...]
    rulebook: str
    not_covered: tuple[str, ...]
    status: tuple[tuple[str, int], ...]
    """(URL of the list, index) of the revocation entry, then of the suspension entry."""


def read_scope(document: dict[str, Json]) -> Scope:
    """The scope of a credential that `open_credential` or `open_jwt` gave back, or of a `Prepared`'s document."""
    subject = document["credentialSubject"]
    assessments = subject["conformityAssessment"]
    made = [each["product"] for assessment in assessments for each in assessment["assessedProduct"]]
    products = {each["id"]: Product(each["id"], each["name"], each.get("modelNumber")) for each in made}
    return Scope(
        number=document["id"].rsplit("/", 1)[1],
        holder=subject["issuedToParty"]["name"],
        valid_from=parse_instant(document["validFrom"]),
        valid_until=parse_instant(document["validUntil"]),
        sites=tuple(_assessed(each) for each in assessments),
        products=tuple(products.values()),
        rulebook=subject["referenceProfile"]["id"].rsplit("/", 1)[1],
        not_covered=tuple(dict.fromkeys(text for each in assessments for text in each["specifiedCondition"])),
        status=tuple(
            (entry["statusListCredential"], int(entry["statusListIndex"])) for entry in document["credentialStatus"]
        ),
    )


def _assessed(assessment: dict[str, Json]) -> Assessed:
    facility, firm = assessment["assessedFacility"][0]["facility"], assessment["evidence"][0]
    return Assessed(
        id=facility["id"],
        name=facility["name"],
        city=facility["address"]["addressLocality"],
        country=facility["countryOfOperation"]["countryCode"],
        firm=firm["linkURL"],
        firm_name=firm["linkName"],
        assessed_on=parse_day(assessment["assessmentDate"]),
    )


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _parse_base64url(text: str) -> bytes:
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII) or len(text) % 4 == 1:
        raise Malformed("not base64url without padding", where="/jwt")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _base64url(data) != text:
        raise Malformed("not canonical base64url", where="/jwt")
    return data
