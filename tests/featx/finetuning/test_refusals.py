"""What can't be fine-tuned is refused in words, before training where that can be known."""

import math
from pathlib import Path
from typing import get_args

import pytest

import featx
from classifiers.pooled import PooledSettings
from featx.errors import FeatxError
from featx.finetuning.choices import HeadKind, Pooling
from featx.protocols.protocol import default_protocol

RUN = Path("runs/manifest-tiny-full")


@pytest.mark.parametrize(
    ("arguments", "fact"),
    [
        ({"settings": "training.learning_rat=1"}, "did you mean 'learning_rate'"),
        ({"device": "cuda:1"}, "`device='cuda:1'`"),
        ({"track": ["tensorbord"]}, "`track='tensorbord'`"),
        ({"settings": "training.max_steps=0"}, "training.max_steps: .* greater than 0"),
        ({"settings": "training.max_steps=1.5"}, "training.max_steps: .* valid integer"),
        ({"settings": "training.patience=-1"}, r"training.patience: .* from 1, or inf.*got -1"),
        ({"settings": "training.patience=0"}, "training.patience: .* from 1, or inf"),
        ({"settings": "training.patience=1.5"}, r"training.patience: .* or inf.*got 1.5"),
        ({"settings": "training.patience=nan"}, "training.patience: .* or inf"),
        ({"settings": "training.patience=-inf"}, "training.patience: .* or inf"),
        ({"settings": "training.patience=never"}, "training.patience: .* valid number"),
        ({"settings": "training.best_by=luck"}, "training.best_by: .*'parting'"),
        ({"settings": "training.precision=float16"}, "needs a GPU"),
        ({"seconds": 0.01}, "`seconds=0.01`: .* 400"),
        ({"mode": "half"}, "`mode='half'`"),
        ({"push_to_hub": "me/x", "save": "none"}, "`push_to_hub` .* `save='none'`"),
        ({"protocol": "ravdess-gavali2023"}, "doesn't fit the protocol"),
        ({"protocol": "ravdess-gavali2023", "folds": 4}, "`folds` .* `protocol`"),
        ({"model": None}, "`model`"),
    ],
)
def test_mistakes_are_explained(arguments, fact, one_split, checkpoint_folder):
    with pytest.raises(FeatxError, match=fact):
        featx.finetune(**{"model": checkpoint_folder, "device": "cpu", **arguments})
    assert not Path("runs").exists()


def test_a_loss_that_is_not_finite_ends_the_training(one_split, finetune):
    with pytest.raises(FeatxError, match=r"no longer finite .* `settings='training.learning_rate"):
        finetune("training.learning_rate=1e30")


def test_audio_that_cannot_be_decoded_is_named_before_training(one_split, finetune):
    audio = sorted((one_split.parent / "audio").glob("*.wav"))
    for path in audio[:2]:  # cut short: the header promises more
        path.write_bytes(path.read_bytes()[:2_000])
    with pytest.raises(FeatxError, match="2 of 36 utterances") as caught:
        finetune()
    assert "truncated" in str(caught.value)
    assert not list(RUN.glob("members/seed*"))


def test_a_config_of_other_processes_is_refused(one_split, finetune):
    with pytest.raises(FeatxError, match="`settings='processes=1'`"):
        finetune("processes=2")


def test_a_protocol_can_be_an_object(one_split, finetune):
    manifest = featx.load_manifest(one_split)
    run = finetune(protocol=default_protocol(manifest, 5, False), folds=5)
    assert run.folder == RUN
    assert math.isfinite(run.results.scores["uar"].mean)


def test_the_choices_are_those_of_the_classifier():
    fields = PooledSettings.model_fields
    assert get_args(HeadKind) == get_args(fields["kind"].annotation)
    assert get_args(Pooling) == get_args(fields["pooling"].annotation)


@pytest.mark.thorough
def test_another_column_can_be_learned(write_corpus, finetune, read_rows):
    write_corpus(speakers=3, size="small")
    path = Path("manifest.csv")
    head, *rows = path.read_text().splitlines()
    large = [row.replace("small", "large") if "sad" in row else row for row in rows]
    path.write_text("\n".join([head, *large]))
    run = finetune(target="size", mode="frozen", save="none")
    assert run.folder == Path("runs/manifest-tiny-frozen-size")
    assert list(run.results.classes) == ["large", "small"]
    assert {row["label"] for row in read_rows(run.predictions)} == {"large", "small"}
