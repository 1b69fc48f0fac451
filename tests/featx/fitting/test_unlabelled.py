"""Manifests without labels: what needs none is learned, and what does says so."""

from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError


@pytest.fixture
def unlabel(extracted, relabel):
    """Take the labels out of the manifest, of all utterances or of some."""

    def change(column: str = "", some: bool = False, whole: bool = False) -> None:
        def row(own):
            label, name = own["label"], own["utterance"]
            new = {**own, "label": "" if not some or name.endswith("0") else label}
            new |= {"size": f"{len(label)}.{name[-1]}5", "p_sad": int(label == "sad")}
            new |= {"p_happy": int(label == "happy"), "p_angry": int(label == "angry")}
            if whole:
                del new["label"]
            return new

        relabel(row)

    return change


@pytest.mark.parametrize("whole", [False, True])
def test_what_needs_no_label_is_learned_without(unlabel, fit_quickly, whole):
    unlabel(whole=whole)
    numbers = fit_quickly("linear", "tiny", settings=(), target="size", name="numbers")
    assert numbers.results.scores["ccc"].mean
    votes = fit_quickly("linear", "tiny", settings=(), task="distribution", name="votes")
    assert set(votes.results.classes) == {"happy", "sad", "angry"}
    several = fit_quickly(
        "linear", "tiny", settings=(), target=("p_sad", "p_happy"), task="multilabel", name="both"
    )
    assert set(several.results.classes) == {"p_happy", "p_sad"}


@pytest.mark.parametrize(
    ("some", "words"),
    [
        (False, r"no utterance has a label\. Fill the column label, or learn another column by"),
        (True, r"18 utterances of 36 without a label, such as .*or the annotators' votes"),
    ],
)
def test_learning_labels_without_them_is_refused(unlabel, fit_quickly, some, words):
    unlabel(some=some)
    with pytest.raises(FeatxError, match=words):
        fit_quickly("linear", "tiny", settings=())


def test_a_table_without_labels_is_listed(write_corpus):
    write_corpus()
    files = sorted(Path("audio").rglob("*.wav"))
    rows = [f"{path.name},{n}.5" for n, path in enumerate(files)]
    Path("audio/table.csv").write_text("\n".join(["path,arousal", *rows]))
    manifest = featx.build_manifest("csv", "audio/table.csv", "bare.csv")
    assert not any(utterance.label for utterance in manifest.utterances)
    assert Path("bare.csv").read_text().startswith("utterance,path,speaker,arousal\n")
    assert featx.load_manifest("bare.csv").utterances == manifest.utterances
