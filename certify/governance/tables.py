"""The rows of certify.governance."""

from __future__ import annotations
