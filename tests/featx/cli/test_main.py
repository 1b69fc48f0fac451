"""The command line as a whole: its help, its errors, and what it says."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from featx.cli.main import main
from featx.errors import Call, FeatxError


def test_help_shows_whole_sentences(run_featx):
    outcome = run_featx("--help")
    assert outcome.code == 0
    commands = outcome.out.split("Commands:")[1]
    assert "..." not in commands
    for name in ("manifest", "extract", "fit", "finetune", "vote", "report", "run"):
        assert f"\n  {name} " in commands


def test_help_does_without_rich():
    code = (
        "import sys\n"
        "from featx.cli.main import main\n"
        "sys.argv = ['featx', '--help']\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "assert 'rich' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_what_the_library_says_names_options(monkeypatch, capsys):
    def say(*_):
        logging.getLogger("featx").info("Note: `speaker=x` and `unknown` are here.")
        logging.getLogger("featx").debug("a detail")

    monkeypatch.setattr(typer.Typer, "__call__", say)
    monkeypatch.setattr(sys, "argv", ["featx", "manifest"])
    main()
    assert capsys.readouterr().out == "Note: --speaker x and `unknown` are here.\n"


def test_an_error_that_the_library_only_tells_names_the_command(monkeypatch, capsys):
    def say(*_):
        cure = Call("Make them", "extract", {"model": "x"})
        logging.getLogger("featx").info("Failed: %s", FeatxError("No features.", cure))

    monkeypatch.setattr(typer.Typer, "__call__", say)
    monkeypatch.setattr(sys, "argv", ["featx", "run"])
    main()
    said = "Failed: No features. Make them: featx extract --model x\n"
    assert capsys.readouterr().out == said


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="there is no full device here")
def test_output_that_the_disk_has_no_room_for_is_one_line():
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "featx", "--help"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    said = "error: standard output: the disk is full. Make room, then start the same again"
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert done.stderr.startswith(said)


def test_a_disk_without_room_is_said_whoever_finds_it(monkeypatch, capsys):
    def fail(*_):
        raise RuntimeError("can't decrement (No space left on device, buf = 0x55)")

    monkeypatch.setattr(typer.Typer, "__call__", fail)
    monkeypatch.setattr(sys, "argv", ["featx", "fit"])
    with pytest.raises(SystemExit):
        main()
    assert capsys.readouterr().err.startswith("error: The disk is full. Make room")


def test_a_file_that_cannot_be_read_is_one_line(monkeypatch, capsys):
    def fail(*_):
        raise FileNotFoundError(2, "No such file or directory", "gone.csv")

    monkeypatch.setattr(typer.Typer, "__call__", fail)
    with pytest.raises(SystemExit, match="1"):
        main()
    assert capsys.readouterr().err == "error: gone.csv: No such file or directory\n"
