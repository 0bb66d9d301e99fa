"""The rows of audits.fieldwork."""

from __future__ import annotations
