"""Killed and begun again, or shared among processes: the same models."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import featx
from featx.errors import FeatxError, Interrupted
from featx.finetuning.results.member import Look, best_look, is_over, read_log
from featx.finetuning.saving.save import save_model
from featx.finetuning.training.trainer import Tuner
from featx.finetuning.training.watch import Watch
from featx.runs.run import Run

RUN = Path("runs/manifest-tiny-full")
LONGER = ("training.epochs=4", "training.patience=4")
MEASURED = ("step", "train_loss", "train_wa", "validation_loss", "validation_score")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """In child processes as in this one: the last bits follow the number of threads."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture
def whole(kept, one_split, finetune):
    """A fine-tuning that was not stopped, made for the first test that wants it."""
    if not (kept / "whole").exists():
        finetune(*LONGER, name="whole").folder.rename("whole")
        shutil.copytree("whole", kept / "unfinished")
        (kept / "unfinished").rename(kept / "whole")
    return Run(kept / "whole")


@pytest.fixture
def looks(read_rows):
    """Read what a run measured, without its times."""

    def read(run):
        rows = read_rows(run.folder / "history.csv")
        return [[row[name] for name in MEASURED] for row in rows]

    return read


@pytest.fixture
def agree(looks):
    """Check that two runs have the same models."""

    def check(run, other):
        assert looks(run) == looks(other)
        assert run.predictions.read_bytes() == other.predictions.read_bytes()
        scores = [
            json.loads((folder / "metrics.json").read_text())["uar"]
            for folder in (run.folder, other.folder)
        ]
        assert scores[0] == scores[1]

    return check


@pytest.fixture
def interrupted(finetune, monkeypatch):
    """Press Ctrl-C in a fine-tuning, where a function is called."""

    def run(owner, name, stop, *settings, **arguments):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, stop, raising=False)
            with pytest.raises(Interrupted):
                finetune(*settings, **arguments)

    return run


def stop_at(step):
    def on_save(self, args, state, control, **others):
        if state.global_step == step:
            raise KeyboardInterrupt

    return on_save


def wait_for(found, process, seconds=60):
    """Wait until there is something to be found, or the process ends."""
    end = time.monotonic() + seconds
    while not found() and process.returncode is None:
        assert time.monotonic() < end
        time.sleep(0.01)


CTRL_C = pytest.param(signal.SIGINT, marks=pytest.mark.slow)  # in one process it is below


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [signal.SIGKILL, CTRL_C])
def test_killed_and_begun_again_gives_the_same(kind, whole, finetune, fork_featx, command, agree):
    process = fork_featx(*command(*LONGER, name="killed"))
    states = "runs/killed/members/seed0-fold0/checkpoint-*/trainer_state.json"
    wait_for(lambda: len(list(Path().glob(states))) >= 1, process)
    process.send_signal(kind)
    code, _ = process.wait()
    assert code == (-9 if kind == signal.SIGKILL else 130)
    assert not Path("runs/killed/metrics.json").exists()
    run = finetune(*LONGER, name="killed")
    assert "goes on at step" in (run.folder / "run.log").read_text()
    agree(run, whole)


def test_a_checkpoint_cut_short_is_not_taken_up(whole, finetune, interrupted, looks):
    """A kill while a checkpoint is written: the one before it counts."""
    interrupted(Watch, "on_save", stop_at(4), *LONGER)
    RUN.rename("stopped")
    for left in (None, "", '{"epoch": 1.0, "global_'):
        shutil.rmtree(RUN, ignore_errors=True)
        shutil.copytree("stopped", RUN)
        state = RUN / "members/seed0-fold0/checkpoint-4/trainer_state.json"
        state.unlink()
        if left is not None:
            state.write_text(left)
        run = finetune(*LONGER)
        assert "goes on at step 2" in (RUN / "run.log").read_text()
        assert looks(run) == looks(whole)


def test_stopped_after_the_last_step_only_predictions_are_made(whole, finetune, interrupted, agree):
    def predict(*_):
        raise KeyboardInterrupt

    interrupted(Tuner, "predict", predict, *LONGER)
    run = finetune(*LONGER)
    assert "goes on" not in (RUN / "run.log").read_text()
    agree(run, whole)


SCRIPT = """
import contextlib, featx
from featx.cli.main import main

with contextlib.suppress(SystemExit):
    main()
run = featx.finetune(config="runs/two/config.toml", name="again", device="cpu")
print(f"done: {run.folder}", flush=True)
featx.finetune(config="runs/two/config.toml", name="taken", device="cpu")
"""


def torchrun(*words):
    command = [
        sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2",
        "--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0",
    ]  # fmt: skip
    return subprocess.run([*command, *words], capture_output=True, text=True, timeout=120)


@pytest.mark.thorough
def test_two_processes_train_and_predict_as_one_with_twice_the_batches(
    one_split, finetune, command, read_rows, looks, save_model_of, tiny
):
    """Neither repeated nor lost utterances, and the same gradients; at last they fail together."""
    still = {f"{name}_dropout": 0.0 for name in ("hidden", "attention", "activation", "feat_proj")}
    folder = save_model_of("wav2vec2", **tiny, **still, mask_time_prob=0.0)
    bound = ("training.max_steps=7", "training.best_by=parting")  # of 8 steps
    settings = (*LONGER, "training.batch_size=3", *bound)
    Path("script.py").write_text(SCRIPT)
    Path("runs/taken").mkdir(parents=True)
    Path("runs/taken/mine.txt").touch()
    done = torchrun("script.py", *command(*settings, model=folder, name="two"))
    assert done.stdout.count("done: runs/again") == 2, done.stderr
    assert done.returncode != 0
    assert "not a run folder and not empty" in done.stderr
    assert done.stdout.count("Run folder: runs/two") == 1
    alone = finetune(*settings, "training.accumulation=4", model=folder, name="one")
    two = Run(Path("runs/two"))
    assert Path("runs/again/predictions.csv").read_bytes() == two.predictions.read_bytes()
    rows, expected = read_rows(two.predictions), read_rows(alone.predictions)
    for name in ("utterance", "split", "prediction"):
        assert [row[name] for row in rows] == [row[name] for row in expected]
    assert len({row["utterance"] for row in rows}) == len(rows) == 12
    for seen, wanted in zip(looks(two), looks(alone), strict=True):
        assert list(map(float, seen)) == pytest.approx(list(map(float, wanted)), rel=1e-4)
    with pytest.raises(FeatxError, match="processes: 2 there, now 1"):
        finetune(*settings, model=folder, name="two")
    with pytest.raises(FeatxError, match="let torchrun start 2"):
        featx.finetune(config="runs/two/config.toml", device="cpu")


@pytest.mark.thorough
def test_seeds_that_are_done_are_kept(one_split, finetune, interrupted, looks):
    whole = finetune(seeds=2, save="all", name="whole")
    saved = []

    def save(**arguments):
        if saved:
            raise KeyboardInterrupt
        saved.append(arguments["folder"].name)
        save_model(**arguments)

    interrupted(featx.finetuning.make_run, "save_model", save, seeds=2, save="all")
    assert saved == ["seed0-fold0"]
    member = RUN / "members/seed0-fold0.safetensors"
    trained = member.stat().st_mtime_ns
    interrupted(featx.finetuning.make_run, "save_model", save, seeds=2, save="all")
    assert member.stat().st_mtime_ns == trained
    run = finetune(seeds=2, save="all")
    assert looks(run) == looks(whole)
    assert {path.name for path in (RUN / "models").iterdir()} == {"seed0-fold0", "seed1-fold0"}


def test_what_another_attempt_left_is_not_taken_up(one_split, finetune, interrupted):
    """A stopped `overwrite` with other settings leaves models, which are not this run's."""
    finetune()
    interrupted(Watch, "on_save", stop_at(2), "training.batch_size=3", overwrite=True)
    Path("runs/.manifest-tiny-full.new/models/seed7-fold0").mkdir(parents=True)
    finetune("training.batch_size=2", save="all", overwrite=True)
    assert {path.name for path in (RUN / "models").iterdir()} == {"seed0-fold0"}
    assert "goes on" not in (RUN / "run.log").read_text()


def look(step, **values):
    fields = dict.fromkeys(Look.__dataclass_fields__, 0.0)
    return Look(**{**fields, "step": step, **values})


def test_the_best_look_is_the_first_of_equals_and_patience_counts_from_it():
    seen = [look(n, validation_score=uar) for n, uar in enumerate((0.2, 0.5, 0.4, 0.5, 0.1))]
    assert best_look(seen, "score") == 1
    assert is_over(seen, "score", 3)
    assert not is_over(seen, "score", 4)
    assert best_look([look(0, validation_loss=2), look(1, validation_loss=1)], "loss") == 1


def test_a_log_is_read_into_looks():
    train = {"loss": 1.5, "wa": 0.25, "learning_rate": 1e-4, "epoch": 0.5, "seconds": 8.0}
    seen = {"eval_loss": 2.0, "eval_score": 0.3, "eval_wa": 0.4, "epoch": 0.5, "seconds": 10.0}
    log = [{**train, "step": 2}, {**seen, "step": 2}, {**train, "step": 4, "seconds": 15.0},
           {**seen, "step": 4, "seconds": 17.0}, {"train_runtime": 3.0, "step": 4}]  # fmt: skip
    first, second = read_log(log)
    assert (first.train_seconds, first.seconds) == (8.0, 10.0)
    assert (second.train_seconds, second.seconds) == (5.0, 17.0)
    assert second.validation_score == 0.3
