"""Every setting, in one frozen object, read once at the start: from the environment (FREEMARK_...) and settings.env.

Owns names, defaults, meanings and what a production world refuses. No other module reads the environment.
`describe` prints the table of docs/settings.md; a test holds the two together.
"""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ground.errors import Invalid

LOCAL_SUFFIXES = (".localhost", ".local", ".test", ".internal", ".home.arpa")  # names that never leave a house
LABEL_PREFIX = 26  # characters of "<label_url>/" up to which a label is QR version 6-M (FORMATS.md 3)


class Settings(BaseSettings):
    """All settings. Each can be given as an environment variable: FREEMARK_ and the name in capitals."""

    model_config = SettingsConfigDict(env_prefix="FREEMARK_", env_ignore_empty=True, frozen=True, extra="forbid")

    environment: Literal["demo", "production"] = Field(
        "demo",
        description="demo: keys and root keys are made in the data folder and the clock can be set. "
        "production: demo keys, plain http, localhost and addresses without a name are refused.",
    )
    data: Path = Field(
        Path("freemark-data"),
        description="The data folder: keys, files and, unless said otherwise, the database and the shelf.",
    )
    database_url: str = Field(
        default_factory=lambda found: f"sqlite:///{found['data'] / 'freemark.db'}",
        description="sqlite:///file or postgresql://user:password@host/name. "
        "When not given: the SQLite file freemark.db in the data folder.",
    )
    shelf: Path = Field(
        default_factory=lambda found: found["data"] / "shelf",
        description="The folder of everything published. When not given: shelf in the data folder.",
    )
    public_url: str = Field(
        "http://localhost:8000",
        description="Who this scheme is: the start of every document's address and the name in its did:web. "
        "Never an IP address; fixed for the life of the scheme.",
    )
    label_url: str = Field(
        default_factory=lambda found: found["public_url"],
        description="What stands in the QR code, before the digits. With its slash at most 26 characters, else "
        "the labels take the next QR version. When not given: the public_url.",
    )
    broker_url: str = Field(
        "",
        description="Redis or RabbitMQ for the Celery workers. When not given: one job thread inside the server.",
    )
    scheme_name: str = Field(
        "Human-Trafficking Free",
        min_length=1,
        max_length=100,
        description="The name of the mark, as it stands in certificates and on pages.",
    )
    first_rulebook: str = Field(
        "freemark-2026.1",
        description="The rulebook that came with the software and that a new scheme begins with; it decides until the "
        "scheme has published one of its own.",
    )
    smtp_url: str = Field(
        "",
        description="Where mail goes out: smtp://host:25 or smtps://user:password@host:465. "
        "When not given: every message is a file in the folder mail of the data folder.",
    )
    mail_from: str = Field(
        "freemark@localhost.invalid", max_length=254, description="The address that mail comes from."
    )
    host: str = Field("127.0.0.1", description="The address on which the server listens.")
    port: int = Field(8000, ge=0, le=65535, description="The port on which the server listens; 0 takes a free one.")
    body_limit: int = Field(
        1_048_576, ge=1024, le=67_108_864, description="Most bytes of a request's body; more is refused with 413."
    )
    typed_codes_per_minute: int = Field(
        30,
        ge=1,
        le=100_000,
        description="Typed codes that one network prefix may try in a minute; more is refused with 429.",
    )
    release_check: bool = Field(
        True,
        description="Whether the random share of orders and favourable decisions that the rulebook names waits in the "
        "release check. Only a demo world may do without, so that a tour is the same each time.",
    )
    list_hours: int = Field(
        48,
        ge=2,
        le=168,
        description="Hours for which a status list, the heads and the cautions are valid; they are signed again "
        "when half of it is over.",
    )

    @classmethod
    def load(cls, **overrides: Any) -> Self:
        """From `overrides`, then the environment, then the file settings.env in the data folder, if there is one.

        Overrides that are None or "" count as not given. Invalid names the key.
        """
        given = {key: value for key, value in overrides.items() if value is not None and value != ""}
        data = given.get("data") or os.environ.get("FREEMARK_DATA") or "freemark-data"
        try:
            options: dict[str, Any] = {"_env_file": Path(data) / "settings.env", "_env_file_encoding": "utf-8", **given}
            return cls(**options)
        except ValidationError as error:
            first = error.errors()[0]
            key = str(first["loc"][0]) if first["loc"] else ""
            raise Invalid(str(first["msg"]).removeprefix("Value error, "), where=key) from error

    @field_validator("public_url", "label_url")
    @classmethod
    def _an_origin(cls, url: str) -> str:
        parts = urlsplit(url.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("must be an address like https://check.example.org")
        if parts.path or parts.query or parts.fragment or parts.username is not None:
            raise ValueError("is a scheme, a host and perhaps a port; nothing else")
        if url != url.lower():
            raise ValueError("must be lower case: phones match the address letter by letter")
        try:
            _ = parts.port
        except ValueError as error:
            raise ValueError("the port is not a number up to 65535") from error
        if parts.scheme == "http" and not _is_local(parts.hostname):
            raise ValueError("plain http is for this house only; use https")
        return url.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _a_name(cls, url: str) -> str:
        if _address(urlsplit(url).hostname or "") is not None:
            raise ValueError("needs a host name: did:web has no form for an IP address")
        return url

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.environment == "production":
            if not self.release_check:
                raise ValueError("release_check: production cannot do without; else a wait would tell of an alert")
            for key, url in (("public_url", self.public_url), ("label_url", self.label_url)):
                parts = urlsplit(url)
                if parts.scheme != "https":
                    raise ValueError(f"{key}: production needs https")
                if _is_local(parts.hostname or "") or _address(parts.hostname or "") is not None:
                    raise ValueError(f"{key}: production needs a public host name")
        return self

    @property
    def link_url(self) -> str:
        """Where a page's links lead: the public_url; in a demo the label_url, because no phone finds our localhost."""
        return self.label_url if self.environment == "demo" else self.public_url

    @property
    def label_prefix(self) -> str:
        """What stands before the digits of a label."""
        return f"{self.label_url}/"


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_local(host: str) -> bool:
    address = _address(host)
    if address is not None:
        return address.is_private or address.is_loopback or address.is_link_local
    return "." not in host or host.endswith(LOCAL_SUFFIXES)


def describe() -> str:
    """The table of all settings in Markdown, as it stands in docs/settings.md."""
    lines = ["| setting | variable | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory is not None else str(field.default)
        shown = f"`{default}`" if default else "see meaning"
        lines.append(f"| `{name}` | `FREEMARK_{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(lines) + "\n"
