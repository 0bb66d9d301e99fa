"""What the clauses say in the worked cases, sentence by sentence: sentences.txt, to be read and to be compared.

`python -m tests.cases.sentences` writes it anew, `--check` compares. A change of a word is then seen in a review.
"""

from __future__ import annotations

import sys

from certify.rules import decide
from tests.cases.faultless import BOOK
from tests.cases.reading import FOLDER, all_cases

FILE = FOLDER / "sentences.txt"
HEAD = "What each clause says in the worked cases; in brackets what it is about. Made by tests/cases/sentences.py.\n"


def sentences() -> str:
    """Every distinct sentence, in the order of the clauses; what is met first."""
    order = {id: place for place, id in enumerate(BOOK.clauses)}
    said = {
        (order[reason.clause], reason.clause, not reason.met, reason.text, reason.subject)
        for worked in all_cases()
        for reason in decide(worked.dossier, worked.standing, BOOK, worked.now).reasons
    }
    lines = []
    for _, clause, unmet, text, subject in sorted(said):
        lines.append(f"{clause} {'not met' if unmet else 'met'}: {text}" + (f"  [{subject}]" if subject else ""))
    return HEAD + "\n".join(lines) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        return 0 if FILE.read_text("utf-8") == sentences() else 1
    FILE.write_text(sentences(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
