"""`featx tune`: its options reach the library, and its errors speak of options."""

from pathlib import Path

RUN = Path("runs/tune-manifest-tiny-linear")
QUICK = ("--head", "linear", "--folds", "3", "--trials", "2")


def test_it_prints_scores_what_was_chosen_and_how_to_go_on(extracted, run_featx):
    outcome = run_featx("tune", *QUICK, "--inner-folds", "4", "--seed", "3")
    assert outcome.code == 0, outcome.err
    assert "tuned linear head on tiny" in outcome.out
    assert "head.strengths" in outcome.out
    assert outcome.out.endswith(f"Run folder: {RUN}\n")
    again = run_featx("tune", "--config", RUN, "--name", "again")
    assert again.out.replace("again", RUN.name) == outcome.out
    line = next(row for row in outcome.out.splitlines() if "featx fit" in row)
    assert run_featx(*line.partition("featx ")[2].split()).code == 0
    predicted = run_featx("predict", RUN, "audio")
    assert "featx fit --config" in predicted.err


def test_errors_speak_of_options(extracted, run_featx):
    assert "--space dens: no such space" in run_featx("tune", *QUICK, "--space", "dens").err
    few = run_featx("tune", *QUICK, "--inner-folds", "5")
    assert "--inner-folds 5" in few.err
    beside = run_featx("tune", "--config", "x", "--trials", "3")
    assert "--trials can't be given with --config" in beside.err
