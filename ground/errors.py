"""The one family of errors that people see.

Every refusal in Freemark is a FreemarkError: what went wrong, where (a JSON pointer or a column), and which problem
type it is. `freemark.problems` turns it into an RFC 9457 document, the command line into one line. Nothing here
knows HTTP beyond the status number that the problem type carries.
"""

from __future__ import annotations


class FreemarkError(Exception):
    """Base of all refusals.

    detail: one sentence for a person, saying what is wrong and, where it helps, what would be right.
    where: place of the fault as a JSON pointer ("/answers/3/severity"), a header or a parameter name; "" if none.
    """

    slug = "error"
    title = "The request was refused"
    status = 400

    def __init__(self, detail: str, *, where: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.where = where

    def __str__(self) -> str:
        return f"{self.where}: {self.detail}" if self.where else self.detail


class Malformed(FreemarkError):
    """Bytes that are not what they claim to be: the one error of every format module."""

    slug = "malformed"
    title = "The bytes are not in the expected format"
    status = 400


class Invalid(FreemarkError):
    """A field out of range, an unknown provision, a value that contradicts another."""

    slug = "invalid"
    title = "A value is not acceptable"
    status = 422


class Unauthenticated(FreemarkError):
    slug = "unauthenticated"
    title = "A valid API token is needed"
    status = 401


class Forbidden(FreemarkError):
    """The caller may see the thing but may not do this to it."""

    slug = "forbidden"
    title = "This role may not do this"
    status = 403


class NotFound(FreemarkError):
    """There is no such thing, or the caller may not know that there is (404, never 403, across organisations)."""

    slug = "not-found"
    title = "There is no such thing"
    status = 404


class Conflict(FreemarkError):
    """The thing is not in a state that allows this: a finding on a submitted audit, an order on a suspended one."""

    slug = "conflict"
    title = "The current state does not allow this"
    status = 409


class TooLarge(FreemarkError):
    slug = "too-large"
    title = "The body is over the limit"
    status = 413


class TooMany(FreemarkError):
    slug = "too-many"
    title = "Too many requests"
    status = 429


class Unavailable(FreemarkError):
    """Something needed is away (the signing key, the database): nothing was changed, try again."""

    slug = "unavailable"
    title = "Not available now"
    status = 503
