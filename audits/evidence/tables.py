"""The rows of audits.evidence."""

from __future__ import annotations
