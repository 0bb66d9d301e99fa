"""The rows of audits.independence."""

from __future__ import annotations
