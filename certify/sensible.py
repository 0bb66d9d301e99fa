"""Whether the numbers of a rulebook make sense together: what would switch a protection off, or can never come about.

Owns which number must not be above which, and which must not be 0. Beside it, `certify.rulebook.check_against` holds
the numbers against the standards. It is asked before a rulebook is proposed and published, never when one is read: what
was published stays readable. Never decides anything.
"""

from __future__ import annotations

from collections.abc import Iterator

from certify.chapters import Effect, Parameter, Rulebook

MONTH = 28  # days of the shortest month: what fits into so many of these fits into any
TO_HOURS = {"hours": 1, "days": 24, "months": MONTH * 24}

# The first is never above the second. Hours, days and months are compared as lengths of time, a month as the shortest
# one. Where a rulebook lacks one of the two, nothing is said.
NOT_ABOVE = (
    ("score_least", "score_full"),
    ("points_minor", "points_major"),
    ("points_major", "points_priority"),
    ("points_priority", "score_full"),
    ("interviews_per_stratum", "interviews_least"),
    ("visit_interviews_least", "interviews_least"),
    ("suspension_core_days", "suspension_most_days"),
    ("hold_stock_days", "suspension_most_days"),
    ("panel_call_hours", "panel_decision_days"),
    ("panel_decision_days", "panel_days"),
    ("hold_hours", "release_check_hours"),  # else a wait that is longer than any check tells of a hold
    ("hold_hours", "release_hours"),
    ("audit_age_days", "validity_months"),  # counted from the audit: else a certificate is over when it is issued
    ("audit_age_days", "probation_months"),
    ("screening_days", "validity_months"),
    ("probation_months", "validity_months"),
    ("validity_months", "validity_low_risk_months"),
    ("validity_months", "validity_clean_months"),
    ("renewal_window_days", "validity_months"),
    ("renewal_window_days", "probation_months"),
    ("reminder_days", "renewal_window_days"),
    ("surveillance_months", "surveillance_low_risk_months"),
    ("surveillance_months", "validity_months"),
    ("surveillance_low_risk_months", "validity_low_risk_months"),
    ("surveillance_window_days", "surveillance_months"),
    ("surveillance_overdue_days", "validity_months"),
    ("survey_high_risk_months", "survey_other_months"),
    ("reapply_other_months", "reapply_core_months"),
    ("reapply_core_months", "second_revocation_months"),
    ("withdrawal_sell_days", "sell_through_days"),
    ("gap_minor_percent", "gap_major_percent"),
    ("gap_major_percent", "gap_priority_percent"),
    ("triage_hours", "acknowledge_days"),
    ("acknowledge_days", "feedback_months"),
)

# Of these 0 says something: none, or at once. Any other number that is 0 switches a rule off without a word.
MAY_BE_NONE = frozenset((
    "open_majors_most", "points_minor", "score_share_from", "not_applicable_most", "major_overdue_days",
    "plan_overdue_days", "surveillance_overdue_days", "sell_through_days", "spoilage_percent", "unannounced_least",
    "renewal_late_days", "surveillance_window_days", "withdrawal_sell_days", "hold_stock_days", "gap_minor_percent",
    "notify_customers_days", "scan_countries_most",
))  # fmt: skip

# A share of all there is, which is never more than the whole. Others are compared with a number and may be larger.
SHARES = (
    "not_applicable_most", "off_site_percent", "share_percent", "release_check_percent",
    "spoilage_percent", "gap_minor_percent", "gap_major_percent", "gap_priority_percent",
)  # fmt: skip
WHOLE = 100

# The rows of the table of findings that the rules look up by name; of the grave ones a visit has to prove the closure.
ROWS = ("zero_tolerance", "priority_core", "priority_other", "major_core", "major_other", "minor", "risk")
GRAVE = ROWS[:5]
UNPROVEN = ("next_audit", "none")


def nonsense(book: Rulebook) -> tuple[str, ...]:
    """Every pair of numbers that makes no sense together, "pointer: sentence with both" each; () when all do."""
    return (*_numbers(book), *_rows(book), *_bands(book))


def _numbers(book: Rulebook) -> Iterator[str]:
    for low, high in NOT_ABOVE:
        if low in book.parameters and high in book.parameters:
            one, other = book.parameters[low], book.parameters[high]
            if _length(one) > _length(other):
                yield f"{_at(low)}: {_told(one)} is above {high}, {_told(other)}"
    for name, number in book.parameters.items():
        if number.unit != "yes or no" and name not in MAY_BE_NONE and _most(number) == 0:
            yield f"{_at(name)}: 0 switches the rule off; it is 1 at least"
    for name in SHARES:
        if name in book.parameters and (share := _most(book.parameters[name])) > WHOLE:
            yield f"{_at(name)}: {share} percent is above the whole, {WHOLE}"
    limits = book.limits
    if book.effects and limits.high_risk_percent < WHOLE:
        yield (
            f"{_at('high_risk_percent')}: at high risk {limits.high_risk_percent} percent of the usual interviews, "
            f"below {WHOLE}"
        )
    if limits.release_hours and limits.alert_hours + limits.hold_hours > limits.release_hours:
        yield (
            f"{_at('release_hours')}: {limits.release_hours} hours, below alert_hours and hold_hours together, "
            f"{limits.alert_hours + limits.hold_hours}: a report would be released while an alert is held"
        )


def _rows(book: Rulebook) -> Iterator[str]:
    if not book.effects:
        return
    for id in ROWS:
        if id not in book.effects:
            yield f"/effects: the row {id} is missing, and findings of that kind would ask for nothing"
    for place, effect in enumerate(book.effects.values()):
        where = f"/effects/{place}"
        if effect.id in GRAVE and effect.verify in UNPROVEN:
            yield f"{where}/verify: {effect.verify} would close a finding of the row {effect.id} without a proof"
        yield from _deadlines(effect, where)


def _deadlines(effect: Effect, where: str) -> Iterator[str]:
    """Contain, plan, approve, close: none of them is due after the one that it leads to."""
    days = {
        name: value
        for name in ("cap_days", "approve_days", "close_danger_days", "close_days")
        if (value := getattr(effect, name)) is not None
    }
    for first, later in (
        ("cap_days", "approve_days"), ("approve_days", "close_days"), ("cap_days", "close_days"),
        ("approve_days", "close_danger_days"), ("close_danger_days", "close_days"),
    ):  # fmt: skip
        if first in days and later in days and days[first] > days[later]:
            yield f"{where}/{first}: {days[first]} days is above {later}, {days[later]} days, in the row {effect.id}"
    closing = min((days[name] for name in ("close_danger_days", "close_days") if name in days), default=None)
    if closing is not None and effect.containment_hours is not None and effect.containment_hours > closing * 24:
        yield (
            f"{where}/containment_hours: {effect.containment_hours} hours is above the days to close, {closing} days, "
            f"in the row {effect.id}"
        )


def _bands(book: Rulebook) -> Iterator[str]:
    """Bands rise from the least score of a certificate to the full one, and each closes all that the one before did."""
    least, full = book.limits.score_least, book.limits.score_full
    for place, band in enumerate(book.bands):
        where, begins = f"/bands/{place}", f"{band.name} begins at {band.score_least}"
        before = book.bands[place - 1] if place else None
        if before is None and band.score_least < least:
            yield f"{where}/score_least: {begins}, below score_least, {least}"
        if before is not None and band.score_least <= before.score_least:
            yield f"{where}/score_least: {begins}, not above {before.name}, {before.score_least}"
        if before is not None and not set(before.closed) <= set(band.closed):
            yield f"{where}/closed: {band.name} leaves open what {before.name} closes: {', '.join(before.closed)}"
        if band.name in [each.name for each in book.bands[:place]]:
            yield f"{where}/name: {band.name} stands twice"
        if band.score_least > full:
            yield f"{where}/score_least: {begins}, above score_full, {full}"


def _at(name: str) -> str:
    return f"/parameters/{name}/value"


def _told(number: Parameter) -> str:
    return f"{_most(number)} {number.unit}"


def _most(number: Parameter) -> int:
    return max(number.value) if isinstance(number.value, tuple) else number.value


def _length(number: Parameter) -> int:
    """For comparing: times in hours, all else as it is."""
    return _most(number) * TO_HOURS.get(number.unit, 1)
