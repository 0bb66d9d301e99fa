"""HTTP of audits.independence."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["independence"])
