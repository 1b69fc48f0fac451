"""`featx vote` prints what its run holds, and refuses in words."""

import csv
from pathlib import Path

import pytest


@pytest.fixture
def files(workplace) -> list[Path]:
    """Three files of which the first recognises all, the others half each."""
    paths = []
    for name, wrong in (("a", 9), ("b", 0), ("c", 1)):
        paths.append(Path(f"{name}.csv"))
        with paths[-1].open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["utterance", "speaker", "label", "prediction", "split"])
            for number in range(8):
                label = "xy"[number // 2 % 2]
                other = "yx"[number // 2 % 2]
                said = other if number % 2 == wrong else label
                for split in ("validation", "test"):
                    writer.writerow([f"u{number}", f"s{number % 3}", label, said, split])
    return paths


def test_it_prints_scores_ties_agreement_and_search(run_featx, files):
    outcome = run_featx("vote", *files)
    assert outcome.code == 0, outcome.err
    assert "hard vote of 3: a, b, c" in outcome.out
    assert "Ties: 0 of 8 test votes" in outcome.out
    assert "Oracle: at least one member recognises 100.0 %" in outcome.out
    assert "Run folder: runs/vote-hard-a+b+c" in outcome.out
    assert run_featx("vote", *files).out == outcome.out  # not held again
    outcome = run_featx("vote", *files, "--search", "2", "--out", "elsewhere")
    assert "2, best on test: OPTIMISTIC" in outcome.out
    assert Path("elsewhere/search.csv").is_file()


def test_a_choice_on_test_says_so_and_names_who_is_left_out(run_featx, files):
    chosen = ("--search", "2", "--select-on", "test", "--at-least", "50", "--best-by", "wa")
    outcome = run_featx("vote", *files, *chosen)
    assert outcome.code == 0, outcome.err
    assert "OPTIMISTIC: CHOSEN ON TEST: the members are those of 3 combinations" in outcome.out
    assert "2, OPTIMISTIC: CHOSEN ON TEST" in outcome.out
    outcome = run_featx("vote", *files, *chosen, "--at-least", "51", "--out", "other")
    assert "--at-least 51 leaves 1 of 3 systems by their WA on the test data" in outcome.err
    assert "Left out: b (50.00 %), c (50.00 %). Take a lower --at-least" in outcome.err


def test_a_config_repeats_it(run_featx, files):
    run_featx("vote", *files, "--tie", "first", "--name", "one")
    outcome = run_featx("vote", "--config", "runs/one/config.toml", "--name", "two")
    assert outcome.code == 0, outcome.err
    assert (
        Path("runs/one/predictions.csv").read_text() == Path("runs/two/predictions.csv").read_text()
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "SYSTEMS"),
        (["a.csv"], "a is one system"),
        (["a.csv", "b.csv", "--search", "x"], "--search x: give numbers of members"),
        (["a.csv", "b.csv", "--search", "1"], "a vote takes two members or more"),
        (["a.csv", "b.csv", "--rule", "soft"], "a.csv has no p_ columns"),
        (["a.csv", "b.csv", "--out", "o", "--name", "n"], "--name can't be given with --out"),
        (["--config", "runs/x"], "--config runs/x: no such vote"),
        (["--config", "runs/x", "--rule", "soft"], "--rule can't be given with"),
        (["a.csv", "b.csv", "--select-on", "test"], "--select-on test is about the systems that"),
        (["a.csv", "b.csv", "--at-least", "90"], "without --search. Give it how many"),
        (["a.csv", "b.csv", "--best-by", "wa"], "--best-by wa is about the systems that"),
    ],
)
def test_refusals(run_featx, files, arguments, message):
    outcome = run_featx("vote", *arguments)
    assert outcome.code == 1
    assert message in outcome.err
    assert not Path("runs").exists()
