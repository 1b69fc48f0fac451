"""`featx extract`: what it says, its exit codes, and the errors of the library as options."""

from pathlib import Path

import pytest


def test_it_says_what_it_does_and_what_comes_next(write_corpus, run_featx, checkpoint_folder):
    write_corpus(speakers=1)
    options = ("--precision", "float32", "--layers", "0,2")
    outcome = run_featx("extract", "--model", checkpoint_folder, *options)
    assert outcome.code == 0
    assert "87 frames × 2 layers × 16 features in float16" in outcome.out
    assert "6 utterances extracted, 0 there before" in outcome.out
    assert f"--model {checkpoint_folder}" in outcome.out.splitlines()[-1]


def test_a_dry_run_says_where_the_store_would_be(write_corpus, run_featx):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", "xlsr53", "--dry-run")
    assert outcome.code == 0
    assert str(Path("features/manifest/xlsr53")) in outcome.out.splitlines()[-1]
    assert not Path("features").exists()


def test_failures_are_listed_with_options_and_end_with_code_1(
    write_corpus, run_featx, checkpoint_folder
):
    write_corpus(speakers=1)
    options = ("--max-seconds", "0.31", "--precision", "float32")
    outcome = run_featx("extract", "--model", checkpoint_folder, *options)
    assert outcome.code == 1
    assert "3 utterances extracted" in outcome.out
    assert "--max-seconds 0.31" in outcome.out
    assert "--too-long trim" in outcome.out
    assert "`" not in outcome.out


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        (("--device", "cuda:77"), "--device cuda:77"),
        (("--batch-seconds", "inf"), "--batch-seconds inf"),
        (("--layers", "7"), "--layers 7"),
        (("--window", "short"), "--window short is for Whisper models"),
    ],
)
def test_errors_name_the_options(write_corpus, run_featx, checkpoint_folder, option, shown):
    write_corpus(speakers=1)
    outcome = run_featx("extract", "--model", checkpoint_folder, *option)
    assert outcome.code == 1
    assert shown in outcome.err


def test_short_windows_are_said(write_corpus, run_featx):
    write_corpus(speakers=1)
    options = ("--model", "whisper-tiny.en", "--dry-run")
    assert "Short windows" in run_featx("extract", *options, "--window", "short").out
    assert "Short windows" not in run_featx("extract", *options, "--window", "30").out
    assert run_featx("extract", *options, "--window", "20").code == 2


def test_a_choice_that_is_none_is_refused(write_corpus, run_featx):
    write_corpus(speakers=1)
    assert run_featx("extract", "--model", "egemaps", "--dtype", "int4").code == 2
