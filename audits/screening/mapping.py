"""How the columns of a published list are read: one mapping per list, as data, and the mappings of well-known lists.

Owns the shape of a mapping, its JSON, and the presets. A preset is a start: the publishers change their columns as they
like, so a scheme manager copies one, compares it with the file in hand and changes what differs. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from ground.canonical import Json
from ground.countries import COUNTRIES
from ground.errors import Invalid

Kind = Literal["exclusion", "licence"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Dates = Literal["iso", "day_first", "month_first", "english"]
DATES: tuple[Dates, ...] = get_args(Dates)
DELIMITERS = (",", ";", "\t", "|")
IDENTIFIERS = ("registration", "licence", "tax", "cnpj_cpf", "other")
MOST_SKIPPED = 50


@dataclass(frozen=True)
class Mapping:
    """Column headings as they stand in the file; "" for what the list does not have.

    skip_rows: rows above the headings. name_brackets: "X (also known as Y; Z)" is a name and two aliases. identifiers:
    kind -> column. countries: what the list writes -> ISO 3166-1 alpha-2. until_after: in the `listed_on` cell, the
    words between the first and the last day. keep: in this column only these values count, such as a licence's status.
    """

    name: str
    aliases: tuple[str, ...] = ()
    alias_separator: str = ""
    name_brackets: bool = False
    identifiers: Dictionary[str, str] = field(default_factory=dict)
    country: str = ""
    countries: Dictionary[str, str] = field(default_factory=dict)
    city: str = ""
    address: str = ""
    listed_on: str = ""
    until: str = ""
    until_after: str = ""
    dates: Dates = "iso"
    keep_column: str = ""
    keep: tuple[str, ...] = ()
    delimiter: str = ","
    skip_rows: int = 0

    def columns(self) -> tuple[str, ...]:
        """Every column that the file must have."""
        single = (self.name, self.country, self.city, self.address, self.listed_on, self.until, self.keep_column)
        named = (*single, *self.aliases, *self.identifiers.values())
        return tuple(dict.fromkeys(column for column in named if column))

    def to_json(self) -> dict[str, Json]:
        document: dict[str, Json] = asdict(self)
        return {**document, "aliases": list(self.aliases), "keep": list(self.keep)}


def checked(mapping: Mapping) -> Mapping:
    """The mapping, if it makes sense. Invalid with the pointer of what does not."""
    if not mapping.name:
        raise Invalid("which column has the names?", where="/mapping/name")
    if mapping.delimiter not in DELIMITERS:
        raise Invalid("delimiter is a comma, a semicolon, a tab or a bar", where="/mapping/delimiter")
    if mapping.dates not in DATES:
        raise Invalid(f"dates is one of {', '.join(DATES)}", where="/mapping/dates")
    if not 0 <= mapping.skip_rows <= MOST_SKIPPED:
        raise Invalid(f"skip_rows is a number from 0 to {MOST_SKIPPED}", where="/mapping/skip_rows")
    for kind in mapping.identifiers:
        if kind not in IDENTIFIERS:
            raise Invalid(f"{kind[:20]!r} is none of {', '.join(IDENTIFIERS)}", where="/mapping/identifiers")
    for code in mapping.countries.values():
        if code not in COUNTRIES:
            raise Invalid(f"{code[:10]!r} is not a country code of ISO 3166-1 alpha-2", where="/mapping/countries")
    if bool(mapping.keep_column) != bool(mapping.keep):
        raise Invalid("keep_column and keep come together", where="/mapping/keep")
    if mapping.until_after and not mapping.listed_on:
        raise Invalid("until_after divides the listed_on cell, and there is none", where="/mapping/until_after")
    return mapping


def from_json(document: Dictionary[str, Json]) -> Mapping:
    """The mapping that `to_json` wrote."""
    known = {one.name for one in fields(Mapping)}
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items() if key in known
    }
    return replace(Mapping(name=""), **given)


@dataclass(frozen=True)
class Preset:
    """A start for a list that many schemes hold. note: what to compare with the file in hand."""

    id: str
    name: str
    kind: Kind
    publisher: str
    url: str
    country: str
    mapping: Mapping
    note: str


# The columns are as known, not as fetched: whoever imports compares them with the file ("note").
PRESETS: dict[str, Preset] = {
    preset.id: preset
    for preset in (
        Preset(
            id="lista-suja",
            name="Lista Suja (Cadastro de Empregadores)",
            kind="exclusion",
            publisher="Ministério do Trabalho e Emprego",
            url="https://www.gov.br/trabalho-e-emprego",
            country="BR",
            mapping=Mapping(
                name="Empregador",
                identifiers={"cnpj_cpf": "CNPJ/CPF"},
                address="Estabelecimento",
                listed_on="Inclusão no Cadastro de Empregadores",
                until_after=" a ",  # the columns and this "from a to" are [K]
                dates="day_first",
                delimiter=";",
            ),
            note="Twice a year. An employer that settles moves to a second list (CEAC): import that one, too.",
        ),
        Preset(
            id="uflpa",
            name="UFLPA Entity List",
            kind="exclusion",
            publisher="U.S. Forced Labor Enforcement Task Force",
            url="https://www.dhs.gov/uflpa-entity-list",
            country="CN",
            mapping=Mapping(
                name="Name of Entity", name_brackets=True, listed_on="Effective Date", dates="english"
            ),  # [K]
            note="Published as a page and in the Federal Register; make a CSV of its table. It has no addresses.",
        ),
        Preset(
            id="glaa",
            name="GLAA register of licensed labour providers",
            kind="licence",
            publisher="Gangmasters and Labour Abuse Authority (from April 2026: Fair Work Agency)",
            url="https://www.gov.uk/government/organisations/gangmasters-and-labour-abuse-authority",
            country="GB",
            mapping=Mapping(
                name="Business Name",
                aliases=("Trading Name",),
                alias_separator=";",
                identifiers={"licence": "URN", "registration": "Company Number"},
                city="Town",
                address="Address",
                listed_on="Licence Start",
                until="Licence End",
                dates="day_first",
                keep_column="Status",
                keep=("Licensed", "Licensed with conditions"),
            ),  # every column is [K]
            note="Every agent in the country must be found on it. Its sectors are few: dismiss others with a reason.",
        ),
        Preset(
            id="freemark",
            name="Our own list",
            kind="exclusion",
            publisher="",
            url="",
            country="",
            mapping=Mapping(
                name="name",
                aliases=("aliases",),
                alias_separator=";",
                identifiers={"registration": "registration", "licence": "licence"},
                country="country",
                city="city",
                address="address",
                listed_on="listed_on",
                until="until",
            ),
            note="For lists that were brought into these columns by hand or by a script.",
        ),
    )
}
