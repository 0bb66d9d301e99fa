"""HTTP of labels: orders, their files, voiding, and the two public documents of a batch.

Translates bodies to wishes and calls the service, and decides nothing. Files of an order are for the holder's managers;
manifests and void lists are read from the shelf by anybody.
"""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import FileResponse
from pydantic import ConfigDict, Field, model_validator
from starlette.responses import Response

from ground.canonical import Json, instant, sha256
from ground.crockford import ALPHABET
from ground.errors import NotFound
from ground.web import PROBLEMS, READ_PROBLEMS, Body, Day, Id, IdInPath, Prose, Reader, Writer, example, world
from ground.world import World
from labels import printing, rebinding, service
from labels.rules import MAX_QUANTITY, Wish
from labels.serials import MAX_BATCH
from labels.tables import Batch, LabelOrder

router = APIRouter(tags=["labels"])

NUMBER = f"^[{ALPHABET}]{{11}}$"
ORDER: dict[str, Json] = {
    "certificate": "4Q7M0ZK1T9X",
    "site": "site_7g2k9m4q0r5t8w1x",
    "product": "app_2b6c8d0e4f1g3h5j-1",
    "quantity": 1000,
    "last_day": "2027-03-31",
    "gtin": "09520123456788",
}
PLACED: dict[str, Json] = {
    **ORDER,
    "id": "ord_5n3p7r9s1t2v4w6x",
    "state": "ready",
    "use_by": "2027-03-31",
    "batch": 12,
    "printed": 1000,
    "files": ["labels.csv", "job.json", "sheet.pdf"],
    "stopped_because": None,
    "checked_until": None,
    "placed_at": "2026-11-21T09:30:00Z",
}
VOIDED: dict[str, Json] = {
    "batch": 12,
    "count": 1000,
    "void": 24,
    "list": "5f7c1d0e" * 8,
    "changed_at": "2026-11-21T10:00:00Z",
}
MANIFEST: dict[str, Json] = {
    "v": 1,
    "batch": 12,
    "cert": "4Q7M0ZK1T9X",
    "site": "https://scheme.example.org/sites/site_7g2k9m4q0r5t8w1x",
    "product": "https://scheme.example.org/products/app_2b6c8d0e4f1g3h5j-1",
    "gtin": "09520123456788",
    "use_by": "2027-03-31",
    "sell_by": "2028-03-30",
    "key": "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd",
    "ids": "33aa860c" * 8,
    "size": "0c9d8e7f" * 8,
    "kid": "z6MkgYGF3thn8k1Fv4p4dWXKtsXCnLH7q9yw4QgNPULDmDKB",
    "sig": "ab" * 64,
}
VOID_LIST: dict[str, Json] = {
    "v": 1,
    "batch": 12,
    "items": [1780076270846, 32497117474157],
    "kid": MANIFEST["kid"],
    "sig": "cd" * 64,
}
REBINDING_WISH: dict[str, Json] = {"successor": "9B3N7P0RSTV", "reason": "The appeal of 3 June was won."}
REBINDING: dict[str, Json] = {
    "batch": 12,
    "certificate": "4Q7M0ZK1T9X",
    **REBINDING_WISH,
    "asked_by": "per_7k2m9t4x1c5v8q3d",
    "asked_at": "2026-11-21T10:00:00Z",
    "confirmed_by": None,
    "confirmed_at": None,
}
BOUND: dict[str, Json] = {
    **REBINDING,
    "confirmed_by": "per_1b6f0r8s3w5e9h2j",
    "confirmed_at": "2026-11-21T11:00:00Z",
}
PUBLIC_SECONDS = 60  # how long a copy of a manifest or void list may be kept

FileName = Annotated[
    str,
    Path(
        max_length=40,
        pattern=r"^[a-z0-9.-]+$",
        description="labels.csv, job.json, sheet.pdf (sheet-1.pdf, sheet-2.pdf, ... beyond a thousand labels), or "
        "label-<index>.png and label-<index>.svg, with the index from 0",
        examples=["label-0.png"],
    ),
]
BatchNumber = Annotated[int, Path(ge=1, le=MAX_BATCH, description="the batch's number")]
Index = Annotated[int, Field(ge=0, lt=MAX_QUANTITY)]


class OrderBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [ORDER]})

    certificate: str = Field(pattern=NUMBER, description="number of your certificate; it must be active")
    site: Id = Field(description="a site in its scope")
    product: str = Field(pattern="^[0-9a-z_-]{1,32}$", description="a product in its scope")
    quantity: int = Field(ge=1, le=MAX_QUANTITY, description="labels, spoilage included")
    last_day: Day = Field(description="last day on which they are to be put on goods; at most the certificate's last")
    gtin: str | None = Field(
        default=None, pattern="^[0-9]{14}$", description="the product's own, to be carried inside the code"
    )


_INDEX: dict[str, Any] = {"type": "integer"}
_NULL: dict[str, Any] = {"type": "null"}


class RebindingBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [REBINDING_WISH]})

    successor: str = Field(pattern=NUMBER, description="number of the certificate that answers for the batch now")
    reason: Prose


class NothingBody(Body):
    """An empty body: {}."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})


class VoidBody(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"first": 0, "last": 23, "reason": "first sheet misprinted"},
                {"all": True, "reason": "the parcel was stolen"},
            ],
            "oneOf": [
                {
                    "required": ["first", "last"],
                    "properties": {"first": _INDEX, "last": _INDEX, "all": {"const": False}},
                },
                {"required": ["all"], "properties": {"first": _NULL, "last": _NULL, "all": {"const": True}}},
            ],
        }
    )

    first: Index | None = Field(default=None, description="index of the first label to void, from 0")
    last: Index | None = Field(default=None, description="index of the last one, inclusive")
    all: bool = Field(default=False, description="the whole batch; then without first and last")
    reason: Prose = Field(description="kept for the holder and the scheme, never published")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.all == (self.first is not None) or (self.first is None) != (self.last is None):
            raise ValueError('give either first and last, or "all": true')
        return self

    @property
    def span(self) -> tuple[int, int] | None:
        return None if self.first is None or self.last is None else (self.first, self.last)


def view(order: LabelOrder, batch: Batch | None) -> dict[str, Json]:
    """An order as the API shows it. printed: labels whose files are written."""
    sealed = batch if batch is not None and batch.sealed_at is not None else None
    return {
        "id": order.id,
        "certificate": order.certificate,
        "site": order.site_id,
        "product": order.product_id,
        "quantity": order.quantity,
        "last_day": order.last_day.isoformat(),
        "gtin": order.gtin,
        "state": order.state,
        "use_by": order.use_by.isoformat(),
        "batch": sealed.number if sealed else None,
        "printed": min(sealed.count, sealed.chunks * printing.CHUNK) if sealed else 0,
        "files": printing.names(sealed) if sealed else [],
        "stopped_because": order.stopped_because or None,
        "checked_until": instant(order.checked_until) if order.checked_until else None,
        "placed_at": instant(order.placed_at),
    }


@router.post(
    "/v1/orders",
    status_code=201,
    summary="Order labels",
    description="For a site and a product in the scope of your active certificate. Refused with 409, naming the "
    "figures, when the quota is used up, or when orders may not grow while the certificate is on probation: how many "
    "are left, and until when. Minting and printing follow; ask for the order until it is `ready`. A share "
    "of all orders, drawn by chance, waits in a release check for some days first (`checking`, `checked_until`).",
    responses={201: example("The order, accepted.", {**PLACED, "state": "accepted", "batch": None, "printed": 0,
                                                     "files": []}), **PROBLEMS},
)  # fmt: skip
def place_order(body: OrderBody, call: Writer) -> Response:
    wish = Wish(body.site, body.product, body.quantity, body.last_day, body.gtin)
    return call.run(
        lambda session: (
            201,
            view(service.place_order(session, call.actor, body.certificate, wish, now=call.now), None),
        )
    )


@router.get(
    "/v1/orders/{order}",
    summary="One order of labels",
    description="`state` is accepted, checking, prepared, sealed (in the log), ready (the files are there) or stopped.",
    responses={200: example("The order.", PLACED), **READ_PROBLEMS},
)
def get_order(order: IdInPath, call: Reader) -> dict[str, Any]:
    with call.world.db.read() as session:
        return view(*service.get_order(session, call.actor, order))


@router.get(
    "/v1/orders/{order}/files/{name}",
    summary="A file of an order",
    description="For the holder's managers only. 409 while it is not printed yet. Byte ranges are served.",
    response_class=Response,
    responses={
        200: {
            "description": "The file.",
            "content": {
                "text/csv": {"example": "seq,human_code,url\r\n0,00C1S-1KSTD-0N7YZ,https://v.example.org/0459...\r\n"},
                "application/pdf": {},
                "application/json": {"example": {"batch": 12, "quantity": 1000, "qr": "6-M", "mask": 2}},
                "image/png": {},
                "image/svg+xml": {},
            },
        },
        206: {"description": "The part of the file that was asked for (Range)."},
        416: {"description": "The file has no such part (Range)."},
        400: {"description": "The Range header is not one."},
        409: PROBLEMS[409],
        **READ_PROBLEMS,
    },
)
def get_file(order: IdInPath, name: FileName, call: Reader) -> Response:
    found = printing.file(call.world, call.actor, order, name)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="{found.name}"',
        "X-Content-Type-Options": "nosniff",
    }
    if found.path is not None:
        return FileResponse(found.path, media_type=found.type, headers=headers)
    return Response(found.data, media_type=found.type, headers=headers)


@router.post(
    "/v1/batches/{batch}/voids",
    summary="Void labels of a batch",
    description="For good: whoever scans one reads VOID. By a range of indexes, or the whole batch. Voiding what is "
    "void already changes nothing.",
    responses={200: example("How much of the batch is void; `list` is the hash of the signed void list.", VOIDED),
               **PROBLEMS},
)  # fmt: skip
def void_labels(batch: BatchNumber, body: VoidBody, call: Writer) -> Response:
    wish = service.prepare_void(call.world, call.actor, batch, body.span)
    keyring = call.world.keyring
    return call.run(
        lambda session: (
            200,
            service.void_range(session, keyring, call.actor, batch, wish, body.reason, now=call.now),
        )
    )


@router.post(
    "/v1/batches/{batch}/rebinding",
    status_code=201,
    summary="Ask to bind a batch to another certificate",
    description="For deciders and scheme managers, after an appeal against the revocation of its certificate was won: "
    "the goods on the shelf recover. It takes a second person.",
    responses={201: example("The wish.", REBINDING), **PROBLEMS},
)
def ask_rebinding(batch: BatchNumber, body: RebindingBody, call: Writer) -> Response:
    return call.run(
        lambda session: (
            201,
            rebinding.ask(session, call.actor, batch, body.successor, body.reason, now=call.now),
        )
    )


@router.post(
    "/v1/batches/{batch}/rebinding/confirmation",
    summary="Confirm that wish",
    description="For a decider or scheme manager of another organisation. It stands in the public log from now on.",
    responses={200: example("Bound.", BOUND), **PROBLEMS},
)
def confirm_rebinding(batch: BatchNumber, body: NothingBody, call: Writer) -> Response:
    keyring = call.world.keyring
    return call.run(lambda session: (200, rebinding.confirm(session, keyring, call.actor, batch, now=call.now)))


@router.get(
    "/batches/{batch}.json",
    summary="The manifest of a batch",
    description="Public, signed by an event key. How many labels there are is not told.",
    responses={200: example("The signed manifest.", MANIFEST), 304: {"description": "Not changed (If-None-Match)."},
               404: PROBLEMS[404], 422: PROBLEMS[422]},
    response_class=Response,
)  # fmt: skip
def get_manifest(batch: BatchNumber, request: Request, here: Annotated[World, Depends(world)]) -> Response:
    return _from_shelf(here, f"batches/{batch}.json", request)


@router.get(
    "/void/{batch}.json",
    summary="The void list of a batch",
    description="Public, signed by an event key: the voided items in ascending order, or `all`. 404: nothing is void.",
    responses={200: example("The signed list.", VOID_LIST), 304: {"description": "Not changed (If-None-Match)."},
               404: PROBLEMS[404], 422: PROBLEMS[422]},
    response_class=Response,
)  # fmt: skip
def get_void_list(batch: BatchNumber, request: Request, here: Annotated[World, Depends(world)]) -> Response:
    return _from_shelf(here, f"void/{batch}.json", request)


def _from_shelf(here: World, path: str, request: Request) -> Response:
    data = here.shelf.read(path)
    if data is None:
        raise NotFound("there is no such document")
    tag = f'"{sha256(data).hex()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={PUBLIC_SECONDS}"}
    if request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/json", headers=headers)
