"""What makes a run is refused, before it works, while another process makes the same run."""

import threading
from pathlib import Path

import pytest

import featx
from cache import writing
from featx.runs.making import making


@pytest.fixture
def held(extracted, in_a_thread):
    """Hold, in another thread, what a run "a" of any kind and the experiment "a" need."""
    with (
        in_a_thread(making(Path("runs/a"), "working")),
        in_a_thread(making(Path("probes/a"), "working")),
        in_a_thread(writing(Path("reports/a.html"), "working", within=False)),
    ):
        yield


def files() -> set[Path]:
    return set(Path().rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "choice"),
    [
        (("fit", "--head", "linear", "--model", "tiny", "--name", "a"), "--name"),
        (("fit", "--head", "linear", "--model", "tiny", "--name", "a", "--overwrite"), "--name"),
        (("probe", "--model", "tiny", "--name", "a"), "--name"),
        (("finetune", "--model", "CHECKPOINT", "--name", "a"), "--name"),
        (("vote", "b.csv", "c.csv", "--name", "a"), "--name"),
        (("run", "a.toml"), "name of the experiment"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_started_twice_into_a_folder(arguments, choice, held, run_featx, checkpoint_folder):
    for name in "bc":
        Path(f"{name}.csv").write_text("utterance,label,predicted\nx,sad,sad\ny,happy,sad\n")
    Path("a.toml").write_text(
        '[corpora.few]\npath = "manifest.csv"\n[heads.b]\nhead = "linear"\nfeatures = ["tiny"]\n'
    )
    before = files()
    outcome = run_featx(*(checkpoint_folder if a == "CHECKPOINT" else a for a in arguments))
    assert outcome.code == 1
    assert "/a" in outcome.err
    assert "is being written to: working since" in outcome.err
    assert f"choose another {choice}" in outcome.err
    assert files() == before


def test_a_finished_run_is_given_while_it_is_replaced(extracted):
    fit = {"head": "linear", "model": "tiny", "name": "a"}
    first = featx.fit(**fit)
    with making(Path("runs/a"), "replacing", changes=True):
        second = []
        thread = threading.Thread(target=lambda: second.append(featx.fit(**fit)))
        thread.start()
        thread.join()
    assert second[0].results.scores == first.results.scores
