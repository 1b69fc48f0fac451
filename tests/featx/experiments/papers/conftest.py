"""A paper in small."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from featx.demo.corpus import write_corpus as write_demo_corpus
from featx.experiments.papers.paper import Paper

PROTOCOL = """
title = "three speakers"
corpus = "ravdess"
[division]
kind = "leave-one-out"
by = "speaker"
"""


@pytest.fixture
def paper(kept, workplace) -> Iterator[Paper]:
    """Three systems on a small corpus laid out as RAVDESS is, and one corpus that is not here."""
    if not (kept / "spoken").exists():  # half a second
        write_demo_corpus(kept / "spoken", speakers=3)
    shutil.copytree(kept / "spoken", workplace / "RAVDESS")
    features = workplace / "features" / "paper-ravdess" / "egemaps"
    if (kept / "described").exists():  # by an earlier test, for a third of its time
        shutil.copytree(kept / "described", features)
    Path("three.toml").write_text(PROTOCOL)
    corpus = {"seconds": 5.0, "max_seconds": 1.0}  # shorter than most
    yield Paper.model_validate(
        {
            "title": "A paper",
            "seeds": 2,
            "changes": ["training.epochs=2"],
            "variants": {"slow": {"settings": ["training.learning_rate=1e-4"]}, "fast": {}},
            "corpora": {
                "ravdess": {
                    "title": "RAVDESS", "options": {"channel": "speech"},
                    "protocol": "three.toml", **corpus,
                },
                "iemocap": {
                    "title": "IEMOCAP", "options": {}, "protocol": "iemocap-loso", **corpus,
                },
            },
            "rows": [
                {
                    "tables": [1, 2], "system": "eGeMAPS 50 %", "models": ["egemaps"],
                    "head": "dense", "normalize": "speaker",
                    "paper": {
                        "ravdess": {"mean": 12.5, "std": 1.0},
                        "iemocap": {"mean": 50.0, "std": 1.0, "notebook": [50.1, 1.0]},
                    },
                },
                {
                    "tables": [2], "system": "both", "models": ["wav2vec2-base", "egemaps"],
                    "head": "fusion", "normalize": "global",
                    "paper": {
                        "ravdess": {"mean": 80.0, "std": 1.0},
                        "iemocap": {"mean": 60.0, "std": 1.0},
                    },
                },
            ],
        }
    )  # fmt: skip
    if features.exists() and not (kept / "described").exists():
        shutil.copytree(features, kept / "described")
