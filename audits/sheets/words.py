"""What the workbook tells whoever fills it in, in plain words.

Owns text and nothing else; a test holds the words against the cells they speak of.
"""

from __future__ import annotations

_ALERT = (
    "Never write an alert here. If you find something of zero tolerance, leave its row as it is and raise an alert: "
    "it is one call, within the hours that the standard gives, and the site does not learn of it while it is held."
)
_NO_ALERT = "Never write a finding of zero tolerance here. Leave its row as it is, and file it by itself."
_BEFORE = (
    "How to use this workbook",
    "It has the questions of one audit and your answers to them, for places without a network. Fill in the cells of "
    '"Provisions" from the column "Result" on, and the values of "Report". They are pale yellow; the grey cells are '
    "locked, so that they are not changed by accident. There is no password. The page opens at the answers: to the "
    "left of them stands what conformance looks like and how it is tested.",
    "Never write here what a worker told you, or anything from which somebody could find out who spoke. No names, and "
    "no interview notes: the interview log goes in a file that is sealed on your device (freemark sealed log). Add no "
    "sheet, comment, picture or formula: such a workbook is refused.",
)
_AFTER = (
    "A priority finding that is not of zero tolerance may be written here. The site is told of it at the moment this "
    "workbook is filed. If that could put anybody in danger, ask the protection handler first.",
    "Result: choose from the list. A finding needs a severity within the limits of its row, and a description: what "
    'was seen, where, how many. "Not applicable" needs a description that says why.',
    "Severity: write the one that you propose. Where the standard makes it graver, by the share of the sample or "
    "because it is there again, that is done when the workbook is filed.",
    "Affected and sampled belong together: so many of so many workers, files or places. A minor finding on a core "
    "topic needs both.",
    "Evidence: one reference to a line, such as 42 payslips, or the id of a file that is uploaded (evd_...).",
    'Deliberate, concealed, worst form, by management: "yes", or leave them empty.',
    "An answer that was filed can be replaced by another one. It cannot be taken away by emptying its row.",
    "Before you send it, check it without a network: freemark sheet check FILE. Every error is told with its cell, "
    "and while there is one nothing is filed. Filing the same workbook again changes nothing.",
    "If a colleague filed something else on the same provision since this workbook was made, both answers are shown "
    "and neither is lost: you choose. When your workbook is filed, get a new one and go on in that.",
)


_FIELDWORK = (
    'What may be of zero tolerance is never "not applicable": where there is nothing of the kind, the answer is '
    'conformance. Elsewhere "not applicable" and "not reviewed" need a reason in words.',
    "A finding milder than major needs affected and sampled wherever the share of the sample can make it a major one. "
    "Of workers nobody samples more than there are.",
)


def how_to(*, alerts: bool) -> tuple[str, ...]:
    """The paragraphs, the heading first. alerts: the standard of the audit knows them, and how field work is done."""
    return (*_BEFORE, _ALERT if alerts else _NO_ALERT, *_AFTER, *(_FIELDWORK if alerts else ()))
