"""The table of FORMATS.md 5: order, colours, what is said beside the code, and that each protection is needed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ground.canonical import jcs
from labels.payload import parse
from tests.vectors import defects, verdicts
from tests.vectors.scene import DAY, FIRST, NOW, ROOTS, SECOND, digits, good, typed
from verify import bundle as bundle_room
from verify import facts as facts_room
from verify import verdict as verdict_room
from verify.bundle import Bundle, open_bundle
from verify.codes import CODES, COLOUR, NEVER_ESTABLISHED, NEXT_STEP
from verify.facts import NO_CERTIFICATE, facts_of
from verify.verdict import Verdict, judge

KEYS = {
    "code", "colour", "at", "as_of", "status_age_s", "label", "certificate", "cautions", "not_established", "next_step",
}  # fmt: skip
GREEN = {code for code, colour in COLOUR.items() if colour == "green"}
CASES = {case.name: case for case in verdicts.cases()}


def verdict_of(name: str) -> Verdict:
    case = CASES[name]
    return judge(verdicts.read(case.text), opened(case.bundle), case.membership, case.at)


def opened(name: str) -> Bundle:
    return open_bundle(defects.container(name), ROOTS)


# --- the shape -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_verdict_has_just_these_keys_and_never_a_boolean(name: str) -> None:
    verdict = verdict_of(name)
    document = verdict.document
    assert document.keys() == KEYS
    assert document["certificate"].keys() == NO_CERTIFICATE.keys()
    assert b"true" not in verdict.data
    assert b"false" not in verdict.data
    assert document["colour"] == COLOUR[verdict.code] == verdict.colour
    assert set(NEVER_ESTABLISHED) <= set(document["not_established"])
    assert "NOT_WITNESSED" in document["cautions"]
    assert (document["label"]["membership"] == "unknown") == ("MEMBERSHIP_NOT_CHECKED" in document["not_established"])


def test_every_code_has_a_colour_and_a_next_step() -> None:
    assert set(CODES) == set(COLOUR) == set(NEXT_STEP)
    assert {"VALID", "LABELLED_UNDER_EXPIRED"} == GREEN


def test_the_rows_stand_in_the_order_of_the_codes() -> None:
    order = [code for code, _ in verdict_room.ROWS]
    assert order == [code for code in CODES if code in order]
    assert set(CODES) - set(order) == {"MALFORMED", "UNKNOWN_KEY", "BAD_SIGNATURE", "SPECIMEN"}


@pytest.mark.parametrize("name", CASES)
def test_green_only_when_the_label_is_ours_and_the_certificate_in_force_or_just_ended(name: str) -> None:
    document = verdict_of(name).document
    if document["colour"] == "green":
        assert document["label"]["state"] == "issued"
        expected = "in_force" if document["code"] == "VALID" else "not_in_force"
        assert document["certificate"]["in_force"] == expected
    if document["certificate"]["in_force"] == "in_force":
        assert document["certificate"]["standing"] in ("active", "remediation")


@pytest.mark.parametrize(
    "name", ["wrong-check-symbol", "unlisted-key", "last-digit-changed", "unlisted-key-keys-missing"]
)
def test_nothing_of_a_payload_is_repeated_that_nobody_signed(name: str) -> None:
    document = verdict_of(name).document
    told = {key for key, value in document["label"].items() if value is not None}
    assert told == {"state", "membership"}
    assert document["label"]["membership"] == "unknown"
    assert document["certificate"] == NO_CERTIFICATE


@pytest.mark.parametrize(
    "name", ["batch-unknown", "item-not-in-the-batch", "specimen", "label-key-stolen-before-sealing"]
)
def test_a_label_that_is_not_ours_is_laid_at_nobodys_door(name: str) -> None:
    assert verdict_of(name).document["certificate"] == NO_CERTIFICATE


def test_a_typed_code_is_never_green() -> None:
    found = {case.expected for case in CASES.values() if case.text.upper().startswith(typed()[:5])}
    assert "TYPED_CODE" in found
    assert not found & GREEN


def test_a_person_is_never_named() -> None:
    told = verdict_of("valid").data.decode()
    assert "Meridian Audit" in told
    assert "Amina" not in told


# --- the same bytes --------------------------------------------------------------------------------------------------


def test_membership_not_checked_changes_just_what_it_must() -> None:
    asked, unasked = verdict_of("valid").document, verdict_of("membership-unknown").document
    assert asked["label"].pop("membership") == "in"
    assert unasked["label"].pop("membership") == "unknown"
    assert unasked.pop("not_established") == [*asked.pop("not_established"), "MEMBERSHIP_NOT_CHECKED"]
    assert asked == unasked


def test_the_instant_is_whole_seconds_in_utc_whatever_comes_in() -> None:
    bundle, label = opened("good"), parse(digits())
    odd = NOW.astimezone(timezone(timedelta(hours=7))) + timedelta(microseconds=900_000)
    assert judge(label, bundle, "in", odd).data == judge(label, bundle, "in", NOW).data


def test_what_is_kept_between_scans_changes_nothing() -> None:
    """The facts and frames of a batch are kept: other labels, memberships and instants must not see them."""
    bundle = opened("two-batches")
    asked: list[tuple[str, Any, datetime]] = [
        (text, membership, now)
        for now in (NOW, NOW + DAY, NOW + 300 * DAY, NOW)
        for text in (digits(), digits(2, gtin="09520123456788"), digits(2), digits(cls=2), typed(), digits(index=3))
        for membership in ("in", "unknown", "out")
    ]
    for text, membership, now in asked:
        fresh = judge(parse(text), opened("two-batches"), membership, now)
        assert judge(parse(text), bundle, membership, now).data == fresh.data == jcs(fresh.document)


def test_the_facts_of_many_batches_do_not_pile_up() -> None:
    bundle = opened("good")
    for batch in range(facts_room.MAX_KEPT + 10):
        facts_of(bundle, batch, NOW)
    assert len(bundle.memo["facts"]) <= facts_room.MAX_KEPT


def test_one_signature_is_checked_per_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    bundle, asked = opened("good"), []

    def counted(label: Any, public: bytes) -> bool:
        asked.append(public)
        return True

    monkeypatch.setattr(verdict_room, "check", counted)
    monkeypatch.setattr("ground.signing.verify", None)
    judge(parse(digits()), bundle, "in", NOW)
    assert len(asked) == 1


# --- ages, cautions, what is told ------------------------------------------------------------------------------------


def test_as_of_is_the_oldest_list_used() -> None:
    world = good()
    bundle = world.bundle()
    world.lists_from = NOW - timedelta(hours=9)
    bundle["cautions"] = world.cautions_document()
    document = judge(parse(digits()), open_bundle(bundle, ROOTS), "in", NOW).document
    assert document["as_of"] == "2026-11-21T03:00:00Z"
    assert document["status_age_s"] == 9 * 3600


def test_no_list_used_has_no_age() -> None:
    document = verdict_of("last-digit-changed").document
    assert document["as_of"] is None
    assert document["status_age_s"] is None


def test_a_list_from_later_gives_no_age_below_zero() -> None:
    document = verdict_of("judged-before-the-lists").document
    assert document["as_of"] is None


def test_why_it_cannot_be_confirmed_is_said() -> None:
    def doubts(name: str) -> set[str]:
        return set(verdict_of(name).document["not_established"]) - set(NEVER_ESTABLISHED) - {"MEMBERSHIP_NOT_CHECKED"}

    assert doubts("suspension-hidden") == {"CHAIN_NOT_AT_HEAD"}
    assert doubts("heads-expired") == {"HEADS_EXPIRED"}
    assert doubts("revocation-missing") == {"REVOCATION_LIST_MISSING"}
    assert doubts("successor-missing") == {"SUCCESSOR_MISSING"}
    assert doubts("renewed-9-times") == {"TOO_MANY_SUCCESSORS"}
    assert doubts("void-list-older") == {"VOID_LIST_MISMATCH"}
    assert doubts("label-key-stolen-no-proofs") == {"NOT_PROVEN_OLDER_THAN_INCIDENT"}
    assert doubts("valid") == set()


def test_cautions_come_from_signed_facts_that_fit_and_change_no_colour() -> None:
    assert verdict_of("caution-for-the-firm").document["cautions"] == [
        "NOT_WITNESSED",
        "AUDITOR_ACCREDITATION_UNDER_REVIEW",
    ]
    for name in ("caution-for-another-batch", "caution-from-later"):
        assert verdict_of(name).document["cautions"] == ["NOT_WITNESSED"]


def test_a_label_from_before_the_theft_says_so() -> None:
    document = verdict_of("label-key-stolen").document
    assert document["code"] == "VALID"
    assert document["cautions"] == ["NOT_WITNESSED", "SEALED_BEFORE_INCIDENT"]


def test_a_set_bit_that_no_leaf_explains_is_told_like_the_leaf() -> None:
    certificate = verdict_of("suspension-bit-only").document["certificate"]
    assert (certificate["standing"], certificate["since"]) == ("suspended", None)
    assert certificate["in_force"] == "not_in_force"


def test_the_certificate_judged_by_is_the_newest() -> None:
    assert verdict_of("renewed").document["certificate"]["number"] == SECOND
    assert verdict_of("valid").document["certificate"]["number"] == FIRST


def test_when_goods_were_labelled_is_not_established_after_the_end() -> None:
    assert "WHEN_IT_WAS_LABELLED" in verdict_of("ended").document["not_established"]


# --- each protection is needed ---------------------------------------------------------------------------------------

NOTHING: Callable[..., Iterator[str]] = lambda *_: iter(())  # noqa: E731 - one word, used eight times below

# A protection, how to take it away, and a vector that must then come out better than it may.
PROTECTIONS: dict[str, tuple[Any, str, Any, str]] = {
    "the label's signature": (verdict_room, "check", lambda *_: True, "last-digit-changed"),
    "the keys' age": (facts_room, "_keys_doubt", NOTHING, "keys-expired"),
    "the lists' age": (facts_room, "_age", NOTHING, "heads-expired"),
    "the revocation list": (facts_room, "_status_doubts", NOTHING, "revocation-missing"),
    "the suspension list": (facts_room, "_status_doubts", NOTHING, "suspension-expired"),
    "the cautions": (facts_room, "_age", NOTHING, "cautions-missing"),
    "the head of the chain": (facts_room, "_chain_doubts", NOTHING, "suspension-hidden"),
    "the void list's event": (facts_room, "_void_doubts", NOTHING, "void-list-missing"),
    "the older void list": (facts_room, "_void_doubts", NOTHING, "void-list-older"),
    "the status bits": (facts_room, "_bits", lambda *_: (False, False), "suspension-bit-only"),
    "the revocation bit": (facts_room, "_bits", lambda *_: (False, False), "revocation-bit-only"),
    "the scope": (facts_room, "_out_of_scope", lambda *_: False, "site-not-in-scope"),
    "the theft": (verdict_room, "_incident", lambda *_: "none", "label-key-stolen-before-sealing"),
    "the proof": (bundle_room, "_included", lambda *_: True, "label-key-stolen-proof-of-another-place"),
    "the manifest's word": (verdict_room, "_unregistered", lambda *_: False, "use-by-not-the-manifests"),
    "membership": (verdict_room, "_unregistered", lambda *_: False, "item-not-in-the-batch"),
    "the issued credential": (bundle_room, "_issued", lambda *_: True, "credential-not-the-issued-one"),
}


@pytest.mark.parametrize("name", PROTECTIONS)
def test_without_the_protection_the_vector_would_come_out_green(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room, function, without, vector = PROTECTIONS[name]
    assert verdict_of(vector).code not in GREEN
    monkeypatch.setattr(room, function, without)
    assert verdict_of(vector).code in GREEN


ROWS_NEEDED = {
    "_key_compromised": "label-key-stolen-before-sealing",
    "_not_registered": "item-not-in-the-batch",
    "_void": "one-item-void",
    "_revoked": "revoked",
    "_revoked_later": "revoked-from-after-the-batch",
    "_suspended": "suspended",
    "_withdrawn": "withdrawn",
    "_out_of_scope": "site-not-in-scope",
    "_not_yet_valid": "not-yet-valid",
    "_expired": "ended-long-ago",
    "_cannot_confirm": "heads-expired",
    "_typed_code": "typed",
    "_remediation": "remediation",
}


@pytest.mark.parametrize("row", ROWS_NEEDED)
def test_every_row_is_needed(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its row, the case gets another code: no other row stands in for it unseen."""
    before = verdict_of(ROWS_NEEDED[row]).code
    without = tuple(each for each in verdict_room.ROWS if each[1].__name__ != row)
    assert len(without) == len(verdict_room.ROWS) - 1
    monkeypatch.setattr(verdict_room, "ROWS", without)
    assert verdict_of(ROWS_NEEDED[row]).code != before


def test_what_no_row_foresaw_cannot_be_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verdict_room, "ROWS", verdict_room.ROWS[:-1])
    assert verdict_of("valid").code == "CANNOT_CONFIRM"


def test_the_docs_show_an_example_of_every_code() -> None:
    text = (Path(__file__).resolve().parents[3] / "docs" / "verdicts.md").read_text(encoding="utf-8")
    examples = [json.loads(part.split("```")[0]) for part in text.split("```json\n")[1:]]
    assert [example["code"] for example in examples] == list(CODES)
    names = {case.expected: case.name for case in reversed(CASES.values())}
    for example in examples:
        assert example == verdict_of(names[example["code"]]).document


def test_a_naive_moment_is_refused() -> None:
    """Which zone would it be in? `astimezone` would guess the machine's own."""
    with pytest.raises(ValueError, match="zone"):
        judge(None, opened("good"), "in", NOW.replace(tzinfo=None))
