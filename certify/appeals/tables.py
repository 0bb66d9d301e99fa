"""The rows of certify.appeals."""

from __future__ import annotations
