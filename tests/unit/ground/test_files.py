"""Files: whole or not at all, and found again by their hash."""

import os
from pathlib import Path

import pytest

from ground import files
from ground.canonical import sha256
from ground.errors import Invalid, NotFound
from ground.files import Files, make_folder, write_atomic


def test_bytes_are_found_by_their_hash(tmp_path: Path) -> None:
    store = Files(tmp_path)
    name = store.put(b"sheet")
    assert name == sha256(b"sheet").hex()
    assert store.read(name) == b"sheet"
    assert store.put(b"sheet") == name


@pytest.mark.parametrize("name", ["0" * 64, "", "../../etc/passwd", "0" * 63, "G" * 64, "0" * 64 + "\n"])
def test_what_is_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        Files(tmp_path).read(name)


def test_a_damaged_file_is_not_given_out(tmp_path: Path) -> None:
    store = Files(tmp_path)
    name = store.put(b"sheet")
    (tmp_path / "objects" / name[:2] / name).write_bytes(b"other")
    with pytest.raises(NotFound, match="damaged"):
        store.read(name)


def test_a_job_has_a_folder_of_its_own(tmp_path: Path) -> None:
    store = Files(tmp_path)
    folder = store.folder("batch-7")
    assert folder.is_dir()
    assert store.folder("batch-7") == folder
    assert store.folder("batch-8") != folder


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "-x", "a" * 101, "a\n", "a.b"])
def test_a_job_folder_cannot_lie_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(Invalid):
        Files(tmp_path).folder(name)


def test_a_write_replaces_and_sets_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "x"
    write_atomic(path, b"one")
    assert path.stat().st_mode & 0o777 == 0o600
    write_atomic(path, b"two", mode=0o644)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o644
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_breaks_off_leaves_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "x"
    write_atomic(path, b"one")

    def fails(*_: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fails)
        with pytest.raises(OSError, match="disk full"):
            write_atomic(path, b"two")
    assert path.read_bytes() == b"one"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]


def test_the_bytes_and_then_the_name_are_made_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    sync, replace = os.fsync, os.replace

    def seen_sync(handle: int) -> None:
        order.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")
        sync(handle)

    def seen_replace(*names: str) -> None:
        order.append("rename")
        replace(*names)

    monkeypatch.setattr(os, "fsync", seen_sync)
    monkeypatch.setattr(os, "replace", seen_replace)
    write_atomic(tmp_path / "x", b"one")
    assert order == ["file", "rename", "folder"]


def test_folders_are_made_with_their_parents(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / "b").is_dir()
    assert files.TEMPORARY.startswith(".")
