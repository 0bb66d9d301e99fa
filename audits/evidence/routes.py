"""HTTP of audits.evidence."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["evidence"])
