"""The bodies of remedy's requests: shapes, ranges and lengths, and the way to drafts. Decides nothing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from audits.remedy import samples
from audits.remedy.ledger import MOST_MONEY, CohortDraft, ConfirmationDraft, PaymentDraft
from audits.remedy.repayment import PaymentKind
from audits.remedy.tables import AskedBy
from ground.bodies import Body, Day, Id, Line, Prose
from ground.canonical import Json
from ground.parties import MOST_WORKERS

MOST_FILES = 20

People = Annotated[int, Field(ge=1, le=MOST_WORKERS)]
Some = Annotated[int, Field(ge=0, le=MOST_WORKERS)]
Money = Annotated[int, Field(ge=1, le=MOST_MONEY, description="minor units, such as cents")]


def _shown(*examples: dict[str, Json]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class CohortBody(Body):
    model_config = _shown(samples.COHORT)

    about: Line = Field(description="corridor, agent, period; no name of a person")
    basis: Prose = Field(description="how amount and head count were found")
    currency: str = Field(pattern="^[A-Z]{3}$", description="ISO 4217")
    amount: Money = Field(description="owed to each, in minor units")
    people: People = Field(description="with those who have left")
    leavers: Some

    def draft(self) -> CohortDraft:
        return CohortDraft(**self.model_dump())


class PaymentBody(Body):
    model_config = _shown(samples.PAYMENT, samples.KEPT)

    kind: PaymentKind = Field(description="kept: put aside for leavers not found; handed_over: of that, to some found")
    paid_on: Day
    amount: Money
    people: People
    newly: Some = Field(description="of them, those who had had nothing before")
    newly_left: Some = Field(description="of those, leavers")
    evidence: Prose | None = Field(default=None, description="what shows it, if no file does; no names")
    files: list[Id] = Field(default=[], max_length=MOST_FILES, description="evidence that was brought to the finding")

    def draft(self) -> PaymentDraft:
        return PaymentDraft(**{**self.model_dump(), "evidence": self.evidence or "", "files": tuple(self.files)})


class ConfirmationBody(Body):
    model_config = _shown(samples.CONFIRMATION)

    asked_on: Day
    asked: Some
    confirmed: Some = Field(description="of those asked: the whole amount came, and stayed with them")
    asked_by: AskedBy
    leavers_sought: bool = Field(description="that leavers were looked for was seen")
    note: Prose = Field(description="how they were asked; no names")

    def draft(self) -> ConfirmationDraft:
        return ConfirmationDraft(**self.model_dump())


class RemedyBody(Body):
    model_config = _shown(samples.REMEDY)

    reason: Prose = Field(description="how it is known that everybody affected has what they are owed")


class ResultBody(Body):
    model_config = _shown(samples.RESULT, {"result": "clear"})

    result: Literal["clear", "harm"]
    note: Prose | None = Field(default=None, description="for the certification body only; required with harm")


class DisclosureBody(Body):
    model_config = _shown(samples.DISCLOSURE)

    site: Id
    standard: Line = Field(description="id of a published standard")
    provision: Line = Field(description="such as T1.1")
    what: Prose = Field(description="what, where, since when, how many people; no names")
    containment: Prose = Field(description="what was done at once, or will be")
    contained_on: Day | None = Field(default=None, description="none: not yet")
    plan: Prose = Field(description="how it is put right, and by when")
    worst_form: bool = Field(default=False, description="of child labour; on T9 only")


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})
