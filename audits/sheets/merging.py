"""Two versions of one audit's answers made one, key by key, by what each was when its sheet was made.

Pure. Whatever only one side changed is taken, whatever both changed alike is the same, and whatever both changed
differently is a conflict, which nobody but a person resolves. Nothing is ever lost silently.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from audits.sheets.content import marks
from ground.canonical import Json, digest

Choice = Literal["mine", "theirs"]


@dataclass(frozen=True)
class Merged:
    """Keys. taken: changed on my side only, or resolved so. conflicts: changed on both, and not resolved. kept: mine
    was different, and theirs was chosen. overruled: those taken that replace what somebody else changed meanwhile.
    seen: names exactly the differences between the sides, resolved or not; "" when there are none."""

    taken: tuple[str, ...]
    conflicts: tuple[str, ...]
    kept: tuple[str, ...]
    overruled: tuple[str, ...]
    seen: str


def merge(
    base: Mapping[str, str],
    mine: Mapping[str, Json],
    theirs: Mapping[str, Json],
    *,
    standing: Collection[str] = (),
    resolution: Mapping[str, Choice] | None = None,
) -> Merged:
    """base: key -> mark when my sheet was made. mine, theirs: key -> value, without the keys that say nothing.

    standing: keys of theirs that nobody replaces: what I changed there is a conflict, even if nobody else did.
    """
    chosen = resolution or {}
    ours, others = marks(mine), marks(theirs)
    taken: list[str] = []
    conflicts: list[str] = []
    kept: list[str] = []
    clashes: list[str] = []
    for key in sorted({*base, *ours, *others}):
        was, my, their = base.get(key, ""), ours.get(key, ""), others.get(key, "")
        if my in (was, their):
            continue  # I changed nothing, or we say the same
        clash = their != was or key in standing
        clashes += [key] if clash else []
        choice = chosen.get(key, "" if clash else "mine")
        {"mine": taken, "theirs": kept, "": conflicts}[choice].append(key)
    return Merged(
        taken=tuple(taken),
        conflicts=tuple(conflicts),
        kept=tuple(kept),
        overruled=tuple(key for key in taken if key in clashes),
        seen=digest([[key, others.get(key, "")] for key in clashes])[:32] if clashes else "",
    )


def together(mine: Mapping[str, Json], theirs: Mapping[str, Json], merged: Merged) -> dict[str, Json]:
    """Their values with what was taken from mine. Conflicts stay as theirs are: nobody should come here with any."""
    taken = {key: mine[key] for key in merged.taken if key in mine}
    return {**{key: value for key, value in theirs.items() if key not in merged.taken}, **taken}
