"""How many labels a second are minted, from (batch key, index) to digits, against bare signing of as many messages."""

from __future__ import annotations

from pathlib import Path

from freemark.bench.measure import Figure, against, as_rates, bare_sign, cpu_each
from freemark.bench.scene import Scene
from ground.signing import SeedSigner
from labels.payload import seal_range

LABELS = 5_000
BATCH, DAY = 12_345, 2_800


def measure(folder: Path, scene: Scene) -> list[Figure]:
    """labels minted"""
    signer = SeedSigner.from_seed(bytes(range(32)))

    def minted() -> float:
        key = bytes(range(32, 64))
        return cpu_each(lambda _: list(seal_range(key, BATCH, range(LABELS), DAY, signer, None)), 1) / LABELS

    note = "serial, payload, signature and digits of one label, against one bare PyNaCl signature"
    return [as_rates(against("labels_minted", "labels/s", 1.0, minted, bare_sign, note))]
