"""The bodies of requests to certify: shapes, ranges and lengths, each with an example.

Owns what is refused at the border, before any row is read. What contradicts a row is refused by the service.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from certify import samples
from certify.service import Act, BrakeReason
from ground.canonical import Json
from ground.web import Body, Id, Line, LineOrNone, Prose

MOST_PLACES = 40  # with as many products, and names of 100 letters, a certificate has some 300 kB of its 512
MOST_PRODUCTS = 100
MOST_UNITS = 10**12  # a year's output of the whole world in any product stays below it
MOST_REPORTS = 400

Report = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def _shown(shown: dict[str, Json]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [shown]})


class ProductBody(Body):
    name: Line
    gtin: str | None = Field(default=None, pattern="^([0-9]{8}|[0-9]{12,14})$", description="GTIN-8, -12, -13 or -14")
    model: LineOrNone = ""
    yearly_units: int = Field(ge=1, le=MOST_UNITS, description="what labels for a year are counted against")
    former: str | None = Field(
        default=None, pattern="^app_[0-9a-z]{16}-[0-9]{1,3}$", description="its id in an earlier application of yours"
    )


class ApplicationBody(Body):
    model_config = _shown(samples.APPLY)

    sites: list[Id] = Field(min_length=1, max_length=MOST_PLACES, description="of your organisation")
    agents: list[Id] = Field(default=[], max_length=MOST_PLACES, description="offices of the agents that recruit")
    products: list[ProductBody] = Field(min_length=1, max_length=MOST_PRODUCTS)


class AgreementBody(Body):
    model_config = _shown(samples.AGREEMENT)

    version: Annotated[Line, Field(max_length=40)]
    independent_reporting: bool = Field(description="signed with the clause that auditors report to the scheme")


class AcceptanceBody(Body):
    model_config = _shown(samples.ACCEPTANCE)

    reports: list[Report] = Field(min_length=1, max_length=MOST_REPORTS, description="hashes of all current reports")
    note: Prose


class SuspensionBody(Body):
    model_config = _shown(samples.SUSPENSION)

    reason: Prose = Field(description="for the record of those who run the scheme; the holder does not read it")
    reason_code: BrakeReason | None = Field(
        default=None, description="for the public log, where no clause says more; without it: unspecified"
    )


class ReplyBody(Body):
    model_config = _shown(samples.REPLY)

    text: Prose


class ConfirmationBody(Body):
    model_config = _shown(samples.CONFIRMATION)

    act: Act


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})
