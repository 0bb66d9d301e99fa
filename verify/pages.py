"""The scan page: a verdict in words, for people.

Owns how the page is put together, and its security headers; the sentences are those of `words`. A page says "Label" and
"Certificate" apart, names no person, and works without scripts. Reads no database and no shelf: a verdict comes in,
bytes go out.
"""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ground.canonical import Json, parse_day, parse_instant, sha256
from verify.country_names import ENGLISH
from verify.verdict import Verdict
from verify.words import (
    AGES,
    CAUTIONS,
    CERTIFICATE,
    CERTIFICATE_OF,
    DOUBTS,
    LABEL,
    LABEL_OF,
    NEXT,
    NOT_ESTABLISHED,
    VERDICTS,
)

CSS: Final = (resources.files("verify") / "templates" / "page.css").read_text("utf-8")

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'sha256-"
        + base64.b64encode(sha256(CSS.encode())).decode()
        + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Of every page: nothing is loaded from anywhere, nothing is kept, nobody is told where the reader came from."""

_templates = Environment(
    loader=PackageLoader("verify", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["css"] = Markup(CSS)  # noqa: S704 - our own file, and the hash in HEADERS is of just this text
_VERDICT, _HOME = _templates.get_template("verdict.html"), _templates.get_template("home.html")


def render(verdict: Verdict, *, scheme: str, public_url: str, detail: str = "") -> bytes:
    """The page of one verdict.

    scheme: the name of the mark; public_url: where the certificate's own page is; detail: for MALFORMED, what is wrong.
    """
    said = verdict.document
    label, certificate, code = said["label"], said["certificate"], verdict.code
    heading, reason = VERDICTS[code]
    label_class, label_sign, label_words = LABEL[label["state"]]
    certificate_class, certificate_sign, certificate_words = CERTIFICATE[certificate["in_force"]]
    named, dates = certificate["number"] is not None, _dates(certificate)
    return _VERDICT.render(
        scheme=scheme,
        mark_name=certificate["scheme"] or scheme,
        colour=verdict.colour,
        heading=heading,
        reason=reason.format_map(dates),
        detail=_sentence(detail),
        doubts=[_doubt(each) for each in said["not_established"] if each not in NOT_ESTABLISHED],
        next=NEXT[said["next_step"]],
        ask="Type the code" if code == "MALFORMED" else "",
        typed="",
        wrong=detail,
        label_class=label_class,
        label_sign=label_sign,
        label_words=LABEL_OF.get(code, label_words),
        certificate_class=certificate_class,
        certificate_sign=certificate_sign,
        certificate_words=CERTIFICATE_OF.get(code, certificate_words).format_map(dates),
        facts=_facts(label, certificate, public_url),
        sites=[_site(each) for each in certificate["sites"]],
        not_covered=certificate["not_covered"],
        not_told=[NOT_ESTABLISHED[each] for each in said["not_established"] if each in NOT_ESTABLISHED]
        if named
        else [],
        cautions=[CAUTIONS.get(each, f"A caution is on record: {each}.") for each in said["cautions"]] if named else [],
        age=_age(said),
    ).encode()


def home(scheme: str) -> bytes:
    """The page at the root: type a code, and what this is."""
    return _home(scheme, "Check a label")


def refused(scheme: str, typed: str, why: str) -> bytes:
    """The same with what is wrong with a typed code: never a guess of what it should be."""
    return _home(scheme, "This code cannot be right", typed=typed[:100], wrong=_sentence(why))


def too_many(scheme: str) -> bytes:
    """For people behind a network from which too many codes were typed."""
    return _home(
        scheme, "Too many codes were typed from your network", wrong="Wait a minute, or scan the QR code.", form=False
    )


def _home(scheme: str, heading: str, *, typed: str = "", wrong: str = "", form: bool = True) -> bytes:
    ask = "The code on the label"
    return _HOME.render(scheme=scheme, heading=heading, typed=typed, wrong=wrong, form=form, ask=ask).encode()


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""


# --- the parts of a verdict's page -----------------------------------------------------------------------------------


def _facts(label: dict[str, Json], certificate: dict[str, Json], public_url: str) -> list[tuple[str, str, str]]:
    """(name, value, address or "") of what is on record about this label."""
    product = next((each for each in certificate["products"] if each["id"] == label["product"]), None)
    made_at = next((each for each in certificate["sites"] if each["id"] == label["site"]), None)
    number = certificate["number"]
    rows = [
        ("Product", _product(product) if product else None, ""),
        ("Made at", _place(made_at) if made_at else None, ""),
        ("Code of this label", label["item"], ""),
        ("To be put on goods until", _day(parse_day(label["use_by"])) if label["use_by"] else None, ""),
        ("GTIN", label["gtin"], ""),
        ("Certificate", number, f"{public_url}/certificates/{number}"),
        ("Holder", certificate["holder"], ""),
        ("Valid", _span(certificate), ""),
        ("Certified by", certificate["certification_body"], ""),
        ("Under", f"rulebook {certificate['rulebook']}" if certificate["rulebook"] else None, ""),
    ]
    return [(name, value, url) for name, value, url in rows if value]


def _product(product: dict[str, Json]) -> str:
    return f"{product['name']} ({product['model']})" if product["model"] else str(product["name"])


def _place(site: dict[str, Json]) -> str:
    return f"{site['name']}, {site['city']}, {ENGLISH.get(site['country'], site['country'])}"


def _site(site: dict[str, Json]) -> str:
    return f"{_place(site)}: assessed on {_day(parse_day(site['assessed_on']))} by {site['audit_firm']}"


def _span(certificate: dict[str, Json]) -> str | None:
    if certificate["valid_from"] is None:
        return None
    return f"from {_begin(certificate['valid_from'])} to {_end(certificate['valid_until'])}"


def _doubt(code: str) -> str:
    """The sentence of a doubt; the dated lists share theirs."""
    for ending, state in AGES.items():
        name = code.removesuffix(ending)
        if name != code and "{state}" in DOUBTS.get(name, ""):
            return DOUBTS[name].format(state=state)
    return DOUBTS[code]


def _dates(certificate: dict[str, Json]) -> dict[str, str]:
    since = certificate["since"]
    return {
        "since": f" since {_begin(since)}" if since else "",
        "since_day": _begin(since) if since else "some time",
        "begins": _begin(certificate["valid_from"]) if certificate["valid_from"] else "a later day",
        "ends": _end(certificate["valid_until"]) if certificate["valid_until"] else "an earlier day",
        "sell_by": _day(parse_day(certificate["sell_by"])) if certificate["sell_by"] else "an earlier day",
    }


def _age(said: dict[str, Json]) -> str:
    """How fresh: when it was judged, and how old the oldest list behind it is."""
    at = _moment(parse_instant(said["at"]))
    if said["as_of"] is None:
        return f"Checked on {at}."
    seconds = said["status_age_s"]
    if seconds < 120:
        old = "just published"
    elif seconds < 2 * 3600:
        old = f"{seconds // 60} minutes old"
    elif seconds < 3 * 86_400:
        old = f"{seconds // 3600} hours old"
    else:
        old = f"{seconds // 86_400} days old"
    return f"Checked on {at}, against lists of which the oldest was {old}."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _moment(moment: datetime) -> str:
    return f"{_day(moment.date())}, {moment:%H:%M} UTC"


def _begin(instant: str) -> str:
    return _day(parse_instant(instant).date())


def _end(instant: str) -> str:
    """The last day of something that ends at this instant: midnight belongs to the day before."""
    return _day((parse_instant(instant).astimezone(UTC) - timedelta(seconds=1)).date())
