"""A loaded fine-tuning gives what the run gave, and predicts audio alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import featx
from featx.errors import FeatxError

RUN = Path("runs/made")
QUICK = ("training.every=2", "training.epochs=1", "training.learning_rate=1e-3")


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of runs, by the options that they were made with."""
    return tmp_path_factory.mktemp("trained")


@pytest.fixture
def finetune(place, trained):
    """Fine-tune the tiny encoder, once with the same options, and load what was kept."""

    def run(**options: object):
        before = trained / ("-".join(map(str, options.values())) or "plain")
        if before.exists():
            shutil.copytree(before, RUN)
        else:
            featx.finetune("encoder", folds=3, device="cpu", name="made", settings=QUICK, **options)
            shutil.copytree(RUN, before)
        return featx.load(RUN)

    return run


def expected(tested, model) -> dict[str, list[float]]:
    """Return the written probabilities of the test utterances of a saved model."""
    seed, fold = model.folders[0].name.removeprefix("seed").split("-fold")
    rows = tested(RUN)[int(seed), int(fold)]
    return {row["utterance"]: [float(row[f"p_{c}"]) for c in model.classes] for row in rows}


@pytest.mark.parametrize("options", [{}, {"seconds": 0.2}])
def test_the_saved_model_repeats_its_predictions(options, finetune, tested):
    model = finetune(**options)
    assert len(model.folders) == 1
    predictions = {row.utterance: row for row in model.predict("manifest.csv", device="cpu")}
    assert len(predictions) == 18
    for utterance, shares in expected(tested, model).items():
        actual = list(predictions[utterance].probabilities.values())
        np.testing.assert_allclose(actual, shares, rtol=1e-4)
    again = model.predict("audio/sad-0-0.wav", device="cpu")[0]
    assert again.probabilities == predictions["sad-0-0"].probabilities


@pytest.mark.thorough
def test_all_saved_models_are_averaged(finetune):
    model = finetune(save="all")
    assert len(model.folders) == 3
    alone = [featx.load(folder).predict("audio/sad-0-0.wav") for folder in model.folders]
    mean = np.mean([list(made[0].probabilities.values()) for made in alone], 0)
    actual = list(model.predict("audio/sad-0-0.wav")[0].probabilities.values())
    np.testing.assert_allclose(actual, mean, rtol=1e-6)


def test_a_saved_model_can_be_moved_and_loaded_alone(finetune):
    whole = finetune()
    expected = whole.predict("audio/sad-0-0.wav")[0]
    shutil.move(whole.folders[0], "alone")
    alone = featx.predict("alone", "audio/sad-0-0.wav")
    assert alone[0].probabilities == expected.probabilities


def test_what_is_not_kept_or_not_audio_is_refused(finetune):
    model = finetune()
    with pytest.raises(FeatxError, match="not stored features"):
        model.predict("features/manifest/encoder")
    with pytest.raises(FeatxError, match="`encoder`"):
        model.predict("audio", encoder="encoder")
    Path("audio/broken.wav").write_bytes(b"no audio")
    assert list(model.predict("audio").failures) == ["audio/broken.wav"]
    with pytest.raises(FeatxError, match="max_seconds"):
        model.predict("audio", max_seconds=0.1)
    shutil.rmtree(RUN / "models")
    with pytest.raises(FeatxError, match="not kept"):
        featx.load(RUN)
