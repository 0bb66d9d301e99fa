"""The page: every code in words, nothing promised, nobody named, small, and readable by everybody."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

from ground.countries import COUNTRIES
from tests.vectors import defects, verdicts
from tests.vectors.scene import ROOTS
from verify import pages, words
from verify.bundle import open_bundle
from verify.codes import CODES, NEVER_ESTABLISHED, NEXT_STEP
from verify.country_names import ENGLISH
from verify.pages import CSS, HEADERS
from verify.verdict import Verdict, judge

CASES = {case.name: case for case in verdicts.cases()}
ONE_OF_EACH = {case.expected: case.name for case in reversed(verdicts.cases())}
DOCS = Path(__file__).resolve().parents[3] / "docs" / "verdicts.md"


def verdict_of(name: str) -> Verdict:
    case = CASES[name]
    bundle = open_bundle(defects.container(case.bundle), ROOTS)
    return judge(verdicts.read(case.text), bundle, case.membership, case.at)


def page_of(name: str, detail: str = "") -> str:
    made = pages.render(
        verdict_of(name), scheme="Human-Trafficking Free", public_url="https://scheme.example", detail=detail
    )
    return made.decode()


class Reader(HTMLParser):
    """What a reader gets: the text, and the tags, which must close."""

    VOID = frozenset(("meta", "input", "path", "br", "!doctype"))

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.open, self.tags = "", list[str](), list[tuple[str, dict[str, str | None]]]()
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


@pytest.mark.parametrize("name", CASES)
def test_every_vector_has_a_small_sound_page(name: str) -> None:
    page = page_of(name)
    reader = Reader(page)
    assert len(page.encode()) < 14_000
    heading = words.VERDICTS[CASES[name].expected][0]  # type: ignore[index]
    assert heading in reader.text
    assert "Label:" in reader.text
    assert "Certificate:" in reader.text
    assert "What to do next" in reader.text
    assert "Checked on" in reader.text
    assert "{" not in reader.text
    assert "None" not in reader.text


@pytest.mark.parametrize("code", CODES)
def test_a_page_loads_nothing_and_runs_nothing(code: str) -> None:
    page = page_of(ONE_OF_EACH[code])
    tags = Reader(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "link", "iframe", "object", "embed"}
    assert not [attribute for _, attributes in tags for attribute in attributes if attribute.startswith("on")]
    assert not [attributes for _, attributes in tags if "style" in attributes]
    assert "cookie" not in HEADERS


def test_the_policy_lets_in_just_our_style() -> None:
    page = page_of("valid")
    inside = page.split("<style>")[1].split("</style>")[0]
    allowed = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert f"style-src 'sha256-{allowed}'" in HEADERS["Content-Security-Policy"]
    assert HEADERS["Content-Security-Policy"].startswith("default-src 'none'")
    assert HEADERS["Referrer-Policy"] == "no-referrer"
    assert HEADERS["Cache-Control"] == "no-store"


def test_label_and_certificate_are_said_apart() -> None:
    def said(name: str) -> tuple[str, str]:
        text = Reader(page_of(name)).text
        return text.split("Label: ")[1].split("\n")[0], text.split("Certificate: ")[1].split("\n")[0]

    assert said("valid") == ("issued by us", "in force, until 30 August 2027")
    assert said("suspended") == ("issued by us", "not in force: suspended")
    assert said("last-digit-changed") == ("not issued by us", "cannot tell")
    assert said("heads-expired") == ("issued by us", "cannot tell")
    assert said("keys-expired") == ("cannot tell", "cannot tell")
    assert said("one-item-void") == ("issued by us, and taken back", "in force, until 30 August 2027")
    assert said("typed") == ("cannot tell from a typed code", "in force, until 30 August 2027")


def test_the_page_says_what_was_and_was_not_assessed_where_when_and_by_whom() -> None:
    text = Reader(page_of("valid")).text
    assert "Sunrise Unit 1, Samut Sakhon, Thailand: assessed on 20 August 2026 by Meridian Audit" in text
    assert "Cotton farms and spinning mills were not assessed." in text
    for code in NEVER_ESTABLISHED:
        assert words.NOT_ESTABLISHED[code] in text
    assert "from 1 September 2026 to 30 August 2027" in text
    assert "Work shirt 1 (SG-1)" in text
    assert "against lists of which the oldest was 60 minutes old" in text
    assert "not independently witnessed" in text


@pytest.mark.parametrize(
    "name", ["last-digit-changed", "unlisted-key", "batch-unknown", "label-key-stolen-before-sealing"]
)
def test_a_label_that_is_not_ours_names_no_holder(name: str) -> None:
    page = page_of(name)
    assert "Sunrise" not in page
    assert "Meridian" not in page


def test_why_it_cannot_be_confirmed_is_told_in_words() -> None:
    assert "The list of revoked certificates is too old." in page_of("revocation-expired")
    assert "Events of the certificate are missing." in page_of("suspension-hidden")


def test_dates_are_told() -> None:
    assert "is suspended since 16 November 2026" in page_of("suspended")
    assert "is suspended. That" in page_of("suspension-bit-only")
    assert "sold until 27 December 2027" in page_of("ended")
    assert "begins on 24 November 2026" in page_of("not-yet-valid")


def test_what_is_wrong_with_a_code_is_shown_with_the_form() -> None:
    page = page_of("wrong-check-symbol", detail="a symbol is wrong: compare 8 and B")
    assert "compare 8 and B" in page
    assert 'action="/check"' in page
    assert 'action="/check"' not in page_of("valid")


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_promised(code: str) -> None:
    text = Reader(page_of(ONE_OF_EACH[code])).text.lower()
    assert "guarantee" not in text
    for word in ("100%", "proven free", "safe to buy", "certified free", "genuine label"):
        assert word not in text


def test_every_code_has_its_words() -> None:
    assert set(words.VERDICTS) == set(CODES)
    assert set(words.NEXT) == set(NEXT_STEP.values()) | {"SCAN_QR"}
    assert set(NEVER_ESTABLISHED) <= set(words.NOT_ESTABLISHED)
    assert set(ENGLISH) == COUNTRIES


def test_every_doubt_that_a_verdict_can_give_has_its_words() -> None:
    table = DOCS.read_text("utf-8").split("With CANNOT_CONFIRM, why:")[1].split("## Examples")[0]
    plain = {code for code in re.findall(r"`([A-Z_]+)`", table) if code in words.DOUBTS}
    dated = {
        f"{name}{age}" for name in ("HEADS", "CAUTIONS", "REVOCATION_LIST", "SUSPENSION_LIST") for age in words.AGES
    }
    for code in plain | dated:
        assert pages._doubt(code)
    for name in CASES:
        for code in verdict_of(name).document["not_established"]:
            assert code in words.NOT_ESTABLISHED or code in plain | dated


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\"'><b>", "&lt;"])
def test_what_somebody_typed_is_shown_as_text(text: str) -> None:
    page = pages.refused("Human-Trafficking Free", text, f"not a code: {text}").decode()
    assert "<script>" not in page
    assert "<b>" not in page
    Reader(page)


@pytest.mark.parametrize("made", [pages.home("X"), pages.too_many("X"), pages.refused("X", "abc", "wrong")])
def test_the_other_pages_are_small_and_sound(made: bytes) -> None:
    Reader(made.decode())
    assert len(made) < 14_000


def luminance(colour: str) -> float:
    full = "".join(each * 2 for each in colour) if len(colour) == 3 else colour
    parts = [int(full[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [("fff", colour) for colour in re.findall(r"\.(?:green|amber|red|grey)\{background:#(\w+)\}", CSS)]
    + [(colour, "fff") for colour in re.findall(r"span\{color:#(\w+)\}", CSS)]
    + [("1a1a1a", "fff"), ("4a4f57", "fff"), ("0b4f9e", "fff"), ("0b4f9e", "eef4fb"), ("fff", "0b4f9e")],
)
def test_the_contrast_is_enough(ink: str, paper: str) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    assert contrast(ink, paper) >= 4.5


def test_colour_is_never_the_only_sign() -> None:
    """Each colour has a mark of another shape, and says what it means in words."""
    shapes = {
        verdict_of(ONE_OF_EACH[code]).colour: page_of(ONE_OF_EACH[code]).split('<path d="')[1].split('"')[0]
        for code in CODES
    }
    assert len(set(shapes.values())) == len(shapes) == 4


def test_headings_go_down_step_by_step() -> None:
    for code in CODES:
        levels = [int(tag[1]) for tag, _ in Reader(page_of(ONE_OF_EACH[code])).tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
