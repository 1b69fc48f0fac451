"""The protocols on the real RAVDESS, of which three sung files are missing."""

import csv
import os
from collections import Counter
from pathlib import Path

import pytest

from featx.data.listing.build import build_manifest
from featx.data.manifest import Manifest
from featx.protocols.apply import apply_protocol
from featx.protocols.fold import Fold, shares_speakers
from featx.protocols.folds import make_folds
from featx.protocols.protocol import protocol_names, read_protocol
from featx.protocols.task import set_task

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif("FEATX_DATA" not in os.environ, reason="FEATX_DATA is unset"),
]
DATA = Path(os.environ.get("FEATX_DATA", "")).absolute()
NAMES = [name for name in protocol_names() if name.startswith("ravdess")]


@pytest.fixture(scope="module")
def corpus() -> Manifest:
    return build_manifest("ravdess", DATA / "ravdess", channel="both")


def notes(corpus: Manifest, name: str) -> list[str]:
    return list(set_task(apply_protocol(corpus, read_protocol(name))).notes)


def divide(corpus: Manifest, name: str) -> tuple[Fold, ...]:
    protocol = read_protocol(name)
    return make_folds(apply_protocol(corpus, protocol).kept, protocol.division)


@pytest.mark.parametrize("name", NAMES)
def test_every_protocol_divides_it(corpus, name):
    protocol = read_protocol(name)
    for fold in divide(corpus, name):
        assert shares_speakers(fold) != protocol.tests_new_speakers
    if "song" not in protocol.where["channel"]:
        assert not [note for note in notes(corpus, name) if "complete corpus" in note]


def test_gavalis_test_set_has_the_published_supports(corpus):
    (fold,) = divide(corpus, "ravdess-gavali2023")
    supports = Counter(u.label for u in fold.test)
    assert [supports[label] for label in sorted(supports)] == [38, 39, 38, 39, 38, 19, 38, 39]
    assert len(fold.train) + len(fold.validation) == 1152


def test_pepinos_test_set_is_theirs_but_for_one_missing_file(corpus):
    (fold,) = divide(corpus, "ravdess-pepino2021")
    published = DATA / "reference" / "w2v2PT-alllayers" / "seed123.csv"
    with published.open(newline="") as file:
        theirs = {row["utterance"]: row["label"] for row in csv.DictReader(file)}
    ours = {u.utterance: u.label for u in fold.test}
    assert len(theirs) == 208
    assert ours == {name: theirs[name] for name in theirs if name != "03-02-01-01-01-01-24"}
    assert notes(corpus, "ravdess-pepino2021") == [
        "merged 375 calm utterances into neutral",
        "2,449 utterances are here, the complete corpus has 2,452",
        "the test set is not that of the complete corpus: neutral 47 of 48",
    ]
