"""The judge: one label, one bundle, one instant in; one verdict out.

Owns the table of FORMATS.md 5: its codes, their order, their colours, and the canonical bytes of the answer, the same
over HTTP, on the command line and in a browser. There is no boolean "valid" anywhere: what is not established is said.
Pure: the label's signature is checked here, once; every other signature was checked when the bundle was opened.

A verdict has exactly these keys (docs/verdicts.md shows one of each code):
  code, colour      of the table below;  at  the instant judged;  next_step  one of NEXT_STEP's values
  as_of             earliest validFrom of the lists used, null if none;  status_age_s  at - as_of in seconds, or null
  label             state issued | not_issued | unknown; batch; item (human code); use_by; gtin;
                    class issued | specimen | replacement; membership in | out | unknown;
                    site and product (ids, as in the credential)
  certificate       in_force in_force | not_in_force | unknown; and what `facts.NO_CERTIFICATE` lists
  cautions          codes from signed facts; NOT_WITNESSED as long as there are no witnesses
  not_established   codes: always the four of NEVER_ESTABLISHED; then what else was not checked; for CANNOT_CONFIRM why
After MALFORMED, UNKNOWN_KEY and BAD_SIGNATURE nothing of the payload is said, because nobody vouches for it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, assert_never

from ground.canonical import Json, instant, jcs_plain
from ground.keyset import Key
from labels.payload import Label, Typed, check
from labels.serials import ISSUED, REPLACEMENT, SPECIMEN
from verify.bundle import Bundle
from verify.codes import COLOUR, NEVER_ESTABLISHED, NEXT_STEP, SEALED_BEFORE_INCIDENT, Code, Colour, Membership
from verify.facts import NO_CERTIFICATE, NOT_WITNESSED, Facts, facts_of

Incident = Literal["none", "forged", "doubt", "sealed_before"]

CLASSES = {ISSUED: "issued", SPECIMEN: "specimen", REPLACEMENT: "replacement"}
UNSIGNED: frozenset[Code] = frozenset(("MALFORMED", "UNKNOWN_KEY", "BAD_SIGNATURE"))
ABOUT_NO_CERTIFICATE: frozenset[Code] = UNSIGNED | {"SPECIMEN", "KEY_COMPROMISED", "NOT_REGISTERED"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer. `data` are its canonical bytes: what is sent, printed and compared."""

    code: Code
    data: bytes

    @property
    def colour(self) -> Colour:
        return COLOUR[self.code]

    @property
    def document(self) -> dict[str, Json]:
        """What the bytes say."""
        read: dict[str, Json] = json.loads(self.data)
        return read


@dataclass(frozen=True, slots=True)
class Case:
    """One scan on the judge's table. key: the listed label key that made the label; for a typed code, the manifest's.

    incident: the outcome of the table of FORMATS.md 4 for a stolen key. bound: the label belongs to a batch that the
    log has sealed, as far as that can be asked; only then is there a certificate to judge it by.
    """

    label: Label | Typed
    membership: Membership
    facts: Facts
    key: Key | None
    incident: Incident
    bound: bool
    doubts: tuple[str, ...]


def judge(label: Label | Typed | None, bundle: Bundle, membership: Membership, now: datetime) -> Verdict:
    """The verdict on one label.

    label: of `labels.payload.parse`, or None for text that it refused. membership: whether the item is inside its
    batch's count; "unknown" for everybody but the scan server. now: aware; fractions of a second are dropped.
    """
    if now.tzinfo is None:
        raise ValueError("an instant without a time zone")
    now = now.astimezone(UTC).replace(microsecond=0)
    key: Key | None = None
    match label:
        case None:
            return _unsigned("MALFORMED", now)
        case Label():
            found = _key_of(label, bundle, now)
            if isinstance(found, str):
                return _unsigned(found, now)
            if label.cls == SPECIMEN:
                return _specimen(label, now)
            key, facts = found, facts_of(bundle, label.batch, now)
        case Typed():
            facts = facts_of(bundle, label.batch, now)
            key = facts.label_key
        case _:
            assert_never(label)
    case_ = _open_case(label, membership, facts, key, now)
    for code, holds in ROWS:
        if holds(case_):
            return _answer(code, case_)
    return _answer("CANNOT_CONFIRM", case_)


# --- signature -------------------------------------------------------------------------------------------------------


def _key_of(label: Label, bundle: Bundle, now: datetime) -> Key | Code:
    """The listed label key that signed, whatever became of it since; or the verdict, where there is none."""
    candidates = bundle.label_keys.get(label.key_hint, ())
    for key in candidates:
        if check(label, key.public):
            return key
    if candidates:
        return "BAD_SIGNATURE"
    if bundle.keys is not None and bundle.keys.fresh(now):
        return "UNKNOWN_KEY"
    return "CANNOT_CONFIRM"  # a list that is old does not know the newest keys


# --- the case --------------------------------------------------------------------------------------------------------


def _open_case(label: Label | Typed, membership: Membership, facts: Facts, key: Key | None, now: datetime) -> Case:
    incident = _incident(key, membership, facts)
    bound = facts.sealed is not None and not _unregistered(label, key, membership, facts, incident)
    doubts = list(facts.label_doubts)
    if key is None:
        doubts.append("LABEL_KEY_NOT_LISTED")
    elif key.since > now:
        doubts.append("LABEL_KEY_FROM_LATER")
    if incident == "doubt":
        doubts.append("NOT_PROVEN_OLDER_THAN_INCIDENT")
    return Case(label, membership, facts, key, incident, bound, tuple(doubts))


def _incident(key: Key | None, membership: Membership, facts: Facts) -> Incident:
    """The table of FORMATS.md 4: what a label of a stolen key is still worth. A typed code has its manifest's key."""
    if key is None or key.state != "compromised":
        return "none"
    if facts.sealed is None:
        return "forged" if facts.complete else "doubt"
    if facts.place >= (key.boundary or 0):
        return "forged"
    if not facts.proven or membership == "unknown":
        return "doubt"
    return "sealed_before"


def _unregistered(
    label: Label | Typed, key: Key | None, membership: Membership, facts: Facts, incident: Incident
) -> bool:
    """The batch is not sealed, or the item is not in it, or the label says other things than the manifest."""
    if facts.manifest is None:
        return facts.complete
    if facts.sealed is None:
        return facts.unsealed
    if membership == "out" and incident != "doubt":
        return True
    return isinstance(label, Label) and (
        (key is not None and key.kid != facts.manifest.key)
        or label.use_by != facts.manifest.use_by
        or label.gtin != facts.manifest.gtin
    )


# --- the table, one row one step, first match decides ----------------------------------------------------------------


def _key_compromised(case: Case) -> bool:
    return case.incident == "forged"


def _not_registered(case: Case) -> bool:
    """Only from fresh lists: an old one does not know the newest batches."""
    return case.facts.lists_fresh and _unregistered(case.label, case.key, case.membership, case.facts, case.incident)


def _void(case: Case) -> bool:
    return case.facts.void is not None and case.facts.void.holds(case.label.item)


def _revoked(case: Case) -> bool:
    return case.bound and case.facts.revoked and case.facts.inside_affected_period


def _revoked_later(case: Case) -> bool:
    return case.bound and case.facts.revoked and not case.facts.inside_affected_period


def _suspended(case: Case) -> bool:
    return case.bound and case.facts.suspended


def _withdrawn(case: Case) -> bool:
    return case.bound and case.facts.withdrawn


def _out_of_scope(case: Case) -> bool:
    return case.bound and case.facts.out_of_scope


def _not_yet_valid(case: Case) -> bool:
    return case.bound and case.facts.not_yet_valid


def _expired(case: Case) -> bool:
    return case.bound and case.facts.over and case.facts.past_sell_by


def _cannot_confirm(case: Case) -> bool:
    """Something needed is missing, too old or contradictory; or a typed code of which nobody can say that it exists."""
    facts = case.facts
    doubtful = bool(case.doubts or facts.certificate_doubts or facts.other_doubts)
    unasked = isinstance(case.label, Typed) and case.membership != "in"
    return not case.bound or facts.standing is None or doubtful or unasked


def _stands(case: Case) -> bool:
    """In remediation or active, now or when it ended: the states of the three rows that follow."""
    return case.facts.standing is not None and case.facts.standing.state in ("active", "remediation", "expired")


def _typed_code(case: Case) -> bool:
    return isinstance(case.label, Typed) and _stands(case)


def _remediation(case: Case) -> bool:
    return case.facts.standing is not None and case.facts.standing.state == "remediation"


def _labelled_under_expired(case: Case) -> bool:
    standing = case.facts.standing
    return standing is not None and standing.state == "expired" and case.facts.over and not case.facts.past_sell_by


def _valid(case: Case) -> bool:
    """Said positively, and last: whatever no row foresaw ends as CANNOT_CONFIRM, never here."""
    standing = case.facts.standing
    return standing is not None and standing.state == "active" and not case.facts.over and not case.facts.not_yet_valid


ROWS: tuple[tuple[Code, Callable[[Case], bool]], ...] = (
    # MALFORMED, UNKNOWN_KEY, BAD_SIGNATURE and SPECIMEN were decided before there was a case.
    ("KEY_COMPROMISED", _key_compromised),
    ("NOT_REGISTERED", _not_registered),
    ("VOID", _void),
    ("REVOKED", _revoked),
    ("REVOKED_LATER", _revoked_later),
    ("SUSPENDED", _suspended),
    ("WITHDRAWN", _withdrawn),
    ("OUT_OF_SCOPE", _out_of_scope),
    ("NOT_YET_VALID", _not_yet_valid),
    ("EXPIRED", _expired),
    ("CANNOT_CONFIRM", _cannot_confirm),
    ("TYPED_CODE", _typed_code),
    ("REMEDIATION", _remediation),
    ("LABELLED_UNDER_EXPIRED", _labelled_under_expired),
    ("VALID", _valid),
)


# --- the answer ------------------------------------------------------------------------------------------------------


def _answer(code: Code, case: Case) -> Verdict:
    """The bytes of the verdict. All but `label` is the same for many labels of a batch, and is written once."""
    kind = (code, case.membership, isinstance(case.label, Typed), case.bound, case.incident, case.doubts)
    frame = case.facts.frames.get(kind)
    if frame is None:
        frame = case.facts.frames[kind] = _frame(_document(code, case))
    before, after = frame
    return Verdict(code, before + jcs_plain(_label(code, case)) + after)


def _frame(document: dict[str, Json]) -> tuple[bytes, bytes]:
    """The canonical bytes before and after the value of `label`: no other key has that name, no text bare quotes."""
    before, _, after = jcs_plain({**document, "label": None}).partition(b'"label":null')
    return before + b'"label":', after


def _label(code: Code, case: Case) -> dict[str, Json]:
    label = case.label
    manifest = case.facts.manifest if case.bound else None
    signed = label if isinstance(label, Label) else None
    use_by = signed.use_by if signed is not None else manifest.use_by if manifest is not None else None
    return {
        "state": _label_state(code, case),
        "batch": label.batch,
        "item": label.human,
        "class": CLASSES[signed.cls] if signed is not None else None,
        "use_by": use_by.isoformat() if use_by is not None else None,
        "gtin": signed.gtin if signed is not None else manifest.gtin if manifest is not None else None,
        "membership": case.membership,
        "site": manifest.site if manifest is not None else None,
        "product": manifest.product if manifest is not None else None,
    }


def _document(code: Code, case: Case) -> dict[str, Json]:
    """The verdict without its `label`."""
    facts = case.facts
    cautions = [*facts.cautions]
    if case.incident == "sealed_before" and case.bound:
        cautions.append(SEALED_BEFORE_INCIDENT)
    certificate = NO_CERTIFICATE
    if case.bound and code not in ABOUT_NO_CERTIFICATE and facts.standing is not None:
        certificate = {**facts.certificate, "in_force": _in_force(case)}
    return {
        **_head(code, facts.now, typed=isinstance(case.label, Typed)),
        "as_of": instant(facts.as_of) if facts.as_of is not None else None,
        "status_age_s": int((facts.now - facts.as_of).total_seconds()) if facts.as_of is not None else None,
        "certificate": certificate,
        "cautions": cautions,
        "not_established": _not_established(code, case),
    }


def _label_state(code: Code, case: Case) -> str:
    """Issued by us? A typed code shows no label at all; a stolen key could have made any."""
    if code == "NOT_REGISTERED":
        return "not_issued"
    if isinstance(case.label, Typed) or case.doubts or case.incident == "forged" or not case.bound:
        return "unknown"
    return "issued"


def _in_force(case: Case) -> str:
    """What is known against a certificate is said in spite of doubts; "in force" only without any."""
    facts = case.facts
    if facts.revoked or facts.suspended or facts.withdrawn or facts.not_yet_valid or facts.over:
        return "not_in_force"
    standing = facts.standing
    if facts.certificate_doubts or standing is None or standing.state not in ("active", "remediation"):
        return "unknown"
    return "in_force"


def _not_established(code: Code, case: Case) -> list[str]:
    facts, told = case.facts, [*NEVER_ESTABLISHED]
    if case.membership == "unknown":
        told.append("MEMBERSHIP_NOT_CHECKED")
    if code == "LABELLED_UNDER_EXPIRED":
        told.append("WHEN_IT_WAS_LABELLED")
    if code == "CANNOT_CONFIRM":
        told += sorted({*case.doubts, *facts.certificate_doubts, *facts.other_doubts})
    return told


def _head(code: Code, now: datetime, *, typed: bool) -> dict[str, Json]:
    next_step = "SCAN_QR" if typed and code == "CANNOT_CONFIRM" else NEXT_STEP[code]
    return {"code": code, "colour": COLOUR[code], "at": instant(now), "next_step": next_step}


NO_LABEL: dict[str, Json] = {
    "state": "unknown", "batch": None, "item": None, "class": None, "use_by": None, "gtin": None,
    "membership": "unknown", "site": None, "product": None,
}  # fmt: skip


def _unsigned(code: Code, now: datetime) -> Verdict:
    """No key of ours vouches for the payload, so nothing of it is repeated."""
    state = "not_issued" if code in ("UNKNOWN_KEY", "BAD_SIGNATURE") else "unknown"
    reason = ["KEYS_MISSING_OR_EXPIRED"] if code == "CANNOT_CONFIRM" else []
    return _short(code, now, {**NO_LABEL, "state": state}, reason)


def _specimen(label: Label, now: datetime) -> Verdict:
    """Made by us to show what a label looks like: not a label of any goods."""
    told = {**NO_LABEL, "state": "not_issued", "batch": label.batch, "item": label.human, "class": CLASSES[label.cls]}
    return _short("SPECIMEN", now, told, [])


def _short(code: Code, now: datetime, label: dict[str, Json], reason: list[str]) -> Verdict:
    document = {
        **_head(code, now, typed=False),
        "as_of": None,
        "status_age_s": None,
        "label": label,
        "certificate": NO_CERTIFICATE,
        "cautions": [NOT_WITNESSED],
        "not_established": [*NEVER_ESTABLISHED, "MEMBERSHIP_NOT_CHECKED", *reason],
    }
    return Verdict(code, jcs_plain(document))
