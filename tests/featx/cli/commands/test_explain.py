"""`featx explain`: its table and its files."""

import shutil
from pathlib import Path


def test_it_prints_a_table_and_writes_a_picture_and_a_csv(extracted, run_featx, checkpoint_folder):
    assert run_featx("fit", "--folds", "3", "--head", "linear", "--name", "made").code == 0
    shutil.copytree(checkpoint_folder, "tiny")
    outcome = run_featx("explain", "runs/made", "audio/sad-0-0.wav", "--class", "happy")
    assert outcome.code == 0, outcome.err
    assert "for happy" in outcome.out
    assert Path("explained/sad-0-0-happy.png").exists()
    assert Path("explained/sad-0-0-happy.csv").exists()
    outcome = run_featx("explain", "runs/made", "audio/sad-0-0.wav", "--class", "hapy")
    assert outcome.code == 1
    assert "--class hapy: no such class; did you mean 'happy'?" in outcome.err
