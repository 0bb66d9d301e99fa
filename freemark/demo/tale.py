"""What the chapters of the story hand to each other, and what all of them ask: a scan, an order, a day.

Owns no chapter. Whatever is printed by these helpers was just read from an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from freemark.demo import papers
from freemark.demo.client import Client, Json
from freemark.demo.stage import Cast
from freemark.demo.teller import verdict
from ground.canonical import instant


@dataclass
class Tale:
    """today: when it is told, which is the real time. audit: the newest one."""

    cast: Cast
    base: str
    prefix: str
    out: Path
    today: datetime
    application: str = ""
    certificate: str = ""
    order: str = ""
    digits: str = ""
    human: str = ""
    verdicts: list[Json] = field(default_factory=list)

    def at(self, days_ago: int) -> datetime:
        """Set the server's clock to that many days ago, at nine in the morning (UTC)."""
        return self.set(self.today.replace(hour=9, minute=0, second=0) - timedelta(days=days_ago))

    def set(self, moment: datetime) -> datetime:
        self.cast.sam.post("/v1/demo/clock", {"at": instant(moment)})
        return moment

    def day(self, days_ago: int) -> date:
        return (self.today - timedelta(days=days_ago)).date()

    @property
    def public(self) -> Client:
        return Client(self.base)

    def named(self, text: str) -> str:
        """Ids of people and organisations as the names that the reader knows."""
        for name, id in self.cast.people.items():
            text = text.replace(id, name)
        return text

    # What is asked again and again.

    def scan(self, code: str) -> Json:
        return self.public.get(f"/{code}")

    def show(self, where: str, code: str) -> None:
        answer = self.scan(code)
        self.verdicts.append({"asked": where, "code": code, "verdict": answer})
        state = f"label {answer['label']['state']}, certificate {answer['certificate']['in_force']}"
        verdict(where, answer["code"], answer["colour"], state)

    def offline(self, where: str, bundle: str) -> None:
        answer = papers.offline(self.out, bundle, self.digits)
        self.verdicts.append({"asked": where, "code": self.digits, "bundle": bundle, "verdict": answer})
        verdict(where, answer["code"], answer["colour"], f"membership {answer['label']['membership']}")

    def place_order(self, quantity: int, last_day: date) -> Json:
        entry = self.cast.bea.get(f"/v1/certificates/{self.certificate}")
        body = {
            "certificate": self.certificate,
            "site": entry["sites"][0]["id"],
            "product": entry["products"][0]["id"],
            "quantity": quantity,
            "last_day": str(last_day),
        }
        return self.cast.bea.post("/v1/orders", body)

    def notice(self, outcome: str) -> Json:
        """The newest notice of that kind to the holder."""
        told = self.cast.bea.get(f"/v1/notices?application={self.application}&limit=100")["items"]
        return max((each for each in told if each["outcome"] == outcome), key=lambda each: str(each["given_at"]))
