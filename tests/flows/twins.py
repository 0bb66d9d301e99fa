"""Two worlds from one: the same data, keys, clock and chance, so that whatever then differs was caused by one act.

`fork` copies a SQLite world twice and opens an application on each copy. `Chance` stands in for the operating system's
randomness: what one caller draws does not depend on what another caller drew, so an act more in one world shifts no id
of the other acts. `everything` asks every GET operation of the OpenAPI document for every id that either world knows,
as every reader who must not learn of an alert, and reads the published files.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import String, select

from audits.tables import AuditRow
from certify.tables import DecisionRow
from freemark.app import create_app
from ground import ids
from ground.canonical import sha256
from ground.clock import FixedClock
from ground.database import Base
from ground.keyring import Keyring
from ground.settings import Settings
from ground.world import open_world
from tests.flows.house import KEYS, House, Inside

PEOPLE = ("sam", "carl", "amina", "bea", "ravi", "otto", "noor", "hana", "anybody")
READERS = ("bea", "ravi", "otto")  # and, where no token is asked for, anybody
OF_AN_ID = re.compile(r"([a-z]{3,4})_[0-9a-hjkmnp-tv-z]{16}\Z")
KINDS = {
    "audit": "aud", "finding": "fnd", "alert": "fnd", "site": "site", "organisation": "org", "person": "per",
    "application": "app", "order": "ord", "token": "tok", "firm": "org", "assignment": "asg", "evidence": "evd",
    "upload": "upl", "hit": "hit", "list": "lst", "list_id": "lst", "screening": "scr", "check": "chk",
    "ledger": "led", "disclosure": "dsc", "notice": "ntc", "appeal": "apl", "concern": "con", "assessment": "slf",
}  # fmt: skip
BOOKS = ["freemark-2026.0", "freemark-2026.1"]
FIXED = {"rulebook": BOOKS, "standard": BOOKS, "total": ["9"], "visit": ["initial"]}
Answer = tuple[int, tuple[tuple[str, str], ...], bytes]


class Chance:
    """Drop-in for `secrets` in ground.ids: a stream of its own for every calling function, the same in both worlds."""

    def __init__(self) -> None:
        self.world = ""
        self._drawn: Counter[tuple[str, str]] = Counter()

    def token_bytes(self, n: int) -> bytes:
        frame = sys._getframe(1)
        while frame.f_back is not None and frame.f_code.co_filename in (ids.__file__, __file__):
            frame = frame.f_back
        caller = f"{frame.f_code.co_filename}:{frame.f_code.co_qualname}" if sys.version_info >= (3, 11) else ""
        self._drawn[self.world, caller] += 1
        return hashlib.shake_256(f"{caller} {self._drawn[self.world, caller]}".encode()).digest(n)

    def randbits(self, k: int) -> int:
        return int.from_bytes(self.token_bytes(-(-k // 8))) >> (-k % 8)

    def randbelow(self, n: int) -> int:
        return self.randbits(64) % n


class Twins:
    """`alarmed` is where the alert is raised, `calm` its twin."""

    def __init__(self, alarmed: House, calm: House, chance: Chance) -> None:
        self.alarmed, self.calm, self._chance = alarmed, calm, chance
        self.masking = False
        """Compare as if the hashes of reports that no site has yet, and hashes over them, were equal in both."""

    def each(self) -> Iterator[House]:
        """One after the other, each with the same chance."""
        for name, house in (("alarmed", self.alarmed), ("calm", self.calm)):
            self._chance.world = name
            yield house
        self._chance.world = ""

    @contextmanager
    def only(self, house: House) -> Iterator[House]:
        self._chance.world = "alarmed" if house is self.alarmed else "calm"
        yield house
        self._chance.world = ""

    def differences(self, most: int = 1000) -> list[tuple[str, str, str]]:
        """(reader, address, media) of what the two worlds answer differently, at most so many.

        What was asked is counted in `asked`, and what of it was answered with 200 in `answered`.
        """
        known = [identifiers(house) for house in (self.alarmed, self.calm)]
        both = {
            kind: sorted(known[0].get(kind, set()) | known[1].get(kind, set())) for kind in {**known[0], **known[1]}
        }
        self.asked = self.answered = 0
        found = []
        for question in questions(self.calm, both):
            one, two = (self._masked(house, _asked(house, *question)) for house in self.each())
            self.asked, self.answered = self.asked + 1, self.answered + (one[0] == 200)
            if one != two:
                found.append(question)
                if len(found) == most:
                    break
        return found

    def _masked(self, house: House, answer: Answer) -> Answer:
        """A report's hash says nothing to who has not the report, nor does a commitment to a record with it."""
        if not self.masking:
            return answer
        status, headers, body = answer
        for hash in hashes(house):
            body = body.replace(hash.encode(), b"-" * 64)
        return status, headers, body

    def files(self) -> list[str]:
        """The published files that differ."""
        folders = [published(house) for house in (self.alarmed, self.calm)]
        names = folders[0].keys() | folders[1].keys()
        return sorted(name for name in names if folders[0].get(name) != folders[1].get(name))


@contextmanager
def fork(house: House, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    """Two copies of the house's world as it is now. The house itself is left as it was."""
    chance = Chance()
    monkeypatch.setattr(ids, "secrets", chance)
    house.world.db.close()
    with ExitStack() as stack:
        copies = []
        for name in ("alarmed", "calm"):
            chance.world = name
            copies.append(stack.enter_context(_opened(house, folder / name)))
        chance.world = ""
        yield Twins(*copies, chance)


@contextmanager
def _opened(house: House, data: Path) -> Iterator[House]:
    shutil.copytree(house.world.settings.data, data)
    given = house.world.settings.model_dump(exclude={"data", "database_url", "shelf"})
    world = open_world(Settings.load(data=data, **given))
    world.clock = FixedClock(house.now)
    world.keyring = Keyring.load(data / KEYS)
    with TestClient(create_app(world, job_thread=False), raise_server_exceptions=False) as web:
        twin = copy(house)
        twin.world, twin.web = world, web
        for name in PEOPLE:
            setattr(twin, name, replace(getattr(house, name), web=web))
        if house.crew is not None:
            people = {each.person: each for each in (getattr(twin, name) for name in PEOPLE) if each.person}
            auditors = {id: replace(one, client=people[id]) for id, one in house.crew.auditors.items()}
            twin.crew = replace(house.crew, scheme=twin.sam, decider=twin.carl, auditors=auditors)
        yield twin
        world.close()


def identifiers(house: House) -> dict[str, set[str]]:
    """Every id in the database by its prefix, and the numbers of certificates and batches."""
    found: dict[str, set[str]] = {}
    with house.world.db.read() as session:
        for table in Base.metadata.sorted_tables:
            keys = [column for column in table.primary_key.columns if isinstance(column.type, String)]
            for row in session.execute(select(*keys)) if keys else ():
                for value in row:
                    if match := OF_AN_ID.match(str(value)):
                        found.setdefault(match[1], set()).add(str(value))
        tables = Base.metadata.tables
        for name, table, column in (
            ("number", "certificate", "number"), ("batch", "label_batch", "number"), ("n", "decision", "seq"),
        ):  # fmt: skip
            found[name] = {str(value) for value in session.scalars(select(tables[table].c[column]))}
    found["code"] = {code for order in found.get("ord", ()) for code in labels(house, order)}
    found["seq"], found["index"] = {"0", "1", "2"}, {"0"}
    found["purpose"], found["shard"] = {"revocation", "suspension"}, {"1"}
    found["path"] = {name.removeprefix("log/") for name in published(house) if name.startswith("log/")}
    found["version"] = {"1", "2"}
    return found


def hashes(house: House) -> Iterator[str]:
    """Of reports that are not released, and of what was decided since the first of them."""
    with house.world.db.read() as session:
        kept = select(AuditRow).where(AuditRow.report.is_not(None), AuditRow.released_at.is_(None))
        reports = {row.report: row.submitted_at for row in session.scalars(kept)}
        yield from reports
        for row in session.scalars(select(DecisionRow).where(DecisionRow.at >= min(reports.values()))):
            yield from (row.cmt, sha256(row.record.encode()).hex())


def labels(house: House, order: str) -> list[str]:
    """What is printed on the labels of an order, as digits; none before they are."""
    sheet = house.bea._send("GET", f"/v1/orders/{order}/files/labels.csv", None, {})
    return [line.rsplit("/", 1)[1] for line in sheet.body.decode().split()[1:]] if sheet.status == 200 else []


def questions(house: House, known: Mapping[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """(reader, address, media) of every GET there is."""
    for path, methods in house.web.get("/openapi.json").json()["paths"].items():
        for address in addresses(path, methods["get"], known) if "get" in methods else ():
            if path.startswith("/v1/"):
                yield from ((reader, address, "application/json") for reader in READERS)
            else:
                yield from (("anybody", address, media) for media in ("application/json", "text/html"))


def addresses(path: str, operation: Any, known: Mapping[str, list[str]]) -> Iterator[str]:
    """The path with every combination of what is known for its parameters, those of the query that it needs too."""
    places = [each for each in operation.get("parameters", []) if each["in"] == "path" or each.get("required")]
    names = [each["name"] for each in places if each["in"] in ("path", "query")]
    queries = {each["name"] for each in places if each["in"] == "query"}
    for values in itertools.product(*(values_for(name, path, known) for name in names)):
        address, query = path, []
        for name, value in zip(names, values, strict=True):
            if name in queries:
                query.append(f"{name}={value}")
            address = address.replace(f"{{{name}}}", value).replace(f"{{{name}:path}}", value)
        yield address + (f"?{'&'.join(query)}" if query else "")


def values_for(name: str, path: str, known: Mapping[str, list[str]]) -> list[str]:
    if name == "name" and path.endswith("/files/{name}"):
        return ["labels.csv", "job.json", "sheet.pdf", "label-0.png"]
    if name in FIXED:
        return FIXED[name]
    if name == "id":
        return [*known["org"], *BOOKS]
    if name in known:
        return known[name]
    if name in KINDS:
        return known.get(KINDS[name], [])
    return sorted(id for values in known.values() for id in values if OF_AN_ID.match(id))


def _asked(house: House, reader: str, address: str, media: str) -> Answer:
    who: Inside = getattr(house, reader)
    answer = who._send("GET", address, None, {"Accept": media})
    return answer.status, tuple(sorted(answer.headers.items())), answer.body


def published(house: House) -> dict[str, bytes]:
    """Every file of the shelf that anybody may fetch. What is sealed for the scan server has other bytes each time."""
    folder = house.world.shelf.public
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
