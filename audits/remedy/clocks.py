"""The two clocks of a finding, in dates and in days left, as the site and those who verify see them.

Pure: a finding as JSON and a moment in, the same finding with its clocks out. The dates themselves were fixed when the
finding was released (`audits.release`).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from ground.canonical import Json, parse_instant

DAY = timedelta(days=1)


def days_left(due: datetime, now: datetime) -> int:
    """Whole days until it is due: 0 on the last one, below 0 when it is over."""
    return (due - now) // DAY


def with_clock(finding: dict[str, Json], now: datetime) -> dict[str, Json]:
    """The finding with "clock": {containment, plan, approval, closure}, each {"due", "days_left", "done_at"} or null
    where there is no such clock. days_left is null once it is done, or the finding is closed."""
    action: dict[str, Json] = finding["action"] or {}
    closed = finding["closed_at"]
    pairs = {
        "containment": (finding["containment_due"], finding["contained_at"]),
        "plan": (finding["cap_due"], action.get("submitted_at")),
        "approval": (finding["approve_due"], action.get("approved_at")),
        "closure": (finding["close_due"], closed),
    }
    return {
        **finding,
        "clock": {
            name: None
            if due is None
            else {
                "due": due,
                "days_left": None if done or closed else days_left(parse_instant(due), now),
                "done_at": done,
            }
            for name, (due, done) in pairs.items()
        },
    }
