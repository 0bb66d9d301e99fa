"""Every operation of the API that the documents name is there, with that method."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from freemark.app import create_app
from ground.world import World

ROOT = Path(__file__).resolve().parents[2]
NAMED = re.compile(r"\b(GET|POST|PUT|DELETE) (/[^\s`,;)]+)")


def shape(path: str) -> str:
    """Without query, and with every placeholder alike."""
    return re.sub(r"\{[^}]*\}", "{}", path.split("?")[0].rstrip("."))


def named(text: str) -> set[tuple[str, str]]:
    return {(method, shape(path)) for method, path in NAMED.findall(text) if ".." not in path}


@pytest.fixture
def there(sqlite_world: World) -> set[tuple[str, str]]:
    paths = create_app(sqlite_world, job_thread=False).openapi()["paths"]
    return {(method.upper(), shape(path)) for path, methods in paths.items() for method in methods}


def test_every_operation_that_the_documents_name_exists(there: set[tuple[str, str]]) -> None:
    missing = {
        f"{page.name}: {method} {path}"
        for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
        for method, path in named(page.read_text(encoding="utf-8"))
        if (method, path) not in there
    }
    assert missing == set()


def test_an_operation_that_does_not_exist_is_found(there: set[tuple[str, str]]) -> None:
    planted = named("`POST /v1/findings/{finding}/forgiveness` and `GET /v1/findings/{id}`.")
    assert planted - there == {("POST", "/v1/findings/{}/forgiveness")}
