"""What an auditor's own words say: small counts of people, and whether a reason is one.

Pure. "Two of them said" names two to a site that knows who was there. Owns a reader of that which is wrong in both
directions now and then, and therefore only warns: figures and number words below five beside people or beside what
people do when they are asked, and counts whose rest is below five. What it does not find is still the auditor's to
leave out. A reason that says nothing, such as a full stop, is refused by whoever asks for one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LEAST = 5
QUOTE = 60  # characters of a place that is quoted
_UP_TO_TWENTY = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
_WORDS = {word: number for number, word in enumerate(_UP_TO_TWENTY)}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})*|" + "|".join(_WORDS) + r")"
_PEOPLE = (
    r"(?:workers?|people|persons?|wom[ae]n|m[ae]n|girls?|boys?|residents?|migrants?|candidates?|employees?|"
    r"interviewees?|operators?|cleaners?|guards?|cooks?|sewers?|helpers?|colleagues?|leavers?|newcomers?)"
)
_TOLD = (
    r"(?:said|say|told|tell|asked|asks?|showed|shows?|reported|reports?|complained|named|knew|refused|confirmed|"
    r"answered|described|mentioned|spoke|borrowed|owed?|paid|feared|wept|cried|had|were|was|could|did|do)"
)
_SMALL = re.compile(
    rf"\b(?P<count>{_NUMBER})\s+(?:(?!(?:of|to|or|and|in|by|for|per)\b)[a-z'-]+\s+){{0,2}}{_PEOPLE}\b"
    rf"|(?:^|[.;:,]\s+|\band\s+)(?P<alone>{_NUMBER})\s+(?:of\s+(?:them|these|those|whom)\s+)?(?:[a-z]+ly\s+)?{_TOLD}\b",
    re.IGNORECASE,
)
_PART = re.compile(
    rf"\b(?P<some>{_NUMBER})\s+of\s+(?:the\s+|these\s+|those\s+|our\s+)?(?P<all>{_NUMBER})\b", re.IGNORECASE
)
_ABOUT_PEOPLE = re.compile(rf"\b(?:{_PEOPLE}|said|told|asked|interviewed|borrowed)\b", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.;])\s+")
LEAST_LETTERS = 4  # different ones: four signs of Chinese are a reason, and "n/a", "none" and "xxxx" are not [P]
_ONLY_THE_ANSWER = frozenset({"notapplicable", "notreviewed", "notaudited", "nothing", "doesnotapply"})


def says_something(text: str) -> bool:
    """Is there a reason to be read in it, in any language? Not a full stop, "n/a", or the answer once more."""
    letters = "".join(sign for sign in text.casefold() if sign.isalpha())
    return len(set(letters)) >= LEAST_LETTERS and letters not in _ONLY_THE_ANSWER


def small_counts(text: str) -> Iterator[str]:
    """The places in the text that seem to count fewer than five people, as they are written; each once."""
    seen: set[str] = set()
    for sentence in _SENTENCE_END.split(text.strip()):
        for quote in _in_sentence(sentence):
            if quote not in seen:
                seen.add(quote)
                yield quote


def _in_sentence(sentence: str) -> Iterator[str]:
    for found in _SMALL.finditer(sentence):
        if 1 <= _value(found["count"] or found["alone"]) < LEAST:
            yield _quoted(sentence, found.start())
    if not _ABOUT_PEOPLE.search(sentence):
        return
    for found in _PART.finditer(sentence):
        some, whole = _value(found["some"]), _value(found["all"])
        if 1 <= some < LEAST or 1 <= whole - some < LEAST:
            yield _quoted(sentence, found.start())


def _value(word: str) -> int:
    return _WORDS[word.lower()] if word.lower() in _WORDS else int(word.replace(",", ""))


def _quoted(sentence: str, at: int) -> str:
    rest = " ".join(sentence[at:].lstrip(".,;: ").split())
    return rest if len(rest) <= QUOTE else f"{rest[:QUOTE].rsplit(' ', 1)[0]} ..."
