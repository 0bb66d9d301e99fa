"""Files of an order: complete, resumable, the same bytes on every try, and for nobody but the holder."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from ground.errors import Conflict, Forbidden, NotFound
from ground.world import World
from labels import payload, printing, service, sheets
from labels.payload import Label
from labels.tables import Batch, LabelOrder
from tests.cast import Cast, make_cast
from tests.conftest import WorldMaker
from tests.unit.labels.holder import GTIN, Holder, certify, event, minted, place, told

PREFIX = "http://localhost:8000/"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven labels a file, so that twenty labels are three of them."""
    monkeypatch.setattr(printing, "CHUNK", 7)


def folder(world: World, number: int) -> Path:
    return world.files.folder(f"batch-{number}")


def contents(world: World, number: int) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder(world, number).iterdir()}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_a_batch_becomes_a_csv_sheets_and_a_job_sheet(world: World, holder: Holder) -> None:
    number = minted(world, holder, 20)
    assert printing.render_batch(world, number) is True
    made = contents(world, number)
    assert set(made) == {"labels.csv", "job.json", "sheet-1.pdf", "sheet-2.pdf", "sheet-3.pdf"}
    listed = rows(made["labels.csv"])
    assert [row["seq"] for row in listed] == [str(seq) for seq in range(20)]
    assert len({row["url"] for row in listed}) == 20
    public = world.keyring.signer("label").public
    for row in listed:
        label = payload.parse(row["url"].removeprefix(PREFIX))
        assert isinstance(label, Label)
        assert payload.check(label, public)
        assert (label.batch, label.human, str(label.use_by)) == (number, row["human_code"], row["use_by"])
    with world.db.read() as session:
        batch = session.get_one(Batch, number)
        assert (batch.chunks, session.get_one(LabelOrder, batch.order_id).state) == (3, "ready")
    assert told(world, "sheets_ready") == [{"order": batch.order_id, "batch": str(number)}]


def test_the_sheet_holds_the_labels_of_the_csv(sqlite_world: World, sqlite_holder: Holder) -> None:
    world, number = sqlite_world, minted(sqlite_world, sqlite_holder, 5, gtin=GTIN)
    printing.render_batch(world, number)
    made = contents(world, number)
    assert set(made) == {"labels.csv", "job.json", "sheet.pdf"}  # one chunk: no number in the name
    document = pypdfium2.PdfDocument(made["sheet.pdf"])
    page = document[0].render(scale=600 / 72, grayscale=True).to_pil()
    document.close()
    assert {one.text for one in zxingcpp.read_barcodes(page)} == {row["url"] for row in rows(made["labels.csv"])}
    assert {len(row["url"]) for row in rows(made["labels.csv"])} == {len(PREFIX) + 202}


def test_the_job_sheet_names_what_a_print_house_checks(sqlite_world: World, sqlite_holder: Holder) -> None:
    number = minted(sqlite_world, sqlite_holder, 5)
    printing.render_batch(sqlite_world, number)
    job = json.loads((folder(sqlite_world, number) / "job.json").read_bytes())
    assert (job["quantity"], job["qr"], job["modules"], job["mask"], job["quiet_zone_modules"]) == (5, "6-M", 41, 2, 4)
    assert job["dots_per_module"] == {"300": 4, "600": 8}
    assert job["width_with_quiet_zone_um"] == 16594


def test_a_longer_address_takes_the_next_version_and_the_job_sheet_says_so(
    make_world: WorldMaker,
) -> None:
    world: World = make_world(label_url="https://labels.example-scheme.org")
    number = minted(world, certify(world, make_cast(world)), 2)
    printing.render_batch(world, number)
    assert json.loads((folder(world, number) / "job.json").read_bytes())["qr"] == "7-M"
    assert {row["qr_version"] for row in rows((folder(world, number) / "labels.csv").read_bytes())} == {"7-M"}


def test_rendering_again_writes_nothing_and_tells_nobody(sqlite_world: World, sqlite_holder: Holder) -> None:
    world, number = sqlite_world, minted(sqlite_world, sqlite_holder, 20)
    printing.render_batch(world, number)
    before = contents(world, number)
    printing.on_batch_sealed(world, event("batch_sealed", str(number), world.clock.now(), batch=str(number)))
    assert contents(world, number) == before
    assert len(told(world, "sheets_ready")) == 1


@pytest.mark.parametrize("step", ["csv_rows", "sheet", "_advance", "_finish", "_ready"])
@pytest.mark.parametrize("persisted", [False, True])
def test_broken_off_anywhere_it_resumes_to_the_same_bytes(
    sqlite_world: World, sqlite_holder: Holder, monkeypatch: pytest.MonkeyPatch, step: str, persisted: bool
) -> None:
    """A fault before and after each step, at its second call where there is one."""
    world = sqlite_world
    number = minted(world, sqlite_holder, 20)
    module = sheets if step in ("csv_rows", "sheet") else printing
    real, calls = getattr(module, step), []

    def breaks(*args: object) -> object:
        calls.append(1)
        if len(calls) == (1 if step in ("_finish", "_ready") else 2):
            if persisted:
                real(*args)
            raise OSError("the power is gone")
        return real(*args)

    monkeypatch.setattr(module, step, breaks)
    with pytest.raises(OSError, match="power"):
        printing.render_batch(world, number)
    monkeypatch.setattr(module, step, real)
    assert printing.render_batch(world, number) is True
    resumed = contents(world, number)

    with world.db.write() as session:  # the same batch once more, in one go
        batch = session.get_one(Batch, number)
        batch.chunks, batch.ready_at = 0, None
    for path in folder(world, number).iterdir():
        path.unlink()
    printing.render_batch(world, number)
    assert contents(world, number) == resumed
    assert len(rows(resumed["labels.csv"])) == 20


def test_files_that_were_lost_meanwhile_are_made_again(sqlite_world: World, sqlite_holder: Holder) -> None:
    world, number = sqlite_world, minted(sqlite_world, sqlite_holder, 20)
    assert printing.render_batch(world, number, at_once=2) is False
    (folder(world, number) / "sheet-1.pdf").unlink()
    assert printing.render_batch(world, number) is True
    assert len(rows(contents(world, number)["labels.csv"])) == 20


def test_a_long_run_lets_other_news_have_its_turn(sqlite_world: World, sqlite_holder: Holder) -> None:
    world, number = sqlite_world, minted(sqlite_world, sqlite_holder, 20)
    before = len(told(world, "batch_sealed"))
    assert printing.render_batch(world, number, at_once=1) is False
    assert len(told(world, "batch_sealed")) == before + 1
    assert told(world, "sheets_ready") == []
    assert printing.render_batch(world, number, at_once=1) is False
    assert printing.render_batch(world, number, at_once=1) is True
    assert len(told(world, "sheets_ready")) == 1


def test_no_transaction_is_held_while_labels_are_made(
    sqlite_world: World, sqlite_holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else can write at any moment of it: on SQLite, with one writer, that is the proof."""
    world, number = sqlite_world, minted(sqlite_world, sqlite_holder, 20)
    real, written = sheets.sheet, []

    def writes_meanwhile(*args: Any) -> Any:
        with world.db.write() as session:
            session.get_one(Batch, number).count += 0
        written.append(1)
        return real(*args)

    monkeypatch.setattr(sheets, "sheet", writes_meanwhile)
    printing.render_batch(world, number)
    assert len(written) == 3


def test_a_batch_that_is_not_sealed_is_not_printed(sqlite_world: World, sqlite_holder: Holder) -> None:
    number = service.prepare_batch(sqlite_world, place(sqlite_world, sqlite_holder))
    assert number is not None
    with pytest.raises(Conflict, match="not sealed"):
        printing.render_batch(sqlite_world, number)
    with pytest.raises(NotFound):
        printing.render_batch(sqlite_world, number + 1)


def test_nothing_new_is_signed_with_a_retired_key(sqlite_world: World, sqlite_holder: Holder) -> None:
    number = minted(sqlite_world, sqlite_holder)
    sqlite_world.keyring.rotate("label", sqlite_world.clock.now())
    with pytest.raises(Conflict, match="active"):
        printing.render_batch(sqlite_world, number)


# Downloads.


def test_one_label_is_made_on_demand(sqlite_world: World, sqlite_holder: Holder) -> None:
    world = sqlite_world
    number = minted(world, sqlite_holder, 10)
    with world.db.read() as session:
        order = session.get_one(Batch, number).order_id
    actor = sqlite_holder.manager.actor
    found = printing.file(world, actor, order, "label-3.png")  # before anything is printed
    assert found.type == "image/png"
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(found.data)))
    printing.render_batch(world, number)
    assert read.text == rows(contents(world, number)["labels.csv"])[3]["url"]
    assert printing.file(world, actor, order, "label-3.png") == found
    assert printing.file(world, actor, order, "label-3.svg").data.startswith(b"<svg ")


def test_files_that_there_are_not(sqlite_world: World, sqlite_holder: Holder) -> None:
    world = sqlite_world
    order = place(world, sqlite_holder)
    actor = sqlite_holder.manager.actor
    with pytest.raises(Conflict, match="accepted"):
        printing.file(world, actor, order, "labels.csv")
    number = service.mint_batch(world, order)
    assert number is not None
    with pytest.raises(Conflict, match="0 of 10"):
        printing.file(world, actor, order, "labels.csv")
    printing.render_batch(world, number)
    assert printing.file(world, actor, order, "sheet-2.pdf").path is not None
    for name in ("sheet.pdf", "sheet-3.pdf", "sheet-0.pdf", "part-00000.csv", "label-10.png", "label-01.png",
                 "label-0.gif", "../job.json", "keys"):  # fmt: skip
        with pytest.raises(NotFound):
            printing.file(world, actor, order, name)


def test_the_files_are_for_the_holder_alone(sqlite_world: World, sqlite_holder: Holder, sqlite_cast: Cast) -> None:
    world = sqlite_world
    number = minted(world, sqlite_holder)
    printing.render_batch(world, number)
    with world.db.read() as session:
        order = session.get_one(Batch, number).order_id
    for name in ("labels.csv", "label-0.png"):
        for player in (sqlite_cast.otto, sqlite_cast.carl, sqlite_cast.amina, sqlite_cast.ravi):
            with pytest.raises(NotFound):
                printing.file(world, player.actor, order, name)
        with pytest.raises(Forbidden):
            printing.file(world, sqlite_cast.sam.actor, order, name)  # reads orders, prints no labels
