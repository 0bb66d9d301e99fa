"""Somebody with the database in hand: a changed row, or an old backup. The published log knows better, and so do we.

Nothing is signed any more, and whoever asks is told why. What was published stays as it is: scans go on to tell the
truth of the moment before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from certify import log
from freemark import jobs
from freemark.cli import main
from freemark.demo.client import Refused
from ground.errors import Conflict
from ground.world import World
from tests.flows.house import Certified, House, passports

TABLES = ("log_leaf", "log_state")


def rows(world: World, table: str) -> list[dict[str, Any]]:
    with world.db.read() as session:
        return [dict(row) for row in session.execute(text(f"SELECT * FROM {table}")).mappings()]


def change(world: World, statement: str, **values: Any) -> None:
    """By hand, past every rule of ours."""
    with world.db.engine.begin() as connection:
        connection.execute(text(statement), values)


class Backup:
    """The log's tables as they were when this was made."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.kept = {table: rows(world, table) for table in TABLES}

    def restore(self) -> None:
        for table in TABLES:
            change(self.world, f"DELETE FROM {table}")
            for row in self.kept[table]:
                columns = ", ".join(row)
                change(self.world, f"INSERT INTO {table} ({columns}) VALUES (:{', :'.join(row)})", **row)


@pytest.fixture
def certificate(house: House) -> Certified:
    return house.certified()


@contextmanager
def nothing_is_signed(world: World) -> Iterator[None]:
    """Neither a leaf nor a file while the block runs."""
    leaves, shelf = len(rows(world, "log_leaf")), shelf_of(world)
    yield
    assert len(rows(world, "log_leaf")) == leaves
    assert shelf_of(world) == shelf


def shelf_of(world: World) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in world.shelf.public.rglob("*") if path.is_file()}


def status(house: House, path: str) -> tuple[int, str]:
    try:
        return house.anybody.fetch(path).status, ""
    except Refused as refusal:
        return refusal.status, refusal.detail


def test_an_old_backup_does_not_bring_a_suspended_certificate_back(house: House, certificate: Certified) -> None:
    label = certificate.label()
    backup = Backup(house.world)
    house.audit(certificate.site, [passports()])
    house.drain()
    assert status(house, "/readyz")[0] == 200
    backup.restore()
    assert certificate.standing == "active"  # what the insider wanted

    with nothing_is_signed(house.world):
        answer = status(house, "/readyz")
        assert answer[0] == 503
        assert "behind the published log" in answer[1]
        order = certificate.order(5)
        for work in (jobs.drain, jobs.refresh, jobs.reconsider, jobs.start_up, log.check):
            with pytest.raises(Conflict, match="behind the published log"):
                work(house.world)
        void = {"first": 0, "last": 0, "reason": "A test of the signature."}
        assert house.bea.refused("/v1/batches/1/voids", void)[0] == 409
        assert certificate.order_state(order) == "accepted"
    assert house.scan(label)["code"] == "SUSPENDED"
    assert house.offline(label, house.bundle())["code"] == "SUSPENDED"


def test_an_empty_database_signs_no_second_beginning(house: House, certificate: Certified) -> None:
    label = certificate.label()
    change(house.world, "DELETE FROM log_leaf")
    change(house.world, "DELETE FROM log_state")
    with nothing_is_signed(house.world), pytest.raises(Conflict, match="behind the published log"):
        jobs.start_up(house.world)
    assert house.scan(label)["code"] == "VALID"


def test_a_changed_leaf_stops_the_publishing_of_anything(house: House, certificate: Certified) -> None:
    """The suspension's leaf gets another reason: same length, so that nothing else moves."""
    label = certificate.label()
    house.audit(certificate.site, [passports()])
    house.drain()
    (row,) = [row for row in rows(house.world, "log_leaf") if row["t"] == "cert.suspended"]
    forged = bytes(row["data"]).replace(b'"nonconformity"', b'"unspecified..')
    change(house.world, "UPDATE log_leaf SET data = :data WHERE idx = :idx", data=forged, idx=row["idx"])
    with nothing_is_signed(house.world):
        for work in (jobs.refresh, jobs.start_up, log.check):
            with pytest.raises(Conflict):
                work(house.world)
    assert house.scan(label)["code"] == "SUSPENDED"


def test_a_leaf_taken_out_is_missed_by_register_log_and_start(house: House, certificate: Certified) -> None:
    certificate.label()
    house.audit(certificate.site, [passports()])
    house.drain()
    change(house.world, "DELETE FROM log_leaf WHERE t = 'labels.sealed'")
    with nothing_is_signed(house.world):
        for person in (house.bea, house.carl):
            number, said = person.refused(f"/v1/certificates/{certificate.number}")
            assert number == 409
            assert "do not hold together" in said
        for work in (jobs.refresh, jobs.start_up):
            with pytest.raises(Conflict, match="missing"):
                work(house.world)


def test_a_longer_life_written_into_the_row_is_refused(house: House, certificate: Certified) -> None:
    change(house.world, "UPDATE certificate SET valid_until = '2036-06-01 00:00:00+00:00'")
    number, said = house.bea.refused(f"/v1/certificates/{certificate.number}")
    assert (number, said) == (
        409, f"the register and the log say different things about certificate {certificate.number}",
    )  # fmt: skip
    assert house.bea.refused("/v1/orders", certificate.wish(1))[0] == 409


def test_without_an_insider_all_of_it_works(house: House, certificate: Certified) -> None:
    """The negative control: a backup restored at once is no old one."""
    label = certificate.label()
    Backup(house.world).restore()
    jobs.start_up(house.world)
    assert status(house, "/readyz") == (200, "")
    assert house.scan(certificate.label())["code"] == house.scan(label)["code"] == "VALID"


def test_the_command_line_says_it_in_one_line(
    house: House, certificate: Certified, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = house.world
    monkeypatch.setattr("ground.world.open_world", lambda settings: world)
    backup = Backup(world)
    certificate.label()
    assert main(["--data", str(world.settings.data), "check"]) == 0
    backup.restore()
    capsys.readouterr()
    assert main(["--data", str(world.settings.data), "check"]) == 1
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)
    assert "behind the published log" in said.err
