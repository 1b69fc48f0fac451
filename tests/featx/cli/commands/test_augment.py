"""`featx augment`, and the options of others that augment."""

import json
from pathlib import Path


def test_it_writes_a_page_and_says_what_was_done(write_corpus, run_featx):
    write_corpus(speakers=2)
    outcome = run_featx("augment", "--show", "sad-0-0", "--preset", "noise", "--copies", "2")
    assert outcome.code == 0
    assert "sad-0-0~2: " in outcome.out
    assert outcome.out.endswith("Written: augmentation.html\n")
    assert "<audio" in Path("augmentation.html").read_text()


def test_it_answers_in_json(write_corpus, run_featx):
    write_corpus(speakers=2)
    words = ("augment", "--show", "audio/sad-0-0.wav", "--out", "a.html", "--json", "--quiet")
    value = json.loads(run_featx(*words).out)
    assert (value["page"], value["utterance"], len(value["copies"])) == ("a.html", "sad-0-0", 4)


def test_problems_are_told_with_the_options_names(write_corpus, run_featx):
    write_corpus(speakers=2)
    outcome = run_featx("augment", "--show", "sad-0-9")
    assert outcome.code == 1
    assert "--show sad-0-9: no audio file, and no utterance of manifest.csv" in outcome.err
    outcome = run_featx("augment", "--show", "sad-0-0", "--preset", "nose")
    assert "--preset nose: no such preset; did you mean 'noise'" in outcome.err


def test_copies_are_extracted_and_learned_from(extracted, checkpoint_folder, run_featx):
    folder = str(checkpoint_folder)
    outcome = run_featx("extract", "--model", folder, "--augment", "noise", "--copies", "1")
    assert outcome.code == 0, outcome.err
    assert "36 utterances extracted" in outcome.out
    quick = ("--folds", "3", "--set", "training.epochs=1")
    outcome = run_featx("fit", "--augmented", "noise", *quick)
    assert outcome.code == 0, outcome.err
    assert "Run folder: runs/manifest-tiny-dense-augmented" in outcome.out
    masked = ("--set", "training.masks.times=2", "--name", "masked")
    assert run_featx("fit", *quick, *masked).code == 0
    outcome = run_featx("fit", *quick, "--set", "training.masks.bands=2", "--name", "other")
    assert "training.masks.bands: unknown key" in outcome.err
    outcome = run_featx("fit", "--augmented", "voice", *quick)
    assert "no copies in features/manifest~voice/tiny" in outcome.err
    assert "--augment voice" in outcome.err
