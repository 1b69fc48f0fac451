"""Learned weights are read from a run's folder, or what is damaged in it is named."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import featx
from featx.errors import FeatxError
from featx.layer_analysis.figures import style_lines
from featx.layer_analysis.read_weights import find_weights, read_weights
from featx.layer_analysis.tables import show_layers
from featx.layer_analysis.weights import correct, name_corpora

HEADS = [(seed, fold) for seed in range(2) for fold in range(2)]


def write_run(name: str = "runs/one", manifest: str = "speech.csv", layers: int = 3) -> Path:
    """Write what a fit leaves of the weights of its heads."""
    run = Path(name)
    run.mkdir(parents=True)
    (run / "config.toml").write_text(f'manifest = "{manifest}"\n[head]\nkind = "dense"\n')
    (run / "environment.json").write_text(json.dumps({"features": [{"encoder": "tiny"}]}))
    (run / "metrics.json").touch()
    places = range(layers)
    weights = [f"{s},{f},tiny,{n},{1 / layers}" for s, f in HEADS for n in places]
    write_lines(run / "layer_weights.csv", "seed,fold,features,layer,weight", weights)
    scales = [f"{f},tiny,{n},{1 + n}" for f in range(2) for n in places]
    write_lines(run / "layer_scales.csv", "fold,features,layer,scale", scales)
    return run


def write_lines(path: Path, header: str, rows: Sequence[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n")


def test_what_was_written_is_read(workplace: Path) -> None:
    (weights,) = read_weights(write_run())
    assert weights.weights.shape == (4, 3)
    assert weights.scales is not None
    assert weights.scales.tolist() == [[1, 2, 3]] * 4
    assert weights.layers == ("0", "1", "2")


def test_a_run_without_averages_has_no_weights(workplace: Path) -> None:
    run = write_run()
    (run / "layer_weights.csv").write_text("seed,fold,features,layer,weight\n")
    (run / "layer_scales.csv").unlink()
    assert find_weights(run) == []
    with pytest.raises(FeatxError, match="a dense head has no average of layers"):
        read_weights(run)
    with pytest.raises(FeatxError, match="one layer of tiny"):
        read_weights(write_run("runs/single", layers=1))


@pytest.mark.parametrize("content", [b"\xff\xfe\xff", b"}{", b"nothing,of,use\n1,2,3\n", None])
@pytest.mark.parametrize(
    "name", ["config.toml", "environment.json", "layer_weights.csv", "layer_scales.csv"]
)
def test_a_damaged_file_is_named(workplace: Path, name: str, content: bytes | None) -> None:
    path = write_run() / name
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    for read in (read_weights, find_weights):
        with pytest.raises(FeatxError, match=f"runs/one/{name}"):
            read(path.parent)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("config.toml", ""),
        ("config.toml", "manifest = 3"),
        ("environment.json", "{}"),
        ("environment.json", "[]"),
        ("environment.json", '{"features": 3}'),
        ("environment.json", '{"features": []}'),
        ("environment.json", '{"features": [3]}'),
        ("environment.json", '{"features": [{"encoder": 3}]}'),
        ("environment.json", '{"features": [{"encoder": "a"}, {"encoder": "b"}]}'),
    ],
)
def test_what_a_run_does_not_say_of_itself_is_told(workplace: Path, name: str, text: str) -> None:
    run = write_run()
    (run / name).write_text(text)
    with pytest.raises(FeatxError, match=f"runs/one/{name}: damaged"):
        read_weights(run)


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        ("layer_weights.csv", "0,0,tiny,1,0.33", "0,0,tiny,1,x0.33", "line 3: weight is 'x0.33"),
        ("layer_weights.csv", "0,0,tiny,1,0", "0,0,tiny,1,-0", "weight is '-0.3"),
        ("layer_weights.csv", "0,0,tiny,1,0", "0,0,tiny,1,inf0", "weight is 'inf0"),
        ("layer_weights.csv", ",tiny,1,", ",tiny,one,", "layers 0, one, 2, not all numbers"),
        ("layer_weights.csv", "0,0,tiny,1,", "0,0,tiny,0,", "layer 0 is there twice"),
        ("layer_weights.csv", "0,0,tiny,1,", "0,0,tiny,7,", "differ between heads"),
        ("layer_weights.csv", "0,0,tiny,1,0", "0,0", "line 3: 2 fields"),
        ("layer_scales.csv", "0,tiny,1,2", "0,tiny,1,nan", "scale is 'nan'"),
        ("layer_scales.csv", "0,tiny,1,2", "0,tiny", "line 3: 2 fields"),
        ("layer_scales.csv", "1,tiny,", "5,tiny,", "lacks layers of fold 1"),
    ],
)
def test_a_damaged_row_is_told(
    workplace: Path, name: str, before: str, after: str, message: str
) -> None:
    run = write_run()
    text = (run / name).read_text()
    assert before in text
    (run / name).write_text(text.replace(before, after))
    with pytest.raises(FeatxError, match=message) as caught:
        read_weights(run)
    assert str(run / name) in str(caught.value)


def test_truncated_files_are_read_or_refused(workplace: Path) -> None:
    run = write_run()
    for name in ("config.toml", "environment.json", "layer_weights.csv", "layer_scales.csv"):
        whole = (run / name).read_bytes()
        for end in range(0, len(whole), 7):
            (run / name).write_bytes(whole[:end])
            try:
                read_weights(run)
            except FeatxError as error:
                assert str(run) in str(error)  # noqa: PT017 - whether it is raised varies
        (run / name).write_bytes(whole)


def test_corpora_of_one_name_are_told_apart(workplace: Path) -> None:
    runs = [
        write_run("runs/a", "a/speech.csv"),
        write_run("runs/b", "b/speech.csv"),
        write_run("runs/again", "./a/../a/speech.csv"),
    ]
    weights = [encoder for run in runs for encoder in read_weights(run)]
    assert set(name_corpora(weights).values()) == {"a/speech", "b/speech"}
    first, second, again = style_lines(weights)
    assert first.colour == again.colour != second.colour
    assert second.label == "tiny, b/speech"
    assert len({line.label for line in (first, second, again)}) == 3
    show_layers(runs[:2], Path("out"))
    table = Path("out/layers.csv").read_text()
    assert "runs/a,a/speech,tiny" in table
    assert "runs/b,b/speech,tiny" in table


def test_a_corpus_alone_has_its_short_name(workplace: Path) -> None:
    weights = [*read_weights(write_run("runs/a", "data/speech.csv"))]
    assert list(name_corpora(weights).values()) == ["speech"]
    weights += read_weights(write_run("runs/b", "data/speech.tsv"))
    assert list(name_corpora(weights).values()) == ["speech.csv", "speech.tsv"]


def test_the_manifest_is_that_of_the_runs_own_project(workplace: Path) -> None:
    for project in ("p", "q"):
        write_run(f"{project}/runs/one", "manifest.csv")
        Path(project, "manifest.csv").touch()
    Path("manifest.csv").touch()
    found = [read_weights(Path(project, "runs/one"))[0].manifest for project in "pq"]
    assert found == [workplace / "p/manifest.csv", workplace / "q/manifest.csv"]


@given(
    values=st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 100)), min_size=2, max_size=8),
    unit=st.floats(0.01, 100),
)
def test_the_correction_is_the_formula_in_any_unit(values, unit):
    weights, scales = np.array(values).T
    products = [w * s for w, s in values]
    expected = [product / sum(products) for product in products]
    np.testing.assert_allclose(correct(weights, scales), expected)
    np.testing.assert_allclose(correct(weights, unit * scales), expected)
    np.testing.assert_allclose(
        correct(weights, np.full_like(weights, unit)), weights / sum(weights)
    )


def test_a_layer_counts_alone_where_the_others_are_constant():
    corrected = correct(np.array([[0.5, 0.5], [0.5, 0.5]]), np.array([[2.0, 0.0], [0.0, 0.0]]))
    assert corrected.tolist() == [[1, 0], [0, 0]]
    assert corrected.sum() == pytest.approx(1)


def test_the_registry_tells_what_was_tuned_for_asr(extracted):
    run = featx.fit(folds=3, settings="training.epochs=2").folder
    assert [weights.tuned_for_asr for weights in read_weights(run)] == [False]
    path = run / "environment.json"
    table = json.loads(path.read_text())
    hub = "facebook/wav2vec2-base-960h"
    for name in ("wav2vec2-base-960h", hub, hub.replace("/", "--")):
        table["features"][0]["encoder"] = name
        path.write_text(json.dumps(table))
        assert [weights.tuned_for_asr for weights in read_weights(run)] == [True]


def test_a_fused_store_with_one_layer_is_left_out(with_egemaps):
    run = featx.fit("fusion", ["tiny", "egemaps"], folds=3, settings="training.epochs=2")
    (only,) = read_weights(run.folder)
    assert only.features == "tiny"
