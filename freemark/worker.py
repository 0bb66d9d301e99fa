"""Celery as the alarm clock of a production installation: it wakes the plain functions of `freemark.jobs`.

The only module that knows Celery. A lost message is made good by the beat, a doubled one finds nothing to do: the
truth is in the outbox. Broker: Redis or RabbitMQ, by FREEMARK_BROKER_URL; no result backend.
"""

from __future__ import annotations

import logging
import threading
from functools import cache

from celery import Celery
from celery.schedules import crontab
from kombu.exceptions import OperationalError

from freemark import jobs
from ground.settings import Settings
from ground.world import World, open_world

log = logging.getLogger("freemark.worker")

DRAIN_SECONDS = 2.0  # the longest time an event waits when its message was lost
LONGEST_TASK_SECONDS = 3600  # Redis hands a task out again after this long: longer than the longest print run

app = Celery("freemark")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_transport_options={"visibility_timeout": LONGEST_TASK_SECONDS},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # the default gives up after an hour without a broker
    timezone="UTC",
    task_default_queue="freemark",
    beat_schedule={
        "drain": {"task": "freemark.drain", "schedule": DRAIN_SECONDS, "options": {"expires": 2 * DRAIN_SECONDS}},
        "clocks": {"task": "freemark.clocks", "schedule": jobs.CLOCKS_EVERY.total_seconds()},
        "post": {
            "task": "freemark.post",
            "schedule": jobs.POST_EVERY.total_seconds(),
            "options": {"expires": jobs.POST_EVERY.total_seconds()},
        },
        "refresh": {"task": "freemark.refresh", "schedule": jobs.REFRESH_EVERY.total_seconds()},
        # Twice a night: the second makes good a first one that was lost.
        "reconsider": {"task": "freemark.reconsider", "schedule": crontab(hour="2,4", minute="0")},
    },
)


def configure(settings: Settings) -> Celery:
    """The application on this installation's broker."""
    app.conf.broker_url = settings.broker_url
    app.set_default()
    return app


@cache
def _world() -> World:
    """One world a worker process, opened when its first task runs (after the fork)."""
    return open_world(Settings.load())


@app.task(name="freemark.drain")  # type: ignore[untyped-decorator]  # celery ships no types
def drain() -> None:
    jobs.drain(_world())


@app.task(name="freemark.clocks")  # type: ignore[untyped-decorator]
def clocks() -> None:
    jobs.clocks(_world())


@app.task(name="freemark.post")  # type: ignore[untyped-decorator]
def post() -> None:
    jobs.post(_world())


@app.task(name="freemark.refresh")  # type: ignore[untyped-decorator]
def refresh() -> None:
    jobs.refresh(_world())


@app.task(name="freemark.reconsider")  # type: ignore[untyped-decorator]
def reconsider() -> None:
    jobs.reconsider(_world())


def wake() -> None:
    """Ask a worker to drain now. Returns at once: a broker that is away costs some delay, never the event.

    The message is sent by a thread of its own, because the caller has committed already and its client is waiting.
    """
    _bell.set()
    _ringer()


_bell = threading.Event()


@cache
def _ringer() -> threading.Thread:
    thread = threading.Thread(target=_ring, name="freemark-bell", daemon=True)
    thread.start()
    return thread


def _ring() -> None:
    while True:
        _bell.wait()
        _bell.clear()
        try:
            drain.apply_async(retry=False, expires=60)
        except OperationalError as error:
            log.warning("no worker was told, the beat will: %s", error)
        except Exception:  # the last net, as in the job thread: the next news is told again
            log.exception("no worker was told, the beat will")
