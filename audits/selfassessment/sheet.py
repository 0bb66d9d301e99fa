"""A self-assessment as one JSON document, to be filled in elsewhere: written, and read again with every error listed.

Pure. The head says of which self-assessment it is; answers stand under their provision, so that none can stand twice.
`questions` is for people to read; of what comes back it is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, ValidationError

from audits.selfassessment.rules import MOST_NOTE, AnswerDraft, Fault, Said
from audits.standard import Standard
from ground.bodies import Body, Prose
from ground.canonical import Json
from ground.errors import Conflict, Invalid

ANEW = "get a new sheet, and copy your answers into it"
KNOWN = ("head", "answers", "questions")

Note = Annotated[Prose, Field(max_length=MOST_NOTE)]


class RowShape(Body):
    said: Said
    note: Note | None = None


def write(head: Mapping[str, Json], catalogue: Standard, answers: Mapping[str, Mapping[str, Json]]) -> dict[str, Json]:
    """The sheet: every provision with its answer so far, empty where there is none, and what is asked."""
    empty: dict[str, Json] = {"said": None, "note": None}
    return {
        "head": dict(head),
        "answers": {id: {**empty, **answers.get(id, {})} for id in catalogue.provisions},
        "questions": [
            {
                "provision": each.id,
                "core": each.core,
                "title": each.title,
                "requirement": each.text,
                "conformance": each.conformance,
                "documents": each.documents,
            }
            for each in catalogue.provisions.values()
        ],
    }


def read(document: Mapping[str, Json], head: Mapping[str, Json], where: str) -> tuple[list[AnswerDraft], list[Fault]]:
    """The answers that the sheet holds, without rows that say nothing, and what is wrong with the shape of others.

    head: of the self-assessment that it must be of. Conflict: it is a sheet of another one, or of other questions.
    """
    given, answers = document.get("head"), document.get("answers")
    if not isinstance(answers, dict) or not isinstance(given, dict):
        raise Invalid("a sheet is an object with head and answers", where=where)
    for name in {**head, **given}:
        if given.get(name) != head.get(name):
            raise Conflict(
                f"{name[:40]} is {str(given.get(name))[:80]} in this sheet, and {head.get(name)} here; {ANEW}"
            )
    faults = [
        Fault(f"{where}/{_escaped(name)}", f"{name[:40]!r} is not known") for name in document if name not in KNOWN
    ]
    drafts: list[AnswerDraft] = []
    for provision, row in answers.items():
        place = f"{where}/answers/{_escaped(provision)}"
        found = list(_faults(row, place))
        faults += found
        if not found and (shape := _shape(row)) is not None:
            drafts.append(AnswerDraft(provision, shape.said, shape.note or "", place))
    return drafts, faults


def _faults(row: Json, place: str) -> Iterator[Fault]:
    """Of the shape of one row."""
    if not isinstance(row, dict):
        if row is not None:
            yield Fault(place, "an answer is an object")
        return
    try:
        _shape(row)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            name = str(fault["loc"][0])
            words = fault["msg"].removeprefix("Value error, ")
            if name == "said" and fault["type"] == "missing":
                words = "there is a note, but it is not said whether it conforms"
            yield Fault(f"{place}/{_escaped(name)}", words[:1].lower() + words[1:])


def _shape(row: Json) -> RowShape | None:
    """None for a row that says nothing."""
    filled = {name: value for name, value in (row or {}).items() if value not in (None, "")}
    return RowShape.model_validate(filled) if filled else None


def _escaped(key: str) -> str:
    return key[:80].replace("~", "~0").replace("/", "~1")
