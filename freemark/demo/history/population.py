"""Who is in the history: invented firms, manufacturers, agencies and their sites, by number and seed.

Owns names, countries, sectors and sizes as plain data. Nobody here is a person, and no name means a real company. Knows
nothing of the database: `founding` registers them.
"""

from __future__ import annotations

from dataclasses import dataclass

from freemark.demo.history.lot import Lot


@dataclass(frozen=True)
class FirmPlan:
    """countries: where it is approved, no other firm is. temper: percent of the usual number of findings."""

    name: str
    country: str
    city: str
    countries: tuple[str, ...]
    temper: int = 100


@dataclass(frozen=True)
class Place:
    country: str
    city: str


@dataclass(frozen=True)
class SitePlan:
    kind: str
    name: str
    at: Place
    workers: int
    sector: str
    flag: str = ""


@dataclass(frozen=True)
class CasePlan:
    """One manufacturer with its sites, the agency that recruits for it if there is one, and one application.

    joins: percent of the history after which it applies. low_risk: as the certification body will assess its places.
    passed_over: it joins less than a year before the end, and nobody comes again after the first audit.
    """

    number: int
    name: str
    at: Place
    sector: str
    product: str
    sites: tuple[SitePlan, ...]
    agency: SitePlan | None
    agency_name: str
    joins: int
    low_risk: bool
    passed_over: bool


FIRMS = (
    FirmPlan("Delta Assurance Ltd", "GB", "Leeds", ("BD", "PK")),
    FirmPlan("Ganga Social Audits Pvt Ltd", "IN", "Delhi", ("IN", "NP", "LK")),
    FirmPlan("Red River Compliance Co", "VN", "Hanoi", ("VN", "KH"), temper=210),  # the strict one
    FirmPlan("Straits Verification Sdn Bhd", "MY", "Penang", ("MY", "TH", "ID", "PH"), temper=25),  # the lenient one
    FirmPlan("Pearl Delta Quality Services", "CN", "Guangzhou", ("CN", "TW")),
    FirmPlan("Anatolia Denetim AS", "TR", "Izmir", ("TR", "JO", "EG"), temper=120),
    FirmPlan("Atlas Audit Sarl", "MA", "Tangier", ("MA", "TN", "PT"), temper=90),
    FirmPlan("Cruzeiro Auditoria Ltda", "BR", "Recife", ("BR", "PE", "MX"), temper=110),
)
AUDITORS_EACH = 3  # of a firm: one leads three times in a row at most, and another team closes zero tolerance

LANGUAGES = {
    "BD": "bn", "PK": "ur", "IN": "hi", "NP": "ne", "LK": "si", "VN": "vi", "KH": "km", "MY": "ms", "TH": "th",
    "ID": "id", "PH": "fil", "CN": "zh", "TW": "zh", "TR": "tr", "JO": "ar", "EG": "ar", "MA": "ar", "TN": "ar",
    "PT": "pt", "BR": "pt-BR", "PE": "es", "MX": "es",
}  # fmt: skip

# Sector, product, where it is made, and what the site is. An agency recruits where the last column names a country.
TRADES: tuple[tuple[str, str, str, str, tuple[Place, ...], str], ...] = (
    ("garment", "Garments", "Cotton shirt", "factory",
     (Place("BD", "Gazipur"), Place("VN", "Nam Dinh"), Place("JO", "Irbid"), Place("IN", "Tiruppur"),
      Place("KH", "Kampong Speu"), Place("TR", "Denizli"), Place("MA", "Casablanca")), "NP"),
    ("electronics", "Electronics", "Circuit board", "factory",
     (Place("MY", "Penang"), Place("CN", "Dongguan"), Place("VN", "Bac Ninh"), Place("TW", "Taoyuan"),
      Place("MX", "Tijuana")), "ID"),
    ("agriculture", "Farms", "Fresh fruit", "farm",
     (Place("BR", "Petrolina"), Place("MA", "Agadir"), Place("TR", "Adana"), Place("PE", "Ica"),
      Place("EG", "Nubaria")), ""),
    ("fishing", "Fishing", "Frozen tuna", "vessel",
     (Place("TH", "Songkhla"), Place("ID", "Bitung"), Place("PH", "General Santos"), Place("TW", "Kaohsiung")), "ID"),
    ("", "Footwear", "Leather shoe", "factory",
     (Place("IN", "Chennai"), Place("PK", "Sialkot"), Place("BR", "Franca"), Place("PT", "Guimaraes"),
      Place("CN", "Wenzhou")), ""),
    ("construction", "Building Parts", "Concrete panel", "factory",
     (Place("MY", "Johor"), Place("TN", "Sfax"), Place("EG", "Sadat City"), Place("LK", "Kandy")), "BD"),
)  # fmt: skip
AGENCY_CITIES = {"NP": "Kathmandu", "ID": "Surabaya", "BD": "Dhaka"}
FIRST = (
    "Amber", "Banyan", "Cedar", "Coral", "Crescent", "Dune", "Ebony", "Falcon", "Fig Tree", "Garnet", "Heron", "Indigo",
    "Iris", "Jasmine", "Kestrel", "Lagoon", "Lotus", "Madder", "Mangrove", "Marigold", "Meghna", "Monsoon", "Nile",
    "Ochre", "Olive", "Orchid", "Osprey", "Palmyra", "Pelican", "Pomelo", "Quartz", "Quince", "Raven", "Rivergate",
    "Saffron", "Sandal", "Seven Hills", "Silverline", "Swallow", "Tamarind", "Teal", "Thistle", "Tulip", "Umber",
    "Vetiver", "Walnut", "Willow", "Zephyr",
)  # fmt: skip
SIZES = (42, 65, 88, 120, 180, 240, 310, 420, 560, 640, 820, 1150, 1900)
JOINED_AT_ONCE = 8  # percent of the cases that apply as soon as the scheme takes applications
LATEST = 90  # percent of the history after which nobody new applies
LEADING = 16
PASSED_OVER = (9, 16)  # of each 16 later cases the one with that number, so that a dry run has some to name
TIRED = 2  # the case whose last visit is late in any size of history: of high risk, visited twice a year


def cases(lot: Lot, sites: int) -> tuple[CasePlan, ...]:
    """As many cases as it takes for so many sites of manufacturers; agencies come on top."""
    made: list[CasePlan] = []
    left = sites
    while left > 0:
        number = len(made)
        # The first has a site to spare; the next two are small, so that a small history has at least three cases.
        wanted = 3 if number == 0 else 1 if number < 3 else lot.pick((1, 1, 2, 2, 3, 4), "sites", number)
        case = _case(lot, number, min(left, wanted))
        left -= len(case.sites)
        made.append(case)
    return tuple(made)


def _case(lot: Lot, number: int, sites: int) -> CasePlan:
    sector, trade, product, kind, places, recruits = TRADES[number % len(TRADES)]
    # The first two are where the strict firm works: its suspension is a cascade in any size of history.
    at = places[number + 1] if number < 2 else lot.pick(places, "place", number)
    name = f"{FIRST[number % len(FIRST)]} {trade}" + (" of the East" if number // len(FIRST) % 2 else "")
    plans = tuple(_site(lot, number, place, name, kind, sector, at) for place in range(sites))
    agency = None
    if recruits and (number < 2 or lot.chance(22, "agency", number)):
        agency = SitePlan(
            "agency_office", f"{name} recruiters, head office", Place(recruits, AGENCY_CITIES[recruits]),
            lot.between(12, 30, "agency workers", number), "",
        )  # fmt: skip
    leading = number < LEADING  # each has something of its own to tell, and needs the time for it
    early = number < 5 or lot.chance(JOINED_AT_ONCE, "early", number)
    passed_over = not leading and number % PASSED_OVER[1] == PASSED_OVER[0]
    late = max(lot.below(LATEST, "joins", number, turn) for turn in range(3))  # a scheme grows faster and faster
    return CasePlan(
        number=number,
        name=f"{name} Ltd",
        at=at,
        sector=sector,
        product=product,
        sites=plans,
        agency=agency,
        agency_name=f"{FIRST[(number * 7 + 5) % len(FIRST)]} Overseas Placement No. {number + 1}",
        joins=0 if early else late // 2 if leading else late,
        low_risk=number != TIRED and not passed_over and lot.chance(92, "low risk", number),
        passed_over=passed_over,
    )


def _site(lot: Lot, number: int, place: int, name: str, kind: str, sector: str, at: Place) -> SitePlan:
    title = f"{name}, {'vessel' if kind == 'vessel' else 'unit'} {place + 1}"
    workers = lot.between(14, 26, "crew", number, place) if kind == "vessel" else lot.pick(SIZES, "size", number, place)
    return SitePlan(kind, title, at, workers, sector, at.country if kind == "vessel" else "")
