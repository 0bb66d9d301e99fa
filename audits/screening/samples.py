"""The examples in the API's description of screening: invented names, requests and answers that fit each other.

Owns example data and nothing else; a test posts the requests and compares the shapes of the answers.
"""

from __future__ import annotations

from audits.screening.mapping import PRESETS
from audits.screening.views import preset_view
from ground.canonical import Json

Example = dict[str, Json]

LIST_REQUEST: Example = {
    "name": "Invented exclusion list",
    "kind": "exclusion",
    "publisher": "Ministry of Examples",
    "url": "https://lists.example.org/exclusion.csv",
    "country": "",
    "mapping": PRESETS["freemark"].mapping.to_json(),
}
EDITION: Example = {
    "number": 1,
    "edition": "2026-05-31",
    "sha256": "9d2f0c4b7a6e58130f4ad9c1b2e37685a0c9d8e7f6b5a4938271605f4e3d2c1b",
    "entries": 1,
    "left_out": 0,
    "added": 1,
    "changed": 0,
    "delisted": 0,
    "imported_at": "2026-06-01T08:00:00Z",
}
EDITION_REQUEST: Example = {
    "edition": "2026-05-31",
    "csv": "name,aliases,registration,licence,country,city,address,listed_on,until\n"
    "Sunrise Garments Limited,,C-118204,,BD,Gazipur,Plot 14,2025-11-03,\n",
}
IMPORTED: Example = {"new": True, **EDITION}
LIST: Example = {
    "id": "lst_4n8r2c6x0v5t9w1d",
    **LIST_REQUEST,
    "current": EDITION,
    "created_at": "2026-06-01T08:00:00Z",
    "retired_at": None,
    "retired_because": "",
}
PRESET: Example = preset_view(PRESETS["lista-suja"])
ENTRY: Example = {
    "id": 1,
    "row": 2,
    "name": "Sunrise Garments Limited",
    "aliases": [],
    "identifiers": [{"kind": "registration", "value": "C-118204"}],
    "country": "BD",
    "city": "Gazipur",
    "address": "Plot 14",
    "listed_on": "2025-11-03",
    "until": None,
}
EXPLANATION: Example = {
    "ours": {"field": "organisation name", "text": "Sunrise Garments Ltd"},
    "theirs": {"field": "name", "text": "Sunrise Garments Limited"},
    "how": "the same words",
    "folded": ["ltd", "limited"],
    "agreed": ["name", "country", "city"],
    "differed": [],
    "entry": "Sunrise Garments Limited",
}
HIT: Example = {
    "id": "hit_7b3m9q5k1s6f0z2h",
    "list": "lst_4n8r2c6x0v5t9w1d",
    "about": "organisation",
    "about_id": "org_4r1mk7t2v9x0c3qd",
    "sites": ["site_8w3n5e1h6z2k0b7y"],
    "strength": "name_and_place",
    "state": "confirmed",
    "lift_asked": False,
    "explanation": EXPLANATION,
    "entry": ENTRY,
    "at": "2026-06-01T08:00:00Z",
    "changed_at": "2026-06-02T09:30:00Z",
    "history": [
        {"at": "2026-06-01T08:00:00Z", "act": "found", "person": "system", "organisation": "", "reason": ""},
        {
            "at": "2026-06-02T09:30:00Z",
            "act": "confirmed",
            "person": "per_3d7h1n5r9v2x6z0c",
            "organisation": "org_5t9w3y7a1e6j0m4q",
            "reason": "The public company register shows the same number and the same directors' office.",
        },
    ],
}
REASON: Example = {"reason": "The public company register shows the same number and the same directors' office."}
SITE: Example = {
    "site": "site_8w3n5e1h6z2k0b7y",
    "screened_at": "2026-06-02T02:00:00Z",
    "lists": [
        {
            "name": "Invented exclusion list",
            "kind": "exclusion",
            "publisher": "Ministry of Examples",
            "edition": "2026-05-31",
            "held_at": "2026-06-02T02:00:00Z",
        }
    ],
    "hits": [
        {
            "id": "hit_7b3m9q5k1s6f0z2h",
            "list": "Invented exclusion list",
            "about": "organisation",
            "strength": "name_and_place",
            "state": "confirmed",
            "explanation": EXPLANATION,
            "confirmed_at": "2026-06-02T09:30:00Z",
            "ended_at": None,
        }
    ],
    "register_confirmed_at": "2026-06-01T08:00:00Z",
}
ASKED: Example = {"site": "site_8w3n5e1h6z2k0b7y", "asked_at": "2026-06-02T10:00:00Z"}
PLACE_REQUEST: Example = {
    "part": "subcontractor",
    "place": None,
    "name": "Lotus Embroidery House",
    "address": "Road 7, House 22",
    "city": "Gazipur",
    "country": "BD",
    "registered_id": "",
    "work": "embroidery of polo shirts",
    "since": "2026-05-01",
    "reason": "A new order that our own machines cannot do.",
}
PLACE: Example = {
    "id": "scr_2f6k0p4t8x1b5g9j",
    "site": "site_8w3n5e1h6z2k0b7y",
    **PLACE_REQUEST,
    "source": "holder",
    "audit": None,
    "added_at": "2026-06-01T08:00:00Z",
    "removed_on": None,
    "removed_because": "",
}
FOUND: Example = {
    **PLACE,
    "id": "scr_9m3q7s1v5y0d4h8n",
    "source": "audit",
    "audit": "aud_0p4g7s2f9j5w1h6r",
    "reason": "Cut pieces were packed for this address.",
}
REMOVAL: Example = {"on": "2026-06-01", "reason": "The order ended; nothing is made there any more."}
REMOVED: Example = {**PLACE, "removed_on": "2026-06-01", "removed_because": str(REMOVAL["reason"])}
CONFIRMATION: Example = {"places": ["scr_2f6k0p4t8x1b5g9j"]}
CONFIRMED: Example = {"site": "site_8w3n5e1h6z2k0b7y", "confirmed_at": "2026-06-01T08:00:00Z", **CONFIRMATION}
