"""What is kept of features is what the functions make of all frames, in batches and alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import featx
from cache import StoreError
from cache.shards.quantised import quantise, restore
from featx.data.manifest import load_manifest
from featx.errors import FeatxError
from featx.features.planning.reduction import average_frames, pool_frames

WAYS = {
    "mean": ({"pool": "mean"}, lambda x: pool_frames(x, "mean")),
    "mean+deviation": ({"pool": "mean+deviation"}, lambda x: pool_frames(x, "mean+deviation")),
    "frames": ({"frames": 10, "dtype": "float32"}, lambda x: average_frames(x, 5)),
    "frames in 8 bits": (
        {"frames": 25, "dtype": "int8"},
        lambda x: restore(quantise(average_frames(x, 2))),
    ),
    "int8": ({"dtype": "int8"}, lambda x: restore(quantise(x))),
    "compressed": ({"dtype": "float32", "compress": True}, np.asarray),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_store_has_what_is_made_of_all_frames(extracted, checkpoint_folder, way):
    options, make = WAYS[way]
    planned = featx.extract(checkpoint_folder, out="kept", dry_run=True, **options).plan
    whole = featx.extract(checkpoint_folder, out="whole", dtype="float32").store
    kept = featx.extract(checkpoint_folder, out="kept", **options).store
    assert featx.extract(checkpoint_folder, out="kept", **options).extracted == 0
    assert planned.layout == kept.layout
    assert planned.frames == sum(map(kept.frames, kept.utterances))
    if not options.get("compress"):
        values = planned.frames * len(kept.layout.layers) * kept.layout.dim
        assert kept.nbytes == values * np.dtype(kept.layout.dtype).itemsize
    for name in whole.utterances:
        np.testing.assert_array_equal(kept.read(name), make(whole.read(name)))


@pytest.mark.parametrize("way", WAYS)
def test_an_utterance_alone_gives_the_same(write_corpus, checkpoint_folder, way):
    write_corpus(speakers=2)
    options, _ = WAYS[way]
    together = featx.extract(checkpoint_folder, out="together", **options).store
    manifest = load_manifest("manifest.csv")
    alone = replace(manifest, utterances=manifest.utterances[:1])
    single = featx.extract(checkpoint_folder, alone, out="single", **options).store
    (name,) = single.utterances
    step = 0.05 if "8 bits" in way or way == "int8" else 1e-4
    np.testing.assert_allclose(single.read(name), together.read(name), rtol=0, atol=step)


def test_the_identity_says_what_is_kept(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    pooled = featx.extract(checkpoint_folder, pool="mean", out="pooled").store
    assert (pooled.identity.pool, pooled.identity.frame_step) == ("mean", 0)
    assert pooled.layout.dtype == "float32"
    averaged = featx.extract(checkpoint_folder, frames=10, out="averaged").store
    assert (averaged.identity.frames, averaged.identity.frame_step) == (10, 0.1)
    assert averaged.layout.dtype == "float16"
    with pytest.raises(StoreError, match=r"frames: the store has 10, asked for 'all'"):
        featx.extract(checkpoint_folder, out="averaged")
    with pytest.raises(StoreError, match=r"pool: the store has 'mean', asked for 'mean\+d"):
        featx.extract(checkpoint_folder, pool="mean+deviation", out="pooled")
    as_they_are = featx.extract(checkpoint_folder, frames=50, out="whole").store
    assert featx.extract(checkpoint_folder, out="whole").store.identity == as_they_are.identity


def test_compression_can_come_later(write_corpus, checkpoint_folder):
    write_corpus(speakers=1)
    before = featx.extract(checkpoint_folder).store
    features = {name: before.read(name).copy() for name in before.utterances}
    after = featx.extract(checkpoint_folder, compress=True)
    assert (after.extracted, after.store.is_copied) == (0, True)
    for name, expected in features.items():
        np.testing.assert_array_equal(after.store.read(name), expected)
    assert featx.extract(checkpoint_folder).store.is_copied  # what is compressed stays so


def test_acoustic_features_can_be_averaged_and_pooled(write_corpus):
    write_corpus(speakers=1)
    store = featx.extract("logmel", frames=20, out="averaged").store
    assert store.identity.frame_step == pytest.approx(0.05)
    pooled = featx.extract("logmel", pool="mean+deviation", out="pooled").store
    assert pooled.read("sad-0-0").shape == (1, 1, 160)


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("tiny", {"frames": 7}, r"`frames=7`: .* 50 frames a second.*Choose 1, 2, 5, 10, 25, 50\."),
        ("tiny", {"frames": 100}, "`frames=100`"),
        ("tiny", {"pool": "mean", "frames": 10}, "keeps no frames"),
        ("tiny", {"pool": "mean", "dtype": "int8"}, "`dtype='int8'`"),
        ("tiny", {"pool": "mean", "compress": True}, "`compress=True`"),
        ("tiny", {"pool": "median"}, "`pool="),
        ("egemaps-functionals", {"pool": "mean"}, "one frame an utterance already"),
        ("egemaps-functionals", {"frames": 10}, "one frame an utterance already"),
        ("egemaps-functionals", {"compress": True}, "`compress=True`"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything(
    write_corpus, checkpoint_folder, model, options, message
):
    write_corpus(speakers=1)
    given = checkpoint_folder if model == "tiny" else model
    for dry_run in (True, False):
        with pytest.raises(FeatxError, match=message):
            featx.extract(given, dry_run=dry_run, **options)
    assert not Path("features").exists()
