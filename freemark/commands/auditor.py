"""`freemark auditor`: an auditor's own key, and reports signed with it, on the auditor's own machine.

Asks no database and no settings, and needs the base install only: an auditor has nothing else of Freemark. What is to
be signed is shown first.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from freemark.commands.seeds import new_seed, read_bytes, read_seed
from ground.canonical import Json

if TYPE_CHECKING:
    from ground.signing import SeedSigner

MOST_REPORT = 8_000_000  # bytes: far above any real report
MADE_BY = "freemark auditor keygen"


def add(command: argparse.ArgumentParser) -> None:
    """The options and actions of `freemark auditor`."""
    actions = command.add_subparsers(title="actions", dest="action", required=True, metavar="ACTION")
    text = "make your key in a new file that stays on your machine; prints its public half"
    keygen = actions.add_parser("keygen", help=text, description=text)
    keygen.add_argument("file", type=Path, metavar="FILE", help="the new key file (0600); never written over")
    keygen.set_defaults(run=_keygen)
    text = "print the proof that the key is yours, as POST /v1/auditor-keys takes it"
    claim = actions.add_parser("claim", help=text, description=text)
    claim.add_argument("person", metavar="PERSON", help="your id in Freemark, such as per_7k2m9t4x1c5v8q3d")
    claim.add_argument("--key", required=True, metavar="FILE", help="your key file")
    claim.set_defaults(run=_claim)
    text = "sign a prepared report; prints the signature, as POST /v1/audits/{audit}/report takes it"
    sign = actions.add_parser("sign", help=text, description=text)
    sign.add_argument(
        "report", metavar="REPORT.json", help='the answer of the preparation, or its document alone ("-": stdin)'
    )
    sign.add_argument("--key", required=True, metavar="FILE", help="your key file")
    sign.set_defaults(run=_sign)


def _keygen(options: argparse.Namespace) -> int:
    print(new_seed(options.file).kid)
    return 0


def _claim(options: argparse.Namespace) -> int:
    from audits.signed import claim_message

    signer = read_seed(options.key, "auditor's key", MADE_BY)
    print(json.dumps({"kid": signer.kid, "sig": signer.sign(claim_message(options.person, signer.kid)).hex()}))
    return 0


def _sign(options: argparse.Namespace) -> int:
    from audits.signed import sign_report
    from ground.errors import FreemarkError, Malformed

    faults: list[str] = []
    document: dict[str, Json] | None = None
    signer: SeedSigner | None = None
    try:
        document = _prepared(options.report)
    except FreemarkError as error:
        faults.append(str(error))
    try:
        signer = read_seed(options.key, "auditor's key", MADE_BY)
    except FreemarkError as error:
        faults.append(str(error))
    if document is None or signer is None:
        raise Malformed("; and ".join(faults))
    # Shown to the person who signs; standard output has the signature alone.
    print(_summary(document), file=sys.stderr)
    print(json.dumps(sign_report(document, signer)))
    return 0


def _prepared(name: str) -> dict[str, Json]:
    """The document of a prepared report, in a file."""
    from ground.canonical import digest, parse
    from ground.errors import Malformed

    given = parse(read_bytes(name, MOST_REPORT + 1), limit=MOST_REPORT, where=name)
    document = given.get("document", given) if isinstance(given, dict) else None
    if not isinstance(document, dict) or not isinstance(document.get("counts"), dict) or "audit" not in document:
        raise Malformed("is no prepared report", where=name)
    told = given.get("sha256", given.get("report")) if document is not given else None
    if told is not None and told != digest(document):
        raise Malformed(f"its SHA-256 is {digest(document)}, and not {told}", where=name)
    return document


def _summary(document: dict[str, Json]) -> str:
    from ground.canonical import digest

    counts = document["counts"]
    findings = ", ".join(f"{count} {severity}" for severity, count in counts.get("findings", {}).items() if count)
    return "\n".join(
        (
            f"signing version {document.get('version')} of {document['audit']}, SHA-256 {digest(document)}:",
            f"  {document.get('type')} of {document.get('site')}, {document.get('starts_on')} to "
            f"{document.get('ends_on')}, {document.get('standard')}",
            f"  {counts.get('conformance')} conforming, {counts.get('unanswered')} unanswered, findings: "
            f"{findings or 'none'}",
        )
    )
