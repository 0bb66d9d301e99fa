"""Uploads and evidence on disk and in the tables: resumed, killed, encrypted, stored once, forgotten, looked up."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from audits.drafts import AuditDraft
from audits.evidence import service, storage
from audits.evidence.service import UploadDraft
from audits.evidence.tables import EvidenceRow, StoredFileRow, UploadRow
from audits.evidence.views import KEPT
from audits.service import plan_audit
from audits.tables import AuditRow
from freemark import jobs
from ground import journal
from ground.errors import Conflict, FreemarkError, Invalid, Malformed, NotFound
from ground.journal import JournalRow
from ground.world import World
from tests.cast import Cast, make_cast
from tests.unit.audits.evidence import files, hostile

PART = storage.LEAST_PART
ROOT = Path(__file__).resolve().parents[4]


class Desk:
    """Amina's: one audit of Bea's factory, and short ways to bring a file to it."""

    def __init__(self, world: World, cast: Cast) -> None:
        self.world, self.cast, self.amina = world, cast, cast.amina.actor
        self.audit = self.plan(cast.factory)

    def plan(self, site: str) -> str:
        today = self.world.clock.now().date()
        team = (self.amina.person,)
        draft = AuditDraft(site, "surveillance", "freemark-2026.0", today, today, team=team, announced=True)
        with self.world.db.write() as session:
            return str(plan_audit(session, self.amina, draft, now=self.world.clock.now())["id"])

    def draft(self, data: bytes, **change: Any) -> UploadDraft:
        known = UploadDraft("payroll.pdf", len(data), hashlib.sha256(data).hexdigest(), date(2026, 5, 28), ("T1.1",))
        return replace(known, **change)

    def start(self, data: bytes, audit: str = "", **change: Any) -> str:
        draft, now = self.draft(data, **change), self.world.clock.now()
        with self.world.db.write() as session:
            where = audit or self.audit
            shown = service.start_for_audit(session, self.world, self.amina, where, draft, now=now)
        return str(shown["id"])

    def put(self, upload: str, offset: int, body: bytes) -> int:
        return int(service.put_part(self.world, self.amina, upload, offset, body)["received"])

    def complete(self, upload: str) -> dict[str, Any]:
        now = self.world.clock.now()
        found = service.examine(self.world, self.amina, upload, now=now)
        with self.world.db.write() as session:
            shown = service.complete_upload(session, self.amina, upload, found, now=now)
        service.forget_parts(self.world, upload)
        return shown

    def bring(self, data: bytes, **change: Any) -> dict[str, Any]:
        upload = self.start(data, **change)
        self.put(upload, 0, data)
        return self.complete(upload)

    def count(self, table: Any) -> int:
        with self.world.db.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0

    def on_disk(self) -> list[Path]:
        return [path for path in self.world.files.root.rglob("*") if path.is_file() and path.name != "lock"]


@pytest.fixture
def desk(sqlite_world: World) -> Desk:
    return Desk(sqlite_world, make_cast(sqlite_world))


@pytest.fixture
def desks(world: World) -> Desk:
    return Desk(world, make_cast(world))


def long_pdf(size: int = 3 * PART + 500) -> bytes:
    data: bytes = files.pdf(b"% " + os.urandom(8).hex().encode() * (size // 16) + b"\n")
    return data


# Parts.


def test_a_file_comes_in_parts_is_kept_and_read_again(desks: Desk) -> None:
    data = long_pdf()
    upload = desks.start(data)
    for offset in range(0, len(data), PART):
        assert desks.put(upload, offset, data[offset : offset + PART]) == min(offset + PART, len(data))
    shown = desks.complete(upload)
    assert (shown["sha256"], shown["size"]) == (hashlib.sha256(data).hexdigest(), len(data))
    assert (shown["dated"], shown["uploaded_at"][:10]) == ("2026-05-28", "2026-06-01")
    assert service.download(desks.world, desks.amina, shown["id"]).data == data
    with desks.world.db.read() as session:
        assert journal.check(session) > 0
        told = session.scalars(select(JournalRow.action).where(JournalRow.subject == shown["id"])).all()
    assert told == ["evidence_added", "evidence_read"]


def test_the_same_part_again_changes_nothing_and_another_is_refused(desk: Desk) -> None:
    data = long_pdf()
    upload = desk.start(data)
    assert desk.put(upload, 0, data[:PART]) == PART
    before = {path: path.read_bytes() for path in desk.on_disk()}
    assert desk.put(upload, 0, data[:PART]) == PART
    assert {path: path.read_bytes() for path in desk.on_disk()} == before
    for body in (b"x" + data[1:PART], data[: PART - 1], data[: PART + 1]):
        with pytest.raises(Conflict, match=f"goes on at {PART}"):
            desk.put(upload, 0, body)
    assert {path: path.read_bytes() for path in desk.on_disk()} == before


@pytest.mark.parametrize(
    ("offset", "length", "words"),
    [
        (2 * PART, PART, "not at"),  # a gap
        (PART // 2, PART, "not at"),  # into the middle
        (PART, 100, "at least"),  # crumbs
        (PART, 10 * PART, "were announced"),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_nothing_changes(
    desk: Desk, offset: int, length: int, words: str
) -> None:
    data = long_pdf()
    upload = desk.start(data)
    desk.put(upload, 0, data[:PART])
    with pytest.raises(Conflict, match=words):
        desk.put(upload, offset, b"x" * length)
    assert storage.received(desk.world, upload) == PART


def test_an_upload_that_lacks_bytes_is_not_completed_and_goes_on(desk: Desk) -> None:
    data = long_pdf()
    upload = desk.start(data)
    desk.put(upload, 0, data[:PART])
    with pytest.raises(Conflict, match=f"{PART} of {len(data)}"):
        desk.complete(upload)
    desk.put(upload, PART, data[PART:])
    assert desk.complete(upload)["size"] == len(data)


def test_other_bytes_than_were_announced_are_refused_for_good(desk: Desk) -> None:
    data = long_pdf()
    upload = desk.start(data, sha256="0" * 64)
    desk.put(upload, 0, data)
    for _ in range(2):
        with pytest.raises(Invalid, match="was announced"):
            desk.complete(upload)
    with pytest.raises(Conflict):
        desk.put(upload, 0, data)
    assert (desk.count(EvidenceRow), desk.on_disk()) == (0, [])


def test_a_hostile_file_is_refused_for_good_and_leaves_no_bytes(desk: Desk) -> None:
    data = files.jpeg() + hostile.archive()
    upload = desk.start(data)
    desk.put(upload, 0, data)
    for _ in range(2):
        with pytest.raises(Invalid, match="ZIP"):
            desk.complete(upload)
    assert (desk.count(EvidenceRow), desk.count(StoredFileRow), desk.on_disk()) == (0, 0, [])
    with desk.world.db.read() as session:
        assert session.scalar(select(JournalRow.action).where(JournalRow.action == "evidence_refused"))


def test_completing_twice_is_one_piece_of_evidence(desk: Desk) -> None:
    data = files.pdf()
    upload = desk.start(data)
    desk.put(upload, 0, data)
    first = desk.complete(upload)
    assert desk.complete(upload) == first
    assert desk.count(EvidenceRow) == 1


def test_one_who_completes_at_the_same_moment_gets_the_same(desk: Desk) -> None:
    """Both have looked at the file; the second to write finds what the first wrote."""
    data, now = files.pdf(), desk.world.clock.now()
    upload = desk.start(data)
    desk.put(upload, 0, data)
    found = [service.examine(desk.world, desk.amina, upload, now=now) for _ in range(2)]
    shown = []
    for each in found:
        with desk.world.db.write() as session:
            shown.append(service.complete_upload(session, desk.amina, upload, each, now=now))
    assert shown[0] == shown[1]


# What is on disk.


def test_the_same_file_twice_is_one_stored_file_and_two_pieces_of_evidence(desk: Desk) -> None:
    data = files.jpeg()
    first = desk.bring(data, name="gate.jpg")
    second = desk.bring(data, name="gate again.jpg", dated=date(2026, 6, 1))
    assert first["id"] != second["id"]
    assert first["stored_sha256"] == second["stored_sha256"]
    assert (desk.count(EvidenceRow), desk.count(StoredFileRow)) == (2, 1)
    assert len(desk.on_disk()) == 1


def test_of_a_picture_the_hash_of_the_original_stays_and_the_original_does_not(desk: Desk) -> None:
    data = files.jpeg(6)
    shown = desk.bring(data)
    assert shown["sha256"] == hashlib.sha256(data).hexdigest()
    assert shown["taken"] == {"at": "2026-06-01T10:12:00", "zone": "+06:00"}
    assert (shown["width"], shown["height"]) == (480, 640)
    stored = service.download(desk.world, desk.amina, shown["id"])
    assert (stored.type, stored.name) == ("image/jpeg", f"{shown['id']}.jpg")
    assert hashlib.sha256(stored.data).hexdigest() == shown["stored_sha256"] != shown["sha256"]
    assert b"Phonemaker" in data
    for path in desk.on_disk():
        opened = desk.world.keyring.open(path.read_bytes(), f"evidence {path.name}")
        assert b"Phonemaker" not in opened
        assert hashlib.sha256(opened).hexdigest() == path.name


def test_nothing_of_a_file_is_readable_on_disk_neither_while_it_comes_nor_later(desk: Desk) -> None:
    data = files.pdf(b"% the pay of worker 114\n" * 9000)
    upload = desk.start(data)
    desk.put(upload, 0, data[:PART])
    assert len(desk.on_disk()) == 1
    assert not any(b"worker 114" in path.read_bytes() for path in desk.on_disk())
    desk.put(upload, PART, data[PART:])
    desk.complete(upload)
    assert len(desk.on_disk()) == 1  # the parts are gone
    assert not any(b"worker 114" in path.read_bytes() for path in desk.on_disk())


def test_a_stored_file_put_in_the_place_of_another_does_not_open(desk: Desk) -> None:
    first, second = desk.bring(files.pdf()), desk.bring(files.pdf(b"% another\n"))
    one, other = (next(p for p in desk.on_disk() if p.name == shown["stored_sha256"]) for shown in (first, second))
    one.write_bytes(other.read_bytes())
    with pytest.raises(Malformed):
        service.download(desk.world, desk.amina, first["id"])
    one.unlink()
    with pytest.raises(NotFound):
        service.download(desk.world, desk.amina, first["id"])


def test_parts_of_one_upload_do_not_open_in_another(desk: Desk) -> None:
    data = long_pdf()
    one, other = desk.start(data), desk.start(data)
    desk.put(one, 0, data[:PART])
    folder = desk.world.files.folder("uploads")
    (folder / other).mkdir()
    (folder / one / f"{0:012d}-{PART:012d}").rename(folder / other / f"{0:012d}-{PART:012d}")
    with pytest.raises(Malformed):
        storage.whole(desk.world, other)


# A process that dies.

WRITER = """
import sys
from ground.settings import Settings
from ground.world import open_world
from audits.evidence import storage
world = open_world(Settings.load(data=sys.argv[1]))
part = bytes(65536)
for number in range(380):
    storage.put_part(world, sys.argv[2], number * 65536, part, 380 * 65536)
    print(number, flush=True)
"""


def test_a_killed_process_leaves_a_readable_offset(desk: Desk) -> None:
    """kill -9 amid writing, again and again: what is here opens, has no gap, and the next process goes on there."""
    upload = "upl_0000000000000000"
    for wanted in (3, 11, 30):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", WRITER, str(desk.world.settings.data), upload]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
            assert process.stdout is not None
            told = -1
            while told < wanted:
                told = int(process.stdout.readline())
            time.sleep(0.001 * wanted)  # into the middle of something
            process.send_signal(signal.SIGKILL)
        here = storage.received(desk.world, upload)
        assert here >= (told + 1) * PART  # what was acknowledged is here
        assert storage.whole(desk.world, upload) == bytes(here)
        assert storage.put_part(desk.world, upload, here, bytes(PART), 380 * PART) == here + PART


def test_a_file_half_written_is_not_taken_for_a_part(desk: Desk) -> None:
    data = long_pdf()
    upload = desk.start(data)
    desk.put(upload, 0, data[:PART])
    folder = desk.world.files.folder("uploads") / upload
    (folder / ".tmp-abc").write_bytes(b"x" * 100)
    (folder / f"{2 * PART:012d}-{PART:012d}").write_bytes(b"x")  # behind a gap
    assert storage.received(desk.world, upload) == PART


def test_a_process_that_died_before_the_commit_loses_nothing(desk: Desk) -> None:
    """The file is on disk already; the completion is done again and takes the same one."""
    data = files.jpeg()
    upload = desk.start(data)
    desk.put(upload, 0, data)
    assert service.examine(desk.world, desk.amina, upload, now=desk.world.clock.now()) is not None
    assert desk.count(StoredFileRow) == 0
    shown = desk.complete(upload)
    assert service.download(desk.world, desk.amina, shown["id"]).data


# Forgetting.


def test_unfinished_uploads_are_forgotten_after_7_days_and_evidence_is_not(desk: Desk) -> None:
    data = long_pdf()
    old = desk.start(data)
    desk.put(old, 0, data[:PART])
    kept = desk.bring(files.pdf())
    desk.world.clock.advance(KEPT - timedelta(hours=1))  # type: ignore[attr-defined]
    young = desk.start(data)
    desk.put(young, 0, data[:PART])
    (desk.world.files.folder("uploads") / "upl_1111111111111111").mkdir()  # its row never came
    assert service.sweep(desk.world) == 0
    assert desk.put(old, PART, data[PART : 2 * PART]) == 2 * PART
    desk.world.clock.advance(timedelta(hours=2))  # type: ignore[attr-defined]
    assert service.sweep(desk.world) == 1
    assert storage.uploads(desk.world) == [young]
    with pytest.raises(NotFound):
        desk.put(old, PART, data[PART : 2 * PART])
    assert desk.put(young, PART, data[PART:]) == len(data)
    assert service.download(desk.world, desk.amina, kept["id"]).data == files.pdf()
    assert desk.count(UploadRow) == 1


def test_the_nightly_job_forgets_uploads(desk: Desk) -> None:
    jobs.start_up(desk.world)
    desk.start(files.pdf())
    desk.world.clock.advance(KEPT + timedelta(hours=1))  # type: ignore[attr-defined]
    jobs.reconsider(desk.world)
    assert desk.count(UploadRow) == 0


def test_nobody_fills_the_disk_with_beginnings(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_OPEN", 3)
    for _ in range(3):
        desk.start(files.pdf())
    with pytest.raises(Conflict, match="3 uploads of yours are unfinished"):
        desk.start(files.pdf())


# Naming it in an answer.


def check(desk: Desk, audit: str, *names: str) -> None:
    with desk.world.db.read() as session:
        service.check_evidence(session, desk.amina, session.get_one(AuditRow, audit), names)


def test_an_answer_may_name_evidence_of_its_audit_and_paper(desk: Desk) -> None:
    shown = desk.bring(files.pdf())
    check(desk, desk.audit, "42 payslips", shown["id"], "Interview sheet 5")


@pytest.mark.parametrize("name", ["evd_0000000000000000", "evd_", "evd_no-such"])
def test_evidence_that_is_not_there_is_named(desk: Desk, name: str) -> None:
    with pytest.raises(Invalid, match=name) as refusal:
        check(desk, desk.audit, "42 payslips", name)
    assert refusal.value.where == "/evidence/1"


def test_evidence_of_another_audit_is_no_evidence_here(desk: Desk) -> None:
    other = desk.plan(desk.cast.office)
    shown = desk.bring(files.pdf())
    with pytest.raises(Invalid, match=str(shown["id"])):
        check(desk, other, shown["id"])


# What cannot be announced.


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"name": "../payroll.pdf"}, "/name"),
        ({"name": "/etc/passwd"}, "/name"),
        ({"name": "C:\\payroll.pdf"}, "/name"),
        ({"name": "a.pdf:stream"}, "/name"),
        ({"name": ".htaccess"}, "/name"),
        ({"dated": date(2026, 6, 2)}, "/dated"),
        ({"provisions": ("T1.1", "T99.9")}, "/provisions/1"),
        ({"provisions": ("T1.1", "T1.1")}, "/provisions"),
    ],
)
def test_what_cannot_be_announced(desk: Desk, change: dict[str, Any], where: str) -> None:
    with pytest.raises(FreemarkError) as refusal:
        desk.start(files.pdf(), **change)
    assert refusal.value.where == where
    assert desk.count(UploadRow) == 0


def test_dates_that_do_not_fit_are_pointed_out(desk: Desk) -> None:
    late = desk.world.clock.now() + timedelta(days=1)
    shown = desk.bring(files.jpeg(), dated=date(2026, 5, 28), captured_at=late, captured_zone="+06:00")
    assert len(shown["doubts"]) == 2
    assert "2026-05-28" in shown["doubts"][0]
    assert "2026-06-01" in shown["doubts"][0]
    assert desk.bring(files.jpeg(), dated=date(2026, 6, 1))["doubts"] == []
