"""Killed and begun again, or shared among processes: the same models."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from featx.finetuning.member import Look, best_look, is_over, read_log

RUN = Path("runs/manifest-tiny-full")
LONGER = ("--set", "training.epochs=6", "--set", "training.patience=4")
MEASURED = ("step", "train_loss", "train_wa", "validation_loss", "validation_uar")


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch):
    """In child processes as in this one: the last bits follow the number of threads."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def looks(read_rows, folder):
    return [[row[name] for name in MEASURED] for row in read_rows(folder / "history.csv")]


def wait_for(found, process, seconds=60):
    """Wait until there is something to be found, or the process ends."""
    end = time.monotonic() + seconds
    while not found() and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.01)


CTRL_C = pytest.param(signal.SIGINT, marks=pytest.mark.slow)  # in one process it is below


@pytest.mark.parametrize("kind", [signal.SIGKILL, CTRL_C])
def test_killed_and_begun_again_gives_the_same(
    kind, one_split, finetune, start_featx, read_rows, checkpoint_folder, quick
):
    assert finetune(*LONGER, "--name", "whole").code == 0
    arguments = ("--model", checkpoint_folder, *quick, *LONGER, "--name", "killed")
    process = start_featx("finetune", *arguments)
    states = "runs/killed/members/seed0-fold0/checkpoint-*/trainer_state.json"
    wait_for(lambda: len(list(Path().glob(states))) >= 1, process)
    process.send_signal(kind)
    code = process.wait(60)
    assert code == (-9 if kind == signal.SIGKILL else 130)
    assert not Path("runs/killed/metrics.json").exists()
    outcome = finetune(*LONGER, "--name", "killed")
    assert outcome.code == 0, outcome.err
    assert "goes on at step" in Path("runs/killed/run.log").read_text()
    killed, whole = Path("runs/killed"), Path("runs/whole")
    assert looks(read_rows, killed) == looks(read_rows, whole)
    predictions = (killed / "predictions.csv").read_bytes()
    assert predictions == (whole / "predictions.csv").read_bytes()
    scores = [json.loads((one / "metrics.json").read_text())["uar"] for one in (killed, whole)]
    assert scores[0] == scores[1]


@pytest.mark.parametrize("left", [None, "", '{"epoch": 1.0, "global_'])
def test_a_checkpoint_cut_short_is_not_taken_up(left, one_split, finetune, monkeypatch, read_rows):
    """A kill while a checkpoint is written: the one before it counts."""
    assert finetune(*LONGER, "--name", "whole").code == 0
    stop_after(monkeypatch, 4)
    assert finetune(*LONGER).code == 130
    own = RUN / "members/seed0-fold0"
    (own / "checkpoint-4/trainer_state.json").unlink()
    if left is not None:
        (own / "checkpoint-4/trainer_state.json").write_text(left)
    monkeypatch.undo()
    monkeypatch.chdir(one_split.parent)
    assert finetune(*LONGER).code == 0
    assert "goes on at step 2" in (RUN / "run.log").read_text()
    assert looks(read_rows, RUN) == looks(read_rows, Path("runs/whole"))


def test_stopped_after_the_last_step_only_predictions_are_made(
    one_split, finetune, monkeypatch, read_rows
):
    assert finetune(*LONGER, "--name", "whole").code == 0

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("featx.finetuning.finetune._predict", interrupt)
    assert finetune(*LONGER).code == 130
    monkeypatch.undo()
    monkeypatch.chdir(one_split.parent)
    assert finetune(*LONGER).code == 0
    assert "goes on" not in (RUN / "run.log").read_text()
    assert looks(read_rows, RUN) == looks(read_rows, Path("runs/whole"))
    predictions = (RUN / "predictions.csv").read_bytes()
    assert predictions == Path("runs/whole/predictions.csv").read_bytes()


def stop_after(monkeypatch, step):
    from featx.finetuning.trainer import Watch

    def on_save(self, args, state, control, **others):
        if state.global_step == step:
            raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "on_save", on_save, raising=False)


def torchrun(*arguments):
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"),
        *("--rdzv-backend", "c10d", "--rdzv-endpoint", "localhost:0", "-m", "featx", "finetune"),
        *map(str, arguments),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_two_processes_train_and_predict_as_one_with_twice_the_batches(
    one_split, finetune, run_featx, read_rows, save_model_of, tiny, quick
):
    """Neither repeated nor lost utterances, and the same gradients."""
    still = {f"{name}_dropout": 0.0 for name in ("hidden", "attention", "activation", "feat_proj")}
    folder = save_model_of("wav2vec2", **tiny, **still, mask_time_prob=0.0)
    arguments = ("--model", folder, *quick, *LONGER, "--set", "training.batch_size=3")
    done = torchrun(*arguments, "--name", "two")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Run folder: runs/two") == 1
    alone = ("--set", "training.accumulation=4", "--name", "one")
    assert run_featx("finetune", *arguments, *alone).code == 0
    two, one = (read_rows(Path(f"runs/{name}/predictions.csv")) for name in ("two", "one"))
    for name in ("utterance", "split", "prediction"):
        assert [row[name] for row in two] == [row[name] for row in one]
    assert len({row["utterance"] for row in two}) == len(two) == 12
    pairs = zip(looks(read_rows, Path("runs/two")), looks(read_rows, Path("runs/one")), strict=True)
    for seen, expected in pairs:
        assert list(map(float, seen)) == pytest.approx(list(map(float, expected)), rel=1e-4)
    again = run_featx("finetune", *arguments, "--name", "two")
    assert again.code == 1
    assert "processes: 2 there, now 1" in again.err
    repeat = run_featx("finetune", "--config", "runs/two/config.toml", "--device", "cpu")
    assert repeat.code == 1
    assert "torchrun --nproc-per-node 2" in repeat.err


def test_two_processes_share_a_failure(one_split, checkpoint_folder, quick):
    RUN.mkdir(parents=True)
    (RUN / "mine.txt").touch()
    done = torchrun("--model", checkpoint_folder, *quick)
    assert done.returncode != 0
    assert "not a run folder and not empty" in done.stderr


def test_seeds_that_are_done_are_kept(one_split, finetune, monkeypatch, read_rows):
    more = ("--seeds", "3", "--save", "all")
    assert finetune(*more, "--name", "whole").code == 0
    ended = []

    def interrupt(setting, members, member, *others):
        if len(members) == 2:
            raise KeyboardInterrupt
        ended.append(member.name)
        return keep(setting, members, member, *others)

    from featx.finetuning.run import _keep as keep

    monkeypatch.setattr("featx.finetuning.run._keep", interrupt)
    assert finetune(*more).code == 130
    monkeypatch.undo()
    monkeypatch.chdir(one_split.parent)
    assert ended == ["seed0-fold0"]
    trained = (RUN / "members/seed0-fold0.safetensors").stat().st_mtime_ns
    assert finetune(*more, "--set", "seeds=3").code == 0
    assert trained
    assert looks(read_rows, RUN) == looks(read_rows, Path("runs/whole"))
    assert {path.name for path in (RUN / "models").iterdir()} == {
        f"seed{n}-fold0" for n in range(3)
    }


def test_what_another_attempt_left_is_not_taken_up(one_split, finetune, monkeypatch):
    """A stopped --overwrite with other settings leaves models, which are not this run's."""
    assert finetune().code == 0
    stop_after(monkeypatch, 2)
    assert finetune("--overwrite", "--set", "training.batch_size=3").code == 130
    left = Path("runs/.manifest-tiny-full.new/models/seed7-fold0")
    left.mkdir(parents=True)
    monkeypatch.undo()
    monkeypatch.chdir(one_split.parent)
    assert finetune("--overwrite", "--set", "training.batch_size=2", "--save", "all").code == 0
    assert {path.name for path in (RUN / "models").iterdir()} == {"seed0-fold0"}
    assert "goes on" not in (RUN / "run.log").read_text()


def look(step, **values):
    fields = dict.fromkeys(Look.__dataclass_fields__, 0.0)
    return Look(**{**fields, "step": step, **values})


def test_the_best_look_is_the_first_of_equals_and_patience_counts_from_it():
    seen = [look(n, validation_uar=uar) for n, uar in enumerate((0.2, 0.5, 0.4, 0.5, 0.1))]
    assert best_look(seen, "uar") == 1
    assert is_over(seen, "uar", 3)
    assert not is_over(seen, "uar", 4)
    assert best_look([look(0, validation_loss=2), look(1, validation_loss=1)], "loss") == 1


def test_a_log_is_read_into_looks():
    train = {"loss": 1.5, "wa": 0.25, "learning_rate": 1e-4, "epoch": 0.5, "seconds": 8.0}
    seen = {"eval_loss": 2.0, "eval_uar": 0.3, "eval_wa": 0.4, "epoch": 0.5, "seconds": 10.0}
    log = [{**train, "step": 2}, {**seen, "step": 2}, {**train, "step": 4, "seconds": 15.0},
           {**seen, "step": 4, "seconds": 17.0}, {"train_runtime": 3.0, "step": 4}]  # fmt: skip
    first, second = read_log(log)
    assert (first.train_seconds, first.seconds) == (8.0, 10.0)
    assert (second.train_seconds, second.seconds) == (5.0, 17.0)
    assert second.validation_uar == 0.3
