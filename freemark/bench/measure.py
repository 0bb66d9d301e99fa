"""How things are timed: rounds that alternate between the measured thing and its floor, and the median of their ratios.

Alternating keeps a machine that is busy for a while from hitting only one of the two. CPU time, not wall time, unless
the thing waits for a disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from nacl import bindings

ROUNDS = 7
BARE = 20_000  # about a second of verifying
MESSAGE = b"freemark-label-v1\0" + bytes(13)  # the length of what a label signs


@dataclass(frozen=True)
class Figure:
    """value and floor in `unit`; ratio = value / floor (or floor / value for rates), so that smaller is better."""

    name: str
    value: float
    floor: float
    unit: str
    ratio: float
    note: str


def cpu_each(work: Callable[[int], object], times: int) -> float:
    """CPU seconds of this process for one call."""
    began = time.process_time()
    for turn in range(times):
        work(turn)
    return (time.process_time() - began) / times


def wall_each(work: Callable[[int], object], times: int) -> float:
    began = time.perf_counter()
    for turn in range(times):
        work(turn)
    return (time.perf_counter() - began) / times


def against(
    name: str, unit: str, scale: float, value: Callable[[], float], floor: Callable[[], float], note: str
) -> Figure:
    """Alternate `value` and `floor` (each gives seconds for one); the figure has the medians of both."""
    values, floors = [], []
    for _ in range(ROUNDS):
        floors.append(floor())
        values.append(value())
    ratio = median(one / other for one, other in zip(values, floors, strict=True))
    return Figure(name, median(values) * scale, median(floors) * scale, unit, ratio, note)


def as_rates(figure: Figure) -> Figure:
    """The same figure with things per second instead of seconds per thing."""
    return Figure(figure.name, 1 / figure.value, 1 / figure.floor, figure.unit, figure.ratio, figure.note)


def bare_verify() -> float:
    """CPU seconds of one Ed25519 verification by libsodium, through PyNaCl's thinnest call."""
    public, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    signed = bindings.crypto_sign(MESSAGE, secret)
    return cpu_each(lambda _: bindings.crypto_sign_open(signed, public), BARE)


def bare_sign() -> float:
    """CPU seconds of one Ed25519 signature by the same way."""
    _, secret = bindings.crypto_sign_seed_keypair(bytes(32))
    return cpu_each(lambda _: bindings.crypto_sign(MESSAGE, secret), BARE)
