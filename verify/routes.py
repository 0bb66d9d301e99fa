"""The public scan over HTTP: what a phone, a till and a verifier ask.

Owns the addresses of the scan, of `/bundle.json` and of the page where a code is typed; content negotiation; and the
limit on typed codes per network. The scan touches memory only. HTTP status 200 for every verdict, also for what is no
label; other addresses are not taken: only digits of about a payload's length, and what looks like a typed code.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from fastapi import Path as PathParameter
from fastapi.routing import APIRoute
from starlette.convertors import Convertor, register_url_convertor
from starlette.responses import RedirectResponse, Response

from ground.canonical import sha256
from ground.errors import Malformed, TooMany
from ground.web import PROBLEMS
from ground.world import World
from labels.payload import Label, Typed, parse
from verify import pages
from verify.offline import bare_code
from verify.source import Source
from verify.verdict import Verdict, judge

# Digits of about a payload's length, so that a digit lost or doubled is still told that it is no label; or 13 to 25 of
# what codes are typed with. Every other address belongs to somebody else.
SCANNED = "[0-9]{100,300}"
TYPED = "[0-9A-Za-z][0-9A-Za-z \\-]{11,23}[0-9A-Za-z]"
CODE_PATTERN = f"^({SCANNED}|{TYPED})$"
MAX_NETWORKS = 50_000  # counted apart in one minute; whoever comes after them shares one count

# What a signed page says belongs to nobody's cache, and its reader to nobody else.
JSON_HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Vary": "Accept"}
HTML_HEADERS = {**pages.HEADERS, "Vary": "Accept"}
JSON, HTML = "application/json", "text/html"
RawHeaders = list[tuple[bytes, bytes]]


def _encoded(headers: Mapping[str, str], media: str) -> RawHeaders:
    return [(name.lower().encode(), value.encode()) for name, value in {**headers, "Content-Type": media}.items()]


JSON_RAW = _encoded(JSON_HEADERS, JSON)
HTML_RAW = _encoded(HTML_HEADERS, f"{HTML}; charset=utf-8")

EXAMPLE = (
    "0459815803188184959463048985506016351315641143788685622177254933915243709697559628817337247231839102353319819084740"
    "797766108534974810733532097455523186426128214469758560806732656221672975"
)


class CodeConvertor(Convertor[str]):
    """`{code:label}` in a path: matches nothing but what could be meant as a label."""

    regex = f"(?:{SCANNED}|{TYPED})"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("label", CodeConvertor())


class DirectRoute(APIRoute):
    """A route whose endpoint takes the request and the path's `code`, as the convertor matched it, and nothing else.

    FastAPI's way through dependencies and validation costs more than judging a label; here it has nothing to do.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        async def handle(request: Request) -> Response:
            answer: Response = await self.endpoint(request, request.path_params["code"])
            return answer

        return handle


class Answer(Response):
    """A verdict on its way out. Its headers are always the same few, so they were encoded once."""

    def __init__(self, data: bytes, headers: RawHeaders) -> None:
        self.status_code, self.background, self.body = 200, None, data
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(data))]


class TypedLimit:
    """How many codes each network prefix typed in the current minute. In memory only, and forgotten with the minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._minute: datetime | None = None
        self._counts: dict[str, int] = {}

    def check(self, host: str | None, now: datetime) -> None:
        """Count one more. TooMany when the network has used up its minute."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute, self._counts = minute, {}
        network = _network(host)
        if network not in self._counts and len(self._counts) >= MAX_NETWORKS:
            network = "others"
        count = self._counts[network] = self._counts.get(network, 0) + 1
        if count > self._per_minute:
            raise TooMany("too many codes were typed from your network; wait a minute, or scan the QR code")


def _network(host: str | None) -> str:
    """The /24 of an IPv4 address, the /48 of an IPv6 one: as far as one household, shop or office reaches."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 48), strict=False))
        address = address.ipv4_mapped
    return str(ipaddress.ip_network((address, 24), strict=False))


def wants_html(accept: str) -> bool:
    """People's browsers name text/html; whoever does not, or likes JSON better, gets the verdict itself."""
    if HTML not in accept:
        return False
    if JSON not in accept:
        return True
    return _weight(accept, HTML) >= _weight(accept, JSON)


def _weight(accept: str, media: str) -> float:
    """The q of a media type that the header names (RFC 9110, 12.4.2); 0 when it cannot be read."""
    for part in accept.split(","):
        name, *parameters = part.split(";")
        if name.strip().lower() == media:
            found = next((each.strip()[2:] for each in parameters if each.strip().startswith("q=")), "1")
            return float(found) if re.fullmatch(r"[01](\.[0-9]{0,3})?", found) else 0.0
    return 0.0


class Scanner:
    """One world's scan: the source of its bundle, its clock and its limit."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.source = Source(world.shelf, world.keyring.root_publics(), world.keyring.scan_private)
        self.limit = TypedLimit(world.settings.typed_codes_per_minute)

    def judge(self, text: str, host: str | None) -> tuple[Verdict, str]:
        """(the verdict, what is wrong with the code if it is none). TooMany for a network that types too much."""
        now = self.world.clock.now()
        if len(text) < 100:
            self.limit.check(host, now)
        bundle = self.source.current()
        label: Label | Typed | None = None
        detail = ""
        try:
            label = parse(text)
        except Malformed as error:
            detail = error.detail
        membership = self.source.membership(label) if label is not None else "unknown"
        return judge(label, bundle, membership, now), detail


_SCAN_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The verdict, whichever it is; docs/verdicts.md lists the codes. The page says the same.",
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "required": [
                        "code", "colour", "at", "as_of", "status_age_s", "label", "certificate", "cautions",
                        "not_established", "next_step",
                    ],
                    "properties": {"code": {"type": "string"}, "colour": {"enum": ["red", "amber", "green", "grey"]}},
                },
                "example": {
                    "as_of": None,
                    "at": "2026-11-21T12:00:00Z",
                    "cautions": ["NOT_WITNESSED"],
                    "certificate": {"in_force": "unknown", "number": None},
                    "code": "BAD_SIGNATURE",
                    "colour": "red",
                    "label": {"membership": "unknown", "state": "not_issued"},
                    "next_step": "DO_NOT_RELY",
                    "not_established": ["PAPER_MAY_BE_A_COPY"],
                    "status_age_s": None,
                },
            },
            HTML: {"schema": {"type": "string"}},
        },
    },
    404: PROBLEMS[404],
    422: PROBLEMS[422],
    429: PROBLEMS[429],
}  # fmt: skip


def make_router(world: World) -> APIRouter:
    """The routes of the scan on one world. Include them last: their paths are the shortest."""
    router, scanner = APIRouter(tags=["scan"]), Scanner(world)
    settings = world.settings

    async def scan(
        request: Request,
        code: Annotated[
            str,
            PathParameter(
                description="the digits of a label's QR code, or its typed code",
                json_schema_extra={"pattern": CODE_PATTERN},
                examples=[EXAMPLE],
            ),
        ],
    ) -> Response:
        html = wants_html(request.headers.get("accept", ""))
        try:
            verdict, detail = scanner.judge(code, request.client.host if request.client else None)
        except TooMany:
            if not html:
                raise
            page = pages.too_many(settings.scheme_name)
            return Response(page, 429, {**HTML_HEADERS, "Retry-After": "60"}, media_type=HTML)
        if not html:
            return Answer(verdict.data, JSON_RAW)
        page = pages.render(verdict, scheme=settings.scheme_name, public_url=settings.link_url, detail=detail)
        return Answer(page, HTML_RAW)

    def bundle(request: Request) -> Response:
        data = scanner.source.bundle_bytes()
        headers = {"ETag": f'"{sha256(data).hex()[:32]}"', "Cache-Control": "no-cache"}
        if (
            request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]
        ):  # a proxy that zips weakens it
            return Response(status_code=304, headers=headers)
        return Response(data, headers=headers, media_type=JSON)

    async def home() -> Response:
        return Response(pages.home(settings.scheme_name), headers=pages.HEADERS, media_type=HTML)

    async def check(code: Annotated[str, Query(max_length=1000)] = "") -> Response:
        """The form's target. A code that can be one is sent on; one that cannot is shown again, with advice."""
        text = bare_code(code)
        try:
            found = parse(text)
        except Malformed as error:
            return Response(
                pages.refused(settings.scheme_name, code, error.detail), 400, dict(pages.HEADERS), media_type=HTML
            )
        target = found.human if isinstance(found, Typed) else text
        return RedirectResponse(f"/{quote(target)}", 303, {"Cache-Control": "no-store"})

    router.add_api_route("/", home, methods=["GET", "HEAD"], include_in_schema=False)
    router.add_api_route("/check", check, methods=["GET", "HEAD"], include_in_schema=False)
    router.add_api_route(
        "/bundle.json",
        bundle,
        methods=["GET"],
        summary="Everything an offline verifier needs",
        description="An unsigned container of signed parts: keys, status lists, heads, cautions, certificates with "
        "their events, batch manifests, void lists, checkpoint. `freemark verify` reads it.",
        responses={
            200: {"description": "The container.", "content": {JSON: {"example": {"v": 1, "complete": True}}}},
            304: {"description": "Not changed (If-None-Match)."},
        },
        response_class=Response,
    )
    router.add_api_route("/bundle.json", bundle, methods=["HEAD"], include_in_schema=False)
    router.add_api_route(
        "/{code:label}",
        scan,
        route_class_override=DirectRoute,
        methods=["GET"],
        summary="Scan a label",
        description="The verdict on one label, as canonical JSON or as a page (`Accept`). A typed code carries no "
        "signature and is never green. Typed codes are limited per network prefix.",
        responses=_SCAN_RESPONSES,
        response_class=Response,
    )
    router.add_api_route(
        "/{code:label}", scan, route_class_override=DirectRoute, methods=["HEAD"], include_in_schema=False
    )
    return router
