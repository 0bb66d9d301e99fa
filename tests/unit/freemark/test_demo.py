"""The demo takes nothing away from anybody: no folder of others, no running world, no taken port."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from freemark.demo import stage, visit
from freemark.demo.server import free_port
from freemark.demo.visit import Visit
from ground.errors import Conflict, Invalid


def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("two years of work")
    with pytest.raises(Conflict, match="not made by a demo"), stage.reserved(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_world_that_is_being_served_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with stage.reserved(out), pytest.raises(Conflict, match="a demo is running"), stage.reserved(out):
        pass
    with stage.reserved(out):  # and free again when it has ended
        (out / "world").mkdir()
        (out / "label.png").write_bytes(b"x")
        stage.clear(out)
        assert [entry.name for entry in out.iterdir()] == [stage.MARKER]


def test_a_taken_port_is_said_before_anything_is_done(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Conflict, match=f"port {port} is taken"):
            stage.check_addresses(tmp_path, f"http://localhost:{port}", "", port)
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_cannot_be_a_label_is_said_before_anything_is_done(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(Invalid, match="plain http"):
        stage.check_addresses(tmp_path, f"http://localhost:{port}", f"http://pc.example.lan:{port}", port)
    assert list(tmp_path.iterdir()) == []


def test_a_visit_is_kept_for_its_own_address_only(tmp_path: Path) -> None:
    assert visit.kept(tmp_path, "http://localhost:8000") is None
    (tmp_path / visit.FILE).write_text(
        '{"prefix": "http://localhost:8000/", "revoked": "1", "in_force": "2", "tokens": []}'
    )
    assert visit.kept(tmp_path, "http://localhost:8000") == Visit("http://localhost:8000/", "1", "2", [])
    assert visit.kept(tmp_path, "http://192.168.1.20:8000") is None
