"""A sheet as JSON: written for a program on the auditor's device, and read again.

Pure. What is asked goes along under `questions`, for people to read; of what comes back it is not looked at. Answers
and figures stand under their keys, so that none can stand twice, and a fault is told by its JSON pointer.
"""

from __future__ import annotations

from collections.abc import Mapping

from audits.sheets.checking import Fault, Given, Place
from audits.sheets.content import Sheet, checksum
from audits.standard import Standard
from ground.canonical import Json
from ground.errors import Invalid

NEEDED = ("head", "checksum", "base", "answers", "figures")
READ_ONLY = ("questions", "standing")


def write(sheet: Sheet, catalogue: Standard) -> dict[str, Json]:
    """The whole sheet. Without `questions` and `standing` it is taken again just as well."""
    return {
        "head": sheet.head.to_json(),
        "checksum": checksum(sheet.head, sheet.base),
        "base": dict(sheet.base),
        "answers": {id: row.to_json() for id, row in sheet.rows.items()},
        "figures": dict(sheet.figures),
        "standing": sorted(sheet.standing),
        "questions": [
            {
                "provision": each.id,
                "title": each.title,
                "requirement": each.text,
                "conformance": each.conformance,
                "documents": each.documents or each.test,
                "interviews": each.interviews,
                "observation": each.observation,
                "floor": each.floor,
                "ceiling": each.ceiling,
            }
            for each in catalogue.provisions.values()
        ],
    }


def read(document: Json, where: str = "") -> Given:
    """What the document says. where: its place in the request. Invalid when it is no sheet at all."""
    if not isinstance(document, dict):
        raise Invalid("a sheet is a JSON object", where=where)
    for name in NEEDED:
        kind = str if name == "checksum" else dict
        if not isinstance(document.get(name), kind):
            raise Invalid(
                f"{name} must be there and be {'a text' if kind is str else 'an object'}", where=f"{where}/{name}"
            )
    base = document["base"]
    if not all(isinstance(mark, str) for mark in base.values()):
        raise Invalid("base holds texts", where=f"{where}/base")

    def place(key: str, field: str) -> Place:
        part = "figures" if key in document["figures"] else "answers"
        return Place(f"{where}/{part}/{_escaped(key)}" + (f"/{field}" if field else ""))

    faults = [
        Fault(Place(f"{where}/{_escaped(name)}"), f"{name[:40]!r} is not known")
        for name in document
        if name not in (*NEEDED, *READ_ONLY)
    ]
    rows: dict[str, Mapping[str, Json]] = {}
    for id, answer in document["answers"].items():
        if isinstance(answer, dict):
            rows[id] = {name: value for name, value in answer.items() if value not in (None, "")}
        elif answer is not None:
            faults.append(Fault(place(id, ""), "an answer is an object"))
    figures = {name: value for name, value in document["figures"].items() if value is not None}
    return Given(document["head"], document["checksum"], base, rows, figures, place, tuple(faults))


def _escaped(key: str) -> str:
    return key[:80].replace("~", "~0").replace("/", "~1")
