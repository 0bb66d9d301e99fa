"""`python -m freemark.bench`: measure everything, print a table, write bench-results.json."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from freemark.bench import deciding, durable, judging, minting, scans, scene
from freemark.bench.measure import Figure

DESCRIPTION = (
    "Measure scans, verdicts, minting, decisions and durable writes, each against a floor on this machine. Takes some "
    "minutes, prints a table, and writes bench-results.json into the present folder."
)
RESULTS = Path("bench-results.json")
# durable last: it stops the server
MEASURES = (scans.measure, judging.measure, minting.measure, deciding.measure, durable.measure)


def main(argv: Sequence[str] | None = None) -> int:
    """Some minutes of a busy processor; refuses what it does not know before it begins."""
    argparse.ArgumentParser(prog="python -m freemark.bench", description=DESCRIPTION).parse_args(argv)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="freemark-bench-") as folder:
        print("making a world with a certificate and 1,000 labels", file=sys.stderr, flush=True)
        with scene.served(Path(folder)) as served:
            for number, measure in enumerate(MEASURES, start=1):
                print(f"[{number}/{len(MEASURES)}] {measure.__doc__}", file=sys.stderr, flush=True)
                figures += measure(Path(folder), served)
    _table(figures)
    RESULTS.write_text(json.dumps({f.name: _entry(f) for f in figures}, indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")
    return 0


def _entry(figure: Figure) -> dict[str, object]:
    return {
        "value": round(figure.value, 3),
        "unit": figure.unit,
        "floor": round(figure.floor, 3),
        "ratio": round(figure.ratio, 3),
        "note": figure.note,
    }


def _table(figures: list[Figure]) -> None:
    print(f"{'figure':<22} {'value':>12} {'floor':>12} {'unit':<12} {'ratio':>7}  measured against")
    for figure in figures:
        print(
            f"{figure.name:<22} {figure.value:>12.1f} {figure.floor:>12.1f} {figure.unit:<12} {figure.ratio:>7.2f}  "
            f"{figure.note}"
        )


if __name__ == "__main__":
    sys.exit(main())
