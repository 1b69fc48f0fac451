"""Fitting on a choice of features: layers, several stores, memory, cores, standardising."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import featx
import featx.fitting.training.train
from cache import FeatureStore
from featx.features.planning.reduction import average_frames
from featx.fitting.inputs.data import fits_in_memory

STORE = Path("features/manifest/tiny")


@pytest.mark.figures
@pytest.mark.parametrize("head", ["lstm", "linear", "svm"])
def test_every_head_makes_a_run(extracted, fit_quickly, read_rows, head):
    averages = head == "lstm"
    run = fit_quickly(head, **({} if averages else {"settings": ()}))
    assert run.results.title.startswith(f"{head} head on tiny")
    assert len(read_rows(run)) == 2 * 36  # once in validation, once in test
    assert len(read_rows(run, "layer_weights.csv")) == 9 * averages
    drawn = {path.name for path in run.figures}
    assert ({"layer_weights.png", "training.png"} <= drawn) == averages


def test_fusion_joins_stores(with_egemaps, fit_quickly, read_rows):
    run = fit_quickly("fusion", ["tiny", "egemaps"])
    assert run.results.title.startswith("fusion head on tiny+egemaps")
    assert {row["features"] for row in read_rows(run, "layer_weights.csv")} == {"tiny", "egemaps"}
    inputs = json.loads((run.folder / "model.json").read_text())["inputs"]
    assert [given["layers"] for given in inputs] == [["0", "1", "2"], ["egemaps"]]
    assert [given["step"] for given in inputs] == [0.02, 0.02]


def test_stores_of_one_name_are_kept_apart(with_egemaps, fit_quickly, read_rows):
    stores = ["features/manifest/egemaps", "other/egemaps"]
    shutil.copytree(*stores)
    run = fit_quickly("fusion", features=stores)
    assert {row["features"] for row in read_rows(run, "layer_weights.csv")} == set(stores)


def test_features_of_other_audio_are_not_taken_for_the_same(
    extracted, fit_quickly, checkpoint_folder
):
    fit_quickly()
    noise = np.random.default_rng(0)
    for path in Path("audio").iterdir():
        length = soundfile.info(path).frames
        soundfile.write(path, 0.1 * noise.standard_normal(length), 16_000)
    shutil.rmtree(STORE)
    featx.extract(checkpoint_folder)
    with pytest.raises(featx.FeatxError, match="have changed since"):
        fit_quickly()


def test_trimmed_features_can_be_fitted(write_corpus, fit_quickly):
    write_corpus(speakers=6)
    featx.extract("egemaps", max_seconds=0.31, too_long="trim")
    assert fit_quickly().results.seeds == 1


@pytest.mark.parametrize(
    ("layers", "names"),
    [("local", ["0"]), ("contextual", ["2"]), ("0,2", ["0", "2"]), ("1-2", ["1", "2"])],
)
def test_layers_can_be_chosen(extracted, fit_quickly, read_rows, layers, names):
    weights = read_rows(fit_quickly(layers=layers), "layer_weights.csv")
    assert sorted({row["layer"] for row in weights}) == names


def test_reading_from_disk_gives_the_same_as_memory(extracted, fit_quickly):
    kept, streamed = fit_quickly(), fit_quickly(memory=0, name="streamed")
    assert "read from the disk as needed" in (streamed.folder / "run.log").read_text()
    assert "kept in memory" in (kept.folder / "run.log").read_text()
    assert streamed.predictions.read_bytes() == kept.predictions.read_bytes()


@pytest.mark.filterwarnings("error")
def test_a_mapped_store_is_read_without_a_copy_or_a_warning(extracted, fit_quickly):
    torch.set_warn_always(True)
    try:
        assert fit_quickly(memory=0).results.seeds == 1
    finally:
        torch.set_warn_always(False)


@pytest.mark.parametrize("normalize", ["speaker", "global"])
def test_the_number_of_cores_changes_nothing(extracted, fit_quickly, monkeypatch, normalize):
    runs = []
    for cores in (1, 4):
        monkeypatch.setattr(torch, "get_num_threads", lambda cores=cores: cores)
        runs.append(fit_quickly(seeds=2, normalize=normalize, name=f"on{cores}"))
    assert runs[0].predictions.read_bytes() == runs[1].predictions.read_bytes()
    remarks = " ".join(runs[0].results.remarks)
    assert ("Normalised by speaker" in remarks) == (normalize == "speaker")


def test_only_the_beginning_can_be_used(extracted, fit_quickly):
    whole, begin = fit_quickly(), fit_quickly(seconds=0.1, name="begin")
    assert whole.predictions.read_bytes() != begin.predictions.read_bytes()


def test_statistics_are_kept_beside_the_store_and_used_again(extracted, fit_quickly, monkeypatch):
    first = fit_quickly()
    (kept,) = (STORE / "statistics").glob("*.npz")
    with monkeypatch.context() as patch:
        patch.setattr(
            "featx.fitting.inputs.selection.measure", lambda *_: pytest.fail("measured again")
        )
        fit_quickly(seeds=2, name="b")
    whole = kept.read_bytes()
    for number, damaged in enumerate((b"damaged", b"", whole[:300])):
        kept.write_bytes(damaged)
        again = fit_quickly(name=f"c{number}")
        assert again.predictions.read_bytes() == first.predictions.read_bytes()


def test_a_store_that_can_not_be_written_to_is_fitted_all_the_same(
    extracted, fit_quickly, monkeypatch
):
    def refuse(*_):
        raise PermissionError(13, "read-only")

    monkeypatch.setattr("featx.utils.npz.replace", refuse)
    assert fit_quickly().results.seeds == 1


def test_a_protocol_says_what_it_leaves_out(
    write_corpus, fit_quickly, read_rows, checkpoint_folder
):
    write_corpus(speakers=4)
    featx.extract(checkpoint_folder)
    Path("two.toml").write_text(
        'title = "two"\nmerge = { angry = "happy" }\nlabels = ["happy", "sad"]\n'
        '[division]\nkind = "leave-one-out"\nby = "speaker"\n'
    )
    run = fit_quickly(protocol="two.toml")
    assert run.folder == Path("runs/manifest-tiny-dense-two")
    assert "Note: merged 8 angry utterances into happy." in run.results.remarks
    assert {row["label"] for row in read_rows(run)} == {"happy", "sad"}
    again = featx.fit(config=run.folder / "config.toml", name="again")
    assert again.predictions.read_bytes() == run.predictions.read_bytes()


def test_nothing_is_loaded_divided_or_digested_twice(extracted, fit_quickly, monkeypatch):
    places = {
        "featx.fitting.given_data": ("load_labels", "find_stores"),
        "featx.fitting.inputs.corpora": ("load_labels",),
        "featx.fitting.inputs.data": ("apply_protocol", "set_task"),
        "featx.fitting.plan": ("load_data", "digest_inputs"),
        "featx.protocols.task": ("make_folds",),
    }
    calls = []

    def spy(place, name):
        original = getattr(__import__(place, fromlist=[name]), name)
        monkeypatch.setattr(
            f"{place}.{name}", lambda *given: calls.append(name) or original(*given)
        )

    for place, names in places.items():
        for name in names:
            spy(place, name)
    run = fit_quickly()
    once = {name for names in places.values() for name in names}
    assert sorted(calls) == sorted(once)
    calls.clear()
    featx.fit(config=run.folder / "config.toml", name="again")
    assert sorted(calls) == sorted(once - {"find_stores"})


def test_memory_is_kept_to(extracted, fit_quickly, monkeypatch):
    seen = []
    monkeypatch.setattr(
        featx.fitting.training.train,
        "fits_in_memory",
        lambda *given: seen.append(given) or fits_in_memory(*given),
    )
    fit_quickly(memory=1)
    ((data, limit),) = seen
    assert limit == 1e9
    store = FeatureStore(STORE)
    averaged = [average_frames(store.read(name), 8) for name in store.utterances]
    assert data.nbytes() == sum(values.nbytes for values in averaged)
    assert fits_in_memory(data, data.nbytes())
    assert not fits_in_memory(data, data.nbytes() - 1)


def test_memory_that_was_released_is_read_again(extracted):
    store = FeatureStore(STORE)
    for name in store.utterances[:3]:
        before = store.read(name).copy()
        store.expect(name, [0, 1, 2])
        store.release(name, [0, 1, 2])
        np.testing.assert_array_equal(store.read(name), before)


def test_loaded_manifests_and_stores_are_taken_as_their_paths(extracted):
    manifest = featx.load_manifest("manifest.csv")
    store = featx.FeatureStore(Path("features/manifest/tiny"))
    given = {"head": "linear", "folds": 3}
    by_path = featx.fit(manifest="manifest.csv", features=store.folder, name="paths", **given)
    by_object = featx.fit(manifest=manifest, features=store, name="objects", **given)
    assert by_object.predictions.read_bytes() == by_path.predictions.read_bytes()
    assert by_object.config == by_path.config
    assert featx.fit(config=by_path, name="again").config == by_path.config
