"""What was changed of what a run learned from, in words."""

import json

import pytest

from featx.data.augmentation.augment import open_augmentation
from featx.data.augmentation.settings import EFFECTS, Augmentation, find_augmentation
from featx.data.augmentation.words import describe_augmentation
from featx.runs.changes import COPIES, describe_changes
from featx.utils.config import shipped_names

MIXED = find_augmentation("augment", "mixed")


@pytest.mark.parametrize("name", shipped_names("augmentation"))
def test_every_effect_of_a_preset_is_named(name):
    settings = find_augmentation("augment", name)
    assert len(describe_augmentation(settings).split(", ")) == len(settings.effects)


def test_ranges_and_how_often_are_said(tmp_path):
    table = {
        "room": {"probability": 0.3, "folder": tmp_path},
        "noise": {"probability": 1, "snr": [-5, 10], "folder": tmp_path},
        "pitch": {"probability": 0.5, "semitones": [-2, 2]},
    }
    assert describe_augmentation(Augmentation.model_validate(table)) == (
        "pitch by −2 to +2 semitones (50 %), recorded rooms (30 %), recorded noise at −5 to 10 dB"
    )
    assert {*table, "speed", "gain"} == set(EFFECTS)  # a new effect has words too


def test_copies_waveforms_and_masks_are_told_apart():
    settings = json.loads(open_augmentation(MIXED).identity)
    config = {
        "augmentation": MIXED.to_table(),
        "training": {"masks": {"times": 2, "time_share": 0.2, "features": 1, "feature_share": 0.1}},
    }
    environment = {COPIES: {"copies": 3, "settings": settings}}
    copies, waveforms, masks = describe_changes(config, environment)
    words = describe_augmentation(MIXED)
    assert copies == (
        f"Augmented: training learned from 3 changed copies of each utterance too: {words}."
    )
    assert waveforms == f"Augmented: training utterances were changed anew each epoch: {words}."
    assert masks == (
        "Masked in training, anew each epoch: 2 runs of at most 20 % of the frames and 1 run of at "
        "most 10 % of the features."
    )


@pytest.mark.parametrize(
    ("config", "environment"),
    [
        ({}, {}),
        ({"training": {"masks": {"times": 0, "time_share": 0.1, "features": 0}}}, {}),
        ({"augmentation": "loud", "training": []}, {COPIES: {"copies": "many"}}),
    ],
)
def test_nothing_is_said_of_nothing(config, environment):
    assert describe_changes(config, environment) == []
