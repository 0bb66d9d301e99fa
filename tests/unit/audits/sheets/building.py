"""Sheets made of nothing: an audit of a garment factory under the standard with field work, and its workbook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from audits import standard
from audits.sheets import reading, workbook
from audits.sheets.checking import Filled, understand
from audits.sheets.content import Head, Row, Sheet, marks, version_of
from audits.standard import Standard

MADE = datetime(2026, 5, 20, 9, 0, tzinfo=UTC)
CATALOGUE = standard.load("freemark-2026.1").with_profiles(["garment"])
MINOR = Row("finding", "minor", 6, 42, "6 of 42 could not explain their payslip.", ("42 payslips", "Notes 5"))
CONFORMS = Row("conformance", sampled=42, affected=0)


def head(catalogue: Standard = CATALOGUE, **change: Any) -> Head:
    made = Head(
        audit="aud_0p4g7s2f9j5w1h6r", site="site_8w3n5e1h6z2k0b7y", place="Unit 2", type="initial", remote=False,
        starts_on="2026-06-01", ends_on="2026-06-03", standard=catalogue.id, standard_sha256=catalogue.sha256,
        profiles=catalogue.applied, version=version_of(catalogue),
    )  # fmt: skip
    return replace(made, **change)


def sheet(
    rows: Mapping[str, Row] | None = None, figures: Mapping[str, Any] | None = None, *, catalogue: Standard = CATALOGUE,
    standing: tuple[str, ...] = (), **change: Any
) -> Sheet:  # fmt: skip
    """A sheet as it is made: what stands in it is what stood there."""
    made = Sheet(head(catalogue, **change), rows or {}, figures or {}, {}, frozenset(standing))
    return replace(made, base=marks(made.values()))


def book(of: Sheet, catalogue: Standard = CATALOGUE) -> bytes:
    return workbook.write(of, catalogue, made=MADE)


def filled(data: bytes, catalogue: Standard = CATALOGUE) -> Filled:
    return understand(reading.read(data), catalogue)
