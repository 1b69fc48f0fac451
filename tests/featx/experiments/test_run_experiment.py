"""An experiment from nothing, stopped and repeated: the same tables, and nothing twice."""

import re
import shutil
import signal
import time
from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError, Interrupted
from featx.experiments.checking.validate import validate
from featx.experiments.running.steps import extract_store

RUNS = ["plain", "layers", "memory", "both", "tuned", "three"]
TIME = re.compile(r"\d+(\.\d+)? s\b")


def tables(root: Path = Path()) -> dict[str, bytes]:
    """Return what runs predicted and scored, by file."""
    files = (root / "runs").glob("small-*/*")
    return {
        str(file.relative_to(root)): file.read_bytes()
        for file in files
        if file.name in ("predictions.csv", "metrics.json")
    }


def stamps(*folders: str) -> dict[Path, int]:
    """Return when each file in folders was written."""
    files = [file for folder in folders for file in Path(folder).rglob("*") if file.is_file()]
    return {file: file.stat().st_mtime_ns for file in files if file.name != ".used"}


def reported() -> list[str]:
    """Return the runs in the report, in the order of the experiment."""
    text = Path("reports/small.md").read_text()
    return [name for name in RUNS if f"small-{name}" in text]


def forget(*systems: str) -> None:
    for name in systems:
        shutil.rmtree(f"runs/small-{name}")


def test_from_nothing(finished):
    assert {path.name for path in Path("runs").iterdir()} == {f"small-{name}" for name in RUNS}
    assert {path.name for path in Path("features/manifest").iterdir()} == {"egemaps", "tiny"}
    assert len(tables()) == 2 * len(RUNS)
    assert reported() == RUNS


def test_nothing_is_done_twice(finished, said):
    before, report = stamps("runs", "features"), Path("reports/small.md").read_bytes()
    assert featx.run(finished) == Path("reports/small.html")
    lines = said()
    assert "System 6 of 6: small-three" in lines
    assert sum("done before" in line and "UAR" in line for line in lines) == len(RUNS)
    assert stamps("runs", "features") == before
    assert Path("reports/small.md").read_bytes() == report


def test_interrupted_and_repeated(finished, stop_at):
    whole = tables()
    forget("layers", "memory", "three")
    stopped = Interrupted("Interrupted with 1 of 2 heads trained.")
    with stop_at("small-memory", stopped), pytest.raises(Interrupted) as error:
        featx.run(finished)
    assert error.value.exit_code == 130
    assert not Path("runs/small-memory").exists()
    before = stamps("runs/small-layers")
    featx.run(finished)
    assert tables() == whole
    assert stamps("runs/small-layers") == before


def test_ctrl_c_between_systems(write_experiment, monkeypatch):
    path = write_experiment()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("featx.experiments.running.course.bring_manifest", interrupt)
    with pytest.raises(Interrupted, match="to go on from there"):
        featx.run(path)
    monkeypatch.setattr("featx.experiments.checking.validate.peek_manifest", interrupt)
    with pytest.raises(Interrupted, match="nothing was done"):
        featx.run(path)


@pytest.mark.thorough
def test_killed_and_repeated(finished, fork_featx):
    for name in ("runs", "features", "reports"):
        Path("whole").mkdir(exist_ok=True)
        Path(name).rename(f"whole/{name}")
    process = fork_featx("run", finished)
    end = time.monotonic() + 300
    while not list(Path("runs").glob("small-layers/members/*")) and process.returncode is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait()[0] == -signal.SIGKILL
    assert not Path("runs/small-layers/metrics.json").exists()
    before = stamps("runs/small-plain", "features")
    featx.run(finished)
    assert before.items() <= stamps("runs/small-plain", "features").items()
    assert tables() == tables(Path("whole"))
    reports = [(root / "reports/small.md").read_text() for root in (Path(), Path("whole"))]
    assert len({TIME.sub("", text) for text in reports}) == 1  # but for what training took


def test_a_failure_leaves_those_that_do_not_need_it(finished, stop_at):
    whole = tables()
    forget("layers", "both", "three")
    message = r"(?s)2 parts failed.*small-layers: no luck"
    with (
        stop_at("small-layers", FeatxError("no luck\nand more")),
        pytest.raises(FeatxError, match=message) as error,
    ):
        featx.run(finished)
    assert "small-three: needs layers" in str(error.value)
    assert error.value.exit_code == 1
    assert reported() == ["plain", "memory", "both", "tuned"]
    featx.run(finished)
    assert tables() == whole
    assert reported() == RUNS


def test_features_that_fail_stop_the_heads_on_them(finished, monkeypatch):
    shutil.rmtree("features/manifest/tiny")
    forget("layers", "memory", "both", "three")

    def fail(store, *others):
        if store.name == "tiny":
            raise FeatxError("no memory")
        return extract_store(store, *others)

    monkeypatch.setattr("featx.experiments.running.course.extract_store", fail)
    with pytest.raises(FeatxError, match=r"small-memory: needs tiny") as error:
        featx.run(finished)
    assert "features/manifest/tiny: no memory" in str(error.value)
    assert reported() == ["plain", "tuned"]


def test_changed_settings_are_refused_or_replaced(finished, change, said):
    before, others = tables(), stamps("runs/small-plain", "runs/small-memory", "runs/small-tuned")
    layers = '[heads.layers]\nhead = "dense"\nfeatures = ["tiny"]\nsettings = ["training.epochs='
    change(f"{layers}2", f"{layers}1")
    with pytest.raises(FeatxError, match="small-layers holds a run of another config"):
        featx.run(finished)
    assert tables() == before
    said()
    featx.run(finished, overwrite=True)  # the vote's systems have changed as well
    assert sum("UAR" in line and "done before" in line for line in said()) == len(RUNS) - 2
    after = tables()
    changed = {Path(file).parent.name for file in after if after[file] != before[file]}
    assert changed == {"small-layers", "small-three"}
    assert stamps("runs/small-plain", "runs/small-memory", "runs/small-tuned") == others
    featx.run(finished)
    assert tables() == after


def test_a_damaged_run_is_refused_or_replaced(finished):
    before = tables()
    Path("runs/small-three/config.toml").write_bytes(b"systems = [\xff")
    (found,) = validate(finished).findings
    assert str(found).startswith("error: votes.three: runs/small-three holds a run of another")
    with pytest.raises(FeatxError, match="Nothing was run"):
        featx.run(finished)
    featx.run(finished, overwrite=True)
    assert tables() == before


def test_every_system_runs_on_every_corpus_under_each_protocol(
    write_experiment, change, beginning, sort_audio
):
    path = write_experiment(beginning + """
[corpora.again]
corpus = "folder"
root = "sorted"
options = {{ speaker = '-(s\\d)-' }}

[heads.plain]
head = "linear"
features = ["egemaps-functionals"]

[heads.one]
head = "svm"
features = ["egemaps-functionals"]
corpora = ["tones"]
protocols = ["fixed.toml"]

[votes.pair]
systems = ["plain", "one"]
rule = "weighted"

[votes.best]
systems = ["plain", "one"]
search = [2]
select_on = "test"
best_by = "wa"
at_least = 1

[votes.again]
systems = ["pair", "plain"]
""")  # fmt: skip
    sort_audio()
    Path("folds.toml").write_text('title = "folds"\ndivision = {kind = "speaker-folds", count = 3}')
    change('protocols = ["fixed.toml"]\n\n\n', 'protocols = ["fixed.toml", "folds.toml"]\n')
    featx.run(path)
    assert {path.name for path in Path("runs").iterdir()} == {
        "small-plain-tones-fixed", "small-plain-tones-folds", "small-plain-again",
        "small-one-tones-fixed", "small-pair-tones-fixed", "small-again-tones-fixed",
        "small-best-tones-fixed",
    }  # fmt: skip
    best = featx.Run("runs/small-best-tones-fixed")
    assert best.results.remarks[0].startswith("OPTIMISTIC: CHOSEN ON TEST: ")
    assert Path("again.csv").exists()
