"""The family of errors: each has a slug, a title and a status of its own."""

import pytest

from ground import errors
from ground.errors import FreemarkError, Invalid

FAMILY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, FreemarkError)]


def test_slugs_are_unique_and_fit_a_url() -> None:
    slugs = [kind.slug for kind in FAMILY]
    assert len(set(slugs)) == len(slugs) == 10
    assert all(slug.replace("-", "").isalpha() and slug == slug.lower() for slug in slugs)


@pytest.mark.parametrize("kind", FAMILY)
def test_each_has_a_title_and_a_status(kind: type[FreemarkError]) -> None:
    assert kind.title
    assert kind.status in (400, 401, 403, 404, 409, 413, 422, 429, 503)


def test_an_error_says_what_and_where() -> None:
    error = Invalid("must be a day", where="/answers/3/day")
    assert (error.detail, error.where) == ("must be a day", "/answers/3/day")
    assert str(error) == "/answers/3/day: must be a day"
    assert str(Invalid("must be a day")) == "must be a day"
