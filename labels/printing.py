"""From a sealed batch to files: CSV and sheets, a thousand labels at a time.

Owns the files of an order and their names. Holds no transaction while it works: progress is a number in the batch's
row, written after each chunk. A label is a function of batch and index, so a chunk that is written twice, or by two
processes at once, has the same bytes. Also makes the picture of one label, on demand.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ground import outbox
from ground.access import Actor
from ground.canonical import Json
from ground.errors import Conflict, NotFound
from ground.files import TEMPORARY, sync_folder, write_atomic
from ground.outbox import Event
from ground.signing import SeedSigner
from ground.world import World
from labels import artwork, qr, sheets
from labels.artwork import Wording
from labels.payload import BASE, DIGITS, WITH_GTIN, day_number, seal_range
from labels.qr import Matrix
from labels.serials import human_code
from labels.service import READ_FILES, batch_key, get_order
from labels.sheets import Printed
from labels.tables import Batch, LabelOrder

CHUNK = 1000  # labels in a file: a sheet of 42 pages and some 0.9 MB, made in half a second
CHUNKS_AT_ONCE = 10  # then other news gets its turn: a suspension must not wait behind ten million labels
CSV, JOB, SHEET = "labels.csv", "job.json", "sheet.pdf"
PICTURE = re.compile(r"label-(0|[1-9][0-9]{0,7})\.(png|svg)\Z")
SHEET_OF = re.compile(r"sheet-([1-9][0-9]{0,4})\.pdf\Z")
TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf", "json": "application/json",
         "png": "image/png", "svg": "image/svg+xml"}  # fmt: skip
FEW = 50  # sheets up to this many symbols are drawn one by one: the table for long runs costs half a second


@dataclass(frozen=True)
class Job:
    """What all labels of a batch share, read once: nothing here reaches the database again."""

    batch: int
    order: str
    count: int
    chunks_done: int
    licence: str
    product: str
    use_by: str
    use_by_day: int
    gtin: str | None
    label_kid: str
    key: bytes
    prefix: str
    wording: Wording
    ready: bool

    @property
    def chunks(self) -> int:
        return -(-self.count // CHUNK)

    @property
    def digits(self) -> int:
        return DIGITS[BASE if self.gtin is None else WITH_GTIN]

    def sheet_name(self, chunk: int) -> str:
        return SHEET if self.chunks == 1 else f"sheet-{chunk + 1}.pdf"


def on_batch_sealed(world: World, event: Event) -> None:
    render_batch(world, int(event.ids["batch"]))


def render_batch(world: World, number: int, *, at_once: int = CHUNKS_AT_ONCE) -> bool:
    """Write the files that are missing, at most `at_once` chunks of them. True when all are there.

    Resumes where it broke off. When there is more to do, the same event is recorded again. Conflict: the batch is not
    sealed, or its label key is no longer the active one.
    """
    job = load_job(world, number)
    if job.ready:
        return True
    signer = _signer(world, job)
    folder = _folder(world, job)
    draw = qr.printer(job.prefix, job.digits) if job.count > FEW else partial(qr.matrix, job.prefix)
    start = _resume_at(folder, job)
    end = min(job.chunks, start + at_once)
    for chunk in range(start, end):
        indexes = range(chunk * CHUNK, min(job.count, (chunk + 1) * CHUNK))
        labels = list(_labels(job, signer, indexes, draw))
        rows = sheets.csv_rows(labels, number, job.licence, job.product, job.use_by)
        write_atomic(folder / _part(chunk), rows)
        write_atomic(folder / job.sheet_name(chunk), sheets.sheet(labels, job.wording, number))
        _advance(world, number, chunk + 1)
    if end < job.chunks:
        with world.db.write() as session:
            outbox.record(session, "batch_sealed", str(number), now=world.clock.now(), batch=str(number),
                          order=job.order)  # fmt: skip
        return False
    _finish(folder, job)
    _ready(world, number)
    return True


def load_job(world: World, number: int) -> Job:
    """Conflict: the batch is not sealed, so there is nothing that could be printed."""
    with world.db.read() as session:
        batch = session.get(Batch, number)
        order = session.get(LabelOrder, batch.order_id) if batch else None
    if batch is None or order is None:
        raise NotFound(f"there is no batch {number}")
    if batch.sealed_at is None:
        raise Conflict(f"batch {number} is not sealed")
    return Job(
        batch=number,
        order=order.id,
        count=batch.count,
        chunks_done=batch.chunks,
        licence=batch.certificate,
        product=order.product_name,
        use_by=batch.use_by.isoformat(),
        use_by_day=day_number(batch.use_by),
        gtin=order.gtin,
        label_kid=batch.label_kid,
        key=batch_key(world.keyring, batch),
        prefix=batch.prefix,
        wording=Wording(world.settings.scheme_name, batch.certificate, batch.prefix),
        ready=batch.ready_at is not None,
    )


def _signer(world: World, job: Job) -> SeedSigner:
    """The label key that the manifest names. Conflict when it was replaced: nothing new is signed with an old key."""
    signer = world.keyring.signer("label")
    if signer.kid != job.label_kid:
        raise Conflict(
            f"batch {job.batch} was sealed for label key {job.label_kid}, and the active one is {signer.kid}"
        )
    return signer


def _folder(world: World, job: Job) -> Path:
    return world.files.folder(f"batch-{job.batch}")


def _resume_at(folder: Path, job: Job) -> int:
    """The first chunk to write: normally what the row says, an earlier one when its file was lost meanwhile."""
    if (folder / CSV).exists():
        return job.chunks
    for chunk in range(job.chunks_done):
        if not ((folder / _part(chunk)).exists() and (folder / job.sheet_name(chunk)).exists()):
            return chunk
    return job.chunks_done


def _part(chunk: int) -> str:
    return f"part-{chunk:05d}.csv"


def _labels(job: Job, signer: SeedSigner, indexes: range, draw: Callable[[str], Matrix]) -> Iterator[Printed]:
    for index, item, digits in seal_range(job.key, job.batch, indexes, job.use_by_day, signer, job.gtin):
        yield Printed(index, human_code(job.batch, item), job.prefix + digits, draw(digits))


def _advance(world: World, number: int, done: int) -> None:
    with world.db.write() as session:
        batch = session.get(Batch, number, with_for_update=True)
        if batch is not None:
            batch.chunks = max(batch.chunks, done)


def _finish(folder: Path, job: Job) -> None:
    """Put the CSV together and write the job sheet. Left alone when it was done before and only the row was not."""
    if not (folder / CSV).exists():
        temporary = folder / f"{TEMPORARY}{CSV}-{os.getpid()}"
        with temporary.open("wb") as out:
            out.write(sheets.csv_head())
            for chunk in range(job.chunks):
                out.write((folder / _part(chunk)).read_bytes())
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, folder / CSV)
        sync_folder(folder)
    write_atomic(folder / JOB, json.dumps(job_sheet(job), indent=1).encode() + b"\n")
    for chunk in range(job.chunks):
        (folder / _part(chunk)).unlink(missing_ok=True)


def job_sheet(job: Job) -> dict[str, Json]:
    """What a print house must know and check: quantity, symbol, module size, quiet zone."""
    version = qr.version_for(job.prefix, job.digits)
    modules = 17 + 4 * version
    return {
        "batch": job.batch,
        "order": job.order,
        "quantity": job.count,
        "licence": job.licence,
        "product": job.product,
        "use_by": job.use_by,
        "address": job.prefix,
        "digits": job.digits,
        "qr": f"{version}-M",
        "modules": modules,
        "mask": qr.MASK,
        "quiet_zone_modules": qr.QUIET,
        "dots_per_module": {"300": qr.DOTS // 2, "600": qr.DOTS},
        "width_with_quiet_zone_um": (modules + 2 * qr.QUIET) * qr.DOTS * 25_400 // qr.DPI,
        "segments": ["byte: the address", "numeric: the digits"],
        "check": "decode a proof of each sheet; the version and the address must be exactly these",
    }


def _ready(world: World, number: int) -> None:
    with world.db.write() as session:
        batch = session.get(Batch, number, with_for_update=True)
        order = session.get(LabelOrder, batch.order_id) if batch else None
        if batch is None or order is None or batch.ready_at is not None:
            return
        batch.ready_at = now = world.clock.now()
        order.state = "ready"
        outbox.record(session, "sheets_ready", order.id, now=now, order=order.id, batch=str(number))


@dataclass(frozen=True)
class Download:
    """A file of an order: where it lies, or its bytes when it was made for this call."""

    name: str
    type: str
    path: Path | None = None
    data: bytes = b""


def names(batch: Batch) -> list[str]:
    """The files of an order once it is ready; pictures of single labels are made when they are asked for."""
    if batch.ready_at is None:
        return []
    chunks = -(-batch.count // CHUNK)
    made = [SHEET] if chunks == 1 else [f"sheet-{chunk}.pdf" for chunk in range(1, chunks + 1)]
    return [CSV, JOB, *made]


def file(world: World, actor: Actor, order: str, name: str) -> Download:
    """One file of an order, for the holder's managers only.

    NotFound: no such order or file, or a label beyond the batch. Conflict: not minted, or not printed, yet.
    """
    with world.db.read() as session:
        row, batch = get_order(session, actor, order, action=READ_FILES)
    picture, sheet = PICTURE.match(name), SHEET_OF.match(name)
    if not (picture or sheet or name in (CSV, JOB, SHEET)):
        raise NotFound("an order has no such file")
    if batch is None or batch.sealed_at is None:
        raise Conflict(f"this order is {row.state}: there are no labels yet")
    if picture:
        return _picture(world, batch, int(picture[1]), picture[2], name)
    if batch.ready_at is None:
        raise Conflict(f"the files are being made: {batch.chunks * CHUNK} of {batch.count} labels are done")
    if name not in names(batch):
        raise NotFound("an order has no such file")
    path = world.files.folder(f"batch-{batch.number}") / name
    if not path.is_file():
        raise NotFound("the file is gone from the file store")
    return Download(name, TYPES[name.rpartition(".")[2]], path=path)


def _picture(world: World, batch: Batch, index: int, kind: str, name: str) -> Download:
    if index >= batch.count:
        raise NotFound(f"label {index} is beyond {batch.count - 1}, the last one of this order")
    job = load_job(world, batch.number)
    draw = partial(qr.matrix, job.prefix)
    label = next(_labels(job, _signer(world, job), range(index, index + 1), draw))
    make = artwork.png if kind == "png" else artwork.svg
    return Download(name, TYPES[kind], data=make(label.matrix, label.human, job.wording))
