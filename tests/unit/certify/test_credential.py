"""Certificates: everything is checked before signing, nothing else can be sealed, and nothing else opens."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import FrozenInstanceError, replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.credential import (
    Assessment,
    Criterion,
    Party,
    Prepared,
    Product,
    Scope,
    Site,
    create_proof,
    did_document,
    issuer_did,
    open_credential,
    open_jwt,
    prepare,
    proof_message,
    read_scope,
    seal,
    seal_jwt,
)
from certify.untp import CONTEXTS, check_unsigned
from ground.canonical import jcs, parse
from ground.errors import Malformed
from ground.signing import base58
from tests.unit.certify.formats import DAY, DID, NUMBER, T0, URL, H, key, keyset, shared, signer, statement

PREPARED = prepare(statement())
SEALED = seal(PREPARED, signer("certificate"), T0)
TOKEN = seal_jwt(PREPARED, signer("certificate"))


def changed(path: str, value: Any, document: dict[str, Any] | None = None) -> dict[str, Any]:
    """A copy with another value at a JSON pointer; `...` removes it."""
    copied = copy.deepcopy(document or PREPARED.document)
    *way, last = path.strip("/").split("/")
    place: Any = copied
    for step in way:
        place = place[int(step) if isinstance(place, list) else step]
    if value is ...:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return copied


def forged(document: dict[str, Any]) -> dict[str, Any]:
    """What somebody with the certificate key but without `prepare` could sign."""
    return create_proof(document, signer("certificate"), DID, T0)


# --- the shape --------------------------------------------------------------------------------------------------------


def test_it_passes_the_untp_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = shared("untp/ConformityCredential.w3c-status-patch.json")
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for document in (SEALED, PREPARED.document, open_jwt(TOKEN, keyset())):
        assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors({**PREPARED.document, "credentialSubject": {}}))  # the schema does bite


def test_types_and_contexts_are_those_of_the_sample() -> None:
    sample = shared("untp/sample-trafficking-free-dcc.json")
    document = PREPARED.document
    assert document["@context"] == sample["@context"] == list(CONTEXTS)

    def types(value: Any, path: str = "") -> dict[str, Any]:
        if isinstance(value, list):
            return {k: v for item in value for k, v in types(item, path).items()}
        if not isinstance(value, dict):
            return {}
        found = {path: value["type"]} if "type" in value else {}
        return found | {k: v for name, item in value.items() for k, v in types(item, f"{path}/{name}").items()}

    theirs = types({name: item for name, item in sample.items() if name != "proof"})
    ours = types(document)
    assert {path: ours.get(path) for path in theirs} == theirs


def test_it_says_what_the_statement_said() -> None:
    document = PREPARED.document
    subject = document["credentialSubject"]
    assert document["id"] == f"{URL}/certificates/{NUMBER}"
    assert document["issuer"]["id"] == DID
    assert (document["validFrom"], document["validUntil"]) == ("2026-03-02T09:00:00Z", "2027-03-02T09:00:00Z")
    assert [entry["statusListIndex"] for entry in document["credentialStatus"]] == ["94567", "23452"]
    assert document["credentialStatus"][1]["id"] == f"{URL}/status/suspension/1#23452"
    assert subject["auditableEvidence"]["linkURL"] == f"{URL}/certificates/{NUMBER}/events.json#cmt-{H}"
    assert subject["referenceProfile"]["id"] == f"{URL}/rulebooks/freemark-2026.0"
    assessment = subject["conformityAssessment"][0]
    assert assessment["evidence"] == [{"linkURL": f"{URL}/firms/org_9", "linkName": "Meridian Audit"}]
    assert assessment["assessedFacility"][0]["facility"]["countryOfOperation"] == {"countryCode": "BD"}
    assert assessment["specifiedCondition"] == ["Suppliers of cloth were not assessed."]
    assert assessment["assessmentDate"] == "2026-02-20"
    assert assessment["conformityTopic"][0]["id"].endswith("/forced-labor-elimination")


def test_of_a_dormitory_only_the_city_is_published() -> None:
    text = PREPARED.data.decode()
    assert "Dormitory in Dhaka" in text
    for secret in ("Rahman", "Lake Road", "R-9"):
        assert secret not in text


def test_no_number_stands_in_a_certificate() -> None:
    def numbers(value: Any) -> list[Any]:
        if isinstance(value, dict | list):
            return [found for item in (value.values() if isinstance(value, dict) else value) for found in numbers(item)]
        return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []

    assert numbers(SEALED) == []


def test_the_scope_is_read_back() -> None:
    scope = read_scope(open_credential(SEALED, keyset()))
    assert isinstance(scope, Scope)
    assert (scope.number, scope.holder, scope.rulebook) == (NUMBER, "Sunrise Garments Ltd", "freemark-2026.0")
    assert [site.id for site in scope.sites] == [f"{URL}/sites/site_1", f"{URL}/sites/site_2"]
    assert (scope.sites[0].firm_name, scope.sites[0].assessed_on) == ("Meridian Audit", date(2026, 2, 20))
    assert [product.name for product in scope.products] == ["T-shirt", "Cap"]
    assert scope.not_covered == ("Suppliers of cloth were not assessed.",)
    assert scope.status == ((f"{URL}/status/revocation/1", 94567), (f"{URL}/status/suspension/1", 23452))
    assert (scope.valid_from, scope.valid_until) == (T0, T0 + 365 * DAY)


def test_text_is_normalised_before_it_is_signed() -> None:
    decomposed = prepare(statement(holder=Party(f"{URL}/organisations/org_1", "Zu\u0308rich Textil")))
    composed = prepare(statement(holder=Party(f"{URL}/organisations/org_1", "Zürich Textil")))
    assert decomposed == composed


# --- preparing --------------------------------------------------------------------------------------------------------

SITE = statement().sites[0]
VISIT = statement().assessments[0]

UNACCEPTABLE: dict[str, dict[str, Any]] = {
    "a number without its check symbol": {"number": NUMBER[:-1]},
    "a number with a wrong check symbol": {"number": NUMBER[:-1] + ("0" if NUMBER[-1] != "0" else "1")},
    "a number in lower case": {"number": NUMBER.lower()},
    "a public URL with an IP address": {"public_url": "http://127.0.0.1:8000"},
    "a public URL with a path": {"public_url": "https://scheme.example/x"},
    "a public URL with a slash": {"public_url": "https://scheme.example/"},
    "it ends before it begins": {"valid_until": T0 - DAY},
    "it ends as it begins": {"valid_until": T0},
    "no site": {"sites": (), "assessments": ()},
    "a site nobody assessed": {"assessments": (VISIT,)},
    "an assessment of another site": {"sites": (SITE,)},
    "a site twice": {"sites": (SITE, SITE), "assessments": (VISIT,)},
    "no product": {"products": ()},
    "no criteria": {"sites": (SITE,), "assessments": (replace(VISIT, criteria=()),)},
    "assessed after it begins": {"sites": (SITE,), "assessments": (replace(VISIT, assessed_on=date(2026, 3, 3)),)},
    "nothing said about what is not covered": {"not_covered": ()},
    "an index past the list": {"revocation_index": 131072},
    "a negative index": {"suspension_index": -1},
    "a shard of zero": {"status_shard": 0},
    "a float as index": {"revocation_index": 3.0},
    "a commitment in capitals": {"cmt": H.upper()},
    "a short commitment": {"cmt": H[:-2]},
    "an unknown level": {"assessment_level": "platinum"},
    "an empty name": {"issuer_name": ""},
    "a name of blanks": {"issuer_name": "  "},
    "a name with a line break": {"issuer_name": "Free\nWork"},
    "a name with a null": {"issuer_name": "Free\x00Work"},
    "a name that is too long": {"issuer_name": "x" * 401},
    "a lone surrogate": {"issuer_name": "\ud800"},
    "a holder without URL": {"holder": Party("org_1", "Sunrise")},
    "a script as URL": {"holder": Party("javascript:alert(1)", "Sunrise")},
    "a URL with a quote": {"holder": Party(f'{URL}/"', "Sunrise")},
    "a URL with a blank": {"holder": Party(f"{URL}/a b", "Sunrise")},
    "a country by name": {"sites": (replace(SITE, country="Bangladesh"),), "assessments": (VISIT,)},
    "a country in lower case": {"sites": (replace(SITE, country="bd"),), "assessments": (VISIT,)},
    "too many products": {"products": tuple(Product(f"{URL}/products/{i}", "Cap") for i in range(201))},
    "a rulebook that breaks its URL": {"rulebook": "a b"},
}


@pytest.mark.parametrize("defect", UNACCEPTABLE)
def test_an_unacceptable_statement_is_never_prepared(defect: str) -> None:
    with pytest.raises(Malformed):
        prepare(statement(**UNACCEPTABLE[defect]))


def test_an_instant_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        prepare(statement(valid_from=datetime(2026, 3, 2)))


def test_too_large_a_certificate_is_refused_as_a_whole() -> None:
    sites = tuple(Site(f"{URL}/sites/{i}", "factory", "n" * 300, "Dhaka", "BD") for i in range(100))
    criteria = tuple(Criterion(f"{URL}/c#{i}", "n" * 300) for i in range(100))
    visits = tuple(Assessment(site.id, "org_9", "Meridian", date(2026, 2, 20), criteria) for site in sites)
    with pytest.raises(Malformed, match="bytes"):
        prepare(statement(sites=sites, assessments=visits))


def test_a_prepared_is_stored_and_read_back_with_all_its_checks() -> None:
    assert Prepared(PREPARED.data) == PREPARED
    assert PREPARED.number == NUMBER
    for data in (PREPARED.data + b" ", b"{}", b"", jcs(changed("/issuer/name", "Zu\u0308rich"))):
        with pytest.raises(Malformed):
            Prepared(data)
    with pytest.raises(FrozenInstanceError):
        PREPARED.data = b"{}"  # type: ignore[misc]
    PREPARED.document["id"] = "elsewhere"  # a copy each time
    assert PREPARED.document["id"] == f"{URL}/certificates/{NUMBER}"


# --- opening ----------------------------------------------------------------------------------------------------------


def test_a_sealed_certificate_opens() -> None:
    assert open_credential(SEALED, keyset()) == PREPARED.document
    assert open_credential(SEALED, keyset(), DID) == PREPARED.document
    assert seal(PREPARED, signer("certificate"), T0) == SEALED  # the same bytes on every retry


def test_a_document_is_not_signed_twice() -> None:
    with pytest.raises(ValueError, match="already"):
        create_proof(SEALED, signer("certificate"), DID, T0)


def test_every_single_change_of_a_value_breaks_it() -> None:
    def places(value: Any, path: str = "") -> list[str]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [path] * (not isinstance(value, dict | list)) + [p for k, v in items for p in places(v, f"{path}/{k}")]

    found = places(SEALED)
    assert len(found) > 100
    for path in found:
        for value in ("changed", ...) if not path.rsplit("/", 1)[1].isdigit() else ("changed",):
            with pytest.raises(Malformed):
                open_credential(changed(path, value, SEALED), keyset())


@pytest.mark.parametrize(
    "path", ["/note", "/issuer/logo", "/credentialSubject/personName", "/proof/nonce", "/proof/domain"]
)
def test_a_key_more_breaks_it(path: str) -> None:
    with pytest.raises(Malformed):
        open_credential(changed(path, "x", SEALED), keyset())


SIGNED_BUT_WRONG: dict[str, tuple[str, Any]] = {
    "a third context": ("/@context", [*CONTEXTS, "https://evil.example/context"]),
    "contexts in another order": ("/@context", list(CONTEXTS[::-1])),
    "one context": ("/@context", [CONTEXTS[0]]),
    "a context in line": ("/@context", [CONTEXTS[0], {"name": "https://evil.example/"}]),
    "a context as text": ("/@context", CONTEXTS[0]),
    "another type": ("/type", ["VerifiableCredential"]),
    "types in another order": ("/type", ["VerifiableCredential", "DigitalConformityCredential"]),
    "another host in its id": ("/id", f"https://evil.example/certificates/{NUMBER}"),
    "another issuer": ("/issuer/id", "did:web:evil.example"),
    "the issuer as text": ("/issuer", DID),
    "no end": ("/validUntil", ...),
    "an instant with an offset": ("/validFrom", "2026-03-02T09:00:00+00:00"),
    "a float": ("/credentialSubject/name", 1.5),
    "conformance 1": ("/credentialSubject/conformityAssessment/0/conformance", 1),
    "conformance false": ("/credentialSubject/conformityAssessment/0/conformance", False),
    "a failed score": ("/credentialSubject/conformityAssessment/0/assessedPerformance/0/score/code", "FAIL"),
    "an integer as index": ("/credentialStatus/0/statusListIndex", 94567),
    "an index with a zero in front": ("/credentialStatus/0/statusListIndex", "094567"),
    "one status entry": ("/credentialStatus", PREPARED.document["credentialStatus"][:1]),
    "a single status object": ("/credentialStatus", PREPARED.document["credentialStatus"][0]),
    "status entries swapped": ("/credentialStatus", PREPARED.document["credentialStatus"][::-1]),
    "a status list elsewhere": ("/credentialStatus/0/statusListCredential", "https://evil.example/status/revocation/1"),
    "the evidence of another certificate": (
        "/credentialSubject/auditableEvidence/linkURL",
        f"{URL}/x/events.json#cmt-{H}",
    ),
    "a first-party assessor": ("/credentialSubject/assessorLevel", "self"),
    "text that is not NFC": ("/issuer/name", "Zu\u0308rich"),
}


@pytest.mark.parametrize("defect", SIGNED_BUT_WRONG)
def test_a_signature_does_not_make_a_wrong_certificate_right(defect: str) -> None:
    document = changed(*SIGNED_BUT_WRONG[defect])
    with pytest.raises(Malformed):
        open_credential(forged(document), keyset())
    with pytest.raises(Malformed):
        check_unsigned(document)


def test_keys_of_other_purposes_and_strangers_are_refused() -> None:
    for name in ("status", "event", "label", "log", "root", "stranger"):
        with pytest.raises(Malformed, match=r"cannot sign|not a listed"):
            open_credential(seal(PREPARED, signer(name), T0), keyset())
        with pytest.raises(Malformed, match=r"cannot sign|not a listed"):
            open_jwt(seal_jwt(PREPARED, signer(name)), keyset())


def test_a_key_of_another_did_is_refused_though_the_multikey_is_listed() -> None:
    document = create_proof(PREPARED.document, signer("certificate"), "did:web:evil.example", T0)
    with pytest.raises(Malformed, match="issuer"):
        open_credential(document, keyset())


def test_another_issuer_than_the_one_asked_for_is_refused() -> None:
    with pytest.raises(Malformed, match="somebody else"):
        open_credential(SEALED, keyset(), "did:web:evil.example")
    with pytest.raises(Malformed, match="somebody else"):
        open_jwt(TOKEN, keyset(), "did:web:evil.example")


def test_a_proof_from_outside_its_keys_time_is_refused() -> None:
    with pytest.raises(Malformed, match="outside"):
        open_credential(seal(PREPARED, signer("certificate"), T0 - 2 * DAY), keyset())
    retired = keyset(key("certificate", "retired", until=T0))
    assert open_credential(SEALED, retired)
    with pytest.raises(Malformed, match="outside"):
        open_credential(seal(PREPARED, signer("certificate"), T0 + DAY), retired)


def test_what_a_compromised_key_signed_counts_as_absent() -> None:
    stolen = keyset(key("certificate", "compromised", boundary=99))
    with pytest.raises(Malformed, match="compromised"):
        open_credential(SEALED, stolen)
    with pytest.raises(Malformed, match="compromised"):
        open_jwt(TOKEN, stolen)


PROOFS: dict[str, dict[str, Any]] = {
    "another suite": {"cryptosuite": "eddsa-rdfc-2022"},
    "another type": {"type": "Ed25519Signature2020"},
    "another purpose": {"proofPurpose": "authentication"},
    "no contexts": {"@context": ...},
    "fewer contexts": {"@context": [CONTEXTS[0]]},
    "created without a zone": {"created": "2026-03-02T09:00:00"},
    "a bare key as method": {"verificationMethod": signer("certificate").kid},
    "no method": {"verificationMethod": None},
}


@pytest.mark.parametrize("defect", PROOFS)
def test_a_proof_of_another_kind_is_refused_though_rightly_signed(defect: str) -> None:
    said = {**SEALED["proof"], **PROOFS[defect]}
    options = {name: value for name, value in said.items() if value is not ... and name != "proofValue"}
    signature = signer("certificate").sign(proof_message(PREPARED.document, options))
    with pytest.raises(Malformed):
        open_credential({**PREPARED.document, "proof": {**options, "proofValue": "z" + base58(signature)}}, keyset())


@pytest.mark.parametrize("proof", [None, [], {}, "z", [SEALED["proof"]], [SEALED["proof"], SEALED["proof"]]])
def test_a_certificate_without_exactly_one_proof_is_refused(proof: Any) -> None:
    with pytest.raises(Malformed):
        open_credential({**PREPARED.document, "proof": proof}, keyset())


@pytest.mark.parametrize(
    "spoil", [lambda v: v[1:], lambda v: "z1" + v[1:], lambda v: v[:-1], lambda v: "u" + v[1:], lambda v: v + "0",
              lambda v: "z" * 200, lambda v: "z"],
)  # fmt: skip
def test_another_spelling_of_the_signature_is_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        open_credential(changed("/proof/proofValue", spoil(SEALED["proof"]["proofValue"]), SEALED), keyset())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    )
)
def test_any_json_at_all_is_refused_as_malformed_and_nothing_else(document: Any) -> None:
    for spoiled in (
        document,
        {**SEALED, "proof": document},
        {**SEALED, "issuer": document},
        {**SEALED, "@context": document},
    ):
        with pytest.raises(Malformed):
            open_credential(spoiled, keyset())
    with pytest.raises(Malformed):
        check_unsigned(document)


# --- the JWT ----------------------------------------------------------------------------------------------------------


def part(value: Any) -> str:
    data = value if isinstance(value, bytes) else jcs(value)
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(header: Any, payload: Any = PREPARED.data) -> str:
    signed = f"{part(header)}.{part(payload)}"
    return f"{signed}.{part(signer('certificate').sign(signed.encode()))}"


KID = f"{DID}#{signer('certificate').kid}"
HEADER = {"alg": "EdDSA", "cty": "vc", "kid": KID, "typ": "vc+jwt"}


def test_the_token_is_the_credential_itself_under_its_header() -> None:
    assert open_jwt(TOKEN, keyset(), DID) == PREPARED.document
    assert token(HEADER) == TOKEN
    header, payload, _ = TOKEN.split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == HEADER
    assert parse(base64.urlsafe_b64decode(payload + "=="), limit=10**6) == PREPARED.document


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "none"}, {**HEADER, "alg": "ES256"}, {**HEADER, "alg": "Ed25519"}, {**HEADER, "typ": "JWT"},
        {**HEADER, "cty": "json"}, {**HEADER, "crit": ["b64"]}, {**HEADER, "jwk": {}}, {**HEADER, "kid": 1},
        {**HEADER, "kid": signer("certificate").kid}, {**HEADER, "kid": KID.replace("scheme", "evil")},
        {name: value for name, value in HEADER.items() if name != "cty"}, {}, [], None,
    ],
)  # fmt: skip
def test_a_token_with_another_header_is_refused_though_rightly_signed(header: Any) -> None:
    with pytest.raises(Malformed):
        open_jwt(token(header), keyset())


def test_a_token_with_a_wrong_payload_is_refused_though_rightly_signed() -> None:
    for payload in (SEALED, changed("/@context", [CONTEXTS[0]]), {"vc": PREPARED.document}, {}, b"", b"\xff", b"[]"):
        with pytest.raises(Malformed):
            open_jwt(token(HEADER, payload), keyset())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t[:-1], lambda t: t + "=", lambda t: t + "A", lambda t: "." + t, lambda t: t.replace(".", "", 1),
        lambda t: t.rsplit(".", 1)[0] + ".", lambda t: t.replace(".", " .", 1), lambda t: t + "\n", lambda t: "",
        lambda t: t.rsplit(".", 1)[0] + "." + "A" * 86, lambda t: t + "." + "A" * 2_000_000, lambda t: "é.é.é",
    ],
)  # fmt: skip
def test_a_spoiled_token_is_refused(spoil: Any) -> None:
    with pytest.raises(Malformed):
        open_jwt(spoil(TOKEN), keyset())


def test_no_changed_symbol_of_a_token_passes() -> None:
    for place in range(0, len(TOKEN), 37):
        wrong = "A" if TOKEN[place] != "A" else "B"
        with pytest.raises(Malformed):
            open_jwt(TOKEN[:place] + wrong + TOKEN[place + 1 :], keyset())
    last = TOKEN[-1]  # only its first two bits are signature: the others must be zero
    for wrong in set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") - {last}:
        with pytest.raises(Malformed):
            open_jwt(TOKEN[:-1] + wrong, keyset())


# --- the issuer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "did"),
    [
        ("https://scheme.example", "did:web:scheme.example"),
        ("http://localhost:8000", "did:web:localhost%3A8000"),
        ("https://a-b.c3.example:8443", "did:web:a-b.c3.example%3A8443"),
    ],
)
def test_the_did_follows_from_the_public_url(url: str, did: str) -> None:
    assert issuer_did(url) == did


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000", "http://[::1]:8000", "https://10.0.0.1", "https://0x7f.1", "https://scheme.example/path",
        "https://scheme.example/", "scheme.example", "ftp://scheme.example", "https://user@scheme.example", "https://",
        "https://Scheme.example", "https://scheme.example:0", "https://scheme..example", "https://scheme.example?x",
        "https://scheme.example\n", "",
    ],
)  # fmt: skip
def test_other_urls_have_no_did(url: str) -> None:
    with pytest.raises(Malformed):
        issuer_did(url)


def test_the_did_document_lists_the_keys_and_only_two_purposes_assert() -> None:
    document = did_document(URL, keyset())
    assert document["@context"] == ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"]
    assert document["id"] == DID
    assert document["assertionMethod"] == [f"{DID}#{signer(name).kid}" for name in ("certificate", "status")]
    assert len(document["verificationMethod"]) == 5
    kid = signer("certificate").kid
    assert document["verificationMethod"][0] == {
        "id": f"{DID}#{kid}", "type": "Multikey", "controller": DID, "publicKeyMultibase": kid,
    }  # fmt: skip


def test_a_retired_key_still_asserts_and_a_compromised_one_is_revoked() -> None:
    keys = keyset(key("certificate", "compromised", boundary=4, until=T0), key("status", "retired", until=T0))
    document = did_document(URL, keys)
    assert document["assertionMethod"] == [f"{DID}#{signer('status').kid}"]
    revoked = [method for method in document["verificationMethod"] if "revoked" in method]
    assert [(method["publicKeyMultibase"], method["revoked"]) for method in revoked] == [
        (signer("certificate").kid, "2026-03-02T09:00:00Z")
    ]
