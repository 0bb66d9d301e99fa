"""What import contracts cannot say: who commits, who reads the clock, who draws randomness, and that no error is lost.

Each rule is a function from a source text to the lines that break it, so that each can be shown a planted violation
and a harmless neighbour. Names are resolved through the module's imports: `from time import time as t` is caught too.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ground", "audits", "certify", "labels", "verify", "freemark")

WALL_CLOCK = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.gmtime", "time.localtime", "time.ctime", "time.asctime",
}  # fmt: skip
# How long something takes is not what time it is; only those who measure or wait need it.
STOPWATCH = {"time.monotonic", "time.monotonic_ns", "time.perf_counter", "time.perf_counter_ns", "time.process_time"}
# PyNaCl draws a nonce by itself where none is given; drawing keys and plain bytes is what goes through ground.ids.
RANDOMNESS = {
    "os.urandom", "os.getrandom", "uuid.uuid1", "uuid.uuid4", "uuid.uuid6", "uuid.uuid7",
    "nacl.utils.random", "nacl.signing.SigningKey.generate", "nacl.public.PrivateKey.generate",
}  # fmt: skip
RANDOM_MODULES = {"random", "secrets", "uuid_utils"}


def stray_commits(source: str) -> list[int]:
    """Lines that end a transaction: `x.commit()`, `with x.begin()` which commits at its end, and SQL's own word."""
    lines = [node.lineno for node, name in calls(source) if name.endswith((".commit", ".begin"))]
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node.value.upper().strip(" ;") == "COMMIT"
        ):
            lines.append(node.lineno)
    return lines


def stray_clocks(source: str) -> list[int]:
    return [node.lineno for node, name in references(source) if name in WALL_CLOCK]


def stray_stopwatches(source: str) -> list[int]:
    return [node.lineno for node, name in references(source) if name in STOPWATCH]


def stray_randomness(source: str) -> list[int]:
    found = [
        node.lineno
        for node, name in references(source)
        if name in RANDOMNESS or (name.split(".")[0] in RANDOM_MODULES and name not in SAFE_COMPARISONS)
    ]
    return sorted(set(found))


# Comparing in constant time draws nothing.
SAFE_COMPARISONS = {"secrets", "secrets.compare_digest"}


def lost_errors(source: str) -> list[int]:
    """`except Exception: pass`, and its kin: a broad handler whose body does nothing at all."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler):
            caught = {ast.unparse(part) for part in broad_parts(node.type)}
            broad = node.type is None or caught & {"Exception", "BaseException"}
            if broad and all(is_nothing(line) for line in node.body):
                lines.append(node.lineno)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "suppress":
            caught = {ast.unparse(argument) for argument in node.args}
            lines += [node.lineno] if caught & {"Exception", "BaseException"} else []
    return lines


# rule, the files that may (with the reason in the sentence), a violation, a harmless neighbour
RULES: dict[str, tuple[Callable[[str], list[int]], tuple[str, ...], list[str], list[str]]] = {
    "only ground.database commits": (
        stray_commits,
        # Alembic runs each migration in a transaction of its own; the bench's bare script is what we are measured by.
        (
            "ground/database.py",
            "freemark/migrations/__init__.py",
            "freemark/migrations/env.py",
            "freemark/bench/durable.py",
        ),
        [
            "def f(session):\n    session.commit()",
            "def f(self):\n    self.db.session.commit()",
            "with engine.begin() as connection:\n    pass",
            "connection.exec_driver_sql('commit')",
        ],
        [
            "def f(session):\n    session.flush()",
            "committed = True",
            "x.commit_message()",
            "with session.begin_nested():\n    pass",
        ],
    ),
    "only ground.clock reads the time": (
        stray_clocks,
        ("ground/clock.py",),
        [
            "from datetime import datetime, UTC\nx = datetime.now(UTC)",
            "import datetime as dt\nx = dt.datetime.utcnow()",
            "from datetime import date\nx = date.today()",
            "import time\nx = time.time()",
            "from time import time as t\nx = t()",
            "import datetime\nfield(default_factory=datetime.datetime.now)",
        ],
        [
            "from datetime import datetime\nx = datetime.fromisoformat('2026-01-01')",
            "import time\ntime.sleep(1)",
            "now = clock.now()",
        ],
    ),
    "only those who measure or wait use a stopwatch": (
        stray_stopwatches,
        # The clock; waiting for work and for a locked database; measuring for the bench, the demo and the metrics.
        ("ground/clock.py", "ground/database.py", "freemark/"),
        ["import time\nx = time.monotonic()", "from time import perf_counter\nx = perf_counter()"],
        ["import time\ntime.sleep(1)"],
    ),
    "only ground.ids draws randomness": (
        stray_randomness,
        ("ground/ids.py",),
        [
            "import secrets\nx = secrets.token_bytes(16)",
            "from secrets import token_urlsafe as t\nx = t()",
            "import os\nx = os.urandom(8)",
            "import random\nx = random.random()",
            "from random import Random\nx = Random(4)",
            "import uuid\nx = uuid.uuid4()",
            "from nacl.utils import random\nx = random(32)",
            "import nacl.utils\nx = nacl.utils.random(32)",
            "from nacl.signing import SigningKey\nx = SigningKey.generate()",
        ],
        [
            "import uuid\nx = uuid.UUID('0' * 32)",
            "import secrets\nx = secrets.compare_digest(a, b)",
            "from nacl.signing import SigningKey\nx = SigningKey(seed)",
        ],
    ),
    "no error is lost": (
        lost_errors,
        (),
        [
            "try:\n    f()\nexcept Exception:\n    pass",
            "try:\n    f()\nexcept:\n    pass",
            "try:\n    f()\nexcept (ValueError, Exception):\n    ...",
            "for x in y:\n    try:\n        f()\n    except BaseException:\n        continue",
            "import contextlib\nwith contextlib.suppress(Exception):\n    f()",
        ],
        [
            "try:\n    f()\nexcept OSError:\n    pass",
            "try:\n    f()\nexcept Exception:\n    log.exception('it failed')",
            "import contextlib\nwith contextlib.suppress(OSError):\n    f()",
        ],
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_tree_keeps_the_rule(rule: str) -> None:
    check, allowed, _, _ = RULES[rule]
    broken = [
        f"{path}:{line}"
        for path, text in tree()
        if not path.startswith(allowed)
        for line in check(text)
    ]  # fmt: skip
    assert not broken, f"{rule}: {broken}"


@pytest.mark.parametrize(("rule", "source"), [(rule, text) for rule in RULES for text in RULES[rule][2]])
def test_a_planted_violation_is_caught(rule: str, source: str) -> None:
    assert RULES[rule][0](source)


@pytest.mark.parametrize(("rule", "source"), [(rule, text) for rule in RULES for text in RULES[rule][3]])
def test_a_harmless_neighbour_is_not(rule: str, source: str) -> None:
    assert not RULES[rule][0](source)


def test_the_tree_is_there() -> None:
    """Otherwise every rule above would hold for an empty list."""
    assert {path.split("/")[0] for path, _ in tree()} == set(PACKAGES)


def tree() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def calls(source: str) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def references(source: str) -> Iterator[tuple[ast.AST, str]]:
    """Every name and attribute in the text, under the full name that its import gives it. Calls need not follow:
    `default_factory=datetime.now` reads the clock as well."""
    parsed = ast.parse(source)
    names: dict[str, str] = {}
    for node in ast.walk(parsed):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                names[alias.asname or first] = alias.name if alias.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                yield node, f"{node.module}.{alias.name}"
    for node in ast.walk(parsed):
        if isinstance(node, ast.Name | ast.Attribute):
            head, _, rest = ast.unparse(node).partition(".")
            if head in names:
                yield node, f"{names[head]}.{rest}" if rest else names[head]


def broad_parts(kind: ast.expr | None) -> list[ast.expr]:
    if kind is None:
        return []
    return list(kind.elts) if isinstance(kind, ast.Tuple) else [kind]


def is_nothing(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Pass | ast.Continue) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
