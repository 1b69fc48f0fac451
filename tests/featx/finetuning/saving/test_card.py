"""A saved model's card says what the run found, and its code runs as written."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from classifiers.pooled import PooledSettings
from featx.data.manifest import load_manifest
from featx.features.encoders.preprocessing import load_extractor
from featx.finetuning.config import earlier_config, finetune_config
from featx.finetuning.identity import Identity
from featx.finetuning.model import build_model
from featx.finetuning.results.member import Look, TunedMember
from featx.finetuning.saving.card import write_card
from featx.finetuning.saving.card_facts import CardFacts
from featx.finetuning.saving.load import load_tuned
from featx.finetuning.saving.save import save_model
from featx.protocols.apply import apply_protocol
from featx.protocols.protocol import default_protocol
from featx.protocols.task import set_task
from featx.runs.outputs import Outputs
from featx.scoring.classes.predictions import score_outcomes

LOOK = Look(7, 1.0, 1e-4, 0.5, 0.9, 0.6, 0.7, 0.8, 1.0, 2.0)


@pytest.fixture
def tell(write_corpus):
    """Make what a card tells of, without fine-tuning anything."""
    path = write_corpus(speakers=6)

    def make(seeds=2, speaker_dependent=False, hub_id="", family="wav2vec2", **changes):
        manifest = load_manifest(path)
        protocol = default_protocol(manifest, 3, speaker_dependent)
        data = {"manifest": str(path), "model": "tiny", "mode": "full", "seeds": seeds}
        config = finetune_config({**data, "protocol": protocol.model_dump(mode="json"), **changes})
        task = set_task(apply_protocol(manifest, protocol))
        draw = torch.Generator().manual_seed(0)
        members = []
        for seed in range(seeds):
            for fold in task.folds:
                drawn = torch.rand(len(fold.test), 3, generator=draw).softmax(1)
                members.append(TunedMember(seed, fold.number, {"test": drawn}, [LOOK], 0, 1, None))
        remarks = ["CHECKPOINT CHOSEN ON THE TEST DATA"] if config.select_on == "test" else []
        results = score_outcomes("a run", task, members, remarks)
        revision = "0123abc" if hub_id else ""
        identity = Identity(hub_id or "tiny", revision, family, "", "", "", 7_907, 7_907)
        return CardFacts(config, task, identity, results, members[-1])

    return make


@pytest.fixture
def written(tmp_path):
    """Write a card, and read it back as the Hub does."""

    def write(facts):
        write_card(facts, tmp_path)
        return ModelCard.load(tmp_path / "README.md")

    return write


def blocks(card, language):
    return re.findall(rf"```{language}\n(.*?)```", card.text, re.DOTALL)


def shown(card):
    """Return the card as a reader of the rendered page sees it, without its code."""
    page = MarkdownIt("commonmark").enable("table").render(card.text)
    return re.sub(r"<[^>]+>", "", re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL))


def test_the_scores_are_those_of_the_run(tell, written):
    facts = tell()
    card = written(facts)
    uar, wa = (facts.results.scores[name] for name in ("uar", "wa"))
    scores = {result.metric_type: result for result in card.data.eval_results}
    assert scores["recall"].metric_value == pytest.approx(uar.mean / 100, abs=5e-5)
    assert scores["accuracy"].metric_value == pytest.approx(wa.mean / 100, abs=5e-5)
    assert "2 seeds × 3 folds" in scores["accuracy"].metric_name
    own = score_outcomes("", facts.task, [facts.member], []).scores["uar"]
    assert f"| UAR | {uar} | {uar.low:.1f} to {uar.high:.1f} | {own.mean:.1f} |" in card.text
    assert "This one is seed 1, fold 2;" in card.text
    classes, averages = facts.results.per_class(), facts.results.averages()
    for label, row in (*classes.items(), *averages.items()):
        assert f"| {label} | {row['precision']:.1f} | {row['recall']:.1f} |" in card.text
    for note in facts.results.notes():
        assert note in card.text


def test_a_run_of_one_model_has_no_other_scores(tell, written, one_split):
    facts = tell(seeds=1)
    assert facts.models == 1
    card = written(facts)
    assert "The scores are those of this model." in card.text
    assert "this model alone" not in card.text
    assert card.data.eval_results[1].metric_name == "accuracy"


@pytest.mark.parametrize(
    ("model", "licence"), [("facebook/wav2vec2-base", "apache-2.0"), ("me/unheard-of", None)]
)
def test_the_header_names_the_encoder_and_a_known_licence(model, licence, tell, written):
    data = written(tell(hub_id=model, model=model)).data
    assert data.base_model == model
    assert data.license == licence
    assert {"audio-classification", "speech-emotion-recognition", "featx"} == set(data.tags)


def test_nothing_of_the_machine_is_told(tell, written, tmp_path):
    noise = {"probability": 1, "snr": [0, 10], "folder": str(tmp_path / "noises")}
    card = written(tell(model=str(tmp_path / "tiny"), augmentation={"noise": noise}))
    assert card.data.base_model is None
    assert str(tmp_path) not in card.content
    assert 'folder = "noises"' in card.content


def test_it_says_what_training_learned_from(tell, written):
    table = {"gain": {"probability": 0.5, "decibels": [-6, 6]}}
    assert "training utterances were changed anew each epoch: gain of −6 to +6 dB (50 %)." in shown(
        written(tell(augmentation=table))
    )
    assert "Augmented" not in shown(written(tell()))


@pytest.mark.parametrize(
    ("kind", "pooling", "loads"),
    [("linear", "mean", True), ("linear", "max", False), ("pooled", "mean", False)],
)
def test_only_what_plain_transformers_loads_is_tagged_so(kind, pooling, loads, tell, written):
    card = written(tell(head={"kind": kind, "pooling": pooling}))
    assert card.data.library_name == ("transformers" if loads else None)
    assert card.data.pipeline_tag == ("audio-classification" if loads else None)
    assert any("AutoModelForAudio" in code for code in blocks(card, "python")) == loads


def test_a_whisper_is_not_told_to_be_plain(tell, written):
    """transformers' Whisper for classification averages over silence too."""
    card = written(tell(family="whisper"))
    assert card.data.library_name is None
    assert '`AutoModel.from_pretrained(".", subfolder="encoder").encoder`' in card.text
    assert "averages over the silence" in card.text


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"head": {"kind": "pooled"}}, "has this head"), ({"seconds": 1.5}, "hears 1.5 s")],
)
def test_a_model_that_transformers_refuses_says_why(options, reason, tell, written):
    card = written(tell(**options))
    assert f"none of its models {reason}" in card.text
    assert "model type, `featx`" in card.text
    assert card.data.library_name is None
    (code,) = blocks(card, "python")
    assert "featx.load" in code


def test_weights_from_a_package_are_of_no_commit(tell, written):
    facts = tell(family="whisper", hub_id="openai/whisper-tiny.en")
    package = facts.entry.package.requirement
    packed = replace(facts, identity=replace(facts.identity, revision=package))
    assert f"from the package `{package}`" in written(packed).text
    assert "at commit `0123abc`" in written(facts).text


def test_speakers_are_told_in_plain_words(tell, written):
    assert "Speakers: disjoint." in shown(written(tell()))
    assert "Speakers: NOT disjoint." in shown(written(tell(speaker_dependent=True)))
    facts = tell(speaker_dependent=True)
    nobody = tuple(replace(u, speaker="") for u in facts.task.utterances)
    facts = replace(facts, task=replace(facts.task, utterances=nobody))
    assert "Speakers: NOT KNOWN to be disjoint" in shown(written(facts))


def test_a_checkpoint_chosen_on_test_is_marked_everywhere(tell, written):
    card = written(tell(select_on="test"))
    assert card.text.lstrip().split("\n\n")[1].startswith("> **WARNING")
    assert all("TEST" in result.metric_name for result in card.data.eval_results)
    assert "validated on" not in card.text
    assert "TEST" not in written(tell()).content


@pytest.mark.parametrize("seconds", [float("inf"), 0.2])
def test_the_code_runs_as_written_and_all_ways_agree(
    seconds, tell, written, checkpoint_folder, tmp_path, monkeypatch, capsys
):
    torch.manual_seed(3)
    model = build_model(checkpoint_folder, PooledSettings(kind="linear"), 3, "full").eval()
    with torch.no_grad():
        model.head.output.weight.mul_(20)  # so that the probabilities differ
    classes = ("happy", "sad", "angry")
    extractor, outputs = load_extractor(checkpoint_folder), Outputs(classes=classes)
    save_model(model, extractor, outputs, tmp_path / "saved", seconds)
    write_card(tell(seconds=seconds), tmp_path / "saved")
    monkeypatch.chdir(tmp_path / "saved")
    noise = np.random.default_rng(0).standard_normal(9_000) * 0.1
    soundfile.write("speech.wav", noise, 16_000)
    codes = blocks(ModelCard.load("README.md"), "python")
    assert len(codes) == (2 if math.isinf(seconds) else 1)  # transformers hears it all
    found = []
    for code in codes:
        space: dict[str, object] = {}
        capsys.readouterr()
        exec(compile(code, "README.md", "exec"), space)
        printed = dict(line.split(": ") for line in capsys.readouterr().out.splitlines())
        assert tuple(printed) == classes
        found.append(space)
    shares = torch.tensor(list(found[-1]["predictions"][0].probabilities.values()))
    for space in found[:-1]:
        torch.testing.assert_close(space["probabilities"], shares, rtol=1e-4, atol=1e-5)
    kept = soundfile.read("speech.wav", dtype="float32")[0][: int(min(seconds, 1) * 16_000)]
    tuned = load_tuned(tmp_path / "saved")
    values = torch.from_numpy(tuned.extractor(kept, sampling_rate=16_000).input_values[0])[None]
    expected = tuned.model(values, [values.shape[1]])["logits"].softmax(1)[0]
    torch.testing.assert_close(shares, expected)


def test_the_config_in_it_repeats_the_run(tell, written, tmp_path):
    facts = tell(hub_id="facebook/wav2vec2-base", model="wav2vec2-base", manifest="manifest.csv")
    (code,) = blocks(written(facts), "toml")
    (tmp_path / "config.toml").write_text(code)
    pinned = facts.config.model_copy(update={"revision": "0123abc"})
    assert earlier_config(tmp_path / "config.toml") == pinned


def test_a_card_for_the_hub_downloads_from_there(tell, written):
    codes = blocks(written(replace(tell(), repository="me/x")), "python")
    assert 'model_id = "me/x"' in codes[0]
    assert 'featx.load(snapshot_download("me/x"))' in codes[1]
    for code in codes:
        compile(code, "README.md", "exec")
