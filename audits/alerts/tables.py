"""The rows of audits.alerts."""

from __future__ import annotations
