"""The demo takes nothing away from anybody: no folder of others, no running world, no taken port."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, cast

import pytest

from freemark.demo import alarm, papers, stage, visit
from freemark.demo.client import Refused
from freemark.demo.server import free_port
from freemark.demo.tale import Tale
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


class Told:
    """A tale of which only the end of the hold is asked: every answer is given beforehand."""

    def __init__(self, held: list[dict[str, Any]], before: list[dict[str, Any]]) -> None:
        self.answers = {"held-decisions": {"items": held}, "evidence": {"decided_before": before}}
        self.cast = self.carl = self.bea = self.hana = self
        self.application, self.digits, self.public, self.out = "app_1", "1", None, None

    def get(self, path: str) -> Any:
        made = {"items": [{"n": 7, "outcome": "keep"}, {"n": 8, "outcome": "suspend"}]}
        return next((answer for name, answer in self.answers.items() if path.endswith(name)), made)

    def post(self, path: str, body: Any) -> None: ...
    def show(self, *given: str) -> None: ...
    def offline(self, *given: str) -> None: ...

    def scan(self, digits: str) -> Any:
        return {"code": "SUSPENDED"}

    def day(self, days_ago: int) -> None: ...

    def place_order(self, quantity: int, day: Any) -> None:
        raise Refused(409, {"detail": "suspended"})


def decided(day: int, clauses: tuple[str, ...] = ("S1",)) -> dict[str, Any]:
    return {"outcome": "suspend", "unmet": list(clauses), "decided_at": f"2026-06-0{day}T09:00:00Z",
            "effective_at": "2026-06-04T09:00:00Z"}  # fmt: skip


def test_the_story_goes_on_when_something_else_changed_while_the_alert_was_held(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Then there are two held decisions, in whatever order their ids stand: it tells of the first."""
    monkeypatch.setattr(papers, "write_bundle", lambda *given: None)
    for both in ([decided(1), decided(2, ("I17", "S1"))], [decided(2, ("I17", "S1")), decided(1)]):
        tale = cast(Tale, Told(both, sorted(both, key=lambda each: str(each["decided_at"]))))
        assert alarm._held(tale) == decided(1)
        alarm._told(tale, "fnd_1")
        assert "decided 2026-06-01 09:00, effective 2026-06-04 09:00" in " ".join(capsys.readouterr().out.split())
    assert alarm._held(cast(Tale, Told([decided(1, ("I17",))], []))) is None
