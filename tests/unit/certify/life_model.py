"""A naive model of a certificate's life: what it heard of, which states may follow one another, what must never be.

It knows findings, reports, voices and days as plain sets; it knows no clause and imports no rule. At most 80 lines.
"""

from datetime import datetime, timedelta

FOLLOWS = {  # by one step; what is not here ends it
    None: {"active"},
    "active": {"remediation", "suspended", "withdrawn", "superseded", "reduced", "expired"},
    "remediation": {"active", "suspended", "withdrawn", "reduced", "expired"},
    "suspended": {"active", "remediation", "revoked", "withdrawn", "reduced", "expired"},
    "expired": {"suspended", "superseded"},
}
RANK = {"active": 0, "remediation": 1, "expired": 1, "suspended": 2, "withdrawn": 2, "revoked": 4}  # for the holder
JUDGED = {"meridian", "sunrise", "rotom"}  # audit firm, holder, agent: their voices do not count
YEAR, HALF, QUARTER = timedelta(days=360), timedelta(days=180), timedelta(days=90)


class Model:
    def __init__(self, now: datetime) -> None:
        self.states: dict[str | None, str | None] = {None: None}  # of every certificate there ever was
        self.since, self.ends, self.visited = now, now, now
        self.open: dict[str, str] = {}  # finding: "core", "other" (priorities), "told" (by the holder) or "small"
        self.held: set[str] = set()
        self.wrong: set[str] = set()  # a brake, a listing, a closed gate: each alone must stop the certificate
        self.doubts: set[str] = set()  # reviews: may stop it, after a while
        self.reports: set[str] = set()
        self.reported = now
        self.accepted: list[tuple[str, str, set[str]]] = []
        self.voices: list[tuple[str, str, datetime]] = []
        self.revoked: datetime | None = None

    def covered(self) -> list[tuple[str, str]]:
        """Who, of no organisation that is judged, accepted every report there is."""
        return [(who, of) for who, of, seen in self.accepted if of not in JUDGED and self.reports <= seen]

    def two_let_go(self) -> bool:
        """Two people of two organisations, the second since the stop and since the last report."""
        after = max(self.since, self.reported)
        late = [(who, of) for who, of, at in self.voices if at >= after and of not in JUDGED]
        return any(a != b and org != other for a, org in self.covered() for b, other in late)

    def stepped(self, number: str | None, state: str, now: datetime) -> None:
        """One event was written, or a day passed, and the certificate is in this state."""
        before = self.states.get(number)
        assert state == before or state in FOLLOWS.get(before, set()), f"{before} -> {state}"
        if state == before:
            return
        better = state == "active" or (before == "suspended" and state in ("remediation", "reduced"))
        if better:
            assert self.covered(), f"{state} without an acceptance of every report"
            assert not self.held, f"{state} while an alert is held"
        if better and before in ("suspended", "remediation"):
            assert self.two_let_go(), f"{before} -> {state} by one person"
        if before is None and self.revoked is not None:
            assert now - self.revoked > YEAR, "a new certificate within a year of a revocation"
        if state == "suspended":
            alone = now - self.visited > HALF
            assert self.open or self.wrong or self.doubts or alone, "suspended for nothing"
        self.revoked = now if state == "revoked" else self.revoked
        self.states[number], self.since = state, now

    def rests(self, number: str | None, now: datetime, *, case: bool, mints: bool) -> None:
        """Nothing more follows today."""
        state = self.states[number]
        graves, priorities = "core" in self.open.values(), set(self.open.values()) - {"small"}
        assert mints == (state == "active"), f"labels are minted: {mints}, in {state}"
        if state == "active":
            assert now < self.ends, "active after its end"
            assert not priorities, f"active with open priorities: {self.open}"
            assert not self.wrong, f"active in spite of {self.wrong}"
        if state == "remediation":
            assert not graves, f"in remediation with an open core priority: {self.open}"
        if state == "suspended" and now - self.since > (QUARTER if graves else HALF):
            assert case, "suspended for too long, and no revocation is proposed"
