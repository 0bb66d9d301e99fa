"""What one audit is about and which questions it asks: the site's profiles, and the kind of audit.

Owns the one way from an audit to its catalogue: whoever reads the provisions of an audit asks here, so that planning,
answers, report and views agree. A published standard is never changed by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args

from audits import standard
from audits.facts import AuditType
from audits.standard import Standard
from audits.tables import AuditRow
from ground.errors import Invalid
from ground.parties import Site

Subject = Literal["site", "labour_agent", "dormitory", "vessel"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
WHOLE: tuple[AuditType, ...] = ("initial", "periodic", "forced_labour")
"""Kinds of audit that answer everything they ask."""
CLOSING: tuple[AuditType, ...] = ("closure", "priority_closure")

_SUBJECT_OF: Mapping[str, Subject] = {
    "vessel": "vessel", "dormitory": "dormitory", "agency_office": "labour_agent",
}  # fmt: skip
# A specialty audit is of an employer or an agent (DOMAIN.md 1.1 [S]); a dormitory is neither, and is seen with the site
# whose people sleep there.
_NOT_FOR: Mapping[Subject, tuple[AuditType, ...]] = {"dormitory": ("forced_labour",)}


def subject_of(kind: str) -> Subject:
    """What an audit of a site of this kind (ground.parties) is called."""
    return _SUBJECT_OF.get(kind, "site")


def check_subject(site: Site, type: AuditType) -> None:
    """Raise Invalid for an audit that makes no sense at this place."""
    subject = subject_of(site.kind)
    if type in _NOT_FOR.get(subject, ()):
        raise Invalid(f"a {type} audit is not done at a {subject}, but at the site that it belongs to", where="/type")
    if subject == "vessel" and not site.flag:
        raise Invalid(
            f"{site.id} is a vessel and has no flag; enter the flag it flies, for the flag's law applies on board",
            where="/site",
        )


def profiles_at(catalogue: Standard, site: Site) -> tuple[str, ...]:
    """The profiles of the standard that apply at this place: they are fixed when the audit is planned."""
    return standard.profiles_for(catalogue, site.kind, site.sector, site.country, site.flag)


def catalogue_of(audit: AuditRow) -> Standard:
    """The standard of this audit with the profiles that were fixed when it was planned."""
    return _merged(audit.standard, tuple(audit.profiles or ()))


@cache
def _merged(id: str, profiles: tuple[str, ...]) -> Standard:
    return standard.load(id).with_profiles(profiles)


def asked(catalogue: Standard, type: AuditType) -> tuple[str, ...]:
    """The provisions that this kind of audit asks, in the order of the standard.

    A forced-labour specialty asks what is core, and whatever else touches an indicator of the ILO. Other provisions may
    be answered too: a fire door does not wait for the next audit.
    """
    if type != "forced_labour":
        return tuple(catalogue.provisions)
    return tuple(each.id for each in catalogue.provisions.values() if each.core or each.indicators)
