"""The shelf: whole files, one publisher, and a revision that shows a half-written set."""

import multiprocessing
import threading
from pathlib import Path

import pytest

from ground.errors import Invalid
from ground.shelf import Shelf
from tests.unit.ground.together import run_together


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def test_what_is_written_is_read(shelf: Shelf) -> None:
    assert shelf.read("keys.json") is None
    assert shelf.write("keys.json", b"one")
    assert shelf.read("keys.json") == b"one"
    assert shelf.write("certificates/ABC/events.json", b"deep")
    assert shelf.read("certificates/ABC/events.json") == b"deep"
    assert shelf.write(".well-known/did.json", b"did")


def test_the_same_bytes_are_not_written_again(shelf: Shelf) -> None:
    shelf.write("keys.json", b"one")
    before = shelf.stat("keys.json")
    assert not shelf.write("keys.json", b"one")
    assert shelf.stat("keys.json") == before
    assert shelf.write("keys.json", b"two!")
    assert shelf.stat("keys.json") != before


def test_stat_gives_time_and_size(shelf: Shelf) -> None:
    assert shelf.stat("keys.json") is None
    shelf.write("keys.json", b"one")
    found = shelf.stat("keys.json")
    assert found is not None
    assert found[1] == 3
    assert shelf.stat("keys.json/below") is None
    assert shelf.read("keys.json/below") is None


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a\\b", "a\0b", ".tmp-x", "a/.tmp-x"]
)
def test_a_path_cannot_leave_the_shelf(shelf: Shelf, path: str) -> None:
    for act in (shelf.read, shelf.stat, shelf.list, shelf.read_private, shelf.list_private):
        with pytest.raises(Invalid):
            act(path)
    for write in (shelf.write, shelf.write_private):
        with pytest.raises(Invalid):
            write(path, b"x")


def test_a_folder_lists_its_finished_files(shelf: Shelf) -> None:
    assert shelf.list("certificates") == []
    for name in ("B.json", "A.json", "A/events.json"):
        shelf.write(f"certificates/{name}", b"x")
    (shelf.public / "certificates" / ".tmp-123").write_bytes(b"half")
    assert shelf.list("certificates") == ["A.json", "B.json"]
    assert shelf.read("certificates") is None


def test_the_private_part_is_apart_and_closed(shelf: Shelf) -> None:
    shelf.write("batches/1.json", b"public")
    shelf.write_private("members/1", b"sealed")
    assert shelf.read("members/1") is None
    assert shelf.read_private("members/1") == b"sealed"
    assert shelf.list_private("members") == ["1"]
    assert not shelf.write_private("members/1", b"sealed")
    assert (shelf.private / "members").stat().st_mode & 0o777 == 0o700
    assert (shelf.private / "members" / "1").stat().st_mode & 0o777 == 0o600
    assert (shelf.public / "batches" / "1.json").stat().st_mode & 0o777 == 0o644


# Publishing.


def test_the_revision_is_odd_while_a_set_is_written_and_even_after(shelf: Shelf) -> None:
    assert shelf.revision() == 0
    with shelf.publishing():
        assert shelf.revision() == 1
    assert shelf.revision() == 2
    with shelf.publishing():
        assert shelf.revision() == 3
    assert shelf.revision() == 4


def broken_publish(shelf: Shelf) -> None:
    with shelf.publishing():
        raise RuntimeError("no key")


def test_a_set_left_half_written_shows_until_the_next_one(shelf: Shelf) -> None:
    with pytest.raises(RuntimeError):
        broken_publish(shelf)
    assert shelf.revision() == 1
    with shelf.publishing():
        assert shelf.revision() % 2 == 1
    assert shelf.revision() % 2 == 0
    assert shelf.revision() > 1


def test_publishing_may_be_nested_and_is_one_set(shelf: Shelf) -> None:
    with shelf.publishing():
        with shelf.publishing():
            assert shelf.revision() == 1
        assert shelf.revision() == 1
    assert shelf.revision() == 2


def test_one_publisher_at_a_time_among_threads(shelf: Shelf) -> None:
    inside, most = 0, 0
    pause = threading.Event()

    def publish() -> None:
        nonlocal inside, most
        for _ in range(5):
            with shelf.publishing():
                inside += 1
                most = max(most, inside)
                pause.wait(0.001)
                inside -= 1

    run_together([publish] * 6)
    assert most == 1
    assert shelf.revision() == 60


def _publish_in_another_process(root: str, times: int) -> None:
    shelf = Shelf(Path(root))
    for _ in range(times):
        with shelf.publishing():
            shelf.write("count", b"%d" % (int(shelf.read("count") or b"0") + 1))


def test_one_publisher_at_a_time_among_processes(shelf: Shelf) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_publish_in_another_process, args=(str(shelf.root), 20)) for _ in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0, 0]
    assert shelf.read("count") == b"60"
    assert shelf.revision() == 120


def test_without_the_lock_changes_are_lost(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control of the two tests above."""
    monkeypatch.setattr("ground.shelf.fcntl.flock", lambda *_: None)
    inside, most = 0, 0
    pause = threading.Event()

    def publish() -> None:
        nonlocal inside, most
        for _ in range(5):
            with shelf.publishing():
                inside += 1
                most = max(most, inside)
                pause.wait(0.005)
                inside -= 1

    run_together([publish] * 6)
    assert most > 1
