"""Fine-tuning on waveforms that are changed anew each epoch, in training alone."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from featx.data.audio import read_audio
from featx.data.augmentation.augment import Augmenter, open_augmentation
from featx.data.augmentation.settings import find_augmentation
from featx.data.manifest import load_manifest
from featx.errors import FeatxError, Interrupted
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.config import earlier_config, finetune_config
from featx.finetuning.training.augmented import Augmented, Visit, Visits
from featx.finetuning.training.watch import Watch
from featx.finetuning.training.waveforms import Order, Waveforms
from featx.protocols.protocol import choose_protocol

TWO_EPOCHS = ("training.epochs=2", "training.patience=9")


@pytest.fixture
def training(write_corpus, checkpoint_folder) -> Augmented:
    """A corpus as an augmented training sees it."""
    write_corpus(speakers=2)
    utterances = load_manifest("manifest.csv").utterances
    extractor = load_extractor(checkpoint_folder, None)
    waveforms = Waveforms(utterances, np.zeros(len(utterances), int), extractor)
    return Augmented(waveforms, open_augmentation(find_augmentation("augment", "mixed")), 0)


def bits(training: Augmented, epoch: int) -> list[bytes]:
    visits = [Visit(epoch, place) for place in range(len(training))]
    return [training[visit]["waveform"].tobytes() for visit in visits]


def test_every_epoch_is_different_and_repeats_to_the_last_bit(training):
    first = bits(training, 0)
    assert first == bits(training, 0)
    assert sum(one != two for one, two in zip(first, bits(training, 1), strict=True)) > 6
    assert list(map(len, first)) != [4 * samples for samples in training.samples]


@pytest.mark.parametrize("workers", [0, 2])
def test_whoever_reads_an_utterance_changes_it_in_the_same_way(training, workers):
    order = Order(training.samples, None, 0)
    loader = torch.utils.data.DataLoader(
        training,
        4,
        sampler=Visits(order),
        collate_fn=lambda batch: [example["waveform"].tobytes() for example in batch],
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    for epoch in range(2):
        order.epoch = epoch
        expected = bits(training, epoch)
        places = list(order)
        found = [waveform for batch in loader for waveform in batch]
        assert found == [expected[place] for place in places]


@pytest.mark.thorough
def test_a_run_is_stopped_and_resumed_with_the_same_models(one_split, finetune, monkeypatch):
    whole = finetune(*TWO_EPOCHS, augment="mixed", name="whole")
    plain = finetune(*TWO_EPOCHS, name="plain")
    assert whole.predictions.read_bytes() != plain.predictions.read_bytes()

    step = Watch.on_step_end

    def stop(watch, args, state, control, **others):
        step(watch, args, state, control, **others)
        if state.global_step == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_step_end", stop)
        with pytest.raises(Interrupted):
            finetune(*TWO_EPOCHS, augment="mixed", name="resumed")
    resumed = finetune(*TWO_EPOCHS, augment="mixed", name="resumed")
    assert resumed.predictions.read_bytes() == whole.predictions.read_bytes()
    config = earlier_config(whole)
    assert config.augmentation == find_augmentation("augment", "mixed")
    before = whole.predictions.stat().st_mtime_ns
    finetune(*TWO_EPOCHS, augment="mixed", name="whole")  # is finished, and stays as it is
    assert whole.predictions.stat().st_mtime_ns == before


def test_validation_and_test_are_never_changed(one_split, finetune, monkeypatch):
    """The augmentation is poison to any utterance but those that train."""
    learned = {u.utterance for u in load_manifest(one_split).utterances if u.split == "train"}
    seen = set()
    change = Augmenter.change

    def poisoned(augmenter, waveform, utterance, version):
        seen.add(utterance)
        if utterance not in learned:
            waveform = np.full_like(waveform, np.nan)
        return change(augmenter, waveform, utterance, version)

    monkeypatch.setattr(Augmenter, "change", poisoned)
    run = finetune(augment="mixed")
    assert seen == learned
    assert run.folder.name == "manifest-tiny-full-augmented"
    assert "nan" not in run.predictions.read_text()


@pytest.mark.thorough
def test_a_run_on_other_noise_is_another_run(one_split, finetune):
    Path("noises").mkdir()
    shutil.copy("audio/sad-0-0.wav", "noises/a.wav")
    Path("own.toml").write_text('[noise]\nprobability = 1\nsnr = [5, 5]\nfolder = "noises"\n')
    finetune(augment="own.toml")
    finetune(augment="own.toml")  # is finished
    soundfile.write("noises/a.wav", read_audio(Path("audio/sad-1-0.wav")), 16_000)
    with pytest.raises(FeatxError, match="have changed since"):
        finetune(augment="own.toml")
    Path("noises/a.wav").unlink()
    with pytest.raises(FeatxError, match=r"augmentation\.noise\.folder: there is no sound"):
        finetune(augment="own.toml", name="other")


def test_utterances_that_speed_would_make_too_short_are_named(one_split, finetune, workplace):
    short = read_audio(Path("audio/sad-0-0.wav"))[:420]  # the encoder needs 400
    soundfile.write("audio/sad-0-0.wav", short, 16_000)
    with pytest.raises(FeatxError, match=r"sad-0-0: 420 samples, the encoder needs 440"):
        finetune(augment="voice")


def test_settings_can_be_changed(write_corpus):
    protocol = choose_protocol(None, load_manifest(write_corpus()), 3, False)
    table = {
        "manifest": "manifest.csv",
        "model": "tiny",
        "mode": "full",
        "seeds": 1,
        "protocol": protocol.model_dump(mode="json"),
        "augmentation": find_augmentation("augment", "noise").to_table(),
    }
    config = finetune_config(table, ["augmentation.noise.snr=[0, 5]"])
    assert config.augmentation.noise.snr == (0, 5)
    assert earlier_config(config) == config
    with pytest.raises(FeatxError, match=r"augmentation\.noise\.sir: unknown key; did you mean"):
        finetune_config(table, ["augmentation.noise.sir=3"])
