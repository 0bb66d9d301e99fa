"""Is this site, owner or agent the one on the list? Every likeness with what was compared, folded away and agreed.

Owns the three strengths: "identifier" (the same number in a public register), "name_and_place" (the same name, and the
same city) and "name" (the name alone, or with a slip of the pen). A person judges each; a name alone never blocks.
`Index` finds the few that can be alike among many, so that 50,000 entries are held against all sites in seconds. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ground.canonical import Json
from ground.folding import Folded, fold, number, words

Strength = Literal["identifier", "name_and_place", "name"]
STRENGTHS: tuple[Strength, ...] = ("identifier", "name_and_place", "name")  # the strongest first

SHORTEST_NUMBER = 5  # a register number of four signs says nothing
FEWEST_DIGITS = 3
TELLING_NUMBER = 9  # so long a number is nobody else's, even when a list does not say in which country
SHORTEST_SINGLE = 8  # letters of a one-word name that may have a slip: "Lotos" is not "Lotus"
CNPJ = 14  # digits; the first 8 are the company, the others its branch and the check digits
CNPJ_COMPANY = 8


@dataclass(frozen=True)
class Text:
    """One field and what stands in it."""

    field: str
    text: str


@dataclass(frozen=True)
class Party:
    """Somebody of ours, or an entry of a list. country: ISO 3166-1 alpha-2 or "" when it is not known."""

    id: str
    names: tuple[Text, ...]
    identifiers: tuple[Text, ...] = ()
    country: str = ""
    city: str = ""
    address: str = ""

    @cached_property
    def folded(self) -> tuple[tuple[Text, Folded], ...]:
        every = ((name, fold(name.text)) for name in self.names)
        return tuple((name, folded) for name, folded in every if folded.words and not folded.generic)

    @cached_property
    def numbers(self) -> tuple[tuple[Text, str], ...]:
        every = ((one, number(one.text)) for one in self.identifiers)
        return tuple((one, value) for one, value in every if _tells(value))


@dataclass(frozen=True)
class Likeness:
    """How two names are alike. letters: how many were written otherwise; pair: the two words that differ."""

    how: Literal["same", "order", "spacing", "slip"]
    letters: int = 0
    pair: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Match:
    """Why two parties may be one. ours, theirs: the fields that were compared."""

    strength: Strength
    ours: Text
    theirs: Text
    how: str
    folded: tuple[str, ...] = ()
    agreed: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    letters: int = 0

    def explanation(self) -> dict[str, Json]:
        """For the row and for people: fields, what was folded away, what agreed and what did not."""
        return {
            "ours": {"field": self.ours.field, "text": self.ours.text},
            "theirs": {"field": self.theirs.field, "text": self.theirs.text},
            "how": self.how,
            "folded": list(self.folded),
            "agreed": list(self.agreed),
            "differed": list(self.differed),
        }


@dataclass
class Index:
    """Our parties by what an entry could be alike in."""

    parties: tuple[Party, ...]
    _by: dict[object, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for position, party in enumerate(self.parties):
            for key in set(_keys(party)):
                self._by[key].append(position)

    def alike(self, entry: Party) -> Iterator[tuple[Party, Match]]:
        """Ours that are like the entry, each with the best reason."""
        found = {position for key in _keys(entry) if key in self._by for position in self._by[key]}
        for position in sorted(found):
            best = match(self.parties[position], entry)
            if best is not None:
                yield self.parties[position], best


def match(ours: Party, theirs: Party) -> Match | None:
    """The strongest likeness of the two, or None."""
    names = list(_name_matches(ours, theirs))
    found = [*_number_matches(ours, theirs, named=bool(names)), *names]
    return min(found, key=lambda one: (STRENGTHS.index(one.strength), one.letters), default=None)


def compare(ours: Folded, theirs: Folded) -> Likeness | None:
    """The same words, in any order or spacing; or but for a slip in one word. Numbers are never a slip."""
    if ours.words == theirs.words:
        return Likeness("same")
    if ours.key == theirs.key:
        return Likeness("order")
    if ours.joined == theirs.joined:
        return Likeness("spacing")
    if len(ours.words) == len(theirs.words) and len(ours.words) > 1:
        return _slip_in_a_word(ours.key, theirs.key)
    whole = (ours.joined, theirs.joined)
    if min(map(len, whole)) >= SHORTEST_SINGLE and _slip(*whole, most=1):
        return Likeness("slip", 1, whole)
    return None


def may_slip(longest: int) -> int:
    """How many letters of a word may differ: none up to 4, one up to 8, two from 9 letters on."""
    return 0 if longest <= 4 else 1 if longest <= 8 else 2


def distance(one: str, other: str, most: int) -> int:
    """Letters left out, added, changed or swapped with their neighbour; most + 1 for anything beyond `most`."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            step = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                step = min(step, earlier[j - 2] + 1)
            row.append(step)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def _slip_in_a_word(ours: tuple[str, ...], theirs: tuple[str, ...]) -> Likeness | None:
    left, right = list(ours), list(theirs)
    for word in ours:
        if word in right:
            left.remove(word)
            right.remove(word)
    if len(left) != 1:
        return None
    (one,), (other,) = left, right
    most = may_slip(max(len(one), len(other)))
    letters = _slip(one, other, most)
    return Likeness("slip", letters, (one, other)) if letters else None


def _slip(one: str, other: str, most: int) -> int:
    """How many letters differ, if it may be a slip of the pen; else 0. The first letter is seldom wrong."""
    if not most or one[0] != other[0] or _digits(one) != _digits(other):
        return 0
    letters = distance(one, other, most)
    return letters if letters <= most else 0


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _number_matches(ours: Party, theirs: Party, *, named: bool) -> Iterator[Match]:
    if _countries_differ(ours, theirs):
        return  # each country counts its companies from one
    known = bool(ours.country and theirs.country)
    for mine, my_number in ours.numbers:
        for listed, their_number in theirs.numbers:
            whole = my_number == their_number
            company = _cnpj_company(listed, their_number)
            branch = not whole and company != "" and company == _cnpj_company(listed, my_number)
            if (whole or branch) and (known or named or len(my_number) >= TELLING_NUMBER):
                how = "the same number" if whole else "the same company number (CNPJ), another branch"
                agreed = ("identifier", *(("country",) if known else ()), *(("name",) if named else ()))
                yield Match("identifier", mine, listed, how, agreed=agreed)


def _cnpj_company(listed: Text, value: str) -> str:
    """The company's part of a CNPJ; "" for anything else. Zeros lost in front are put back."""
    whole = value.zfill(CNPJ)
    if "cnpj" not in listed.field or not whole.isdigit() or len(whole) != CNPJ or len(value) <= 11:
        return ""  # 11 digits or fewer: the number of a person (CPF)
    return whole[:CNPJ_COMPANY]


def _name_matches(ours: Party, theirs: Party) -> Iterator[Match]:
    for mine, folded in ours.folded:
        for listed, other in theirs.folded:
            likeness = compare(folded, other)
            if likeness is None:
                continue
            strength = _strength(ours, theirs, folded, other, likeness)
            if strength is not None:
                agreed, differed = _circumstances(ours, theirs)
                how, gone = _in_words(likeness), _gone(folded, other)
                yield Match(strength, mine, listed, how, gone, ("name", *agreed), differed, likeness.letters)


def _strength(ours: Party, theirs: Party, folded: Folded, other: Folded, likeness: Likeness) -> Strength | None:
    doubtful = likeness.how == "slip" or _only_form_differs(folded, other)
    if _countries_differ(ours, theirs):
        return None if doubtful or len(folded.words) == 1 else "name"
    city = _same_city(ours, theirs)
    if city and (not doubtful or _same_street(ours, theirs)):
        return "name_and_place"
    return "name"


def _only_form_differs(folded: Folded, other: Folded) -> bool:
    """ "Lotus SpA" and "Lotus GmbH": with one word left, the legal form is half of the name."""
    mine, listed = folded.kinds(), other.kinds()
    return len(folded.words) == 1 and bool(mine and listed) and not mine & listed


def _circumstances(ours: Party, theirs: Party) -> tuple[tuple[str, ...], tuple[str, ...]]:
    agreed: list[str] = []
    differed: list[str] = []
    if ours.country and theirs.country:
        (differed if _countries_differ(ours, theirs) else agreed).append("country")
    if ours.city and (theirs.city or theirs.address):
        (agreed if _same_city(ours, theirs) else differed).append("city")
    if _same_street(ours, theirs):
        agreed.append("address")
    return tuple(agreed), tuple(differed)


def _in_words(likeness: Likeness) -> str:
    match likeness.how:
        case "same":
            return "the same words"
        case "order":
            return "the same words in another order"
        case "spacing":
            return "the same letters, spaced otherwise"
        case "slip":
            letters = "1 letter differs" if likeness.letters == 1 else f"{likeness.letters} letters differ"
            return f"{letters}: {likeness.pair[0]} and {likeness.pair[1]}"


def _gone(folded: Folded, other: Folded) -> tuple[str, ...]:
    """What had to be folded away to see it."""
    gone = [*folded.forms, *other.forms]
    gone += [one.unit for one in (folded, other) if one.unit]
    if not (folded.text.isascii() and other.text.isascii()):
        gone.append("accents or script")
    if "&" in folded.text + other.text:
        gone.append("&")
    return tuple(dict.fromkeys(gone))


def _countries_differ(ours: Party, theirs: Party) -> bool:
    return bool(ours.country and theirs.country) and ours.country != theirs.country


def _same_city(ours: Party, theirs: Party) -> bool:
    """The same city, or the one's city in the other's address."""
    mine, listed = words(ours.city), words(theirs.city)
    if mine and mine == listed:
        return True
    return _contains(words(theirs.address), mine) or _contains(words(ours.address), listed)


def _same_street(ours: Party, theirs: Party) -> bool:
    """The words of the shorter address, house number included, all stand in the longer one."""
    mine, listed = (set(words(one.address)) - set(words(one.city)) for one in (ours, theirs))
    shorter, longer = sorted((mine, listed), key=len)
    return len(shorter) > 1 and any(any(map(str.isdigit, word)) for word in shorter) and shorter <= longer


def _contains(whole: list[str], part: list[str]) -> bool:
    length = len(part)
    return length > 0 and any(whole[at : at + length] == part for at in range(len(whole) - length + 1))


def _tells(value: str) -> bool:
    return len(value) >= SHORTEST_NUMBER and len(_digits(value)) >= FEWEST_DIGITS


def _keys(party: Party) -> Iterable[object]:
    """Two parties that `match` share at least one of these."""
    for listed, value in party.numbers:
        yield ("number", value)
        if company := _cnpj_company(Text("cnpj", listed.text), value):
            yield ("company", company)
    for _, folded in party.folded:
        key, whole = folded.key, folded.joined
        yield key
        yield whole
        if len(key) > 1:
            for at, word in enumerate(key):
                if len(word) >= 4 and not _digits(word):
                    yield (word[0], key[:at] + key[at + 1 :])
        if len(whole) >= SHORTEST_SINGLE - 1:
            for at in range(1, len(whole)):
                yield whole[:at] + whole[at + 1 :]
