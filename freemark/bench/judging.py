"""What a verdict costs without a network: parse, judge and write it, against one bare PyNaCl verify."""

from __future__ import annotations

from pathlib import Path

from freemark.bench.measure import Figure, against, bare_verify, cpu_each
from freemark.bench.scene import Scene
from ground.clock import SystemClock
from labels.payload import parse
from verify.bundle import parse_bundle
from verify.verdict import judge

VERDICTS = 5_000


def measure(folder: Path, scene: Scene) -> list[Figure]:
    """verdicts offline"""
    bundle = parse_bundle(scene.bundle, scene.roots)
    codes, now = scene.digits, SystemClock().now()
    assert judge(parse(codes[0]), bundle, "unknown", now).code == "VALID"

    def verdicts() -> float:
        return cpu_each(lambda turn: judge(parse(codes[turn % len(codes)]), bundle, "unknown", now).data, VERDICTS)

    note = "digits to canonical verdict from an opened bundle, against one bare PyNaCl verify"
    return [against("verify_offline", "us", 1e6, verdicts, bare_verify, note)]
