"""The figures about decisions measure what they say: fresh dossiers, real copies, real changes by another rulebook."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

from certify.rules import decide
from freemark.bench import deciding


def test_the_dossiers_lead_to_more_than_one_outcome() -> None:
    outcomes = Counter(decide(*deciding.case(number), deciding.BOOK, deciding.NOW).outcome for number in range(200))
    assert {"keep", "suspend", "renew"} <= outcomes.keys()


def test_the_copy_is_equal_and_made_of_new_dataclasses_all_through() -> None:
    dossier, _ = deciding.case(3)
    copy = deciding.copied(dossier)
    assert copy == dossier

    def parts(value: object) -> list[int]:
        if isinstance(value, tuple):
            return [id for item in value for id in parts(item)]
        if not dataclasses.is_dataclass(value):
            return []
        return [id(value), *(i for f in dataclasses.fields(value) for i in parts(getattr(value, f.name)))]

    assert len(parts(dossier)) > 15
    assert set(parts(dossier)).isdisjoint(parts(copy))


def test_both_figures_come_out_of_a_small_run(tmp_path: Path) -> None:
    decided = deciding.decisions(deciding.SLICE)
    assert decided.value > 0
    assert decided.ratio > 0
    seconds, rate = deciding.dry_runs(tmp_path, 300)
    assert (seconds.unit, rate.unit) == ("s", "certs/s")
    assert round(rate.value * seconds.value) == 300
