"""Section 7 of DOMAIN.md as tables: every number that is printed there, and what each is about.

`PAGE` is the page: line by line, every number that is printed there. Each of them is the number of a row here with the
same line. The rows are copied by eye and never made from the rulebook. A row says on which line the number stands, what
it is about, the number itself (with ours where our unit is another), and the parameter that has it. Names are not
numbers: topics, references, ISO 17065, IAF MD 1.
"""

from __future__ import annotations

from typing import Any, NamedTuple

# -------------------------------------------------------------------------------------------------------------- page

# Every number that is printed on a line of section 7, each once. Checked against the page by hand and by a script.
PAGE: dict[str, tuple[float, ...]] = {
    "7.2 zero_tolerance": (20, 24, 7, 10, 30, 90, 72),
    "7.2 priority_core": (20, 7, 10, 90),
    "7.2 priority_other": (20, 48, 7, 10, 30),
    "7.2 major_core": (4, 7, 14, 42, 90, 180, 30, 60),
    "7.2 major_other": (4, 14, 42, 180, 30, 2, 12),
    "7.2 minor": (1, 14, 42, 270, 90),
    "7.2 risk": (0, 14, 42, 270),
    "7.2 opportunity": (0,),
    "7.2 conformance": (1,),
    "7.2 escalations": (20, 24, 3, 2, 90),
    "7.3": (200, 20, 4, 0, 2, 60, 25, 160, 180, 85),
    "7.4": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 180, 160, 30),
    "7.5 max validity": (24, 12, 3, 2),
    "7.5 probation": (12, 3),
    "7.5 renewal window": (90, 42, 21, 7),
    "7.5 surveillance": (12, 6, 1, 4),
    "7.5 survey": (3, 6, 5),
    "7.5 site list": (6,),
    "7.5 status list": (48,),
    "7.5 key rotation": (1,),
    "7.5 initial to conformance": (18,),
    "7.6 interim suspension": (72, 10),
    "7.6 suspension max": (90, 180, 3, 6),
    "7.6 label misuse": (6,),
    "7.6 re-apply": (12, 6),
    "7.6 second revocation": (5,),
    "7.6 publish revocation": (24,),
    "7.6 notify customers": (4,),
    "7.6 hearing and appeal": (30,),
    "7.7 expiry": (180,),
    "7.7 withdrawal": (90, 30),
    "7.7 suspension": (30,),
    "7.7 revocation": (30,),
    "7.7 controls": (2, 1, 5, 10, 30),
    "7.8": (10, 18, 3, 0.5, 1.5, 24),
    "7.9": (24, 7, 3, 10),
}

# 7.1: the topics, the forced-labour core set, and in 7.2 those on which a finding may be one of zero tolerance.
TOPICS = tuple(f"T{number}" for number in range(1, 18))
CORE = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T13", "T15")
ZERO_TOLERANCE = {"T1", "T2", "T4", "T6", "T7", "T9", "T15"}

# ------------------------------------------------------------------------------------------- 7.2 severity and effect

# severity: points, contained within (hours), plan in, plan approved, closed (days), closed in danger, clock
SEVERITIES: dict[str, tuple[int, int | None, int | None, int | None, int | None, int | None, str | None]] = {
    "zero_tolerance": (20, 24, 7, 10, 90, 30, "discovery"),  # "evidence 24 h", "30 d EHS danger, 90 d all others"
    "priority_core": (20, 24, 7, 10, 90, 30, "discovery"),  # "at once"; the page's 30 days for danger hold here too
    "priority_other": (20, 48, 7, 10, 30, None, "discovery"),  # "evidence 48 h"
    "major_core": (4, 7 * 24, 14, 42, 90, None, "report"),  # "7 d [P]", "14 d rep"
    "major_other": (4, None, 14, 42, 180, None, "report"),
    "minor": (1, None, 14, 42, 270, None, "report"),
    "risk": (0, None, 14, 42, 270, None, "report"),
    "opportunity": (0, None, None, None, None, None, None),
}
# severity: who verifies, what it does to issue and renewal
VERIFIED = {
    "zero_tolerance": ("on_site_other_team", "deny"),
    "priority_core": ("on_site", "deny"),
    "priority_other": ("on_site", "deny"),
    "major_core": ("on_site_interviews", "deny"),
    "major_other": ("as_provision", "limited"),
    "minor": ("next_audit", "allow"),
    "risk": ("next_audit", "allow"),
    "opportunity": ("none", "allow"),
}


class Other(NamedTuple):
    """Printed in one unit, kept in another. Working days are calendar days with us: no calendar of holidays decides."""

    printed: float
    ours: Any


# Line of DOMAIN.md, what, number there, parameter of the rulebook.
NUMBERS: list[tuple[str, str, Any, str]] = [
    ("7.2 priority_core", "points of a priority finding", 20, "points_priority"),
    ("7.2 major_core", "points of a major finding", 4, "points_major"),
    ("7.2 minor", "points of a minor finding", 1, "points_minor"),
    ("7.2 zero_tolerance", "panel in hours", 72, "panel_call_hours"),
    ("7.2 zero_tolerance", "revoke if not contained", True, "revoke_uncontained"),
    ("7.2 major_other", "suspend when overdue by more than days", 30, "major_overdue_days"),
    ("7.2 major_other", "at most so many open at issue", 2, "open_majors_most"),
    ("7.2 major_other", "then a certificate of months", 12, "probation_months"),
    ("7.2 escalations", "percent of the sample: at least major", 20, "share_percent"),
    ("7.2 escalations", "same criterion minor twice within months", 24, "repeat_months"),
    ("7.2 escalations", "minors in one topic: major on T14", 3, "minors_in_topic"),
    ("7.2 escalations", "major core topics at once: panel", 2, "panel_core_majors"),
    ("7.2 escalations", "plan overdue, in working days: suspend", Other(20, 28), "plan_overdue_days"),
    ("7.2 escalations", "refused surveillance, days after due: suspend", 90, "surveillance_overdue_days"),
    ("7.2 leniency", "self-reported before audit or complaint", True, "leniency"),
    ("7.3", "whole score, and where it is clamped", 200, "score_full"),
    ("7.3", "points for P", 20, "points_priority"),
    ("7.3", "points for M", 4, "points_major"),
    ("7.3", "points for m", 1, "points_minor"),
    ("7.3", "share of conformity only from A", 60, "score_share_from"),
    ("7.3", "and up to percent not applicable", 25, "not_applicable_most"),
    ("7.3", "risk counts as conformance", False, "risk_counts_as_conformance"),
    ("7.4", "audit ended at most days ago", 180, "audit_age_days"),
    ("7.4", "least score", 160, "score_least"),
    ("7.4", "screening at most days ago", 30, "screening_days"),
    ("7.5 max validity", "months at low risk", 24, "validity_low_risk_months"),
    ("7.5 max validity", "months in the first cycle or at high risk", 12, "validity_months"),
    ("7.5 max validity", "months in the highest band", 24, "validity_clean_months"),
    ("7.5 max validity", "after clean cycles", 3, "clean_cycles_least"),
    ("7.5 probation", "months", 12, "probation_months"),
    ("7.5 probation", "visits", 3, "probation_visits"),
    ("7.5 renewal window", "opens days before expiry", 90, "renewal_window_days"),
    ("7.5 renewal window", "reminders, days before", (90, 42, 21, 7), "reminder_days"),
    ("7.5 surveillance", "months at low risk", 12, "surveillance_low_risk_months"),
    ("7.5 surveillance", "months at high risk", 6, "surveillance_months"),
    ("7.5 surveillance", "unannounced visits per cycle", 1, "unannounced_least"),
    ("7.5 surveillance", "window of weeks", Other(4, 28), "surveillance_window_days"),
    ("7.5 survey", "months at high risk", 3, "survey_high_risk_months"),
    ("7.5 survey", "months otherwise", 6, "survey_other_months"),
    ("7.5 survey", "fewer answers are not shown", 5, "suppress_below"),
    ("7.5 site list", "months", 6, "site_list_months"),
    ("7.5 status list", "hours of life", 48, "status_list_hours"),
    ("7.5 key rotation", "yearly", Other(1, 12), "key_rotation_months"),
    ("7.5 initial to conformance", "months", 18, "conformance_months"),
    ("7.6 interim suspension", "hours to the call", 72, "panel_call_hours"),
    ("7.6 interim suspension", "working days to the decision", Other(10, 14), "panel_decision_days"),
    ("7.6 suspension max", "days, core topics", 90, "suspension_core_days"),
    ("7.6 suspension max", "days, absolute", 180, "suspension_most_days"),
    ("7.6 label misuse", "least months of suspension", 6, "misuse_suspension_months"),
    ("7.6 re-apply", "months, core or ethical", 12, "reapply_core_months"),
    ("7.6 re-apply", "months, other", 6, "reapply_other_months"),
    ("7.6 second revocation", "within years", Other(5, 60), "second_revocation_months"),
    ("7.6 publish revocation", "months on the public list", 24, "publish_revocation_months"),
    ("7.6 notify customers", "days", 4, "notify_customers_days"),
    ("7.6 hearing and appeal", "days to appeal", 30, "appeal_days"),
    ("7.6 hearing and appeal", "days to decide", 30, "appeal_decide_days"),
    ("7.7 expiry", "sell-through, days", 180, "sell_through_days"),
    ("7.7 expiry", "amber after days", 180, "sell_through_days"),
    ("7.7 withdrawal", "days for goods not shipped", 90, "withdrawal_sell_days"),
    ("7.7 withdrawal", "days to return or destroy", 30, "return_days"),
    ("7.7 suspension", "hold, limit in days", 30, "hold_stock_days"),
    ("7.7 revocation", "days to return or destroy", 30, "return_days"),
    ("7.7 controls", "percent spoilage", 2, "spoilage_percent"),
    ("7.7 controls", "reconcile monthly", 1, "reconcile_months"),
    ("7.7 controls", "gap above percent: minor", 2, "gap_minor_percent"),
    ("7.7 controls", "gap above percent: major", 5, "gap_major_percent"),
    ("7.7 controls", "gap above percent: priority", 10, "gap_priority_percent"),
    ("7.7 controls", "scans counted over days", 30, "scan_window_days"),
    ("7.7 controls", "more countries than", 2, "scan_countries_most"),
    ("7.8", "least interviews", 10, "interviews_least"),
    ("7.8", "per stratum", 3, "interviews_per_stratum"),
    ("7.8", "half off site or by phone, in percent", Other(0.5, 50), "off_site_percent"),
    ("7.8", "months of files", 3, "files_months"),
    ("7.8", "high risk, times", Other(1.5, 150), "high_risk_percent"),
    ("7.8", "lead auditor, audits in a row", 3, "in_a_row_most"),
    ("7.8", "gap after employment, months", 24, "independence_gap_months"),
    ("7.9", "triage, hours", 24, "triage_hours"),
    ("7.9", "acknowledge, days", 7, "acknowledge_days"),
    ("7.9", "feedback, months", 3, "feedback_months"),
    ("7.9", "unannounced visit, in working days", Other(10, 14), "concern_visit_days"),
    ("7.9", "independent sources", 3, "independent_sources"),
]

# What is not in section 7 but in other plans of this project, so that nothing in the book is without a row somewhere.
ELSEWHERE = {
    "alert_hours": 24,  # DOMAIN.md 1.4: the lead auditor's alert
    "hold_hours": 72,  # DESIGN.md 4 D
    "release_hours": 96,  # 24 in which an alert may be raised and 72 for which it may be held
    "release_check_hours": 72,
    "release_check_percent": 10,  # "a random tenth of all orders"
    "retaliation_days": (30, 90),
    "repayment_check_days": 90,
    "reply_days": 30,  # DESIGN.md 5: the period for reply; the page names the appeal only
    "reverify_days": 60,
    "core_provisions": 49,  # counted in the standard, test_rulebook_2026_1.py
    "visit_interviews_least": 5,  # the page says "with interviews" and "on site", and no number
    "surveillance_provisions": 20,  # a visit that asked one question is none
    "renewal_late_days": 180,  # as long as an audit carries a new certificate
    "panel_days": 60,  # in which the words of one panel lie
}

# 7.4: the number of a condition, the clauses that ask for it, and words of theirs.
CONDITIONS: list[tuple[int, tuple[str, ...], str]] = [
    (1, ("I1",), "rulebook is approved"),
    (2, ("I2", "I14"), "is listed too, and so audited"),
    (3, ("I3",), "180 days ago"),
    (4, ("I4",), "accepted every submitted report"),
    (5, ("I5", "I6"), "No major finding on a core topic is open"),
    (6, ("I8",), "at least 160"),
    (7, ("I9", "I15"), "square root"),
    (8, ("I13", "I16"), "nobody declared a conflict"),
    (9, ("I17",), "30 days ago"),
    (10, ("I18",), "No credible complaint"),
    (11, ("I10",), "report independently"),
    (12, ("I11",), "than there are workers"),
    (13, ("I4",), "The decider was on no team"),
]

# Numbers of other bodies that the page sets beside ours: they stand in the origins, of a cell of a row of severities
# or of a parameter.
OF_OTHERS: list[tuple[str, float, str, str]] = [
    ("7.2 major_core", 180, "major_core close", "RBA (180 days)"),
    ("7.2 major_core", 30, "major_core close", "SMETA 30 to 60 days"),
    ("7.2 major_core", 60, "major_core close", "SMETA 30 to 60 days"),
    ("7.2 minor", 90, "minor close", "SMETA 90 days"),
    ("7.5 max validity", 2, "validity_low_risk_months", "RBA, two years"),
    ("7.6 suspension max", 3, "suspension_core_days", "KVQA), 3 months"),
    ("7.6 suspension max", 6, "suspension_most_days", "6 months"),
]

# 7.2 and 7.9, what makes it graver: the beginning of a row, and what follows.
GRAVER = [
    ("At least 20 percent", "at least a major"),
    ("A second minor finding on the same provision within 24 months", "a major one"),
    ("3 or more minor findings in one topic", "major finding (T14)"),
    ("A minor finding is overdue", "counts as a major one"),
    ("2 major findings on core topics", "A panel reviews"),
    ("A corrective action plan is overdue by more than 28 days", "suspended (S5)"),
    ("Access is refused, or the site cuts the audit short", "(T15)"),
    ("A subcontractor becomes known", "a major finding at least (T13.3)"),  # 7.7, controls
    ("A surveillance visit is refused for more than 90 days", "suspended (S6)"),
    ("3 independent sources", "interim suspension is proposed"),
    ("Somebody is made to suffer", "priority finding on non-retaliation (T12)"),
]

# 7.3, bands "recomputed after closure, with the closure rules of 1.4": RBA's names there, ours here.
BANDS = [("sound", 160, ("priority",)), ("strong", 180, ("priority", "major")),
         ("clear", 200, ("priority", "major", "minor"))]  # fmt: skip

# 1.7, to which 7.8 points: workers up to, days, individual, groups, of, files.
MAN_DAYS = [(100, 1, 6, 1, 4, 10), (500, 2, 6, 4, 5, 26), (1000, 3, 12, 6, 5, 42), (2000, 4, 20, 8, 5, 52),
            (None, 4, 22, 8, 5, 62)]  # fmt: skip

# 7.7, the rows of the table: what the days of each are made of.
STOCK: list[tuple[str, dict[str, str]]] = [
    ("Expiry", {"new_labels": "Stop", "unshipped": "180 days", "page": "amber after 180 days"}),
    ("Voluntary withdrawal", {"unshipped": "90 days", "unused": "30 days", "page": "Amber"}),
    ("Suspension outside the core", {"new_labels": "Stop at once", "unshipped": "30 days at most", "unused": "Frozen"}),
    ("Suspension on a core", {"new_labels": "Stop at once", "unshipped": "nothing is shipped", "page": "Amber"}),
    ("Revocation, affected period known", {"shipped": "red, others amber", "unused": "30 days", "page": "Red"}),
    ("Revocation, affected period unknown", {"shipped": "since the last clean audit red", "unused": "30 days"}),
    ("Misuse or copies", {"new_labels": "for that range", "shipped": "range red", "page": "Void"}),
]
