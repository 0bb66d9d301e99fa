"""Answers already given: the same request twice is done once and answered twice with the same bytes.

A row is written in the transaction of the work it answers for, under the caller's token and Idempotency-Key. The body
is encrypted under a key made from the caller's own secret, because an answer may hold what is shown only once (a new
token): who has the database alone cannot read it. Errors are never kept: they changed nothing.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from nacl.exceptions import CryptoError
from nacl.secret import Aead
from sqlalchemy import ForeignKey, LargeBinary, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from ground.canonical import sha256
from ground.database import Base, Writing, lock
from ground.errors import Invalid, Malformed
from ground.ids import random_bytes

MOST_KEY = 200


class GivenAnswer(Base):
    __tablename__ = "given_answer"

    token_id: Mapped[str] = mapped_column(ForeignKey("token.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(MOST_KEY), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


def check_key(key: str | None) -> str:
    """The key, if it is 1 to 200 visible ASCII characters. Malformed otherwise, also when there is none."""
    if key is None:
        raise Malformed("every POST needs an Idempotency-Key of your own choice", where="Idempotency-Key")
    if not 1 <= len(key) <= MOST_KEY or not all("!" <= symbol <= "~" for symbol in key):
        raise Malformed(f"an Idempotency-Key is 1 to {MOST_KEY} visible ASCII characters", where="Idempotency-Key")
    return key


def request_hash(method: str, path: str, body: bytes) -> str:
    """What makes a request the same one: method, path and the body's bytes."""
    return sha256(b"\n".join((method.encode(), path.encode(), body))).hex()


def recall(session: Writing, token: str, key: str, request: str, secret: str) -> tuple[int, bytes] | None:
    """The answer given before, or None. Holds back a twin of this request until this transaction has ended.

    Invalid: the key was used for another request.
    """
    lock(session, f"answer {token} {key}")
    row = session.get(GivenAnswer, (token, key))
    if row is None:
        return None
    if row.request_hash != request:
        raise Invalid("this Idempotency-Key was used for another request", where="Idempotency-Key")
    try:
        body = Aead(_box_key(secret)).decrypt(row.sealed, _context(token, key))
    except CryptoError as error:
        raise Malformed("the stored answer was changed") from error
    return row.status, bytes(body)


def keep(
    session: Writing, token: str, key: str, request: str, secret: str, answer: tuple[int, bytes], *, now: datetime
) -> None:
    """Store the answer with the work."""
    status, body = answer
    sealed = Aead(_box_key(secret)).encrypt(body, _context(token, key), random_bytes(Aead.NONCE_SIZE))
    session.add(
        GivenAnswer(token_id=token, key=key, request_hash=request, status=status, sealed=bytes(sealed), created_at=now)
    )
    session.flush()


def forget(session: Writing, before: datetime) -> int:
    """Remove answers older than that; how many. A client that retries later than this does the work anew."""
    gone = session.execute(delete(GivenAnswer).where(GivenAnswer.created_at < before).returning(GivenAnswer.key))
    return len(gone.all())


def _box_key(secret: str) -> bytes:
    return hashlib.blake2b(secret.encode(), digest_size=Aead.KEY_SIZE, person=b"freemark-answer").digest()


def _context(token: str, key: str) -> bytes:
    return f"{token} {key}".encode()
