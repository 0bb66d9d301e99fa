"""The groups of workers that a sample must not pass over: a closed list of names, so that no person's name fits in.

Pure. Owns how a stratum is called ("women", "nationality:NP", "agency:org_...") and which strata are parts of one
whole: nobody has two nationalities or two agencies here, everything else overlaps freely.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ground.countries import COUNTRIES
from ground.errors import Invalid

PLAIN = ("migrant", "women", "under_18", "night_shift", "new_joiners")  # DOMAIN.md 7.8
PARTED = ("nationality", "agency")
"""Each of their strata is a part of one whole: sizes add up to at most the work force."""
AGENCY = re.compile(r"org_[0-9a-hjkmnp-tv-z]{16}\Z")
UNREGISTERED = "unregistered"  # agents that are no organisation of this scheme, all together
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?\Z")  # BCP 47, such as bn or zh-Hant: no room for a name
PATTERN = r"^(migrant|women|under_18|night_shift|new_joiners|nationality:[A-Z]{2}|agency:(unregistered|org_[0-9a-hjkmnp-tv-z]{16}))$"  # noqa: E501
MOST = 100  # strata of one site: 40 nationalities are known from one factory


def kind_of(name: str, where: str = "") -> str:
    """ "women", "nationality", ... Invalid for anything that is no stratum."""
    kind, colon, part = name.partition(":")
    if not colon and kind in PLAIN:
        return kind
    if kind == "nationality" and part in COUNTRIES:
        return kind
    if kind == "agency" and (part == UNREGISTERED or AGENCY.match(part)):
        return kind
    raise Invalid(
        f"that is no stratum; they are {', '.join(PLAIN)}, nationality:XX and agency:org_... or agency:{UNREGISTERED}",
        where=where,
    )


def check_sizes(workers: int, sizes: Sequence[tuple[str, int]], where: str = "/strata") -> dict[str, int]:
    """{name: size}; a size of 0 says that there are none, which is not the same as silence.

    Invalid, naming both numbers, for a stratum twice, or parts that are more than the whole.
    """
    found: dict[str, int] = {}
    for number, (name, size) in enumerate(sizes):
        kind_of(name, f"{where}/{number}/name")
        if name in found:
            raise Invalid(f"{name} stands twice", where=f"{where}/{number}/name")
        if not 0 <= size <= workers:
            raise Invalid(f"{name} has {size} of {workers} workers: 0 to {workers}", where=f"{where}/{number}/size")
        found[name] = size
    for kind in PARTED:
        if (told := part_sum(found, kind)) > workers:
            raise Invalid(f"the strata of {kind} have {told} workers together, of {workers}", where=where)
    return found


def check_languages(workers: int, sizes: Sequence[tuple[str, int]], where: str = "/languages") -> dict[str, int]:
    """{language: workers who understand it best}. Invalid for one twice, or more speakers than workers."""
    found: dict[str, int] = {}
    for number, (language, size) in enumerate(sizes):
        if not LANGUAGE.match(language):
            raise Invalid(f"{language[:10]!r} is no language, such as bn or pt-BR", where=f"{where}/{number}/language")
        if language in found:
            raise Invalid(f"{language} stands twice", where=f"{where}/{number}/language")
        if not 1 <= size <= workers:
            raise Invalid(f"{language} is the language of {size} of {workers} workers", where=f"{where}/{number}/size")
        found[language] = size
    if (told := sum(found.values())) > workers:
        raise Invalid(f"the languages have {told} workers together, of {workers}", where=where)
    return found


def of_kind(numbers: Mapping[str, int], kind: str) -> dict[str, int]:
    return {name: number for name, number in numbers.items() if name.partition(":")[0] == kind}


def part_sum(numbers: Mapping[str, int], kind: str) -> int:
    return sum(of_kind(numbers, kind).values())
