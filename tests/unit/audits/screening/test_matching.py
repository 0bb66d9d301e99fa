"""Names that are one must be found, and names that only look alike must not: the sets by which matching is judged."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.screening.matching import Index, Match, Party, Text, compare, distance, match, may_slip
from ground.folding import fold, number

GAZIPUR = {"country": "BD", "city": "Gazipur"}


def party(name: str, *aliases: str, identifier: str = "", kind: str = "registration", **place: str) -> Party:
    names = (Text("name", name), *(Text("alias", alias) for alias in aliases))
    numbers = (Text(kind, identifier),) if identifier else ()
    return Party(name, names, numbers, **place)


def judged(ours: Party, theirs: Party) -> Match | None:
    """What `match` says, and that the index finds the same."""
    direct = match(ours, theirs)
    found = [why for _, why in Index((party("Somebody Else"), ours)).alike(theirs)]
    assert found == ([direct] if direct else [])
    return direct


RECALL = [
    # accents and scripts
    ("São João Agropecuária", "SAO JOAO AGROPECUARIA"),
    ("Łódź Straße Textil", "Lodz Strasse Textil"),
    ("Công ty TNHH Hoàng Long", "Hoang Long"),
    ("ООО Ромашка", "Romashka OOO"),
    ("Общество с ограниченной ответственностью «Восход»", "Voskhod"),
    ("新疆华孚纺织有限公司", "Xinjiang Huafu Fangzhi"),
    ("華豐紡織股份有限公司", "华丰纺织有限公司"),
    ("Ñandú Confecciones", "Nandu Confecciones"),
    # legal forms
    ("Sunrise Garments Ltd", "SUNRISE GARMENTS LIMITED"),
    ("Sunrise Garments (Pvt.) Ltd.", "Sunrise Garments Private Limited"),
    ("Sunrise Garments", "Sunrise Garments Co., Ltd."),
    ("Müller & Söhne GmbH & Co. KG", "MULLER AND SOHNE"),
    ("Fazenda Boa Vista S/A", "Fazenda Boa Vista S.A."),
    ("Fazenda Boa Vista Ltda.", "FAZENDA BOA VISTA LTDA - ME"),
    ("Comercial del Norte S.A. de C.V.", "Comercial del Norte SA de CV"),
    ("Lotus Weaving Sdn. Bhd.", "Lotus Weaving"),
    ("PT. Maju Jaya Tbk", "Maju Jaya"),
    ("Kowalski Odzież Sp. z o.o.", "Kowalski Odziez"),
    ("Golden Thread L.L.C.", "Golden Thread LLC"),
    ("Golden Thread, Inc.", "Golden Thread Incorporated"),
    ("M/s. Himal Placement Services", "Himal Placement Services"),
    ("Tessuti Rossi S.p.A.", "TESSUTI ROSSI SPA"),
    # capitals, punctuation, order, spacing, "&"
    ("Rahman, Karim & Sons", "Rahman Karim and Sons"),
    ("Silva e Filhos", "Silva & Filhos"),
    ("Garments Sunrise", "Sunrise Garments"),
    ("Al-Noor Knit-Wear", "AlNoor Knitwear"),
    ("Al Noor Knitwear", "Alnoor Knitwear"),
    ("J. R. Textiles", "JR Textiles"),
    ("L'Étoile Confection", "LETOILE CONFECTION"),
    ("Sunrise Garments, Unit 2", "Sunrise Garments Ltd."),
    ("Sunrise Garments Ltd. (Plant No. 3)", "Sunrise Garments"),
    # slips of the pen
    ("Sunrise Garmnets", "Sunrise Garments"),
    ("Himalaya Placement", "Himalya Placement"),
    ("Chittagong Dyeing", "Chitagong Dyeing"),
    ("Nandaraj Enterprises", "Nandaraj Enterprizes"),
    ("Textilonova", "Textilinova"),
    ("Sunrise Garment", "Sunrise Garments"),
]

FALSE_FRIENDS = [
    ("Sunrise Garments", "Sunset Garments"),
    ("Eastern Textiles", "Western Textiles"),
    ("Golden Star Garments", "Golden Sun Garments"),
    ("Golden Star Garments", "Golden Stag Garments"),
    ("Star Tex", "Stan Tex"),
    ("Sunrise Garments", "Sunrise Knitwear"),
    ("Sunrise Garments", "Sunrise"),
    ("Sunrise Garments", "Sunrise Garments Bangladesh"),
    ("Sunrise Garments", "New Sunrise Garments"),
    ("Lotus", "Lotos"),
    ("Hand Loom House", "Band Loom House"),
    ("Unit 2", "Unit 2"),
    ("Head office", "Head Office"),
    ("Factory 21", "Factory 21"),
    ("Apex 21 Garments", "Apex 27 Garments"),
    ("SG Garments", "Sunrise Garments"),
    ("Sunrise Mfg", "Sunrise Manufacturing"),
    ("Intl Placement", "International Placement"),
    ("Abdul Karim Trading", "Abdul Rahim Trading"),
    ("Fazenda Santa Maria", "Fazenda Santa Marta do Sul"),
    ("Fazenda Boa Vista", "Fazenda Boa Sorte"),
    ("AB Foods", "Foods"),
]


@pytest.mark.parametrize(("ours", "theirs"), RECALL)
def test_the_same_name_written_otherwise_is_found(ours: str, theirs: str) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        found = judged(party(one, **GAZIPUR), party(other, **GAZIPUR))
        assert found is not None, (fold(one), fold(other))


@pytest.mark.parametrize(("ours", "theirs"), FALSE_FRIENDS)
def test_a_name_that_only_looks_alike_is_not_the_same(ours: str, theirs: str) -> None:
    for one, other in ((ours, theirs), (theirs, ours)):
        assert judged(party(one, **GAZIPUR), party(other, **GAZIPUR)) is None


ONLY_BY_NAME = [
    # a slip, in the same city: "Asia" and "Asian" are two companies more often than one
    (party("Asian Garments", **GAZIPUR), party("Asia Garments", **GAZIPUR)),
    (party("Sunrise Garmnets", **GAZIPUR), party("Sunrise Garments", **GAZIPUR)),
    # the same name elsewhere, or nowhere
    (party("Sunrise Garments", **GAZIPUR), party("Sunrise Garments", country="BD", city="Khulna")),
    (party("Sunrise Garments", **GAZIPUR), party("Sunrise Garments", country="BD")),
    (party("Sunrise Garments", **GAZIPUR), party("Sunrise Garments")),
    (party("Sunrise Garments", **GAZIPUR), party("Sunrise Garments", country="LK", city="Gazipur")),
    # one word, and legal forms that contradict each other
    (party("Lotus SpA", country="IT", city="Prato"), party("Lotus Srl", country="IT", city="Prato")),
]


@pytest.mark.parametrize(("ours", "theirs"), ONLY_BY_NAME)
def test_what_could_be_somebody_else_is_a_likeness_of_the_name_alone(ours: Party, theirs: Party) -> None:
    found = judged(ours, theirs)
    assert found is not None
    assert found.strength == "name"


def test_one_word_in_another_country_is_nothing() -> None:
    assert judged(party("Lotus", country="IT"), party("Lotus", country="VN")) is None
    assert judged(party("Sunrise Garmnets", country="BD"), party("Sunrise Garments", country="LK")) is None


# Places.


@pytest.mark.parametrize(
    "place",
    [
        {"country": "BD", "city": "GAZIPUR"},
        {"city": "Gazipur"},
        {"country": "BD", "address": "Plot 14, Konabari Road, Gazipur 1346"},
    ],
)
def test_name_and_city_together_are_stronger(place: dict[str, str]) -> None:
    found = judged(party("Sunrise Garments Ltd", **GAZIPUR), party("Sunrise Garments Limited", **place))
    assert found is not None
    assert found.strength == "name_and_place"
    assert "city" in found.agreed


def test_a_slip_at_the_same_address_is_the_same_place() -> None:
    ours = party("Sunrise Garmnets", **GAZIPUR, address="Plot 14, Konabari Road")
    theirs = party("Sunrise Garments", **GAZIPUR, address="Plot 14, Konabari Road, Gazipur")
    found = judged(ours, theirs)
    assert found is not None
    assert (found.strength, found.letters) == ("name_and_place", 1)
    assert judged(replace(ours, address="Plot 15, Konabari Road"), theirs).strength == "name"  # type: ignore[union-attr]


# Identifiers.


def test_the_same_number_is_the_same_company_whatever_its_name() -> None:
    ours = party("Sunrise Garments", identifier="C-118204", country="BD")
    found = judged(ours, party("Old Name Textiles", identifier="c 0118204", country="BD"))
    assert found is None  # "C0118204" is another number: a zero inside counts
    found = judged(ours, party("Old Name Textiles", identifier="c 118204", country="BD"))
    assert found is not None
    assert (found.strength, found.how) == ("identifier", "the same number")


def test_zeros_that_a_spreadsheet_lost_do_not_hide_a_number() -> None:
    ours = party("Boa Vista", identifier="01.234.567/0001-89", kind="registered id", country="BR")
    found = judged(ours, party("Boa Vista", identifier="1234567000189", kind="cnpj_cpf", country="BR"))
    assert found is not None
    assert found.strength == "identifier"


def test_another_branch_of_the_same_brazilian_company_is_found() -> None:
    ours = party("Boa Vista", identifier="12.345.678/0002-70", kind="registered id", country="BR")
    found = judged(ours, party("Fazenda X", identifier="12.345.678/0001-90", kind="cnpj_cpf", country="BR"))
    assert found is not None
    assert found.how == "the same company number (CNPJ), another branch"
    person = party("Fazenda X", identifier="123.456.780-00", kind="cnpj_cpf", country="BR")
    assert judged(ours, person) is None


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"identifier": "118204", "country": "BD"}, {"identifier": "118204", "country": "LK"}),
        ({"identifier": "118204", "country": "BD"}, {"identifier": "118204"}),
        ({"identifier": "204", "country": "BD"}, {"identifier": "204", "country": "BD"}),
        ({"identifier": "NONE", "country": "BD"}, {"identifier": "NONE", "country": "BD"}),
    ],
)
def test_a_number_that_says_little_is_no_identifier(ours: dict[str, str], theirs: dict[str, str]) -> None:
    assert judged(party("Sunrise Garments", **ours), party("Other House", **theirs)) is None


def test_a_number_without_a_country_counts_when_it_is_long_or_the_name_agrees() -> None:
    long = judged(
        party("A House", identifier="HRB 1182045577", country="DE"), party("B House", identifier="HRB1182045577")
    )
    named = judged(party("Sunrise Garments", identifier="118204"), party("Sunrise Garments Ltd", identifier="118204"))
    assert long is not None
    assert named is not None
    assert (long.strength, named.strength) == ("identifier", "identifier")


# Explanations.


def test_a_hit_says_what_was_compared_and_folded_away() -> None:
    ours = party("São João Agropecuária Ltda", country="BR", city="Marabá")
    found = judged(ours, party("Somebody", "SAO JOAO AGROPECUARIA S/A - Unidade 2", country="BR", address="Marabá, PA"))
    assert found is not None
    assert found.explanation() == {
        "ours": {"field": "name", "text": "São João Agropecuária Ltda"},
        "theirs": {"field": "alias", "text": "SAO JOAO AGROPECUARIA S/A - Unidade 2"},
        "how": "the same words",
        "folded": ["ltda", "sa", "unidade 2", "accents or script"],
        "agreed": ["name", "country", "city"],
        "differed": [],
    }
    slip = judged(party("Sunrise Garmnets", country="BD"), party("Sunrise Garments", country="BD"))
    assert slip is not None
    assert slip.how == "1 letter differs: garmnets and garments"


# The parts.


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("garments", "garments", 0),
        ("garmnets", "garments", 1),
        ("garment", "garments", 1),
        ("abc", "xyz", 3),
        ("", "ab", 2),
    ],
)
def test_distance_counts_swapped_neighbours_once(one: str, other: str, letters: int) -> None:
    assert distance(one, other, 5) == distance(other, one, 5) == letters


def test_short_words_have_no_slips() -> None:
    assert [may_slip(length) for length in (3, 4, 5, 8, 9, 20)] == [0, 0, 1, 1, 2, 2]


def test_a_name_of_nothing_but_legal_forms_keeps_its_words() -> None:
    assert fold("Limited Company").words == ("limited", "company")
    assert fold("公司").words != ()
    assert fold("...").words == ()


@given(st.text(max_size=40))
def test_folding_never_fails_and_leaves_ascii(text: str) -> None:
    folded = fold(text)
    assert all(word.isascii() for word in folded.words)
    assert compare(folded, folded) is not None or not folded.words


@given(st.text(max_size=30))
def test_numbers_are_capitals_and_digits(text: str) -> None:
    value = number(text)
    assert value == number(value)


def test_the_index_finds_whatever_comparing_one_by_one_finds() -> None:
    """Also for names that nobody thought of: slips, swaps and moved words made by a seeded hand."""
    hand = random.Random(2026)
    roots = ["sunrise", "golden", "garments", "textiles", "himal", "lotus", "enterprises", "chittagong", "and", "21"]

    def name() -> str:
        return " ".join(hand.sample(roots, hand.randint(1, 3)))

    def smudged(text: str) -> str:
        at = hand.randrange(len(text))
        return hand.choice((text[:at] + text[at + 1 :], text[:at] + "x" + text[at:], text[:at] + " " + text[at:], text))

    ours = tuple(replace(party(name()), id=str(at)) for at in range(150))
    index = Index(ours)
    hits = 0
    for _ in range(150):
        entry = party(smudged(name()))
        wanted = [one.id for one in ours if match(one, entry)]
        assert [one.id for one, _ in index.alike(entry)] == wanted
        hits += len(wanted)
    assert hits > 100
