"""What features are is written in one way, and read back from stores made before."""

import json
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from cache import FeatureIdentity, FeatureStore, Layout, PlannedUtterance, StoreError, prepare_store

ENCODER = {
    "encoder": "facebook/wav2vec2-base",
    "revision": "a" * 40,
    "weights_sha256": "b" * 64,
    "settings_sha256": "c" * 64,
    "precision": "bfloat16",
    "blocks": 12,
    "sample_rate": 16_000,
    "frame_step": 0.02,
}
ACOUSTIC = {
    "encoder": "egemaps",
    "settings": {"kind": "egemaps-descriptors", "dim": 25, "average": 2},
    "precision": "float32",
    "sample_rate": 16_000,
    "frame_step": 0.02,
}


def make_store(folder: Path, identity: FeatureIdentity) -> Path:
    prepare_store(folder, [PlannedUtterance("u", 400, 1)], Layout(("0",), 2), identity, {})
    return folder / "shard-0000.h5"


@pytest.mark.parametrize(
    "table", [ENCODER, {**ENCODER, "trimmed_to": 15.0}, {**ENCODER, "window": "short"}, ACOUSTIC]
)
def test_the_file_holds_the_text_it_always_did(tmp_path, table):
    path = make_store(tmp_path, FeatureIdentity.from_json(table))
    with h5py.File(path) as file:
        assert file.attrs["identity"] == json.dumps(table, sort_keys=True)
    identity = FeatureStore(tmp_path).identity
    assert identity == FeatureIdentity.from_json(table)
    assert identity.is_acoustic == ("settings" in table)


def test_names_come_sorted_and_without_what_is_not_known():
    assert list(FeatureIdentity.from_json(ENCODER).to_json()) == sorted(ENCODER)


@pytest.mark.parametrize("table", [{**ENCODER, "colour": "blue"}, {"encoder": "tiny"}])
def test_what_is_no_identity_is_refused(tmp_path, table):
    path = make_store(tmp_path, FeatureIdentity.from_json(ENCODER))
    with h5py.File(path, "r+") as file:
        file.attrs["identity"] = json.dumps(table)
    with pytest.raises(StoreError, match="damaged"):
        FeatureStore(tmp_path)


def test_another_trimming_is_another_store(tmp_path):
    identity = FeatureIdentity.from_json(ENCODER)
    make_store(tmp_path, identity)
    with pytest.raises(StoreError, match="trimmed_to"):
        make_store(tmp_path, replace(identity, trimmed_to=15.0))


def test_other_windows_are_another_store_and_both_have_a_word(tmp_path):
    trained = FeatureIdentity.from_json(ENCODER)
    short = replace(trained, window="short")
    make_store(tmp_path / "trained", trained)
    make_store(tmp_path / "short", short)
    with pytest.raises(StoreError, match="window: the store has '30', asked for 'short'"):
        make_store(tmp_path / "trained", short)
    with pytest.raises(StoreError, match="window: the store has 'short', asked for '30'"):
        make_store(tmp_path / "short", trained)
