"""The only place where randomness is drawn: ids, key seeds, nonces, certificate numbers, status indexes.

Everything comes from the operating system's CSPRNG. An id is a prefix and 80 random bits, so ids are neither guessable
nor countable, and two processes never need to agree.
"""

from __future__ import annotations

import secrets

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIXES = frozenset(
    (
        "org", "site", "per", "mem", "tok", "aud", "fnd", "app", "dec", "ord",
        "asg", "dcl", "evd", "upl", "scr", "hit", "lst", "led", "chk", "dsc", "ntc", "apl", "con", "key", "rbd", "int",
        "sld", "slf",
    )
)  # fmt: skip
ID_SYMBOLS = 16  # 80 bits: a collision among 10^9 ids has a chance of about 4 in 10^7


def new_id(prefix: str) -> str:
    """`site_4f2k...`: the prefix and 16 Crockford symbols in lower case."""
    if prefix not in PREFIXES:
        raise ValueError(f"unknown id prefix {prefix!r}")
    return f"{prefix}_{crockford(ID_SYMBOLS).lower()}"


def crockford(n: int) -> str:
    """n random upper-case Crockford symbols, 5 bits each."""
    number = secrets.randbits(5 * n) if n else 0
    return "".join(CROCKFORD[number >> 5 * place & 31] for place in range(n))


def random_bytes(n: int) -> bytes:
    return secrets.token_bytes(n)


def random_below(n: int) -> int:
    """A uniform integer 0 <= x < n."""
    return secrets.randbelow(n)
