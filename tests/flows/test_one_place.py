"""A factory that is registered again under another id does not leave its history behind."""

from __future__ import annotations

from typing import Any

import pytest

from freemark.demo import scene
from freemark.demo.client import Refused
from tests.flows.house import DAY, Certified, House, passports

Json = Any


def again(house: House, site: str, **changes: Json) -> str:
    """The same place with another id."""
    old = house.bea.get(f"/v1/sites/{site}")
    same = {key: old[key] for key in ("organisation", "kind", "name", "address", "city", "country", "workers")}
    changed = {key: value.format(**old) for key, value in changes.items()}
    new: str = house.bea.post("/v1/sites", {**same, **changed})["id"]
    house.bea.post(f"/v1/sites/{new}/register/confirmation", {"places": []})
    return new


def suspended(house: House) -> Certified:
    certificate = house.certified()
    house.later(DAY)
    house.submit(house.audit(certificate.site, [passports(deliberate=True)], kind="for_cause"))
    house.drain()
    assert certificate.standing == "suspended"
    return certificate


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"name": "THE {name}, Ltd.", "address": "Elsewhere 9"},
        {"name": "New Dawn Apparel"},
        {"name": "New Dawn Apparel", "address": "{address}.", "city": "GAZIPUR"},
    ],
    ids=["the same words", "a legal form more", "another name", "written differently"],
)
def test_a_suspended_factory_does_not_apply_under_a_new_id(latest: House, changes: Json) -> None:
    house, certificate = latest, suspended(latest)
    site = again(house, certificate.site, **changes)
    with pytest.raises(Refused) as refused:
        scene.applied(house.people(), [site])
    assert (refused.value.status, refused.value.problem["pointer"]) == (409, "/sites/0")
    assert certificate.site in refused.value.problem["detail"]


def test_nor_is_a_spare_one_kept_for_bad_days(latest: House) -> None:
    """Both registered before anything happened."""
    house, certificate = latest, latest.certified()
    with pytest.raises(Refused, match="apply with that one"):
        scene.applied(house.people(), [again(house, certificate.site)])


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Spinning mill", "address": "{address} B"},
        {"name": "Mill, unit 9", "address": "Road 88"},
        {"city": "Chittagong"},
    ],
    ids=["the house behind", "another house", "another town"],
)
def test_another_place_is_another_place(latest: House, changes: Json) -> None:
    house, certificate = latest, latest.certified()
    assert scene.applied(house.people(), [again(house, certificate.site, **changes)])
