"""What an answer of a self-assessment must be, how far one has come, and what it does not do.

Pure: the standard and the answers are all it needs. Every fault of a request is found, each with its place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from audits.standard import Provision, Standard
from ground.canonical import Json
from ground.errors import Invalid

Said = Literal["conforms", "does_not_conform", "not_applicable", "does_not_know"]
SAID: tuple[Said, ...] = get_args(Said)
MOST_NOTE = 1_000  # characters; what needs more is a document
MOST_FAULTS = 500  # of one request; nobody reads more
SHOWN_FAULTS = 5  # of them, in one line for people

NO_DISCLOSURE = (
    "Saying it here is no self-disclosure, and nothing follows from it. To tell the scheme of a problem yourself, so "
    "that the rulebook can count it for you, send one disclosure per provision. Where a finding on it is open already, "
    "hand in a corrective action instead."
)


@dataclass(frozen=True)
class AnswerDraft:
    """where: the place of the answer in the request, as a JSON pointer."""

    provision: str
    said: Said
    note: str = ""
    where: str = ""


@dataclass(frozen=True)
class Fault:
    """Something that is wrong with one answer. where: a JSON pointer."""

    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.where}: {self.words}"


class FaultyAnswers(Invalid):
    """Every fault of a request; nothing of it was filed."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults[:MOST_FAULTS])
        count = f"{len(faults)} errors" if len(faults) > 1 else "1 error"
        shown = "; ".join(map(str, self.faults[:SHOWN_FAULTS]))
        super().__init__(f"{count}, nothing was filed: {shown}", where=self.faults[0].where)


def faults_of(drafts: Sequence[AnswerDraft], catalogue: Standard) -> Iterator[Fault]:
    """What the standard and the answers themselves have against them, in the order of the request."""
    named: set[str] = set()
    for draft in drafts:
        if draft.provision not in catalogue.provisions:
            yield Fault(draft.where, f"{draft.provision[:40]!r} is no provision of this self-assessment")
        elif draft.provision in named:
            yield Fault(draft.where, f"{draft.provision} is answered twice in this request")
        elif draft.said == "not_applicable" and not draft.note:
            yield Fault(f"{draft.where}/note", "say why it is not applicable here")
        named.add(draft.provision)


def progress(catalogue: Standard, answered: Collection[str]) -> dict[str, Json]:
    """How many of the provisions are answered, topic by topic, and which are not."""
    topics: list[Json] = []
    for topic in catalogue.topics.values():
        asked = [each.id for each in catalogue.provisions.values() if each.topic == topic.id]
        missing = [id for id in asked if id not in answered]
        topics.append(
            {
                "topic": topic.id,
                "title": topic.title,
                "core": topic.core,
                "asked": len(asked),
                "answered": len(asked) - len(missing),
                "missing": missing,
            }
        )
    return {
        "asked": len(catalogue.provisions),
        "answered": sum(id in answered for id in catalogue.provisions),
        "topics": topics,
    }


def missing_of(catalogue: Standard, answered: Collection[str]) -> list[str]:
    return [id for id in catalogue.provisions if id not in answered]


def disclosure(catalogue: Standard, said: Mapping[str, Said]) -> dict[str, Json] | None:
    """Where to disclose what the site says about core topics. None when it says of none that it does not conform."""
    core = [each.id for each in catalogue.provisions.values() if _problem(each, said)]
    return {"provisions": core, "where": "POST /v1/disclosures", "text": NO_DISCLOSURE} if core else None


def _problem(provision: Provision, said: Mapping[str, Said]) -> bool:
    return provision.core and said.get(provision.id) == "does_not_conform"
