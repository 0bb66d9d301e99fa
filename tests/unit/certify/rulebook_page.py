"""The tables of docs/rulebook.md, made from the rulebooks: `python -m tests.unit.certify.rulebook_page` writes them.

Between `<!-- name -->` and `<!-- end -->` stands what `TABLES[name]` says; everything else on the page is written by
people. A test compares, so that page, rulebooks and functions cannot say different things.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from certify import rulebook, rules
from certify.chapters import FIRST, LATER, Effect, Parameter
from certify.rulereader import told

PAGE = Path(__file__).resolve().parents[3] / "docs" / "rulebook.md"
PART = re.compile(r"<!-- ([a-z0-9 ]+) -->\n(.*?)<!-- end -->", re.DOTALL)
NEW, OLD = rulebook.load("freemark-2026.1"), rulebook.load("freemark-2026.0")
VERIFY = {
    "on_site_other_team": "on site, by another team", "on_site": "on site",
    "on_site_interviews": "on site, with interviews", "as_provision": "desk or site, as the provision says",
    "next_audit": "desk, or the next audit", "none": "-",
}  # fmt: skip
ISSUE = {"deny": "no", "limited": "few, on probation", "allow": "yes"}


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    columns = head.count("|") + 1
    lines = [f"| {head} |", "|" + "---|" * columns]
    lines += [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join(lines) + "\n"


def versions() -> str:
    rows = [(f"`{book.id}`", str(book.in_force_from), ", ".join(book.standards), str(len(book.clauses)),
             str(len(book.parameters)), f"`{book.sha256}`") for book in (NEW, OLD)]  # fmt: skip
    return table("rulebook | from | audits under | clauses | numbers | SHA-256", rows)


def ladder() -> str:
    rows = [(state or "no certificate yet", ", ".join(step.replace("_", " ") for step in steps))
            for state, steps in rules.LADDER.items() if steps]  # fmt: skip
    final = ", ".join(state for state, steps in rules.LADDER.items() if state and not steps)
    return table("standing | outcomes, in order", [*rows, (final, "none: these are final")])


def effects() -> str:
    return table(
        "finding | points | contain within (h) | plan in | approved in | closed in | verified | certificate | issue? "
        "| clauses",
        [
            (
                e.title, str(e.points), f"{e.containment_hours or '-'}", _days(e, e.cap_days),
                _days(e, e.approve_days), _closing(e), VERIFY[e.verify], e.certificate, ISSUE[e.issue],
                ", ".join(e.clauses) or "-",
            )
            for e in NEW.effects.values()
        ],
    )  # fmt: skip


def _days(effect: Effect, days: int | None) -> str:
    return f"{days} d" if days else "-"


def _closing(effect: Effect) -> str:
    danger = f", {effect.close_danger_days} d where people are in danger" if effect.close_danger_days else ""
    return _days(effect, effect.close_days) + danger


def effect_origins() -> str:
    return table(
        "finding | counted from | origins",
        [
            (e.title, e.clock or "-", "; ".join(f"{name.replace('_', ' ')}: {text}" for name, text in e.origin.items()))
            for e in NEW.effects.values()
        ],
    )


def escalations() -> str:
    return table("when | then | origin", [(e.when, e.then, e.origin) for e in NEW.escalations])


def clauses(*stages: str) -> Callable[[], str]:
    def made() -> str:
        rows = [(words.id, words.title, words.text, _since(words.id), words.origin)
                for words in NEW.clauses.values() if words.stage in stages]  # fmt: skip
        return table("clause | name | what must hold | in | origin", rows)

    return made


def _since(id: str) -> str:
    if id not in OLD.clauses:
        return "2026.1"
    return "both" if OLD.clauses[id].text == NEW.clauses[id].text else "both, less in 2026.0"


def less() -> str:
    rows = [(id, words.text) for id, words in OLD.clauses.items() if words.text != NEW.clauses[id].text]
    return table("clause | what 2026.0 says", rows)


def numbers() -> str:
    return table(
        "number | 2026.1 | 2026.0 | meaning | origin",
        [
            (f"`{name}`", _value(NEW.parameters[name]), _value(OLD.parameters.get(name)), NEW.parameters[name].note,
             NEW.parameters[name].origin)
            for name in FIRST + LATER
        ],
    )  # fmt: skip


def _value(parameter: Parameter | None) -> str:
    if parameter is None:
        return "-"
    if parameter.unit == "yes or no":
        return "yes" if parameter.value else "no"
    return f"{told(parameter.value)} {parameter.unit}"


def bands() -> str:
    rows = [(band.name, str(band.score_least), ", ".join(band.closed), band.note, band.origin) for band in NEW.bands]
    return table("band | score at least | nothing open of | meaning | origin", rows)


def stock() -> str:
    rows = [(s.event, s.new_labels, s.shipped, s.unshipped, s.unused, s.page, s.origin) for s in NEW.stock]
    return table("event | new labels | goods shipped | goods not shipped | unused labels | page | origin", rows)


def man_days() -> str:
    rows = [
        (f"up to {m.workers_to}" if m.workers_to else "more", str(m.days), str(m.individual),
         f"{m.groups} x {m.group_size}", str(m.files), m.origin)
        for m in NEW.man_days
    ]  # fmt: skip
    return table("workers | man-days | interviews alone | in groups | files | origin", rows)


TABLES: dict[str, Callable[[], str]] = {
    "versions": versions, "ladder": ladder, "effects": effects, "effect origins": effect_origins,
    "escalations": escalations, "issue": clauses("issue"), "suspension": clauses("suspension"),
    "remediation": clauses("remediation"), "revocation": clauses("revocation"), "release": clauses("release"),
    "renewal": clauses("renewal"), "ends": clauses("end"), "less": less, "numbers": numbers, "bands": bands,
    "stock": stock, "man days": man_days,
}  # fmt: skip


def written(page: str) -> str:
    """The page with every table as the rulebooks have it now."""
    return PART.sub(lambda part: f"<!-- {part[1]} -->\n{TABLES[part[1]]()}<!-- end -->", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
