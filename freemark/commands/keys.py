"""`freemark keys`: the keys of an installation, and the ceremony of its offline root keys (docs/production.md)."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from freemark.commands.common import settings_of
from freemark.commands.seeds import new_seed, read_bytes, read_seed
from ground.canonical import Json

if TYPE_CHECKING:
    from ground.keyring import Keyring
    from ground.signing import SeedSigner


def add(keys: argparse.ArgumentParser) -> None:
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

    settings = settings_of(options)
    roots = [parse_multikey(root, "--root") for root in options.root]
    if len(set(roots)) != len(roots):
        raise Invalid("the same root key twice would count as one", where="--root")
    Keyring.create(settings.data / "keys", SystemClock().now(), settings.environment == "demo", roots=roots)
    return _keys_list(options)


def _keys_new_root(options: argparse.Namespace) -> int:
    print(new_seed(options.file).kid)
    return 0


def _keys_unsigned(options: argparse.Namespace) -> int:
    from certify.publish import unsigned_keys
    from ground.world import open_world

    _keyring(options)  # where there is none, opening a world would make one
    print(json.dumps(unsigned_keys(open_world(settings_of(options))), indent=1))
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

    _keyring(options)  # as above
    world = open_world(settings_of(options))
    keys = adopt_keys(world, document)
    print(f"adopted version {keys.version}, good until {keys.expires:%Y-%m-%d}; have it signed again before that")
    if ready(world.db):  # before the first `freemark migrate` there is nothing else to publish
        jobs.refresh(world)
    return 0


def _keyring(options: argparse.Namespace) -> Keyring:
    from ground.keyring import Keyring

    return Keyring.load(settings_of(options).data / "keys")


def _document(name: str) -> Json:
    """The JSON of a file, or of standard input for "-"."""
    from ground.canonical import parse
    from ground.keyset import MAX_BYTES

    return parse(read_bytes(name, MAX_BYTES + 1), limit=MAX_BYTES, where=name)


def _seed(name: str) -> SeedSigner:
    return read_seed(name, "root key", "freemark keys new-root")
