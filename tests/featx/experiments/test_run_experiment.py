"""An experiment from nothing, stopped and repeated: the same tables, and nothing twice."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from featx.errors import FeatxError, Interrupted
from featx.experiments.run import run_experiment
from featx.fit import train_head

RUNS = ["plain", "layers", "memory", "both", "tuned", "three"]
PROGRAM = (
    "import sys, pathlib; from featx.experiments.run import run_experiment; "
    "run_experiment(pathlib.Path(sys.argv[1]))"
)


@pytest.fixture
def reported(monkeypatch):
    """The runs of every report, in place of which a list is written."""
    calls = []

    def write(runs, out):
        calls.append([run.name for run in runs])
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("\n".join(map(str, runs)))
        return [out]

    page = SimpleNamespace(write_report=write)
    monkeypatch.setitem(sys.modules, "featx.reporting.page", page)
    return calls


def tables() -> dict[str, bytes]:
    """Return what runs predicted and scored, by file."""
    files = [*Path("runs").glob("*/predictions.csv"), *Path("runs").glob("*/metrics.json")]
    return {str(file): file.read_bytes() for file in files}


def forbid_work(monkeypatch):
    for place in ("featx.extract._encode", "featx.fit.train_head", "featx.finetuning.run.tune"):
        monkeypatch.setattr(place, lambda *_: pytest.fail("done again"))
    monkeypatch.setattr("featx.voting.run.count", lambda *_: pytest.fail("voted again"))


def quiet(_: str) -> None:
    pass


def test_from_nothing_then_nothing_twice(write_experiment, reported, monkeypatch):
    path, said = write_experiment(), []
    assert run_experiment(path, said.append) == Path("reports/small.html")
    assert reported == [[f"small-{name}" for name in RUNS]]
    assert "System 6 of 6: small-three" in said
    assert sorted(Path("features/manifest").iterdir()) == [
        Path("features/manifest/egemaps"), Path("features/manifest/tiny"),
    ]  # fmt: skip
    before = tables()
    stamps = {file: file.stat().st_mtime_ns for file in Path("runs").rglob("*")}
    forbid_work(monkeypatch)
    said.clear()
    run_experiment(path, said.append)
    assert tables() == before
    assert {file: file.stat().st_mtime_ns for file in Path("runs").rglob("*")} == stamps
    assert sum("done before" in line and "UAR" in line for line in said) == len(RUNS)
    assert reported[0] == reported[1]


def interrupt_after(monkeypatch, place, count, real):
    """Interrupt when a function is called for the so-manyeth time."""
    calls = []

    def work(*arguments):
        calls.append(place)
        if len(calls) > count:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(place, work)
    return calls


def test_interrupted_and_repeated(write_experiment, reported, monkeypatch, texts):
    heads, _, vote = texts
    path = write_experiment(heads + vote)
    run_experiment(path, quiet)
    whole = tables()
    Path("runs").rename("whole")
    with monkeypatch.context() as patch:
        interrupt_after(patch, "featx.fit.train_head", 3, train_head)
        with pytest.raises(Interrupted, match="The same command goes on from there") as stop:
            run_experiment(path, quiet)
    assert stop.value.exit_code == 130
    assert not Path("runs/small-layers/metrics.json").exists()
    assert len(reported) == 1
    with monkeypatch.context() as patch:
        trained = interrupt_after(patch, "featx.fit.train_head", 39, train_head)
        run_experiment(path, quiet)
    assert len(trained) == 4 * 2 - 3
    assert tables() == whole


def test_ctrl_c_between_systems(write_experiment, reported, monkeypatch):
    path = write_experiment()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("featx.experiments.run.bring_manifest", interrupt)
    with pytest.raises(Interrupted, match="goes on from there"):
        run_experiment(path, quiet)
    monkeypatch.setattr("featx.experiments.validate.peek_manifest", interrupt)
    with pytest.raises(Interrupted, match="nothing was done"):
        run_experiment(path, quiet)


def test_killed_and_repeated(write_experiment, reported, texts):
    path = write_experiment("".join(texts))
    command = [sys.executable, "-c", PROGRAM, path]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not list(Path("runs").glob("small-layers/members/*")) and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    assert not Path("runs/small-layers/metrics.json").exists()
    kept = Path("runs/small-plain/metrics.json").stat().st_mtime_ns
    run_experiment(path, quiet)
    assert Path("runs/small-plain/metrics.json").stat().st_mtime_ns == kept
    killed = tables()
    Path("runs").rename("killed")
    run_experiment(path, quiet)
    assert tables() == killed
    assert len(killed) == 2 * len(RUNS)


def test_a_failure_leaves_those_that_do_not_need_it(write_experiment, reported, monkeypatch, texts):
    from featx.run import run_fit

    heads, _, vote = texts
    path = write_experiment(heads + vote)

    def fail(config, folder, *others):
        if folder.name == "small-layers":
            raise FeatxError("no luck\nand more")
        return run_fit(config, folder, *others)

    with monkeypatch.context() as patch:
        patch.setattr("featx.experiments.run.run_fit", fail)
        with pytest.raises(FeatxError, match=r"(?s)2 part.*small-layers: no luck") as error:
            run_experiment(path, quiet)
    assert "small-three: needs layers" in str(error.value)
    assert error.value.exit_code == 1
    assert reported == [["small-plain", "small-memory", "small-both"]]
    run_experiment(path, quiet)
    assert len(reported[1]) == 5


def test_features_that_fail_stop_the_heads_on_them(write_experiment, reported, monkeypatch, texts):
    from featx.extract import extract

    def fail(plan, extractor, folder, say):
        if folder.name == "tiny":
            raise FeatxError("no memory")
        return extract(plan, extractor, folder, say)

    monkeypatch.setattr("featx.experiments.run.extract", fail)
    with pytest.raises(FeatxError, match=r"small-memory: needs tiny") as error:
        run_experiment(write_experiment(texts[0]), quiet)
    assert "features/manifest/tiny: no memory" in str(error.value)
    assert reported == [["small-plain"]]


def test_changed_settings_are_refused_or_replaced(write_experiment, reported, change, texts):
    heads, _, vote = texts
    path = write_experiment(heads + vote)
    run_experiment(path, quiet)
    before = tables()
    change("seeds = 2", "seeds = 1")
    with pytest.raises(FeatxError, match="small-plain holds a run of another config"):
        run_experiment(path, quiet)
    assert tables() == before
    run_experiment(path, quiet, overwrite=True)  # the vote's systems have changed as well
    after = tables()
    assert all(after[file] != content for file, content in before.items())
    run_experiment(path, quiet)
    assert tables() == after


def test_every_system_runs_on_every_corpus_under_each_protocol(
    write_experiment, reported, change, texts, sort_audio
):
    path = write_experiment(texts[0].partition("[features.tiny]")[0] + """
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

[votes.again]
systems = ["pair", "plain"]
""")  # fmt: skip
    sort_audio()
    Path("folds.toml").write_text('title = "folds"\ndivision = {kind = "speaker-folds", count = 3}')
    change('protocols = ["fixed.toml"]\n\n\n', 'protocols = ["fixed.toml", "folds.toml"]\n')
    run_experiment(path, quiet)
    assert reported == [[
        "small-plain-tones-fixed", "small-plain-tones-folds", "small-plain-again",
        "small-one-tones-fixed", "small-pair-tones-fixed", "small-again-tones-fixed",
    ]]  # fmt: skip
    assert Path("again.csv").exists()
