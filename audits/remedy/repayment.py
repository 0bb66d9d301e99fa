"""The arithmetic of repayment: what a cohort is owed, what reached it, what is put aside, and whether that is enough.

Pure. Money is whole minor units. Fees are seldom proven one by one, so everybody of a cohort is owed the same amount
(DOMAIN.md 4); leavers are owed what those who stayed are. What others said of it is never in the holder's sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args

from audits.catalogue import FollowUp
from audits.facts import Severity, interviews_needed

PaymentKind = Literal["paid", "kept", "handed_over"]
"""kept: put aside for leavers who were not found. handed_over: of that, to leavers who were found later."""
KINDS: tuple[PaymentKind, ...] = get_args(PaymentKind)

REPAID = ("T1", "T5", "T10")  # fees and costs; deposits, loans and withheld wages; wages
FEES = "T1"
NO_MONEY = ("T1.3",)  # of the topic of fees, what is about a way of working and takes no money from anybody
GRAVE: tuple[Severity, ...] = ("priority", "major", "minor")

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS
    INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP
    MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR
    SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV
    WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - in quotes, one by one, nobody could read them
)
"""ISO 4217, the codes of money that people are paid in."""


@dataclass(frozen=True)
class Payment:
    """newly: of those paid this time, who had had nothing before; newly_left: of those, leavers."""

    kind: PaymentKind
    on: date
    amount: int
    newly: int
    newly_left: int


@dataclass(frozen=True)
class Confirmation:
    on: date
    asked: int
    confirmed: int
    leavers_sought: bool


@dataclass(frozen=True)
class Cohort:
    """amount: owed to each. people: with the leavers. confirmation: the newest one. enough_percent: of those asked, how
    many must confirm that the whole amount reached them and stayed with them, by the standard."""

    id: str
    about: str
    currency: str
    amount: int
    people: int
    leavers: int
    agreed: bool
    payments: tuple[Payment, ...] = ()
    confirmation: Confirmation | None = None
    enough_percent: int = FollowUp().confirmed_percent

    @property
    def owed(self) -> int:
        return self.people * self.amount

    @property
    def paid(self) -> int:
        """What reached people."""
        return sum(each.amount for each in self.payments if each.kind != "kept")

    @property
    def kept(self) -> int:
        """What is put aside now."""
        return _signed(self.payments, "amount")

    @property
    def reached(self) -> int:
        return sum(each.newly for each in self.payments if each.kind != "kept")

    @property
    def reached_leavers(self) -> int:
        return sum(each.newly_left for each in self.payments if each.kind != "kept")

    @property
    def kept_for(self) -> int:
        """Leavers for whom money is put aside now."""
        return _signed(self.payments, "newly")

    @property
    def settled_on(self) -> date | None:
        """The day on which everybody was paid, or had their money put aside; None before it."""
        so_far: list[Payment] = []
        for payment in sorted(self.payments, key=lambda each: each.on):
            so_far.append(payment)
            if _settled(self, so_far):
                return payment.on
        return None


def needs_ledger(provision: str, severity: Severity) -> bool:
    """Whether a finding is closed only when what was taken is paid back: a nonconformity on fees that cost money."""
    return provision.split(".")[0] == FEES and provision not in NO_MONEY and severity in GRAVE


def takes_ledger(provision: str) -> bool:
    """Whether money may be owed because of a finding on this provision."""
    return provision.split(".")[0] in REPAID


def asked_at_least(cohort: Cohort) -> int:
    """How many must be asked: the interview sample of those who were paid (DOMAIN.md 7.8 [P])."""
    return interviews_needed(cohort.reached)


def unpaid(cohort: Cohort) -> Iterator[str]:
    """What the holder has still to do. Every sentence names both figures."""
    if not cohort.agreed:
        yield "head count and amount are not agreed by somebody outside"
    if (settled := cohort.paid + cohort.kept) < cohort.owed:
        yield (
            f"{settled} of {cohort.owed} {cohort.currency} (minor units) are settled: {cohort.paid} paid, "
            f"{cohort.kept} kept for leavers"
        )
    if (reached := cohort.reached + cohort.kept_for) < cohort.people:
        yield f"{reached} of {cohort.people} people are reached or have their money kept"


def unconfirmed(cohort: Cohort) -> Iterator[str]:
    """What workers have still to be asked. For those who verify only."""
    said, need, settled = cohort.confirmation, asked_at_least(cohort), cohort.settled_on
    if said is None:
        yield f"nobody was asked, needed {need}"
        return
    if settled is not None and said.on < settled:
        yield f"workers were asked on {said.on}, before the last of them was paid on {settled}"
    if said.asked < need:
        yield f"{said.asked} of {cohort.reached} people were asked, needed {need}"
    if 100 * said.confirmed < cohort.enough_percent * said.asked:
        yield f"{said.confirmed} of {said.asked} confirm, needed {cohort.enough_percent} percent"
    if cohort.kept_for and not said.leavers_sought:
        yield f"money is kept for {cohort.kept_for} leavers, and nobody outside saw that they were looked for"


def complete(cohorts: Sequence[Cohort]) -> bool:
    """Everybody of every cohort has the money, or it is kept in full for a leaver who was looked for, and enough
    workers confirm it: of the newest sample asked after the last payment, the standard's share."""
    return bool(cohorts) and not any(one for cohort in cohorts for one in (*unpaid(cohort), *unconfirmed(cohort)))


def totals(cohorts: Iterable[Cohort]) -> dict[str, tuple[int, int, int]]:
    """{currency: (owed, paid, kept)}, by currency."""
    found: dict[str, tuple[int, int, int]] = {}
    for cohort in sorted(cohorts, key=lambda each: each.currency):
        owed, paid, kept = found.get(cohort.currency, (0, 0, 0))
        found[cohort.currency] = owed + cohort.owed, paid + cohort.paid, kept + cohort.kept
    return found


def _signed(payments: Iterable[Payment], name: Literal["amount", "newly"]) -> int:
    """What was put aside, less what was handed over."""
    sign = {"paid": 0, "kept": 1, "handed_over": -1}
    return sum(sign[each.kind] * int(getattr(each, name)) for each in payments)


def _settled(cohort: Cohort, payments: Sequence[Payment]) -> bool:
    there = replace(cohort, payments=tuple(payments))
    return there.paid + there.kept >= cohort.owed and there.reached + there.kept_for >= cohort.people
