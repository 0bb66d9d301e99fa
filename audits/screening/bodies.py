"""The bodies of the screening requests: their fields, limits and examples, and what they become for the services."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from audits.screening import samples
from audits.screening.mapping import Dates, Kind, Mapping, from_json
from audits.screening.register import PlaceDraft
from audits.screening.tables import Part
from ground.bodies import Body, Day, Id, Line, LineOrNone, Prose

MOST_CSV = 1_000_000  # characters in one body; larger lists come by the command line

Country = Annotated[str, Field(pattern="^([A-Z]{2})?$", description="ISO 3166-1 alpha-2, or empty")]
Heading = Annotated[str, Field(max_length=200)]
Column = Annotated[Heading, Field(description="a heading of the file; empty: the list has no such column")]


def _shown(*examples: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(examples)})


class MappingBody(Body):
    name: Column
    aliases: list[Heading] = Field(default=[], max_length=10)
    alias_separator: str = Field(default="", max_length=5, description="between several aliases in one cell")
    name_brackets: bool = Field(default=False, description="aliases stand behind the name: (also known as ...)")
    identifiers: dict[str, Heading] = Field(default={}, max_length=10, description="kind of number -> heading")
    country: Column = ""
    countries: dict[str, str] = Field(default={}, max_length=300, description="as the list writes it -> two letters")
    city: Column = ""
    address: Column = ""
    listed_on: Column = ""
    until: Column = ""
    until_after: str = Field(default="", max_length=10, description="between two days in the listed_on cell")
    dates: Dates = "iso"
    keep_column: Column = Field(default="", description="rows count only when this column says one of `keep`")
    keep: list[Heading] = Field(default=[], max_length=20)
    delimiter: Literal[",", ";", "\t", "|"] = ","
    skip_rows: int = Field(default=0, ge=0, le=50, description="rows above the headings")

    def mapping(self) -> Mapping:
        return from_json(self.model_dump())


class ListBody(Body):
    model_config = _shown(samples.LIST_REQUEST)

    name: Line
    kind: Kind = Field(description="exclusion: who is on it is denied; licence: agents of the country must be on it")
    publisher: LineOrNone
    url: LineOrNone
    country: Country = Field(description="of entries that name none; a licence list is always of one country")
    mapping: MappingBody


class EditionBody(Body):
    model_config = _shown(samples.EDITION_REQUEST)

    edition: Day = Field(description="the day that the publisher gives it")
    csv: str = Field(min_length=1, max_length=MOST_CSV, description="the whole file")


class ReasonBody(Body):
    model_config = _shown(samples.REASON)

    reason: Prose


class PlaceBody(Body):
    model_config = _shown(samples.PLACE_REQUEST)

    part: Part
    place: Id | None = Field(default=None, description="if it is a site here: its id, and nothing of name or address")
    name: LineOrNone = ""
    address: LineOrNone = ""
    city: LineOrNone = ""
    country: Country = ""
    registered_id: Annotated[LineOrNone, Field(max_length=100)] = ""
    work: Line = Field(description="what it does for the site")
    since: Day
    reason: Prose

    def draft(self) -> PlaceDraft:
        return PlaceDraft(**self.model_dump())


class RemovalBody(Body):
    model_config = _shown(samples.REMOVAL)

    on: Day = Field(description="the last day of its work for the site")
    reason: Prose


class ConfirmationBody(Body):
    model_config = _shown(samples.CONFIRMATION)

    places: list[Id] = Field(max_length=1000, description="the lines that stand: all of them, and no others")


class NothingBody(Body):
    """An empty body: {}."""

    model_config = _shown({})
