"""The command line: `freemark <command>`.

`verify` is dispatched before anything else is imported: it runs on the base install, without database or web.
Every refusal is one line on standard error and exit status 2; a command that did its work exits 0.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from freemark.commands import auditor, check, decision, keys, quality, rulebook, screening, sealed, sheet
from freemark.commands.common import open_world_of, settings_of

DESCRIPTION = "Freemark: certificates and labels against human trafficking, and the proof of who decided what, when."


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["verify"]:
        from verify import offline

        return offline.main(arguments[1:])
    return _run(arguments)


def _run(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    from ground.errors import FreemarkError

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)  # it introduces each of its parts
    try:
        status = options.run(options)
    except BrokenPipeError:
        return 0
    except (FreemarkError, OSError) as error:  # OSError: a folder that cannot be made or read
        print(f"freemark: {error}", file=sys.stderr)
        return 2
    return int(status or 0)


class _Parser(argparse.ArgumentParser):
    """Bad usage is one line, as every other refusal is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The whole command line, as one tree."""
    root = _Parser(prog="freemark", description=DESCRIPTION)
    root.add_argument("--data", type=Path, help="data folder (FREEMARK_DATA; default freemark-data)")
    commands = root.add_subparsers(title="commands", dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve the API, the pages and the jobs in one process")
    serve.add_argument("--host", help="address to listen on (FREEMARK_HOST)")
    serve.add_argument("--port", type=int, help="port to listen on (FREEMARK_PORT)")
    serve.set_defaults(run=_serve)

    for name, text in (("worker", "run the jobs under Celery"), ("beat", "the timers of the Celery workers")):
        command = commands.add_parser(name, help=text)
        command.set_defaults(run=_celery)

    migrate = commands.add_parser(
        "migrate", help="bring the database to the current tables; makes the keys of a new demo world"
    )
    migrate.set_defaults(run=_migrate)

    for name, page, text in (
        ("keys", keys, "the keys of this installation, and the offline root keys"),
        ("auditor", auditor, "an auditor's own key, and a report signed with it; needs no installation"),
        ("decision", decision, "why something was decided, and all of it decided again"),
        ("quality", quality, "how good the work of audit firms and auditors is, the worst first"),
        ("rulebook", rulebook, "look at a rulebook that is not in force yet"),
        ("screening", screening, "lists of excluded employers and of licensed agents, and who is on them"),
        ("sealed", sealed, "files that only the certification body can read; needs no installation"),
        ("sheet", sheet, "an audit's sheet that was filled in offline, checked or merged; needs no installation"),
    ):
        page.add(commands.add_parser(name, help=text, description=text))

    found = commands.add_parser("found", help="register the scheme owner and its first manager; prints the token once")
    found.add_argument("--organisation", required=True, help="name of the organisation that owns the mark")
    found.add_argument("--person", required=True, help="name of its first scheme manager")
    found.set_defaults(run=_found)

    outbox = commands.add_parser("outbox", help="news between the floors that is waiting or stuck")
    outbox.add_argument(
        "action", choices=["stuck", "retry"], help="list what is parked or failing; or try a delivery again"
    )
    outbox.add_argument("delivery", nargs="?", type=int, help="number of the delivery to retry")
    outbox.set_defaults(run=_outbox)

    command = commands.add_parser(
        "check", help="hold the database, the journal, the decisions and the published log against each other"
    )
    command.set_defaults(run=check.run)

    demo = commands.add_parser("demo", help="the whole story in a new world, over HTTP, told in the terminal")
    demo.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder for the world and everything it published (must be new or a former demo)",
    )
    demo.add_argument(
        "--serve", action="store_true", help="keep serving the world afterwards, for a browser or a phone"
    )
    demo.add_argument(
        "--host", default="", help="with --serve: the address a phone reaches this machine at; it goes into the labels"
    )
    demo.add_argument("--port", type=int, default=0, help="port of the server (default: a free one; with --serve 8000)")
    demo.add_argument(
        "--history", action="store_true", help="instead of the story: years of a whole scheme, made from a seed"
    )
    demo.add_argument("--sites", type=int, help="with --history: manufacturers' sites (default 200)")
    demo.add_argument("--years", type=int, help="with --history: years, ending today (default 5)")
    demo.add_argument("--seed", help="with --history: the same one gives the same outcomes (default 1)")
    demo.set_defaults(run=_demo)

    verify = commands.add_parser(
        "verify", help="judge one label offline, from a bundle and the root keys", add_help=False
    )
    verify.set_defaults(run=lambda options: 2)
    return root


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    from certify import log as transparency
    from certify.publish import genesis
    from freemark.app import create_app

    world = open_world_of(options, founds=True, host=options.host, port=options.port)
    # The application does both when it starts; here, what it would refuse is one line and no traceback.
    transparency.guard(world)
    genesis(world)
    settings = world.settings
    if settings.broker_url:
        from freemark import worker

        worker.configure(settings)
        app = create_app(world, job_thread=False, wake=worker.wake)
    else:
        app = create_app(world)
    # access_log off: the address of a scan is the label, and who scanned which label is nobody's business
    uvicorn.run(
        app, host=settings.host, port=settings.port, access_log=False, log_level="warning", timeout_graceful_shutdown=5
    )
    return 0


def _celery(options: argparse.Namespace) -> int:
    from freemark import worker
    from ground.errors import Invalid

    if options.data is not None:
        os.environ["FREEMARK_DATA"] = str(options.data)  # the tasks open their own world, in other processes
    settings = settings_of(options)
    if not settings.broker_url:
        raise Invalid("a worker needs a broker: redis://… or amqp://…", where="FREEMARK_BROKER_URL")
    app = worker.configure(settings)
    if options.command == "beat":
        schedule = settings.data / "celerybeat-schedule"
        settings.data.mkdir(parents=True, exist_ok=True)
        app.Beat(schedule=str(schedule), loglevel="WARNING").run()
        return 0
    app.worker_main(["worker", "--loglevel=WARNING", "--without-gossip", "--without-mingle"])
    return 0


def _migrate(options: argparse.Namespace) -> int:
    from sqlalchemy.exc import OperationalError

    from freemark.migrations import upgrade
    from ground.errors import Unavailable

    try:
        revision = upgrade(settings_of(options))
    except OperationalError as error:
        raise Unavailable(f"the database does not answer: {str(error.orig).splitlines()[0]}") from error
    print(f"database at revision {revision}")
    return 0


def _found(options: argparse.Namespace) -> int:
    from ground import parties

    world = open_world_of(options, founds=True)
    with world.db.write() as session:
        founded = parties.found_scheme(session, options.organisation, options.person, now=world.clock.now())
    organisation, person, token = founded
    print(f"organisation {organisation.id}\nperson       {person.id}\ntoken        {token}   (shown once)")
    return 0


def _outbox(options: argparse.Namespace) -> int:
    from ground import outbox
    from ground.errors import Invalid

    world = open_world_of(options)
    if options.action == "retry":
        if options.delivery is None:
            raise Invalid("which delivery? its number stands in `freemark outbox stuck`", where="delivery")
        with world.db.write() as session:
            outbox.retry(session, options.delivery, now=world.clock.now())
        return 0
    with world.db.read() as session:
        rows = outbox.stuck(session)
        for row in rows:
            news = f"{row.event} {row.subject}"
            print(f"{row.id:>6} {row.state:<8} {row.handler:<20} tries {row.attempts}  {news}: {row.error}")
    print(f"{len(rows)} stuck")
    return 1 if rows else 0


def _demo(options: argparse.Namespace) -> int:
    if options.history:
        return _history(options)
    from freemark.demo import story

    return story.run(options.out, serve=options.serve, host=options.host, port=options.port)


def _history(options: argparse.Namespace) -> int:
    from importlib import import_module

    from freemark.demo.history import run
    from freemark.rooms import WITH_TABLES

    for room in WITH_TABLES:
        import_module(room)
    given = {"sites": options.sites, "years": options.years, "seed": options.seed}
    return run.run(options.out, **{name: value for name, value in given.items() if value is not None})


if __name__ == "__main__":
    sys.exit(main())
