"""One place, one id: a factory that is registered again must not leave its history with the old id.

Owns the comparison of a holder's own sites by name and address, as far as writing them differently can hide that they
are one place. Who wants to hide it can still lie about both; but then the lie is on record, under the holder's name.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from certify.tables import Application, ApplicationSite
from ground.database import Reading
from ground.errors import Conflict
from ground.folding import fold, words
from ground.parties import Site


def check_one_id(session: Reading, organisation: str, sites: Sequence[str]) -> None:
    """Conflict when a site is like another one that this organisation applied with: same country and city, and the same
    name, or the same address without unit numbers that tell the two apart."""
    mine = session.scalars(select(Site).where(Site.id.in_(sites))).all()
    applied = (
        select(ApplicationSite.site_id)
        .join(Application, Application.id == ApplicationSite.application_id)
        .where(Application.organisation_id == organisation, ApplicationSite.part == "site")
    )
    known = session.scalars(select(Site).where(Site.id.in_(applied), Site.id.not_in(sites)).order_by(Site.id)).all()
    for new in sorted(mine, key=lambda site: sites.index(site.id)):
        old = next((each for each in known if alike(new, each)), None)
        if old is not None:
            raise Conflict(
                f"{new.name!r} is like {old.id}, {old.name!r}, with which you applied before: apply with that one; if "
                "it is another place, register it under the name or unit number, and the address, that tell them apart",
                where=f"/sites/{sites.index(new.id)}",
            )


def alike(one: Site, other: Site) -> bool:
    """Whether these can be one place, as far as their words tell."""
    if one.country != other.country or words(one.city) != words(other.city):
        return False
    here, there = fold(one.name), fold(other.name)
    if here.key == there.key and here.unit == there.unit:
        return True
    apart = bool(here.unit and there.unit and here.unit != there.unit)
    return not apart and sorted(words(one.address)) == sorted(words(other.address))
