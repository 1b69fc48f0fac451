"""Layers that no head weighs are not taken, and predictions stay the same."""

import math

import pytest
import torch

import featx
from featx.fitting.heads.saved import read_heads
from featx.fitting.heads.unused_layers import without_unused_layers


@pytest.fixture
def stored(workplace, write_corpus, checkpoint_folder):
    write_corpus(speakers=6, takes=1)
    featx.extract(checkpoint_folder, out="features", precision="float32")


@pytest.mark.parametrize("head", ["dense", "lstm"])
def test_predictions_are_the_same_without_them(head, stored):
    few = "training.epochs=1"
    featx.fit(head, features="features", folds=3, seeds=2, name="made", settings=few)
    heads = read_heads(featx.Run("runs/made").folder, math.inf)
    assert without_unused_layers(heads) is heads
    for member in heads.members[:-1]:
        member.head.layer_averages[0].raw[1:] = 0
    heads.members[-1].head.layer_averages[0].raw[2] = 0  # this head still needs layer 1
    cut = without_unused_layers(heads)
    assert [wanted.layers for wanted in cut.inputs] == [("0", "1")]
    store = featx.FeatureStore("features")
    names, speakers = store.utterances, [""] * len(store.utterances)
    before, after = (
        each.probabilities(each.select([store]), names, speakers) for each in (heads, cut)
    )
    assert torch.allclose(before, after, atol=1e-6)


def test_linear_heads_use_all(stored):
    run = featx.fit("linear", features="features", folds=3, name="made")
    heads = read_heads(run.folder, math.inf)
    assert without_unused_layers(heads) is heads
