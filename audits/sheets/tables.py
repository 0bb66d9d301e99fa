"""The rows of audits.sheets."""

from __future__ import annotations
