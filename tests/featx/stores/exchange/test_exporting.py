"""Features leave for other tools and come back, every bit of them."""

from pathlib import Path

import h5py
import numpy as np
import pytest

import featx
from cache import FeatureStore
from featx.errors import FeatxError

ROUND_TRIPS = {
    "npy": "tiny-npy",
    "h5": "tiny.h5",
    "parquet": "tiny.parquet",
    "kaldi": "tiny-kaldi",
    "audformat": "tiny-audformat",
}


def take_back(source, **options):
    return featx.import_features(source, "manifest.csv", name="back", **options).store


def assert_equal(before: FeatureStore, after: FeatureStore) -> None:
    assert after.layout == before.layout
    assert after.identity.frame_step == before.identity.frame_step
    for utterance in before.utterances:
        assert after.read(utterance).tobytes() == before.read(utterance).tobytes()


@pytest.mark.parametrize("to", ["npy", "h5", "parquet"])
@pytest.mark.parametrize(
    ("dtype", "step", "layers"),
    [("float16", 0.02, ("0", "1", "2")), ("float32", 0.0, ("0", "4")), ("float32", 0.04, ("7",))],
)
def test_what_is_exported_comes_back_bit_for_bit(manifest, make_store, to, dtype, step, layers):
    folder = make_store(dtype=dtype, step=step, layers=layers)
    exported = featx.export_features(folder, to)
    assert exported.path == Path(ROUND_TRIPS[to])
    assert exported.utterances == 18
    assert_equal(FeatureStore(folder), take_back(exported.path))


@pytest.mark.parametrize("to", ["kaldi", "audformat"])
@pytest.mark.parametrize("step", [0.02, 0.0])
def test_a_layer_comes_back_from_tables_of_single_precision(manifest, make_store, to, step):
    folder = make_store(step=step, layers=("5",))
    exported = featx.export_features(folder, to, manifest=manifest)
    assert_equal(FeatureStore(folder), take_back(exported.path, dtype="float16"))


def test_layers_are_chosen_and_averaged_and_frames_too(manifest, make_store):
    folder = make_store()
    values = FeatureStore(folder).read("u5").astype(np.float64)
    featx.export_features(folder, "h5", "one.h5", layers="1-2")
    featx.export_features(folder, "h5", "mean.h5", average_layers=True)
    featx.export_features(folder, "h5", "pooled.h5", layers=[0, 2], pool="mean")
    featx.export_features(folder, "h5", "vector.h5", layers=1, pool="mean")
    with h5py.File("one.h5") as one, h5py.File("mean.h5") as mean:
        assert np.array_equal(one["u5"], values[1:3])
        assert np.allclose(mean["u5"], values.mean(0))
    with h5py.File("pooled.h5") as pooled, h5py.File("vector.h5") as vector:
        assert np.allclose(pooled["u5"], values[[0, 2]].mean(1))
        assert np.allclose(vector["u5"], values[1].mean(0))


def test_pandas_reads_a_row_for_each_utterance_and_layer(make_store):
    import pandas as pd

    folder = make_store()
    featx.export_features(folder, "parquet", "t.parquet", layers="0,2")
    table = pd.read_parquet("t.parquet").set_index(["utterance", "layer"])
    expected = FeatureStore(folder).read("u3")[2]
    assert np.array_equal(np.stack(table.loc["u3", "2"].features), expected)


def test_audformat_reads_a_segment_for_each_frame(manifest, make_store):
    import audformat

    folder = make_store()
    featx.export_features(folder, "audformat", layers=1, manifest="manifest.csv")
    table = audformat.Database.load("tiny-audformat")["features"]
    frames = table.get().loc["audio/Actor_3/take-3.wav"]
    assert np.array_equal(frames.to_numpy(), FeatureStore(folder).read("u3")[1])
    assert frames.index[1][0].total_seconds() == 0.02


def test_names_of_files_are_portable_and_differ_in_more_than_case(workplace):
    names = ["a/b", "A-b", "con", "a:b"]
    np.savez("theirs.npz", **{name: np.full(2, n, np.float32) for n, name in enumerate(names)})
    rows = [f"{name},x{n}.wav,s,sad" for n, name in enumerate(names)]
    Path("manifest.csv").write_text("\n".join(["utterance,path,speaker,label", *rows]))
    store = featx.import_features("theirs.npz", name="tiny").folder
    featx.export_features(store, "npy")
    files = {path.name.casefold() for path in Path("tiny-npy").glob("*.npy")}
    assert len(files) == len(names)
    assert_equal(FeatureStore(store), take_back("tiny-npy"))


@pytest.mark.parametrize("to", ["kaldi", "audformat"])
def test_a_matrix_is_of_one_layer(manifest, make_store, to):
    with pytest.raises(FeatxError, match=r"takes a single layer, and there are 3.*from 0 to 2"):
        featx.export_features(make_store(), to, manifest=manifest)


def test_audformat_needs_to_know_the_files(make_store):
    with pytest.raises(FeatxError, match="needs a `manifest`"):
        featx.export_features(make_store(layers=("1",)), "audformat")


def test_nothing_is_replaced_unasked_and_nothing_is_left_half_done(manifest, make_store):
    folder = make_store(layers=("1",))
    for to, name in ROUND_TRIPS.items():
        featx.export_features(folder, to, manifest=manifest)
        with pytest.raises(FeatxError, match="is there already"):
            featx.export_features(folder, to, manifest=manifest)
        featx.export_features(folder, to, manifest=manifest, overwrite=True)
        assert Path(name).exists()
    assert not [path for path in Path().iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("to", sorted(ROUND_TRIPS))
def test_a_failure_leaves_nothing(manifest, make_store, monkeypatch, to):
    folder = make_store(layers=("1",))
    read = FeatureStore.read

    def fail(store, utterance, rows=None):
        if utterance == "u9":
            raise KeyboardInterrupt
        return read(store, utterance, rows)

    monkeypatch.setattr(FeatureStore, "read", fail)
    with pytest.raises(FeatxError, match="nothing was exported"):
        featx.export_features(folder, to, manifest=manifest)
    assert sorted(path.name for path in Path().iterdir()) == ["features", "manifest.csv"]


def test_ids_that_a_format_cannot_hold_are_named(workplace):
    np.savez("theirs.npz", **{"a b": np.ones(2, np.float32)})
    Path("manifest.csv").write_text("utterance,path,speaker,label\na b,x.wav,s,sad\n")
    store = featx.import_features("theirs.npz", name="tiny").folder
    with pytest.raises(FeatxError, match=r"'a b': Kaldi's ids have no spaces"):
        featx.export_features(store, "kaldi")


def test_a_manifest_limits_what_is_exported(manifest, make_store):
    folder = make_store(count=4)
    exported = featx.export_features(folder, "h5", manifest=manifest)
    assert exported.utterances == 4
    assert len(exported.absent) == 14
    assert "14 utterances without features: u4, u5, u6 and 11 more" in exported.to_text()
