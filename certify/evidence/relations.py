"""Who may see a decision that is held: those who decide, and the protection handler. Never its holder."""

from __future__ import annotations

from ground import access
from ground.access import Grant

READ_HELD = "certify.read_held"

access.register(*(Grant(READ_HELD, role, "any") for role in ("decider", "handler", "scheme_manager")))
