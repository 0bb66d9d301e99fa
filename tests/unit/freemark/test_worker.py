"""The Celery side: the same plain functions, a beat that knows them, a bell that no broker can silence or slow down."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu.exceptions import OperationalError

from freemark import jobs, worker
from ground.settings import Settings
from ground.world import World

PATIENCE = 20.0
AWAY = "redis://127.0.0.1:1/0"  # nobody listens on port 1


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    before = worker.app.conf.broker_url
    yield Settings.load(data=tmp_path, broker_url="memory://")
    worker.app.conf.broker_url = before


@pytest.mark.parametrize("name", ["drain", "refresh", "reconsider"])
def test_a_task_calls_the_plain_function(sqlite_world: World, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    asked: list[World] = []
    monkeypatch.setattr(worker, "_world", lambda: sqlite_world)
    monkeypatch.setattr(jobs, name, asked.append)
    worker.app.tasks[f"freemark.{name}"].run()
    assert asked == [sqlite_world]


def test_the_beat_knows_every_task_and_no_other() -> None:
    beaten = {entry["task"] for entry in worker.app.conf.beat_schedule.values()}
    assert beaten == {name for name in worker.app.tasks if name.startswith("freemark.")}


def test_a_message_is_kept_until_its_work_is_done() -> None:
    conf = worker.app.conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.task_ignore_result
    assert conf.result_backend is None


def test_the_bell_asks_a_worker_to_drain(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    app, sent = worker.configure(settings), threading.Event()
    publish = worker.drain.apply_async

    def noted(**options: object) -> None:
        publish(**options)
        sent.set()

    monkeypatch.setattr(worker.drain, "apply_async", noted)
    worker.wake()
    assert sent.wait(PATIENCE)
    with app.connection_for_read() as connection:
        message = app.amqp.queues["freemark"](connection).get()
        assert message is not None
        message.ack()
    assert message.headers["task"] == "freemark.drain"


def test_a_broker_that_is_away_neither_fails_nor_delays_who_rings(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Who rings has committed already: an error now would tell the client that nothing was done."""
    tried, may_fail, well = threading.Event(), threading.Event(), threading.Event()

    def hang_and_fail(**options: object) -> None:
        if tried.is_set():
            well.set()
            return
        tried.set()
        may_fail.wait(PATIENCE)
        raise OperationalError("Connection refused")

    monkeypatch.setattr(worker.drain, "apply_async", hang_and_fail)
    begun = time.monotonic()
    worker.wake()
    assert time.monotonic() - begun < 1
    assert tried.wait(PATIENCE)
    may_fail.set()
    worker.wake()
    assert well.wait(PATIENCE)
    assert "no worker was told, the beat will: Connection refused" in caplog.messages


def test_ringing_in_the_callers_own_thread_would_fail_it(settings: Settings) -> None:
    """The negative control: what the bell's thread keeps from the caller."""
    worker.configure(Settings.load(data=settings.data, broker_url=AWAY))
    connection = worker.app.connection_for_write(transport_options={"max_retries": 0})
    with connection, pytest.raises(OperationalError):
        worker.drain.apply_async(retry=False, connection=connection)


def test_neither_the_application_nor_the_ground_imports_celery() -> None:
    rooms = "freemark.app, freemark.jobs, freemark.cli, ground.world, ground.web, ground.outbox"
    script = f"import sys, {rooms}; print({{name.split('.')[0] for name in sys.modules}} & {{'celery', 'kombu'}})"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "set()"
