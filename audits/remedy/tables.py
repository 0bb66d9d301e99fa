"""The rows of audits.remedy."""

from __future__ import annotations
