"""Maps of features: what they find, what they are made of and what they refuse."""

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.data.manifest import Utterance
from featx.errors import FeatxError, Interrupted
from featx.layer_analysis.maps.feature_map import read_map
from featx.layer_analysis.maps.projection import check_neighbours, lay_out
from featx.layer_analysis.maps.sample import draw_shares


def neighbours_share(places: np.ndarray, groups: np.ndarray) -> float:
    """Return how many utterances' nearest neighbour is of their group."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((groups[apart.argmin(1)] == groups).mean())


def lay_out_clusters(method: str) -> np.ndarray:
    random = np.random.default_rng(0)
    features = random.standard_normal((60, 8)) + 4 * np.eye(8)[np.arange(60) % 3]
    return lay_out(features, method, "cosine", 10, seed=1)


@pytest.mark.parametrize("method", ["tsne", pytest.param("umap", marks=pytest.mark.thorough)])
def test_clusters_stay_together_and_a_seed_gives_the_same_map(method):
    if method == "umap":
        pytest.importorskip("umap")
    first, second = lay_out_clusters(method), lay_out_clusters(method)
    assert np.array_equal(first, second)
    assert neighbours_share(first, np.arange(60) % 3) > 0.9


@pytest.mark.parametrize(
    ("method", "neighbours", "utterances", "message"),
    [
        ("tsne", None, 90, r"`neighbours=30`: 90 utterances are too few for a perplexity of 30, "
         r"which needs at least 91\. Give `neighbours=29` or fewer\."),
        ("tsne", 5, 5, r"at least 16\. Give more utterances\."),
        ("umap", None, 15, r"15 neighbours, which needs at least 16\. Give `neighbours=14`"),
    ],
)  # fmt: skip
def test_too_few_utterances_are_refused(method, neighbours, utterances, message, monkeypatch):
    monkeypatch.setattr("featx.layer_analysis.maps.projection._load_umap", lambda: None)
    with pytest.raises(FeatxError, match=message):
        check_neighbours(method, neighbours, utterances)


def test_a_missing_umap_names_its_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "umap", None)
    with pytest.raises(FeatxError, match=r"pip install 'featx\[map\]', or take `method='tsne'`"):
        check_neighbours("umap", 5, 100)


def test_a_sample_has_its_share_of_each_label_and_speaker():
    utterances = [
        Utterance(f"u{n}", Path(f"u{n}.wav"), f"s{n % 5}", "rare" if n < 20 else "often")
        for n in range(400)
    ]
    drawn = draw_shares(utterances, 40, seed=1)
    assert Counter(u.label for u in drawn) == {"rare": 2, "often": 38}
    assert set(Counter(u.speaker for u in drawn).values()) <= {7, 8, 9}
    assert sorted(drawn, key=lambda u: int(u.utterance[1:])) == list(drawn)
    assert drawn == draw_shares(utterances, 40, seed=1) != draw_shares(utterances, 40, seed=2)
    assert draw_shares(utterances, 400, seed=1) == tuple(utterances)


def test_the_layer_that_tells_labels_apart_is_found(one_layer_tells):
    mapped = featx.map_features("tiny", layers="1,2", neighbours=5)
    content = mapped.content
    assert content.layers == ["1", "2", "average"]
    first, second, both = (score.mean for score in content.silhouettes["label"])
    assert first > 0.5 > both > second
    assert abs(content.silhouettes["speaker"][0].mean) < 0.2
    assert content.silhouettes["label"][0].low > 0.4  # six speakers agree
    labels = np.array(content.columns["label"])
    assert neighbours_share(np.array(content.places["1"]), labels) == 1
    assert neighbours_share(np.array(content.places["2"]), labels) < 0.7
    assert mapped.to_text().splitlines()[2].split() == ["layer", "label", "speaker"]


def test_what_is_written_is_read_back(extracted):
    mapped = featx.map_features("tiny", layers=1, neighbours=5, out="there")
    assert read_map(Path("there")) == mapped.content
    with Path("there/map.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36
    assert rows[0]["label"] == mapped.content.columns["label"][0]
    with Path("there/separability.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["layer"], row["column"]) for row in rows] == [("1", "label"), ("1", "speaker")]
    assert float(rows[0]["silhouette"]) == mapped.content.silhouettes["label"][0].mean
    before = Path("there/map.json").read_bytes()
    featx.map_features("tiny", layers=1, neighbours=5, out="there")
    assert Path("there/map.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": "7"}, r"`layers='7'`: the encoder has no layer 7\. It has 0 \(.*\) to 2"),
        ({"columns": "sex"}, r"`columns=sex`: .*manifest\.csv has no such column\. It has utt"),
        ({"columns": "utterance"}, r"Each of its 36 utterances has a value of its own"),
        ({"columns": "session"}, r"`columns=session`: No utterance has anything in it"),
        ({"columns": ["room"]}, r"`columns=room`: It has a single value, here, so there is"),
        ({"neighbours": 30}, r"`neighbours=30`: 36 utterances are too few"),
        ({"sample": 10}, r"`neighbours=5`: 10 utterances are too few"),
        ({"metric": "l1"}, r"`metric='l1'`"),
        ({"features": "features/manifest/tiny"}, r"`model` can't be given with `features`"),
    ],
)
def test_what_can_not_be_mapped_is_refused(extracted, arguments, message):
    text = Path("manifest.csv").read_text().splitlines()
    Path("manifest.csv").write_text(
        "\n".join([f"{text[0]},room", *(f"{line},here" for line in text[1:])]) + "\n"
    )
    with pytest.raises(FeatxError, match=message):
        featx.map_features("tiny", **{"neighbours": 5, **arguments})
    assert not Path("maps").exists()


def test_nothing_is_written_into_a_folder_of_others_or_after_ctrl_c(extracted, monkeypatch):
    Path("mine").mkdir()
    Path("mine/thesis.tex").touch()
    with pytest.raises(FeatxError, match=r"mine: holds files, but no map of features"):
        featx.map_features("tiny", out="mine", neighbours=5)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("featx.layer_analysis.maps.mapping.lay_out", interrupt)
    with pytest.raises(Interrupted, match=r"maps/manifest-tiny is as it was"):
        featx.map_features("tiny", neighbours=5)
    assert not Path("maps").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": "one"}, r"map\.json: damaged, or of another version of featx \(seed is 'one'"),
        ({"utterances": ["a"]}, r"not all columns and layers have 1 utterances"),
        ({"silhouettes": {}}, r"not silhouettes of every column"),
    ],
)
def test_a_damaged_map_is_said_to_be(extracted, change, message):
    featx.map_features("tiny", layers=1, neighbours=5, out="there")
    path = Path("there/map.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(FeatxError, match=message):
        read_map(Path("there"))
    with pytest.raises(FeatxError, match=r"no map of features; it has no map\.json"):
        read_map(Path("audio"))
