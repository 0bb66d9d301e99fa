"""`freemark sealed keygen|seal|open|log`: files that only the certification body can read, made on the device.

On the base install, without settings or database. The plain log stays where the auditor wrote it; nothing of it is
printed but the counts that the server may know. No file is ever written over, and each is readable by its owner only.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from freemark.commands.seeds import naming

SUFFIX = ".sealed"


def add(command: argparse.ArgumentParser) -> None:
    """The actions of `freemark sealed`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")

    def add(name: str, run: Callable[[argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=text, description=text)
        action.set_defaults(run=run)
        return action

    keygen = add("keygen", _keygen, "make a key, on a machine that stays offline; prints its public half")
    keygen.add_argument("file", type=Path, metavar="FILE", help="the new key file (0600); never written over")
    seal = add("seal", _seal, "seal a file, such as the text of an alert, to a certification body's key")
    log = add("log", _log, "seal an interview log, and print its counts for the server")
    for action in (seal, log):
        action.add_argument("file", type=Path, metavar="FILE", help="the plain file, which stays as it is")
        action.add_argument("--to", required=True, metavar="KEY", help="the public key, as the body itself told you")
        action.add_argument("--out", type=Path, metavar="FILE", help=f"the sealed file (default: FILE{SUFFIX})")
    opened = add("open", _open, "open a sealed file and print what is in it")
    opened.add_argument("file", type=Path, metavar="FILE", help="the sealed file")
    opened.add_argument("--key", type=Path, required=True, metavar="FILE", help="the key file that `keygen` wrote")
    opened.add_argument("--out", type=Path, metavar="FILE", help="write it there instead of printing it")


def _keygen(options: argparse.Namespace) -> int:
    from audits.fieldwork.boxes import key_text, public_of
    from ground.ids import random_bytes

    private = random_bytes(32)
    _write(options.file, private.hex().encode() + b"\n")
    print(key_text(public_of(private)))
    return 0


def _seal(options: argparse.Namespace) -> int:
    from audits.fieldwork.boxes import MOST_PLAIN

    _write_sealed(options, _read(options.file, MOST_PLAIN + 1))
    return 0


def _log(options: argparse.Namespace) -> int:
    from audits.fieldwork.interviews import MOST_LOG, count, parse_log, to_json

    data = _read(options.file, MOST_LOG + 1)
    with naming(str(options.file)):
        audit, log = parse_log(data)
    _write_sealed(options, data)
    print(f"counts of {len(log)} interviews, for POST /v1/audits/{audit}/interviews:", file=sys.stderr)
    print(json.dumps(to_json(count(log)), indent=1))
    return 0


def _open(options: argparse.Namespace) -> int:
    from audits.fieldwork.boxes import MOST_SEALED, unseal

    plain = unseal(_read(options.file, MOST_SEALED + 1), _private(options.key), str(options.file))
    if options.out is not None:
        _write(options.out, plain)
    else:
        sys.stdout.buffer.write(plain)
        sys.stdout.buffer.flush()
    return 0


def _write_sealed(options: argparse.Namespace, plain: bytes) -> None:
    from audits.fieldwork.boxes import parse_key, seal

    sealed = seal(plain, parse_key(options.to, "--to"))
    target = options.out or options.file.with_name(options.file.name + SUFFIX)
    _write(target, sealed)
    print(f"sealed to {options.to}: {target}; the plain file is still there", file=sys.stderr)


def _private(name: Path) -> bytes:
    from ground.errors import Malformed

    try:
        private = bytes.fromhex(_read(name, 100).decode("ascii").strip())
    except ValueError:
        private = b""
    if len(private) != 32:
        raise Malformed("is no key: 64 hexadecimal digits, as `freemark sealed keygen` writes", where=str(name))
    return private


def _read(name: Path, most: int) -> bytes:
    from ground.errors import Unavailable

    try:
        with name.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise Unavailable(f"cannot be read: {error.strerror}", where=str(name)) from error


def _write(name: Path, data: bytes) -> None:
    from ground.errors import Conflict, Unavailable

    try:
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict("is there already, and is not written over", where=str(name)) from None
    except OSError as error:
        raise Unavailable(f"cannot be written: {error.strerror}", where=str(name)) from error
    with os.fdopen(handle, "wb") as out:
        os.fchmod(handle, 0o600)
        out.write(data)
        out.flush()
        os.fsync(handle)
