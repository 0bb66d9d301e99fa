"""A list is read strictly: every fault with its row and column, and all of the file or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from audits.screening import parsing
from audits.screening.mapping import PRESETS, Mapping, checked, from_json
from audits.screening.parsing import FaultyList, Listed, ParsedList, parse_list
from ground.errors import Invalid, TooLarge

PLAIN = Mapping(name="Name", country="Country", city="City", identifiers={"registration": "Number"})
HEAD = "Name,Country,City,Number\n"


def parsed(text: str, mapping: Mapping = PLAIN, **options: object) -> ParsedList:
    return parse_list(text.encode(), mapping, **options)  # type: ignore[arg-type]


def faults(text: str | bytes, mapping: Mapping = PLAIN, **options: object) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(FaultyList) as refusal:
        parse_list(data, mapping, **options)  # type: ignore[arg-type]
    return [str(fault) for fault in refusal.value.faults]


def test_a_plain_list_becomes_entries() -> None:
    found = parsed(HEAD + "Sunrise  Garments ,BD,Gazipur,C-1182\n\nÅkerlund AB,SE,,\n")
    assert found.entries == (
        Listed(2, "Sunrise Garments", (), (("registration", "C-1182"),), "BD", "Gazipur", "", None, None),
        Listed(4, "Åkerlund AB", (), (), "SE", "", "", None, None),
    )


def test_every_fault_is_told_with_its_row_and_column() -> None:
    text = HEAD + "Good House,BD,,\n,BD,,\nBad Country,Bangladesh,,\nToo,Many,Cells,Here,Now\n...,BD,,\x07\n"
    assert faults(text) == [
        "row 3, column Name: a name with at least one letter or digit must stand here",
        "row 4, column Country: 'Bangladesh' is no country code; put it into the mapping's countries",
        "row 5: 5 cells under 4 headings",
        "row 6, column Name: a name with at least one letter or digit must stand here",
        "row 6, column Number: a character that is no text: is the encoding right?",
    ]


def test_the_refusal_says_how_many_faults_there_are() -> None:
    with pytest.raises(FaultyList, match="100 or more faults, nothing was taken: row 2, column Name") as refusal:
        parsed(HEAD + ",BD,,\n" * 150)
    assert len(refusal.value.faults) == 100
    assert len(refusal.value.detail) < 3000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "row 1: there are no headings"),
        (HEAD, "row 1: there is not one entry: an empty list would delist everybody"),
        (
            "Name,Country,City\nA House,BD,\n",
            "row 1, column Number: there is no such heading; there are: Name, Country, City",
        ),
        ("Name,Country,City,Number,Name\n", "row 1, column Name: this heading stands there twice"),
        (HEAD + 'A "House",BD,"Dha"ka,\n', "row 2: no CSV from here on: ',' expected after '\"'"),
        (HEAD + '"A House,BD,,\n', "row 2: no CSV from here on: unexpected end of data"),
        (HEAD + "A" * 1001 + ",BD,,\n", "row 2, column Name: 1001 characters; 1000 is the most"),
        (HEAD + "A" * 200_000 + ",BD,,\n", "row 2: no CSV from here on: field larger than field limit (131072)"),
    ],
)
def test_what_is_no_such_list_is_refused(text: str, words: str) -> None:
    assert words in faults(text)


def test_encodings_are_chosen_and_never_guessed() -> None:
    text = HEAD + "Łódź Straße,PL,Łódź,\n"
    assert parse_list(text.encode("utf-8-sig"), PLAIN).entries == parse_list(text.encode(), PLAIN).entries
    latin = (HEAD + "São João,BR,Marabá,\n").encode("latin-1")
    assert parse_list(latin, PLAIN, encoding="latin-1").entries[0].city == "Marabá"
    with pytest.raises(Invalid, match="line 2: byte 0xe3 is not utf-8; choose another encoding"):
        parse_list(latin, PLAIN)
    with pytest.raises(Invalid, match="says that it is utf-8, not latin-1"):
        parse_list(text.encode("utf-8-sig"), PLAIN, encoding="latin-1")
    dash = (HEAD + "Boa Vista – Fazenda,BR,,\n").encode("windows-1252")
    assert parse_list(dash, PLAIN, encoding="windows-1252").entries[0].name == "Boa Vista – Fazenda"
    assert "a character that is no text" in faults(dash, encoding="latin-1")[0]


def test_too_large_a_list_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MOST_ROWS", 2)
    assert len(parsed(HEAD + "A House,BD,,\n" * 2).entries) == 2
    with pytest.raises(TooLarge, match="more than 2 rows"):
        parsed(HEAD + "A House,BD,,\n" * 3)
    monkeypatch.setattr(parsing, "MOST_BYTES", 10)
    with pytest.raises(TooLarge, match=r"10 is the most"):
        parsed(HEAD)


def test_progress_counts_rows() -> None:
    told: list[int] = []
    parsed(HEAD + "A House,BD,,\n" * 2500, progress=told.append)
    assert told == [1000, 2000]


# Presets: our own small samples in the columns that those lists are known by, with invented names.

LISTA_SUJA = (
    "ID;Ano da ação fiscal;UF;Empregador;CNPJ/CPF;Estabelecimento;Trabalhadores envolvidos;CNAE;"
    "Decisão administrativa de procedência;Inclusão no Cadastro de Empregadores\n"
    "1;2022;PA;Fazenda Inventada Ltda;12.345.678/0001-90;Fazenda Inventada, zona rural, Marabá/PA;11;0151-2/01;"
    "10/01/2025;05/04/2025 a 05/04/2027\n"
    "2;2021;MG;Fulano Inventado;123.456.789-00;Sítio Inventado, Patos/MG;3;0134-2/00;11/02/2025;05/04/2025\n"
)


def test_the_preset_of_lista_suja_reads_its_columns() -> None:
    preset = PRESETS["lista-suja"]
    one, two = parsed(LISTA_SUJA, preset.mapping, country=preset.country).entries
    assert (one.name, one.country, one.identifiers) == (
        "Fazenda Inventada Ltda", "BR", (("cnpj_cpf", "12.345.678/0001-90"),),
    )  # fmt: skip
    assert (one.listed_on, one.until) == (date(2025, 4, 5), date(2027, 4, 5))
    assert (two.listed_on, two.until) == (date(2025, 4, 5), None)
    broken = LISTA_SUJA.replace("123.456.789-00", "123.456.789").replace("05/04/2025\n", "2025-04-05\n")
    assert faults(broken, preset.mapping) == [
        "row 3, column Inclusão no Cadastro de Empregadores: '2025-04-05' is no day (the list's dates are day_first)",
        "row 3, column CNPJ/CPF: a CNPJ has 14 digits and a CPF 11; '123.456.789' has 9",
    ]


def test_the_preset_of_the_uflpa_list_finds_aliases_in_brackets() -> None:
    text = (
        "Name of Entity,Effective Date\n"
        '"Invented Silk Co., Ltd. (also known as Silk of Nowhere; Nowhere Silk)","August 2, 2024"\n'
        '"Second Invention Group (formerly known as First Invention)","June 21, 2022"\n'
    )
    preset = PRESETS["uflpa"]
    one, two = parsed(text, preset.mapping, country=preset.country).entries
    assert (one.name, one.aliases) == ("Invented Silk Co., Ltd.", ("Silk of Nowhere", "Nowhere Silk"))
    assert (one.country, one.listed_on) == ("CN", date(2024, 8, 2))
    assert two.aliases == ("First Invention",)


def test_the_preset_of_a_licence_register_leaves_out_lapsed_licences() -> None:
    text = (
        "URN,Business Name,Trading Name,Company Number,Address,Town,Licence Start,Licence End,Status\n"
        "XX0001,Invented Labour Ltd,Fields Fast; Pick Quick,01234567,1 Lane,Boston,01/02/2026,31/01/2027,Licensed\n"
        "XX0002,Lapsed Labour Ltd,,,2 Farm Lane,Boston,01/02/2024,31/01/2025,Revoked\n"
    )
    preset = PRESETS["glaa"]
    found = parsed(text, preset.mapping, country=preset.country)
    assert ([entry.name for entry in found.entries], found.left_out) == (["Invented Labour Ltd"], 1)
    assert found.entries[0].aliases == ("Fields Fast", "Pick Quick")
    assert found.entries[0].until == date(2027, 1, 31)


# Mappings.


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": ""}, "/mapping/name"),
        ({"delimiter": "x"}, "/mapping/delimiter"),
        ({"dates": "roman"}, "/mapping/dates"),
        ({"skip_rows": 51}, "/mapping/skip_rows"),
        ({"identifiers": {"shoe size": "Shoe"}}, "/mapping/identifiers"),
        ({"countries": {"China": "XY"}}, "/mapping/countries"),
        ({"keep": ("Licensed",)}, "/mapping/keep"),
        ({"until_after": " a "}, "/mapping/until_after"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(change: dict[str, object], where: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(replace(PLAIN, **change))  # type: ignore[arg-type]
    assert refusal.value.where == where


@pytest.mark.parametrize("preset", list(PRESETS.values()), ids=lambda preset: str(preset.id))
def test_presets_are_sound_and_come_back_from_json(preset: object) -> None:
    mapping = preset.mapping  # type: ignore[attr-defined]
    assert checked(mapping) == mapping == from_json(mapping.to_json())


def test_rows_above_the_headings_and_other_spellings_of_countries() -> None:
    mapping = replace(PLAIN, skip_rows=2, delimiter=";", countries={"Bangladesh": "BD"})
    text = "A list;;;\nof 2026;;;\nName;Country;City;Number\nSunrise Garments;Bangladesh;Gazipur;\n"
    (entry,) = parsed(text, mapping).entries
    assert (entry.row, entry.country) == (4, "BD")


# What makes two rows one entry.


def test_an_entry_is_known_again_by_its_number_or_its_folded_name() -> None:
    rows = HEAD + "Sunrise Garments Ltd,BD,Gazipur,C-1182\nOther Name,BD,,c1182\nAl-Noor,BD,,\nAL NOOR LTD.,BD,Dhaka,\n"
    one, renamed, plain, written_otherwise = parsed(rows).entries
    assert one.key == renamed.key
    assert plain.key == written_otherwise.key != one.key
    assert plain.content != written_otherwise.content
    assert replace(plain, row=99).content == plain.content
