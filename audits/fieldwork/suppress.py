"""Counts of people that others than the team and the certification body may see: never a small one, nor by subtraction.

Pure. What is shown of a sample is a total and one partition of it (of nationalities, say) whose small parts are merged
until every part that is shown has `least` people who were interviewed and `least` who were not. Then no set of workers
whatever can be pinned to 1..least-1: of a set within one part, any number from 0 up to the smaller of its size and the
part's count fits what is shown (sets of `least` or more reach `least`; smaller ones may be 0). Two partitions side by
side would break that, because strata overlap and the site knows how: so there is never a second one. Versions of a
report and sums over sites follow the rules of `steady` and `summed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from audits.facts import Stratum
from ground.canonical import Json

ORDER = ("nationality", "agency", "migrant", "women", "night_shift", "new_joiners", "under_18")
"""Which partition is shown: the first that has two parts to show in the first version of the report."""
REST = {"nationality": "other nationalities", "agency": "no agency"}
NOTE = "Fewer than {least} people are never shown: groups are put together, and later changes of fewer are left out."


@dataclass(frozen=True)
class Sampled:
    """The sample of one version of a report. size: workers there; interviewed: of them, all strata together."""

    size: int
    interviewed: int
    strata: tuple[Stratum, ...]


@dataclass(frozen=True)
class Part:
    """A part of the partition that is shown: these strata together, and how many of them were interviewed."""

    strata: tuple[str, ...]
    interviewed: int


@dataclass(frozen=True)
class Shown:
    """What others see. version: of the report, from 1, in which these figures were the true ones. parts: empty when
    only the total is shown."""

    version: int
    interviewed: int
    parts: tuple[Part, ...] = ()


def show(versions: Sequence[Sampled], least: int) -> Shown | None:
    """What is shown of the latest version, given all versions from the first on. None: nothing is.

    least: the smallest count that may be known; 0 switches the protection off.
    """
    first = versions[0]
    for kind in ORDER:
        merged = _merge(_cells(first, kind), least)
        if len(merged) > 1:
            break
    else:
        kind, merged = "", ()
    cells = [{cell.name: cell for cell in _cells(version, kind)} for version in versions]
    if any(found.keys() != cells[0].keys() for found in cells):
        return None  # other strata than before: their difference to what was shown would tell
    parts = [
        tuple(_sum([found[name] for name in names]) for names in merged)
        for found in cells
    ]  # fmt: skip
    figures = [
        (version.interviewed, *(part.interviewed for part in row)) for version, row in zip(versions, parts, strict=True)
    ]
    safe = [
        all(_safe(part.interviewed, part.size, least) for part in row)
        and _safe(version.interviewed, version.size, least)
        for version, row in zip(versions, parts, strict=True)
    ]
    at = steady(figures, safe, least)
    if at is None:
        return None
    total, *counts = figures[at]
    return Shown(at + 1, total, tuple(Part(names, number) for names, number in zip(merged, counts, strict=True)))


def steady(figures: Sequence[tuple[int, ...]], safe: Sequence[bool], least: int) -> int | None:
    """The version (from 0) whose figures are shown for the latest one, or None when nothing is shown any more.

    A later version with changes of fewer than `least` people shows the figures of before, as if nothing had changed.
    It shows its own when every figure is the same as in everything shown before, or differs by `least`. Anything else
    would tell a small difference, so nothing is shown from there on.
    """
    shown: list[int] = []
    for number, row in enumerate(figures):
        if shown and all(abs(new - old) < least for new, old in zip(row, figures[shown[-1]], strict=True)):
            continue
        apart = all(
            new == old or abs(new - old) >= least
            for before in shown
            for new, old in zip(row, figures[before], strict=True)
        )
        if not (safe[number] and apart):
            return None
        shown.append(number)
    return shown[-1]


def summed(sites: Sequence[Shown | None]) -> int | None:
    """Interviews at several sites together: the sum of what is shown of each, None when one of them shows nothing.

    Never the sum of the true counts: minus the shown ones, it would be the hidden one.
    """
    known = [site.interviewed for site in sites if site is not None]
    return sum(known) if known and len(known) == len(sites) else None


Share = Literal["under_a_fifth", "a_fifth_or_more", "half_or_more"]


def share(affected: int | None, asked: int | None, total: int | None, least: int) -> Share | None:
    """How many of those who were asked one question are affected, in three classes and in no figure.

    A count of one question beside the total, or beside that of another question, is a difference; so none is shown. The
    class is told only where a fifth of the shown total is `least` people or more: below that "under a fifth" is a small
    count. total: interviews as shown; None when they are not.
    """
    if affected is None or not asked or total is None or total <= 5 * least:
        return None
    if 5 * affected < asked:
        return "under_a_fifth"
    return "half_or_more" if 2 * affected >= asked else "a_fifth_or_more"


def holder_sample(versions: Sequence[Sampled], least: int) -> dict[str, Json]:
    """The sample in the report as the holder reads it, as JSON. `interviews` is null when it is not shown."""
    shown = show(versions, least)
    return {
        "interviews": shown.interviewed if shown else None,
        "groups": [{"strata": list(part.strata), "interviewed": part.interviewed} for part in shown.parts]
        if shown
        else [],
        "of_version": shown.version if shown else None,
        "note": NOTE.format(least=least),
    }


COUNTED = ("interviews_individual", "interviews_group", "files_reviewed")
"""Of a report's figures: how many were talked to, and the files, of which there are as many. `holder_report` has
"sample" in their place."""


def holder_report(
    versions: Sequence[Mapping[str, Json]], least: int, strata: Sequence[Mapping[str, Json]] = ()
) -> dict[str, Json]:
    """The latest version of a report as its holder may read it. versions: the documents, the first one first.

    strata: {"name", "size", "interviewed"} of the audit. The same document without `COUNTED`, with `holder_sample`
    beside it and the `share` of each answer in place of its figures. Its hash is not the report's; "view" says so.
    """
    latest = versions[-1]
    samples = [sampled(document, strata) for document in versions]
    shown = show(samples, least)
    total = shown.interviewed if shown else None
    return {
        **_uncounted(latest),
        **({"figures": _uncounted(latest["figures"])} if "figures" in latest else {}),
        "view": "holder",
        "sample": holder_sample(samples, least),
        "answers": [_answer(answer, total, least) for answer in latest["answers"]],
    }


def sampled(document: Mapping[str, Json], strata: Sequence[Mapping[str, Json]] = ()) -> Sampled:
    """The sample that a report tells of."""
    figures = document.get("figures", document)  # a report of a standard without field work has them at the top
    return Sampled(
        size=figures["workers"],
        interviewed=figures["interviews_individual"] + figures["interviews_group"],
        strata=tuple(Stratum(**stratum) for stratum in strata),
    )


def _uncounted(figures: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in figures.items() if key not in COUNTED}


def _answer(answer: dict[str, Json], total: int | None, least: int) -> dict[str, Json]:
    told = share(answer["affected"], answer["sampled"], total, least)
    return {**answer, "affected": None, "sampled": None, "share": told}


def _safe(count: int, size: int, least: int) -> bool:
    """Enough people who were interviewed, and enough who were not: the site knows the size and can subtract."""
    return least <= count <= size - least


def _cells(sample: Sampled, kind: str) -> tuple[Stratum, ...]:
    """The partition of everybody by `kind`, with everybody else as the last cell; () when nothing of it was filed."""
    found = tuple(cell for cell in sample.strata if cell.name.partition(":")[0] == kind)
    if not found:
        return ()
    told = _sum(found)
    rest = Stratum(REST.get(kind, f"not {kind}"), sample.size - told.size, sample.interviewed - told.interviewed)
    return (*found, rest) if rest.size > 0 else found


def _merge(cells: Sequence[Stratum], least: int) -> tuple[tuple[str, ...], ...]:
    """The names of the cells, those that are not safe alone put together with the smallest others until they are."""
    pool = [cell for cell in cells if not _safe(cell.interviewed, cell.size, least)]
    # By size and name, never by what is hidden: the choice itself must not tell.
    alone = sorted((cell for cell in cells if cell not in pool), key=lambda cell: (cell.size, cell.name))
    while pool and alone and not (len(pool) > 1 and _all_safe(pool, least)):
        pool.append(alone.pop(0))
    if pool and not (len(pool) > 1 and _all_safe(pool, least)):
        return ()
    parts: list[tuple[str, ...]] = [(cell.name,) for cell in alone]
    if pool:
        parts.append(tuple(sorted(cell.name for cell in pool)))
    return tuple(sorted(parts))


def _all_safe(pool: Sequence[Stratum], least: int) -> bool:
    whole = _sum(pool)
    return _safe(whole.interviewed, whole.size, least)


def _sum(cells: Sequence[Stratum]) -> Stratum:
    return Stratum("", sum(cell.size for cell in cells), sum(cell.interviewed for cell in cells))
