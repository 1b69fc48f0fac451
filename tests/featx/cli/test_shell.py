"""What programs and shells rely on: JSON, quiet, exit codes, completion, versions."""

import json
import os
import platform
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import featx
from featx.features.acoustic.settings import read_acoustic
from featx.features.encoders.checkpoints.registry import read_registry
from featx.protocols.protocol import protocol_names

ROOT = Path(__file__).parents[3]


def test_the_version_comes_with_those_it_computes_with(run_featx):
    outcome = run_featx("--version")
    assert outcome.code == 0
    lines = dict(line.split(" ", 1) for line in outcome.out.splitlines())
    assert lines["featx"] == featx.__version__
    assert lines["torch"] == version("torch")
    assert lines["transformers"] == version("transformers")
    assert lines["Python"] == platform.python_version()
    assert lines["device"].startswith(("cpu", "cuda"))


def test_models_as_json(run_featx):
    found = json.loads(run_featx("models", "--json").out)
    assert list(found["encoders"]) == list(read_registry())
    assert found["encoders"]["wav2vec2-base"]["dim"] == 768
    assert list(found["acoustic"]) == list(read_acoustic())
    assert found["acoustic"]["egemaps"]["dim"] == 25


def test_protocols_as_json(run_featx, workplace):
    assert list(json.loads(run_featx("protocols", "--json").out)) == protocol_names()
    (name, *_) = protocol_names()
    found = json.loads(run_featx("protocols", name, "--json").out)
    assert found == json.loads(run_featx("protocols", "--json").out)[name]


def test_from_a_corpus_to_a_run_as_json(run_featx, write_corpus):
    """Every command prints one object and nothing beside it, and messages go elsewhere."""
    write_corpus(speakers=3, takes=1)
    for path in Path("audio").iterdir():
        label, speaker, _ = path.stem.split("-")
        folder = Path("corpus", label, speaker)
        folder.mkdir(parents=True)
        path.rename(folder / path.name)
    listed = run_featx(
        "manifest", "folder", "corpus", "--speaker", r"(\d)/", "--out", "m.csv", "--json"
    )
    found = json.loads(listed.out)
    assert (found["utterances"], found["speakers"]) == (9, 3)
    assert found["labels"] == {"angry": 3, "happy": 3, "sad": 3}
    assert "Next: featx extract" in listed.err
    extract = ("extract", "--model", "egemaps-functionals", "--manifest", "m.csv", "--json")
    planned = json.loads(run_featx(*extract, "--dry-run").out)
    assert planned["dry_run"]
    assert planned["dim"] == 88
    done = json.loads(run_featx(*extract).out)
    assert (done["extracted"], done["kept"], done["failures"]) == (9, 0, {})
    fit = run_featx("fit", "--head", "linear", "--manifest", "m.csv", "--json")
    run = json.loads(fit.out)
    assert Path(run["folder"], "metrics.json").is_file()
    assert run["uar"] == featx.Run(run["folder"]).to_json()["uar"]
    again = run_featx("fit", "--config", Path(run["folder"], "config.toml"), "--json", "--quiet")
    assert json.loads(again.out) == run
    vote = json.loads(run_featx("vote", run["folder"], run["folder"], "--json").out or "{}")
    assert vote == {}  # the same run twice is refused: on standard error


def test_an_experiment_checked_as_json(run_featx, experiment):
    outcome = run_featx("validate", experiment, "--json")
    found = json.loads(outcome.out)
    assert (outcome.code, found["errors"]) == (0, [])
    assert found["runs"] == [{"run": "runs/one-plain", "state": "new", "models": 3}]
    experiment.write_text(experiment.read_text().replace("linear", "linaer"))
    outcome = run_featx("validate", experiment, "--json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["errors"][0]["where"] == "heads.plain"


def test_quiet_leaves_results(run_featx):
    usual = run_featx("models")
    assert "--fetch MODEL downloads weights" in usual.out
    for words in (("models", "--quiet"), ("--quiet", "models")):
        quiet = run_featx(*words)
        assert quiet.err == ""
        assert "wav2vec2-base" in quiet.out
        assert "--fetch" not in quiet.out


def test_quiet_leaves_warnings_and_errors(run_featx, monkeypatch):
    def report(*_, **__):
        featx_log = __import__("logging").getLogger("featx")
        featx_log.info("a message")
        featx_log.warning("a warning about `out`")
        raise featx.FeatxError("a problem")

    monkeypatch.setattr(featx, "report", report)
    outcome = run_featx("report", "run", "--quiet")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == "a warning about --out\nerror: a problem\n"


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_being_stopped_is_an_exit_code_of_its_own(run_featx, monkeypatch, name, code):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    monkeypatch.setattr(featx, "report", lambda *_, **__: signal.raise_signal(number))
    if name == "SIGINT":  # ignored where tests run in the background
        signal.signal(number, signal.default_int_handler)
    try:
        outcome = run_featx("report", "run")
    finally:
        signal.signal(signal.SIGINT, before if name == "SIGINT" else signal.SIG_DFL)
    assert (outcome.code, outcome.err) == (code, "error: Interrupted.\n")
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_worker_ends_at_once():
    code = (
        "import os, signal, time\n"
        "from featx.cli.termination import Termination\n"
        "with Termination() as end:\n"
        "    told, tell = os.pipe()\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os.write(tell, b'.')\n"
        "        time.sleep(60)\n"
        "        os._exit(0)\n"
        "    os.read(told, 1)\n"
        "    os.kill(child, signal.SIGTERM)\n"
        "    _, status = os.waitpid(child, 0)\n"
        "assert os.waitstatus_to_exitcode(status) == 143 and not end.asked\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_wrong_usage_is_2_in_plain_words(run_featx):
    outcome = run_featx("extract", "--model", "x", "--window", "10")
    assert outcome.code == 2
    assert "'10' is not one of '30', 'short'" in outcome.err
    assert "Value error" not in outcome.err
    assert run_featx("extrakt").code == 2


def test_a_wrong_model_is_named_by_the_option_that_took_it(run_featx, workplace):
    outcome = run_featx("models", "--fetch", "bad")
    assert outcome.code == 1
    assert outcome.err.startswith("error: --fetch bad: no short name")


def test_letters_that_the_terminal_lacks_stop_nothing(workplace):
    """As on Windows, where a pipe may take few letters."""
    code = (
        "from featx.cli.terminal import said_on_the_terminal\n"
        "with said_on_the_terminal(str): print('70 ± 2')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "70 ? 2\n", "")


def complete(words: str) -> list[str]:
    """Return what bash is offered at the end of some words, without anything heavy loaded."""
    code = (
        "import sys\n"
        "from featx.cli.main import main\n"
        "sys.argv = ['featx']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'numpy', 'rich'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    count = len(words.split(" ")) - 1
    env = {
        **os.environ,
        "_FEATX_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(count),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True
    )
    assert not done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("featx pro", ["protocols", "probe"]),
        ("featx extract --dry", ["--dry-run"]),
        ("featx extract --window ", ["30", "short"]),
        ("featx extract --model egemaps-", ["egemaps-functionals"]),
        ("featx models --fetch whisper-tiny.", ["whisper-tiny.en"]),
        ("featx fit --head lin", ["linear"]),
        ("featx fit --protocol iemocap-sup", ["iemocap-superb"]),
        ("featx reproduce pep", ["pepino2021"]),
    ],
)
def test_the_shell_is_offered_commands_options_and_names(words, offered):
    assert complete(words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(run_featx, monkeypatch, shell):
    monkeypatch.setattr("typer.completion._get_shell_name", lambda: shell)
    outcome = run_featx("--show-completion")
    assert outcome.code == 0
    assert f"=complete_{shell}" in outcome.out
