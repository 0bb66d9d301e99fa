"""HTTP of audits.remedy."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["remedy"])
