"""The rows of audits.screening: lists and their editions, entries, hits with their history, and the site register.

Owns shapes and constraints, no behaviour. Nothing is deleted: an entry that left its list, a hit that ended and a
subcontractor that was taken off stay, with the day and the reason.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from audits.screening.mapping import KINDS, Kind
from audits.screening.matching import STRENGTHS, Strength
from ground.canonical import Json
from ground.database import Base

HitState = Literal["open", "dismissed", "confirmed", "delisted"]
STATES: tuple[HitState, ...] = get_args(HitState)
About = Literal["site", "organisation", "place"]
ABOUT: tuple[About, ...] = get_args(About)
Part = Literal["subcontractor", "agent"]
PARTS: tuple[Part, ...] = get_args(Part)
Source = Literal["holder", "audit"]
SOURCES: tuple[Source, ...] = get_args(Source)


def _one_of(column: str, words: tuple[str, ...], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


class ListRow(Base):
    """A list that sites, owners and agents are held against. In use: from its first edition until it is retired."""

    __tablename__ = "screening_list"
    __table_args__ = (_one_of("kind", KINDS, "screening_list_kind"),)

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[Kind] = mapped_column(String(10))
    publisher: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(500))
    country: Mapped[str] = mapped_column(String(2))
    """Of entries that name none; "" for a list of all countries. A licence list always has one."""
    mapping: Mapped[dict[str, Json]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(40))
    retired_at: Mapped[datetime | None] = mapped_column(default=None)
    retired_by: Mapped[str | None] = mapped_column(String(40), default=None)
    retired_because: Mapped[str] = mapped_column(Text, default="")


class EditionRow(Base):
    """One import. edition: the day that the publisher gives it. sha256: of the file's bytes."""

    __tablename__ = "screening_edition"
    __table_args__ = (UniqueConstraint("list_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("screening_list.id"))
    number: Mapped[int]
    edition: Mapped[date]
    sha256: Mapped[str] = mapped_column(String(64))
    entries: Mapped[int]
    left_out: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    delisted: Mapped[int]
    imported_at: Mapped[datetime]
    imported_by: Mapped[str] = mapped_column(String(40))


class EntryRow(Base):
    """What a list said of somebody, from one edition to another. A changed entry is a new row of the same lineage."""

    __tablename__ = "screening_entry"
    __table_args__ = (Index("ix_screening_entry_current", "list_id", "last_edition"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("screening_list.id"))
    lineage: Mapped[str] = mapped_column(String(24), index=True)
    key: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    first_edition: Mapped[int]
    last_edition: Mapped[int | None] = mapped_column(default=None)
    """Of the editions that say so; None while the newest one does."""
    row: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    aliases: Mapped[list[str]]
    identifiers: Mapped[list[dict[str, Json]]]
    """{"kind", "value"}"""
    country: Mapped[str] = mapped_column(String(2))
    city: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    listed_on: Mapped[date | None]
    until: Mapped[date | None]


class HitRow(Base):
    """A likeness to one lineage of entries; or, with no lineage, an agent that is not on a licence list."""

    __tablename__ = "screening_hit"
    __table_args__ = (
        UniqueConstraint("list_id", "lineage", "about", "about_id"),
        _one_of("state", STATES, "screening_hit_state"),
        _one_of("strength", STRENGTHS, "screening_hit_strength"),
        _one_of("about", ABOUT, "screening_hit_about"),
        Index("ix_screening_hit_about", "about", "about_id"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("screening_list.id"))
    lineage: Mapped[str] = mapped_column(String(24))
    """ "" for a licence that is missing."""
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("screening_entry.id"))
    about: Mapped[About] = mapped_column(String(12))
    about_id: Mapped[str] = mapped_column(String(24))
    strength: Mapped[Strength] = mapped_column(String(15))
    state: Mapped[HitState] = mapped_column(String(10))
    explanation: Mapped[dict[str, Json]]
    at: Mapped[datetime]
    changed_at: Mapped[datetime]
    lift_by: Mapped[str | None] = mapped_column(String(40), default=None)
    """Organisation of the first of the two people who lift a confirmed hit."""


class HitActRow(Base):
    """The history of a hit. act: found, entry_changed, reopened, confirmed, dismissed, lift_asked, lifted, delisted."""

    __tablename__ = "screening_hit_act"

    id: Mapped[int] = mapped_column(primary_key=True)
    hit_id: Mapped[str] = mapped_column(ForeignKey("screening_hit.id"), index=True)
    at: Mapped[datetime]
    act: Mapped[str] = mapped_column(String(15))
    person: Mapped[str] = mapped_column(String(40))
    organisation: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(Text)


class PassRow(Base):
    """When a site, its owner and those in its register were last held against a list."""

    __tablename__ = "screening_pass"

    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), primary_key=True)
    list_id: Mapped[str] = mapped_column(ForeignKey("screening_list.id"), primary_key=True)
    at: Mapped[datetime]


class PlaceRow(Base):
    """A subcontractor or agent that works for a site: another site here, or a place known by name only."""

    __tablename__ = "site_register"
    __table_args__ = (
        _one_of("part", PARTS, "site_register_part"),
        _one_of("source", SOURCES, "site_register_source"),
        CheckConstraint("(source = 'audit') = (audit_id IS NOT NULL)", name="site_register_audit"),
        CheckConstraint("(removed_on IS NULL) = (removed_at IS NULL)", name="site_register_removed"),
    )

    id: Mapped[str] = mapped_column(String(24), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    part: Mapped[Part] = mapped_column(String(15))
    place_id: Mapped[str | None] = mapped_column(ForeignKey("site.id"))
    """The same place as a site of its own, once it is one."""
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(500))
    city: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    registered_id: Mapped[str] = mapped_column(String(100))
    work: Mapped[str] = mapped_column(String(200))
    since: Mapped[date]
    source: Mapped[Source] = mapped_column(String(10))
    audit_id: Mapped[str | None] = mapped_column(ForeignKey("audit.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    removed_on: Mapped[date | None] = mapped_column(default=None)
    removed_at: Mapped[datetime | None] = mapped_column(default=None)
    removed_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"), default=None)
    removed_because: Mapped[str] = mapped_column(Text, default="")


class RefreshRow(Base):
    """The holder confirmed the register of a site as it was: these places and no others."""

    __tablename__ = "site_register_refresh"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("site.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    places: Mapped[list[str]]
