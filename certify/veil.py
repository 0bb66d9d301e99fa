"""What a holder does not read of a decision: who talked, likenesses nobody has judged, and small groups of workers.

Owns which clauses are told in neutral words, or not at all, to anybody outside scheme and certification body. The rules
know everything; the grounds that a holder needs for a reply or an appeal stay. Never changes what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from certify.rulebook import CONFIDENTIAL
from ground.canonical import Json

# An unmet clause in words that tell nobody whom to look for: a group of four workers is four people, and a likeness of
# names that nobody has judged is no ground against anybody.
NEUTRAL: Mapping[str, str] = {
    "I15": "The sample of interviews was not met.",
    "I17": "The screening is not up to date, or not cleared.",
}
OPEN_QUESTION: dict[str, Json] = {
    "clause": "",
    "met": False,
    "text": "The certification body has not concluded its review.",
    "subject": "",
}


def for_holder(reasons: Iterable[dict[str, Json]]) -> list[dict[str, Json]]:
    """The reasons (`clause`, `met`, `text`, `subject`) as the holder reads them, in their order.

    What is confidential is left out, met or not; when one of those is unmet, one line says that a question is open.
    """
    shown: list[dict[str, Json]] = []
    hidden = False
    for reason in reasons:
        if reason["clause"] in CONFIDENTIAL:
            hidden = hidden or not reason["met"]
        elif not reason["met"] and reason["clause"] in NEUTRAL:
            shown.append({**reason, "text": NEUTRAL[reason["clause"]], "subject": ""})
        else:
            shown.append(reason)
    return [*shown, OPEN_QUESTION] if hidden else shown


def clauses_for_holder(ids: Iterable[str]) -> list[str]:
    """Clause ids without the confidential ones."""
    return [id for id in ids if id not in CONFIDENTIAL]
