"""The command line: `freemark <command>`.

`verify` is dispatched before anything else is imported: it runs on the base install, without database or web.
Every refusal is one line on standard error and exit status 2; a command that did its work exits 0.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from ground.canonical import Json
    from ground.keyring import Keyring
    from ground.settings import Settings
    from ground.signing import SeedSigner
    from ground.world import World

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

    _add_keys(commands.add_parser("keys", help="the keys of this installation, and the offline root keys"))

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

    check = commands.add_parser("check", help="hold the database, the journal and the published log against each other")
    check.set_defaults(run=_check)

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
    demo.set_defaults(run=_demo)

    verify = commands.add_parser(
        "verify", help="judge one label offline, from a bundle and the root keys", add_help=False
    )
    verify.set_defaults(run=lambda options: 2)
    return root


def _add_keys(keys: argparse.ArgumentParser) -> None:
    """docs/production.md tells in which order a new installation needs them, and where."""
    actions = keys.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=text, description=text)
        action.set_defaults(run=run)
        return action

    add("list", _keys_list, "every key of this installation: purpose, state, id")
    add("roots", _keys_roots, "the public root keys, for verifiers to pin")
    create = add("create", _keys_create, "make the keys of a new installation; production names its public root keys")
    create.add_argument("--root", action="append", default=[], metavar="KEY", help="a public root key; once per key")
    new_root = add(
        "new-root", _keys_new_root, "make a root key, on a machine that stays offline; prints its public half"
    )
    new_root.add_argument("file", type=Path, metavar="FILE", help="the new key file (0600); never written over")
    add("unsigned", _keys_unsigned, "print the keys.json that the root keys have to sign")
    sign = add("sign", _keys_sign, "print it with the signature of a root key; offline, beside the key")
    sign.add_argument("file", nargs="?", default="-", metavar="FILE", help='what `keys unsigned` printed ("-": stdin)')
    sign.add_argument("--seed-file", action="append", required=True, metavar="FILE", help="a root key; once per key")
    adopt = add("adopt", _keys_adopt, "publish the keys.json that enough root keys have signed")
    adopt.add_argument("file", nargs="?", default="-", metavar="FILE", help='the signed keys.json ("-": stdin)')


def _settings(options: argparse.Namespace, **overrides: object) -> Settings:
    from ground.settings import Settings

    return Settings.load(data=options.data, **overrides)


def _open(options: argparse.Namespace, **overrides: object) -> World:
    """The world, with its tables. Unavailable when they are not there, before anything is asked of them."""
    from importlib import import_module

    from ground.database import ready
    from ground.errors import Unavailable
    from ground.world import open_world

    for room in ("audits.tables", "certify.tables", "labels.tables", "ground.idempotency", "ground.parties"):
        import_module(room)
    world = open_world(_settings(options, **overrides))
    if not ready(world.db):
        raise Unavailable("the database does not answer, or its tables are not there: run `freemark migrate` first")
    return world


def _serve(options: argparse.Namespace) -> int:
    import uvicorn

    from certify import log as transparency
    from certify.publish import genesis
    from freemark.app import create_app

    world = _open(options, host=options.host, port=options.port)
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
    settings = _settings(options)
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
        revision = upgrade(_settings(options))
    except OperationalError as error:
        raise Unavailable(f"the database does not answer: {str(error.orig).splitlines()[0]}") from error
    print(f"database at revision {revision}")
    return 0


def _keys_list(options: argparse.Namespace) -> int:
    for key in _keyring(options).listed():
        print(f"{key.purpose:<12} {key.state:<12} {key.kid}")
    return 0


def _keys_roots(options: argparse.Namespace) -> int:
    from ground.signing import multikey

    for public in _keyring(options).root_publics():
        print(multikey(public))
    return 0


def _keys_create(options: argparse.Namespace) -> int:
    from ground.clock import SystemClock
    from ground.errors import Invalid
    from ground.keyring import Keyring
    from ground.signing import parse_multikey

    settings = _settings(options)
    roots = [parse_multikey(root, "--root") for root in options.root]
    if len(set(roots)) != len(roots):
        raise Invalid("the same root key twice would count as one", where="--root")
    Keyring.create(settings.data / "keys", SystemClock().now(), settings.environment == "demo", roots=roots)
    return _keys_list(options)


def _keys_new_root(options: argparse.Namespace) -> int:
    from ground.errors import Conflict, Unavailable
    from ground.ids import random_bytes
    from ground.signing import SeedSigner

    seed = random_bytes(32)
    try:
        handle = os.open(options.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("is there already, and is not written over", where=str(options.file)) from None
    except OSError as error:
        raise Unavailable(f"cannot be written: {error.strerror}", where=str(options.file)) from error
    with os.fdopen(handle, "w") as out:
        os.fchmod(handle, 0o600)
        out.write(seed.hex() + "\n")
        out.flush()
        os.fsync(handle)
    print(SeedSigner.from_seed(seed).kid)
    return 0


def _keys_unsigned(options: argparse.Namespace) -> int:
    from certify.publish import unsigned_keys
    from ground.world import open_world

    print(json.dumps(unsigned_keys(open_world(_settings(options))), indent=1))
    return 0


def _keys_sign(options: argparse.Namespace) -> int:
    """On the machine of a root key: neither settings nor database, and of the libraries the base install only."""
    from ground.clock import SystemClock
    from ground.errors import Invalid, Malformed
    from ground.keyset import MAX_LIFETIME, open_keyset
    from ground.signing import document_message

    document, roots = _document(options.file), [_seed(file) for file in options.seed_file]
    if not isinstance(document, dict) or not isinstance(document.get("signatures"), list):
        raise Malformed("is no keys.json", where=options.file)
    message = document_message("keys", document)
    ours = {root.kid: {"kid": root.kid, "sig": root.sign(message).hex()} for root in roots}
    others = [each for each in document["signatures"] if not (isinstance(each, dict) and each.get("kid") in ours)]
    document = {**document, "signatures": [*others, *ours.values()]}
    keys = open_keyset(document, [root.public for root in roots])
    now = SystemClock().now()
    if not now < keys.expires <= now + MAX_LIFETIME:
        raise Invalid(
            f"expires on {keys.expires:%Y-%m-%d}; by the clock of this machine ({now:%Y-%m-%d}) that is not within"
            f" the next {MAX_LIFETIME.days} days",
            where=options.file,
        )
    # Shown to the person who signs, beside the document itself.
    print(f"signed version {keys.version}, good until {keys.expires:%Y-%m-%d}, of these keys:", file=sys.stderr)
    for key in keys.keys.values():
        print(f"  {key.purpose:<12} {key.state:<12} {key.kid}", file=sys.stderr)
    print(json.dumps(document, indent=1))
    return 0


def _keys_adopt(options: argparse.Namespace) -> int:
    document = _document(options.file)
    from certify.publish import adopt_keys
    from freemark import jobs
    from ground.database import ready
    from ground.world import open_world

    world = open_world(_settings(options))
    keys = adopt_keys(world, document)
    print(f"adopted version {keys.version}, good until {keys.expires:%Y-%m-%d}; have it signed again before that")
    if ready(world.db):  # before the first `freemark migrate` there is nothing else to publish
        jobs.refresh(world)
    return 0


def _keyring(options: argparse.Namespace) -> Keyring:
    from ground.keyring import Keyring

    return Keyring.load(_settings(options).data / "keys")


def _document(name: str) -> Json:
    """The JSON of a file, or of standard input for "-"."""
    from ground.canonical import parse
    from ground.keyset import MAX_BYTES

    return parse(_read(name, MAX_BYTES + 1), limit=MAX_BYTES, where=name)


def _seed(name: str) -> SeedSigner:
    from ground.errors import Malformed
    from ground.signing import SeedSigner

    try:
        return SeedSigner.from_seed(bytes.fromhex(_read(name, 100).decode("ascii").strip()))
    except (ValueError, Malformed):
        raise Malformed(
            "is no root key: 64 hexadecimal digits, as `freemark keys new-root` writes", where=name
        ) from None


def _read(name: str, most: int) -> bytes:
    from ground.errors import Unavailable

    if name == "-":
        return sys.stdin.buffer.read(most)
    try:
        with Path(name).open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", where=name) from error


def _found(options: argparse.Namespace) -> int:
    from ground import parties

    world = _open(options)
    with world.db.write() as session:
        founded = parties.found_scheme(session, options.organisation, options.person, now=world.clock.now())
    organisation, person, token = founded
    print(f"organisation {organisation.id}\nperson       {person.id}\ntoken        {token}   (shown once)")
    return 0


def _outbox(options: argparse.Namespace) -> int:
    from ground import outbox
    from ground.errors import Invalid

    world = _open(options)
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


def _check(options: argparse.Namespace) -> int:
    from certify import log as transparency
    from ground import journal

    world = _open(options)
    with world.db.read() as session:
        rows = journal.check(session)
    transparency.check(world)
    print(f"journal: {rows} rows hold; the log reproduces its published root")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from freemark.demo import story

    return story.run(options.out, serve=options.serve, host=options.host, port=options.port)


if __name__ == "__main__":
    sys.exit(main())
