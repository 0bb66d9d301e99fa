"""`freemark quality`: the worst first, one with every deduction, and nothing of an alert that is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audits.alerts import service as alerts
from audits.alerts.service import AlertDraft
from audits.drafts import AnswerDraft
from freemark import cli
from freemark.commands import quality
from ground.clock import DemoClock
from ground.world import World
from tests.auditing import Field
from tests.unit.audits.conftest import Stage, build


@pytest.fixture
def stage(sqlite_world: World) -> Stage:
    return build(sqlite_world)


@pytest.fixture
def field(stage: Stage) -> Field:
    return Field(stage.world, stage.people, stage.factory)


def told(stage: Stage, capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> str:
    """What the command prints, on the clock of the test."""
    DemoClock(stage.world.settings.data / "clock.json").set(stage.now)
    capsys.readouterr()
    assert cli.main(["--data", str(stage.world.settings.data), "quality", *words]) == status
    answer = capsys.readouterr()
    return answer.err if status else answer.out


def years(stage: Stage) -> None:
    """Amina audits five times with too little said; Ulla finds afterwards what was there."""
    for _ in range(5):
        stage.visit([stage.conforming("T1.1")], type="surveillance")
        stage.later(days=20)
    stage.visit([stage.finding("T1.1", "major", affected=9)], by="ulla", type="surveillance")
    stage.later(days=5)


def test_everybody_the_worst_first_and_who_has_too_few_last(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No audit is on record." in told(stage, capsys)
    years(stage)
    text = told(stage, capsys)
    lines = text.splitlines()
    first = next(line for line in lines if line.startswith("Meridian Audit"))
    assert first.split()[2:5] == ["5", "5", "80"]
    assert first.endswith("missed -20")
    assert lines.index(first) < next(n for n, line in enumerate(lines) if line.startswith("Northern Audit"))
    assert "too few for a score" in text
    assert "no decision and no draw" in text
    assert "Haddad" not in text
    assert max(map(len, lines)) <= quality.WIDTH


def test_one_with_every_deduction_and_what_was_missed(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    years(stage)
    text = told(stage, capsys, stage.amina.person)
    for words in ("score     80", "Missed              -20 of 40", "major on T1.1", "Graded too mildly", "█"):
        assert words in text, words
    assert max(map(len, text.splitlines())) <= quality.WIDTH
    assert "has no audit on record" in told(stage, capsys, "per_0000000000000000", status=2)
    few = told(stage, capsys, stage.ulla.organisation)
    assert "none: 1 audits in 24 months; a score needs 5" in few


def test_an_alert_that_is_held_is_not_counted(stage: Stage, field: Field, capsys: pytest.CaptureFixture[str]) -> None:
    audit = field.plan()
    with stage.world.db.write() as session:
        raised = AlertDraft("T2.1", "A driver keeps them.", stage.now)
        alert = alerts.raise_alert(session, stage.amina, audit, raised, now=stage.now).id
    field.answer(audit, [AnswerDraft("T10.3", "conformance")])
    field.submit(audit)
    stage.later(hours=70)
    until = stage.now + timedelta(days=10)
    for name in ("hana", "carl"):
        with stage.world.db.write() as session:
            alerts.extend(session, stage.people[name], alert, until=until, reason="Not safe.", now=stage.now)
    stage.later(hours=30)
    held = told(stage, capsys, stage.amina.organisation)
    assert "0 alerts raised" in held
    assert "priority      0.00" in held
    with stage.world.db.write() as session:
        alerts.release(session, stage.hana, alert, told="By telephone.", now=stage.now)
    free: Any = told(stage, capsys, stage.amina.organisation)
    assert "1 alerts raised" in free
    assert "priority      1.00" in free


def test_a_terminal_without_blocks_gets_plain_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    class Narrow:
        encoding = "ascii"

    monkeypatch.setattr(quality.sys, "stdout", Narrow)
    assert quality._glyphs() == ("#", ".", "~")
