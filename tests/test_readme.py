"""The README's commands run as they stand, on a stand-in corpus and encoder."""

import re
import shlex
from pathlib import Path

import pytest

from featx.demo.corpus import write_corpus

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line.removeprefix("$ "))
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
]


def test_it_opens_with_the_two_commands_of_a_fresh_machine():
    assert COMMANDS[:2] == [["make", "demo"], ["make", "test"]]
    makefile = (ROOT / "Makefile").read_text()
    assert all(f"\n{command[1]}:" in makefile for command in COMMANDS[:2])


SHORT = ("--set", "training.epochs=2")  # all that is added to a command as it is written


@pytest.fixture
def stand_ins(workplace, hub):
    """A folder RAVDESS, and a Hub cache in which wav2vec2-base is the tiny model."""
    write_corpus(workplace / "RAVDESS", speakers=6)


def expand(word: str) -> list[str]:
    """Return what a shell makes of a word."""
    return sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.mark.thorough  # 20 s
def test_every_featx_command_runs_as_written(stand_ins, run_featx):
    shown = [command[1:] for command in COMMANDS if command[0] == "featx"]
    before = ["manifest", *["extract", "fit"] * 2, "fit", "finetune"]
    assert [command[0] for command in shown] == [*before, "compare", "fit", "vote", "report"]
    for command in shown:
        arguments = [name for word in command for name in expand(word)]
        trains = arguments[0] in ("fit", "finetune") and not {"linear", "svm"} & {*arguments}
        outcome = run_featx(*arguments, *(SHORT if trains else ()))
        assert outcome.code == 0, outcome.err
    inline = re.findall(
        r"`featx (fit --config [^`]*|extract [^`]*--dry-run|models|protocols|validate [^`]*)`",
        README,
    )
    assert len(inline) == 5
    for arguments in inline:
        there = arguments.replace("NAME", "manifest-egemaps-linear")
        outcome = run_featx(*shlex.split(there.replace("configs/", f"{ROOT}/configs/")))
        assert outcome.code == 0, outcome.err


def test_the_paper_it_names_can_be_asked_for(stand_ins, run_featx):
    (command,) = re.findall(r"`featx (reproduce [^`]*)`", README)
    outcome = run_featx(*shlex.split(command))
    assert outcome.code == 1
    assert "ravdess-pepino2021" in outcome.err  # the stand-in lacks song, which the protocol needs
    assert "channel song" in outcome.err or "no song" in outcome.err, outcome.err


def test_its_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / target).is_file(), target
