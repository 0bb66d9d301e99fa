"""The rows of audits.screening."""

from __future__ import annotations
