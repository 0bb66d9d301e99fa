"""`freemark quality [FIRM_OR_PERSON]`: how good the work of firms and auditors is, as a picture in the terminal.

All of them, the worst first; or one, with every deduction and the findings beside the median of all firms. Reads the
database of an installation and changes nothing. Whoever keeps the installation is no reader of alerts: those that are
held count here for nobody.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from freemark.commands.common import open_world_of

if TYPE_CHECKING:
    from audits.independence.quality import Quality
    from ground.database import Reading

WIDTH = 96
BAR, SMALL_BAR = 20, 24
NAME = 38
GOOD, FAIR = 90, 70  # from which score on it is painted green, and amber: for the eye, nothing follows from it
COLOURS = {"green": "32", "amber": "33", "red": "31", "grey": "90", "bold": "1"}


def add(command: argparse.ArgumentParser) -> None:
    """The options of `freemark quality`."""
    command.add_argument(
        "subject", nargs="?", metavar="FIRM_OR_PERSON", help="id of a firm (org_...) or an auditor (per_...)"
    )
    command.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    from audits.independence import quality, quality_records
    from ground.errors import NotFound

    world = open_world_of(options)
    now = world.clock.now()
    with world.db.read() as session:
        records = quality.arrange(quality_records.read(session, None, now), now.date())
        known = quality.subjects(records)
        if options.subject is not None and options.subject not in known:
            raise NotFound(f"{options.subject[:40]} has no audit on record from {records.since} to {records.today}")
        names = _names(session, known)
    if options.subject is not None:
        lines = _one(quality.appraise(options.subject, records), names[options.subject])
    else:
        lines = _all([quality.appraise(each, records) for each in known], names)
    header = f"Quality of audits from {records.since} to {records.today}"
    for line in (_painted(header, "bold"), *lines, "", *_note(f"{CLEAN} {quality.SIGNAL} {NOT_HELD}")):
        print(line)
    return 0


CLEAN = "Clean: full audits in a row, up to now, without a major or priority finding."
NOT_HELD = "Alerts that are held count here for nobody."


def _names(session: Reading, subjects: tuple[str, ...]) -> dict[str, str]:
    """Firms by their name; people by their id and their firm's name: nobody's own name is printed."""
    from sqlalchemy import select

    from ground.parties import Organisation, Person

    firms = dict(session.execute(select(Organisation.id, Organisation.name)).all())
    homes = dict(session.execute(select(Person.id, Person.organisation_id).where(Person.id.in_(subjects))).all())
    return {each: f"{each}  {firms[homes[each]]}" if each in homes else firms.get(each, each) for each in subjects}


# --- everybody ------------------------------------------------------------------------------------------------------


def _all(found: list[Quality], names: Mapping[str, str]) -> Iterator[str]:
    if not found:
        yield "No audit is on record."
    for title, kind in (("firms", "org_"), ("auditors", "per_")):
        rows = sorted((each for each in found if each.subject.startswith(kind)), key=_worst_first)
        if rows:
            yield ""
            yield _painted(f"{title:<{NAME}} audits  clean  score", "bold")
        for each in rows:
            yield _row(each, names[each.subject])
            if kind == "org_":
                yield _painted(f"  {each.subject}", "grey")
            yield from (_painted(f"  ! {flag}", "amber") for flag in each.flags)


def _worst_first(each: Quality) -> tuple[bool, int, int, str]:
    """Who has no score comes last."""
    return each.score is None, each.score or 0, -each.audits, each.subject


def _row(each: Quality, name: str) -> str:
    shown = name if len(name) <= NAME else name[: NAME - 1] + _glyphs()[2]
    if each.score is None:
        few = _painted("too few for a score", "grey")
        return f"{shown:<{NAME}} {each.audits:>6} {each.clean_run:>6}      -  {few}"
    lost = ", ".join(f"{one.rule.title.lower()} -{one.points}" for one in each.deductions if one.points)
    bar = _painted(_bar(Fraction(each.score, 100), BAR), _colour(each.score))
    return f"{shown:<{NAME}} {each.audits:>6} {each.clean_run:>6} {each.score:>6}  {bar}  {lost}".rstrip()


# --- one ------------------------------------------------------------------------------------------------------------


def _one(found: Quality, name: str) -> Iterator[str]:
    yield ""
    yield _painted(name, "bold") + ("" if name.startswith(found.subject) else _painted(f"  {found.subject}", "grey"))
    kinds = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(found.kinds.items()))
    yield f"  audits   {found.audits}, {found.led} led, {found.full} full: {kinds}"
    if found.score is None:
        yield f"  score    none: {found.why}"
    else:
        bar = _bar(Fraction(found.score, 100), BAR)
        yield f"  score    {_painted(f'{found.score:>3}  {bar}', _colour(found.score))}"
    yield from (_painted(f"  ! {flag}", "amber") for flag in found.flags)
    yield ""
    yield _painted("What the score loses", "bold")
    for one in found.deductions:
        points = one.points if found.score is not None else 0
        bar = _painted(_bar(Fraction(points, one.rule.most), BAR), "red")
        yield f"  {one.rule.title:<18} {-points:>4} of {one.rule.most:>2}  {bar}  {one.cases} of {one.of}"
        if one.cases:
            yield from _wrapped(f"{one.cases} {one.rule.cases}, of {one.of} {one.rule.of} {one.rule.origin}")
        for each in found.missed if one.rule.id == "missed" else ():
            yield f"      {each.on}  {each.severity} on {each.provision}: {each.finding}, after {each.audit}"
    yield ""
    yield from _findings(found)
    yield ""
    yield _painted("Beside the score", "bold")
    yield f"  {found.clean_run} full audits in a row without a major or priority finding"
    yield f"  {found.looked_again} of {found.audits} audits were followed by another team within 6 months"
    yield f"  {found.amended} reports amended, {found.lowered} severities lowered by a decider"
    yield f"  {found.alerts} alerts raised, {found.dismissed} of them found to be unfounded"


def _findings(found: Quality) -> Iterator[str]:
    """Two bars a severity: own, and the median of all firms."""
    from audits.independence.quality_views import hundredths

    narrow, wide = found.alike
    yield _painted("Findings per full audit, and the median of all firms", "bold")
    yield _painted(
        f"  {narrow} audits compared by standard, kind and profiles, {wide} by standard and kind; "
        f"at least {found.firms} firms",
        "grey",
    )
    most = max([Fraction(1), *(rate.per_audit for rate in found.rates), *(rate.median or 0 for rate in found.rates)])
    for rate in found.rates:
        yield f"  {rate.severity:<12} {hundredths(rate.per_audit):>5}  {_bar(rate.per_audit / most, SMALL_BAR)}"
        if rate.median is not None:
            shown = f"{hundredths(rate.median):>5}  {_bar(rate.median / most, SMALL_BAR)}"
            yield _painted(f"  {'  median':<12} {shown}", "grey")


# --- the pen --------------------------------------------------------------------------------------------------------


def _bar(share: Fraction, width: int) -> str:
    """A bar of that width, filled in part: half up, and never empty for something."""
    filled = min(width, max(int(share * width + Fraction(1, 2)), 1 if share > 0 else 0))
    full, empty, _ = _glyphs()
    return full * filled + empty * (width - filled)


def _glyphs() -> tuple[str, str, str]:
    """Full, empty, cut off: in ASCII where the terminal has no more."""
    try:
        "█·…".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return "#", ".", "~"
    return "█", "·", "…"


def _colour(score: int) -> str:
    return "green" if score >= GOOD else "amber" if score >= FAIR else "red"


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if sys.stdout.isatty() else text


def _wrapped(text: str) -> list[str]:
    return [
        _painted(line, "grey") for line in textwrap.wrap(text, WIDTH, initial_indent=6 * " ", subsequent_indent=6 * " ")
    ]


def _note(text: str) -> list[str]:
    return [_painted(line, "grey") for line in textwrap.wrap(text, WIDTH)]
