"""docs/standard.md tells the standard as it is: its tables are made from the file, and compared here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from audits import standard
from audits.facts import SEVERITIES
from audits.standard import Standard

FULL = standard.load("freemark-2026.1")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "standard.md"


def topics_table(catalogue: Standard) -> str:
    """One row per topic: provisions by gravest severity, zero tolerance, and by how a closure is verified."""
    rows = [
        "| topic | title | core | provisions | up to priority | zero tolerance | closed at a desk |",
        "|---|---|---|---|---|---|---|",
    ]
    for topic in catalogue.topics.values():
        mine = [each for each in catalogue.provisions.values() if each.topic == topic.id]
        gravest = sum(each.ceiling == SEVERITIES[0] for each in mine)
        zero = sum(each.zero_tolerance for each in mine)
        desk = sum(each.remote_ok for each in mine)
        core = "yes" if topic.core else "no"
        rows.append(f"| {topic.id} | {topic.title} | {core} | {len(mine)} | {gravest} | {zero} | {desk} |")
    every = catalogue.provisions.values()
    totals = (len(every), sum(each.ceiling == SEVERITIES[0] for each in every))
    totals += (sum(each.zero_tolerance for each in every), sum(each.remote_ok for each in every))
    rows.append(f"| | all | | {' | '.join(str(total) for total in totals)} |")
    return "\n".join(rows)


def profiles_table(catalogue: Standard) -> str:
    rows = ["| profile | for | applies by itself to | adds | sharpens |", "|---|---|---|---|---|"]
    for each in catalogue.profiles.values():
        match each.kind:
            case "sector":
                to = f"sector {', '.join(each.applies)}"
            case "country":
                to = f"sites in {', '.join(each.applies)}"
            case "flag":
                to = {"*": "any flag", "foreign": "a flag that is not the country's"}[each.applies[0]]
        to += f"; only {', '.join(each.sites).replace('_', ' ')}" if each.sites else ""
        added, sharper = ", ".join(one.id for one in each.adds), ", ".join(each.sharpens)
        rows.append(f"| `{each.id}` | {each.title} | {to} | {added} | {sharper} |")
    return "\n".join(rows)


@pytest.mark.parametrize("table", [topics_table, profiles_table])
def test_the_page_has_the_tables_of_the_standard(table: Callable[[Standard], str]) -> None:
    made = table(FULL)
    assert made in PAGE.read_text(encoding="utf-8"), f"put this table into docs/standard.md:\n{made}"


def test_the_page_names_the_hash_and_every_version() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for id in standard.IDS:
        assert f"`{id}`" in page
        assert standard.load(id).sha256 in page
