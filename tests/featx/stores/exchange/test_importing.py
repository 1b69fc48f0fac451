"""Anyone's features become a store; what can't be used is named."""

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
import soundfile

import featx
from cache import FeatureStore
from featx.errors import FeatxError

NAMES = [f"u{number}" for number in range(18)]
STEMS = [f"take-{number}" for number in range(18)]


def vectors(dim: int = 4, names=NAMES, dtype=np.float32) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    return {name: generator.standard_normal(dim).astype(dtype) for name in names}


def bring_in(source, **options) -> FeatureStore:
    return featx.import_features(source, name="theirs", **options).store


def save_npy(folder: str, arrays) -> Path:
    for name, array in arrays.items():
        path = Path(folder, f"{name}.npy")
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)
    return Path(folder)


def test_the_identity_says_what_was_imported(manifest):
    np.savez("a.npz", **vectors())
    identity = bring_in("a.npz").identity
    assert identity.encoder == "theirs"
    assert identity.is_imported
    assert not identity.is_acoustic
    save_npy("b", vectors())
    other = featx.import_features("b", name="theirs", out="b-store").store.identity
    assert identity == other  # the same features in another format


@pytest.mark.parametrize(
    "names", [NAMES, STEMS, [f"audio/Actor_{n % 6}/take-{n}" for n in range(18)]]
)
def test_arrays_go_by_ids_or_by_audio_files(manifest, names):
    arrays = vectors(names=names)
    store = bring_in(save_npy("theirs", arrays))
    assert np.array_equal(store.read("u7")[0, 0], arrays[names[7]])


@pytest.mark.parametrize(
    ("shape", "step", "stored"),
    [
        ((4,), None, (1, 1, 4)),
        ((5, 4), 0, (5, 1, 4)),
        ((5, 4), 0.02, (1, 5, 4)),
        ((3, 5, 4), 0.02, (3, 5, 4)),
        ((3, 1, 5, 4), 0.02, (3, 5, 4)),  # stacked hidden states of a batch of one
        ((1, 5, 4), 0.02, (1, 5, 4)),
        ((3, 1, 4), 0, (3, 1, 4)),
    ],
)
def test_axes_are_what_the_frame_step_says(manifest, shape, step, stored):
    arrays = {name: np.random.default_rng(1).random(shape, np.float32) for name in NAMES}
    np.savez("theirs.npz", **arrays)
    assert bring_in("theirs.npz", frame_step=step).read("u3").shape == stored


def test_frames_need_a_step(manifest):
    np.savez("theirs.npz", **{name: np.ones((5, 4), np.float32) for name in NAMES})
    with pytest.raises(FeatxError, match="give with `frame_step` the seconds"):
        bring_in("theirs.npz")


@pytest.mark.parametrize(
    ("given", "dtype", "stored"),
    [
        ("f2", None, "float16"),
        ("f8", None, "float32"),
        (">f4", None, "float32"),
        ("f4", "float16", "float16"),
    ],
)
def test_the_type_is_kept_as_far_as_it_can_be(manifest, given, dtype, stored):
    np.savez("theirs.npz", **vectors(dtype=given))
    store = bring_in("theirs.npz", dtype=dtype)
    assert store.layout.dtype == stored
    assert np.allclose(store.read("u2")[0, 0], vectors(dtype=given)["u2"], atol=1e-3)


def test_layers_can_be_named(manifest):
    np.savez("theirs.npz", **{name: np.ones((2, 4), np.float32) for name in NAMES})
    store = bring_in("theirs.npz", frame_step=0, layers="6,12")
    assert store.layout.layers == ("6", "12")
    assert store.identity.blocks == 12
    with pytest.raises(FeatxError, match="names 3 layers, and the arrays"):
        featx.import_features("theirs.npz", name="x", frame_step=0, layers="1-3")


def change(arrays, name, value):
    return {**arrays, name: value}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("u3", np.full(4, np.nan, "f4"), r"'u3' has values that are not finite"),
        ("u3", np.ones(5, "f4"), r"'u3' has 1 layer of 5 features, and 'u0' has 1 layer of 4"),
        ("u3", np.ones((2, 4), "f4"), r"'u3' has 2 layers of 4 features"),
        ("u3", np.ones(4, "i4"), r"'u3' holds int32, and numbers with a point are wanted"),
        ("u3", np.ones(0, "f4"), r"'u3' is empty"),
        ("take-3", np.ones(4, "f4"), r"'take-3' and 'u3' are both of 'u3'"),
    ],
)
def test_arrays_that_cannot_be_used_are_named(manifest, name, value, said):
    np.savez("theirs.npz", **change(vectors(), name, value))
    with pytest.raises(FeatxError, match=said):
        bring_in("theirs.npz")
    assert not Path("features").exists()  # nothing was begun


def test_utterances_without_features_are_named_and_what_may_be_meant(manifest):
    arrays = vectors()
    arrays["u_17"] = arrays.pop("u17")
    np.savez("theirs.npz", **arrays)
    with pytest.raises(FeatxError, match=r"no features of 1 of 18 utterances: u17.*u_17.*u17"):
        bring_in("theirs.npz")
    found = featx.import_features("theirs.npz", name="theirs", skip_missing=True)
    assert found.absent == ("u17",)
    assert found.surplus == ("u_17",)


def test_features_beyond_the_manifest_are_left_out(manifest, caplog):
    caplog.set_level("INFO", "featx")
    np.savez("theirs.npz", **vectors(), other=np.ones(9, np.float32))
    assert "other" not in bring_in("theirs.npz")
    assert "1 name of no utterance: other" in caplog.text


def test_python_objects_are_never_built(manifest):
    class Bomb:
        def __reduce__(self):
            return Path.touch, (Path("exploded"),)

    bomb = np.array([Bomb()], dtype=object)
    Path("objects").mkdir()
    np.save("objects/u0.npy", bomb, allow_pickle=True)
    np.savez("objects.npz", u0=bomb)
    Path("theirs.pt").write_bytes(pickle.dumps(Bomb()))
    Path("theirs.ark").write_bytes(b"u0 PKL" + pickle.dumps(Bomb()))
    Path("theirs.scp").write_text("u0 touch exploded |\n")
    for source in ("objects", "objects.npz", "theirs.pt", "theirs.ark", "theirs.scp"):
        with pytest.raises(FeatxError, match=r"run code|no commands"):
            bring_in(source, frame_step=0)
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", ["x.npz", "x.h5", "x.parquet", "x.ark", "x.scp", "d/x.npy"])
@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01garbage" * 9, b"PK\x03\x04", b"u0 \x00BFM \x04"]
)
def test_damaged_files_are_said_to_be(manifest, name, content):
    Path("d").mkdir()
    Path(name).write_bytes(content)
    source = "d" if name.startswith("d/") else name
    with pytest.raises(FeatxError):
        bring_in(source, frame_step=0)


def test_two_arrays_side_by_side_are_ids_and_vectors(manifest):
    matrix = np.stack(list(vectors().values()))
    np.savez("theirs.npz", ids=np.array(NAMES), X=matrix)
    with h5py.File("theirs.h5", "w") as file:
        file["names"] = NAMES
        file["embeddings"] = matrix
    for source in ("theirs.npz", "theirs.h5"):
        store = featx.import_features(source, name=source).store
        assert np.array_equal(store.read("u4")[0, 0], matrix[4])


def test_groups_of_hdf5_hold_an_utterance_each(manifest):
    with h5py.File("theirs.csd", "w") as file:
        for name, array in vectors().items():
            file[f"COVAREP/data/{name}/features"] = array[None]
            file[f"COVAREP/data/{name}/intervals"] = [[0.0, 1.0]]
    assert bring_in("theirs.csd", frame_step=0.01).read("u4").shape == (1, 1, 4)


def test_tables_of_pandas_hold_vectors_in_lists_or_columns(manifest):
    import pandas as pd

    arrays = vectors()
    pd.DataFrame({"id": NAMES, "embedding": [a.tolist() for a in arrays.values()]}).to_parquet(
        "lists.parquet"
    )
    columns = pd.DataFrame(np.stack(list(arrays.values())), columns=list("abcd"))
    columns.assign(file=[f"{stem}.wav" for stem in STEMS]).to_parquet("columns.parquet")
    for source in ("lists.parquet", "columns.parquet"):
        store = featx.import_features(source, name=source, dtype="float32").store
        assert np.array_equal(store.read("u4")[0, 0], arrays["u4"])


def test_ragged_lists_are_refused(manifest):
    import pandas as pd

    pd.DataFrame({"id": NAMES, "features": [[[1.0, 2.0, 3.0], [1.0]]] * 18}).to_parquet("a.parquet")
    with pytest.raises(FeatxError, match="are not equally long"):
        bring_in("a.parquet", frame_step=0.02)


def test_archives_of_kaldi_are_found_beside_their_list(manifest):
    import kaldiio

    Path("elsewhere").mkdir()
    matrices = {name: array[None].repeat(3, 0) for name, array in vectors().items()}
    kaldiio.save_ark("elsewhere/f.ark", matrices, scp="elsewhere/f.scp")
    Path("elsewhere").rename("moved")
    for source in ("moved/f.ark", "moved/f.scp"):
        store = featx.import_features(source, name=Path(source).suffix[1:], frame_step=0.01).store
        assert np.array_equal(store.read("u4")[0], matrices["u4"])


def test_a_stopped_import_goes_on(manifest, monkeypatch):
    np.savez("theirs.npz", **vectors())
    write, written = FeatureStore.write, []

    def stop(store, utterance, features, source=0):
        if len(written) == 7:
            raise KeyboardInterrupt
        written.append(utterance)
        write(store, utterance, features, source)

    with monkeypatch.context() as patched:
        patched.setattr(FeatureStore, "write", stop)
        with pytest.raises(FeatxError, match="with 7 of 18 utterances done"):
            bring_in("theirs.npz")
    found = featx.import_features("theirs.npz", name="theirs")
    assert (found.imported, found.kept) == (11, 7)


def test_other_features_do_not_mix_with_those_that_are_there(manifest):
    np.savez("theirs.npz", **vectors())
    bring_in("theirs.npz")
    np.savez("theirs.npz", **change(vectors(), "u1", np.ones(4, np.float32)))
    with pytest.raises(FeatxError, match="imported_sha256"):
        bring_in("theirs.npz")


def test_what_is_no_source_is_said_with_what_is_one(manifest, make_store):
    Path("empty").mkdir()
    for source, said in (
        ("gone", "there is no such file"),
        ("empty", r"holds no features.*Kaldi"),
        (str(make_store()), "a feature store already"),
        (str(make_store() / "shard-0000.h5"), "a shard of a feature store"),
        ("manifest.csv", "holds no features"),
    ):
        with pytest.raises(FeatxError, match=said):
            bring_in(source)


@pytest.mark.parametrize("head", ["linear", pytest.param("dense", marks=pytest.mark.thorough)])
def test_heads_are_fitted_without_any_audio(manifest, head):
    arrays = {
        name: np.random.default_rng(n).standard_normal((2, 4)).astype("f4") + n // 6
        for n, name in enumerate(NAMES)
    }
    np.savez("theirs.npz", **arrays)
    bring_in("theirs.npz", frame_step=0)
    settings = ["training.epochs=1"] if head == "dense" else []
    run = featx.fit(head, "theirs", folds=3, settings=settings)
    assert any("is not here" in remark for remark in run.results.remarks)
    assert len(featx.predict(run, "features/manifest/theirs").rows) == 18
    soundfile.write("theirs.wav", np.zeros(16_000), 16_000)
    with pytest.raises(FeatxError, match="another program made them"):
        featx.predict(run, "theirs.wav")


def test_features_of_another_kind_need_all_audio_if_any_is_there(manifest, make_store):
    make_store()
    Path("audio/Actor_0").mkdir(parents=True)
    soundfile.write("audio/Actor_0/take-0.wav", np.zeros(16_000), 16_000)
    with pytest.raises(FeatxError, match="no audio file"):
        featx.fit("linear", "tiny", folds=3)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_no_type_holds_are_refused_in_8_bits_too(manifest, value):
    arrays = {f"u{n}": np.ones((4, 3), np.float32) for n in range(18)}
    arrays["u7"][2, 1] = value
    np.savez("theirs.npz", **arrays)
    with pytest.raises(FeatxError, match="'u7' has values that are not finite"):
        featx.import_features("theirs.npz", name="theirs", frame_step=0.02, dtype="int8")
    assert not Path("features").exists()
