"""What stays of a company's name when everything is folded away that two writers of it may do differently.

Owns: accents and scripts (anyascii), capitals, punctuation, "&" and "and", letters with dots, legal forms, and the
number of a works ("Unit 2"). What was folded away is kept, so that a likeness can be explained. It never guesses an
abbreviation: "Mfg" is not "Manufacturing". Pure.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from anyascii import anyascii

# Written without spaces, or in words of another script: cut off before the script is changed. Longest first.
_NATIVE = sorted(
    (
        "有限责任公司", "股份有限公司", "有限責任公司", "有限公司", "集团公司",
        "集团", "集團", "公司", "株式会社", "有限会社", "合同会社", "주식회사", "유한회사",
        "общество с ограниченной ответственностью", "закрытое акционерное общество",
        "открытое акционерное общество", "публичное акционерное общество", "акционерное общество",
    ),
    key=len,
    reverse=True,
)  # fmt: skip
_PHRASES = tuple(
    tuple(phrase.split())
    for phrase in (
        "limited liability company", "private limited company", "public limited company", "cong ty co phan",
        "cong ty tnhh", "sociedad anonima", "sociedade anonima", "s de rl de cv", "sa de cv", "sp z oo",
        "sp zoo", "sdn bhd", "gmbh co kg",
    )
)  # fmt: skip
# Words that are nothing but a legal form, wherever they stand.
_ANYWHERE = frozenset(
    (
        "ltd", "limited", "ltda", "limitada", "gmbh", "llc", "llp", "plc", "inc", "incorporated", "pvt", "pte",
        "pty", "sdn", "bhd", "sarl", "eireli", "tbk", "jsc", "ojsc", "cjsc", "pjsc", "ooo", "oao", "zao",
        "corp", "corporation", "tnhh",
    )
)  # fmt: skip
# Words that are one only at the end of a name, or only at its beginning: "Lotus Spa", but "SPA Lotus".
_AT_END = frozenset(
    (
        "co", "company", "sa", "as", "ab", "ag", "kg", "kgaa", "ohg", "mbh", "ug", "sas", "spa", "srl", "sl",
        "slu", "bv", "nv", "oy", "oyj", "asa", "aps", "cv", "private", "public", "ao", "pao", "too", "kk", "yk",
        "epp", "cia", "lp", "doo", "dd", "ad", "eood", "ead", "sro", "zrt", "kft", "bt", "wll", "fze", "fzco",
        "fzc", "est", "sae", "me", "mei", "rl",
    )
)  # fmt: skip
_AT_START = frozenset(
    (
        "pt", "cv", "ud", "ms", "ao", "pao", "too", "tov", "the",
    )
)  # fmt: skip
_SAME_FORM = {
    "limited": "ltd", "limitada": "ltda", "private": "pvt", "corporation": "corp", "incorporated": "inc",
    "company": "co",
}  # fmt: skip
_AND = frozenset(("and", "e", "y", "et", "und", "dan"))
_UNIT = frozenset(
    (
        "unit", "plant", "branch", "division", "factory", "site", "mill", "filial", "planta", "unidade",
        "fabrica", "works",
    )
)  # fmt: skip
_NUMBER_WORDS = frozenset(("no", "number", "nr", "num"))
_UNIT_NUMBER = re.compile(r"[0-9]{1,4}[a-z]?|[ivx]{1,4}|[a-z]")
_UNIT_WORD = re.compile(r"(?:unit|plant|branch|factory|unidade|fabrica)[0-9]{1,4}")
_LETTERS = re.compile(r"(?<![a-z0-9])[a-z](?:[./]\s?[a-z])+(?![a-z0-9])")
_WORD = re.compile(r"[a-z0-9]+")

GENERIC = frozenset(
    (
        "factory", "unit", "plant", "mill", "head", "main", "office", "building", "site", "farm", "warehouse",
        "dormitory", "hostel", "vessel", "branch", "new", "old", "north", "south", "east", "west", "works",
        "workshop", "company", "limited", "ltd", "co", "and", "the", "of",
    )
)  # fmt: skip
"""A place called by such words and numbers alone ("Head office", "Unit 2") is like every other one: never compared."""


@dataclass(frozen=True)
class Folded:
    """words: what is compared, in their order. forms: the legal forms that were taken off. unit: such as "unit 2"."""

    text: str
    words: tuple[str, ...]
    forms: tuple[str, ...]
    unit: str

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(sorted(self.words))

    @property
    def joined(self) -> str:
        return "".join(self.words)

    @property
    def generic(self) -> bool:
        """Nothing in it is a name."""
        return all(word in GENERIC or word.isdigit() for word in self.words)

    def kinds(self) -> frozenset[str]:
        """The legal forms in one spelling each."""
        return frozenset(_SAME_FORM.get(form, form) for form in self.forms)


def fold(text: str) -> Folded:
    """The name without what may be written differently. Never empty words for a name with a letter or a digit."""
    bare, forms = _without_native(unicodedata.normalize("NFKC", text).casefold())
    every = words(bare)
    kept, unit = list(every), ""
    changed = True
    while changed:  # "X Ltd. (Unit 2)" and "X Unit 2 Ltd": each uncovers the other
        before = len(kept)
        kept = _without_forms(kept, forms)
        kept, found = _without_unit(kept)
        unit = found or unit
        changed = len(kept) != before
    if not kept:
        return Folded(text, tuple(every) or tuple(words(text)), (), "")
    return Folded(text, tuple(kept), tuple(forms), unit)


def words(text: str) -> list[str]:
    """Lower-case ASCII words: what addresses and cities are compared by, too."""
    plain = text.replace("&", " and ").replace("+", " and ")
    plain = (plain if plain.isascii() else anyascii(plain)).lower()
    plain = plain.replace("'", "").replace("`", "")
    plain = _LETTERS.sub(lambda found: re.sub(r"[./\s]", "", found.group()), plain)
    return _letters_together(_conjunctions(_WORD.findall(plain)))


def number(text: str) -> str:
    """An identifier as it is compared: capitals and digits, without the zeros that spreadsheets lose."""
    return re.sub(r"[^A-Z0-9]", "", anyascii(text).upper()).lstrip("0")


def _without_native(text: str) -> tuple[str, list[str]]:
    forms: list[str] = []
    for form in _NATIVE:
        if form in text:
            text = text.replace(form, " ")
            forms.append(form)
    return text, forms


def _conjunctions(found: list[str]) -> list[str]:
    last = len(found) - 1
    return [
        "and" if word in _AND and 0 < at < last and len(found[at - 1]) > 1 and len(found[at + 1]) > 1 else word
        for at, word in enumerate(found)
    ]


def _letters_together(found: list[str]) -> list[str]:
    """ "s a" is "sa", "j r textiles" is "jr textiles"."""
    together: list[str] = []
    run = ""
    for word in [*found, ""]:
        if len(word) == 1 and word.isalpha():
            run += word
            continue
        if run:
            together.append(run)
            run = ""
        if word:
            together.append(word)
    return together


def _without_forms(found: list[str], forms: list[str]) -> list[str]:
    for phrase in _PHRASES:
        for at in range(len(found) - len(phrase) + 1):
            if tuple(found[at : at + len(phrase)]) == phrase:
                forms.append(" ".join(phrase))
                found = found[:at] + found[at + len(phrase) :]
                break
    forms += [word for word in found if word in _ANYWHERE]
    found = [word for word in found if word not in _ANYWHERE]
    while found and (found[-1] in _AT_END or found[-1] == "and"):  # "and" of "& Co."
        if found[-1] != "and":
            forms.append(found[-1])
        found = found[:-1]
    if len(found) > 1 and found[0] in _AT_START:
        forms.append(found[0])
        found = found[1:]
    return found


def _without_unit(found: list[str]) -> tuple[list[str], str]:
    """Without "unit 2", "plant no 3" or "factory2" at the end, if something is left then."""
    for length in (1, 2, 3):
        tail = found[-length:]
        if len(found) > length and _is_unit(tail):
            return found[:-length], " ".join(tail)
    return found, ""


def _is_unit(tail: list[str]) -> bool:
    if len(tail) == 1:
        return _UNIT_WORD.fullmatch(tail[0]) is not None
    numbered = _UNIT_NUMBER.fullmatch(tail[-1]) is not None
    return numbered and tail[0] in _UNIT and all(word in _NUMBER_WORDS for word in tail[1:-1])
