"""HTTP of certify.appeals."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["appeals"])
