"""The shared vectors of labels, byte for byte: item, body, signature, digits, human code."""

import json
from pathlib import Path
from typing import Any

import pytest

from ground.signing import SeedSigner
from labels import manifest, payload
from labels.serials import LabelId, inverse, permute

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "vectors" / "label-payload.json"


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    if not FILE.exists():
        pytest.skip(f"the shared vectors are not beside this checkout ({FILE.parent.name}/{FILE.name})")
    loaded: dict[str, Any] = json.loads(FILE.read_bytes())
    assert len(loaded["cases"]) == 7
    return loaded


def test_the_keys_and_the_commitment(vectors: dict[str, Any]) -> None:
    signer = SeedSigner.from_seed(bytes.fromhex(vectors["label_key_seed_hex"]))
    assert signer.public.hex() == vectors["label_public_key_hex"]
    assert manifest.ids_commitment(bytes.fromhex(vectors["batch_key_hex"])) == vectors["manifest_ids_sha256"]


@pytest.mark.parametrize("number", range(7))
def test_a_label_from_key_and_index_to_digits_and_back(vectors: dict[str, Any], number: int) -> None:
    case = vectors["cases"][number]
    signer = SeedSigner.from_seed(bytes.fromhex(vectors["label_key_seed_hex"]))
    key = bytes.fromhex(vectors["batch_key_hex"])

    assert permute(key, case["index"]) == case["item"]
    assert inverse(key, case["item"]) == case["index"]
    label_id = LabelId(case["batch"], case["item"], case["class"])
    digits = payload.seal(label_id, case["use_by_day"], signer, case["gtin"])
    assert digits == case["digits"]

    label = payload.parse(digits)
    assert isinstance(label, payload.Label)
    assert (label.body.hex(), label.signature.hex()) == (case["body_hex"], case["signature_hex"])
    assert (label.batch, label.item, label.cls) == (case["batch"], case["item"], case["class"])
    assert (label.use_by_day, label.gtin) == (case["use_by_day"], case["gtin"])
    assert payload.check(label, signer.public)
    assert label.human == case["human"]
    assert payload.parse(case["human"]) == payload.Typed(case["batch"], case["item"])
