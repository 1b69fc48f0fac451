"""The `featx` command."""

import atexit
import gc
import os
import sys
from functools import cache
from io import UnsupportedOperation
from typing import Annotated

import typer
from typer.core import TyperCommand

from cache.disk.space import as_disk_full
from featx.cli.command import Command, Quiet, with_quiet
from featx.cli.commands.audit import audit
from featx.cli.commands.augment import augment
from featx.cli.commands.cache import cache as cache_commands
from featx.cli.commands.compare import compare
from featx.cli.commands.corpora import corpora
from featx.cli.commands.cross import cross
from featx.cli.commands.demo import demo
from featx.cli.commands.doctor import doctor
from featx.cli.commands.evaluate import evaluate
from featx.cli.commands.explain import explain as explain_utterance
from featx.cli.commands.export import export
from featx.cli.commands.extract import extract
from featx.cli.commands.finetune import finetune
from featx.cli.commands.fit import fit
from featx.cli.commands.layers import layers
from featx.cli.commands.manifest import manifest
from featx.cli.commands.map import map as map_features
from featx.cli.commands.models import models
from featx.cli.commands.predict import predict
from featx.cli.commands.probe import probe
from featx.cli.commands.protocols import protocols
from featx.cli.commands.pull import pull
from featx.cli.commands.push import push
from featx.cli.commands.report import report
from featx.cli.commands.reproduce import reproduce
from featx.cli.commands.run import run
from featx.cli.commands.serve import serve
from featx.cli.commands.tune import tune
from featx.cli.commands.validate import validate
from featx.cli.commands.vote import vote
from featx.cli.errors import all_commands, explain, find_command
from featx.cli.terminal import said_on_the_terminal
from featx.cli.termination import EXIT_CODE, Termination
from featx.cli.version import print_version
from featx.errors import FeatxError, Interrupted

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # to import rich takes as long as all the rest of `featx --help`
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo, corpora, manifest, audit, models, protocols, augment, extract, fit, tune, finetune,
    predict,
    explain_utterance,
    serve, export, push, pull, evaluate, compare, cross, vote, layers, probe, map_features,
    report, run, validate, reproduce, doctor,
):  # fmt: skip
    summary = (command.__doc__ or "").splitlines()[0]
    app.command(cls=Command, short_help=summary)(with_quiet(command))
app.add_typer(
    cache_commands,
    name="cache",
    help="List, check, prune, remove, export and import feature stores.",
)


@app.callback()
def featx(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=print_version,
            is_eager=True,
            help="Print the versions of featx and what it computes with, and exit.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Speech emotion recognition from every layer of frozen speech models.

    manifest → extract → fit → compare → report: list a corpus, store its features once, train
    heads on them or fine-tune the models, see which differ and by how much.
    """


def main() -> None:
    """Run the command line; problems become one message and an exit code, not a traceback."""
    # Threads that spin long while they wait make torch slower where other work takes a core
    # (benchmarks/cli/waiting.py). Read when torch is loaded, which no command has done yet.
    os.environ.setdefault("GOMP_SPINCOUNT", "2000")
    _collect_less()
    with said_on_the_terminal(lambda error: explain(error, *_commands())), Termination() as end:
        try:
            _run()
        except Interrupted as error:
            _fail(explain(error, *_commands()), EXIT_CODE if end.asked else error.exit_code)
        except FeatxError as error:
            _fail(explain(error, *_commands()), error.exit_code)
        except Exception as error:
            full = as_disk_full(error)
            if full and not getattr(error, "filename", None) and _output_is_full():
                full = as_disk_full(error, name="standard output")
            if full:
                _fail(str(full), full.exit_code)
            if not isinstance(error, OSError):
                raise
            file = error.filename2 or error.filename or "input or output"
            _fail(f"{file}: {error.strerror or error}", 1)


def _run() -> None:
    """Run a command to the end of what it prints."""
    try:
        app()
    except SystemExit:
        sys.stdout.flush()
        raise


def _output_is_full() -> bool:
    """Tell whether standard output takes no more; what it did not take is dropped."""
    try:
        output = sys.stdout.fileno()
    except UnsupportedOperation:  # it is no file
        return False
    try:
        sys.stdout.flush()
        os.write(output, b"\n")  # where there is no buffer, nothing is left to flush
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)  # as Python flushes it at the end
        return True
    return False


def _collect_less() -> None:
    """Search less for garbage: a command imports half a million objects, and none of them is any.

    That takes a fifth of the time of a short command, half of it at the end.
    """
    gc.set_threshold(500_000, 10, 10)
    atexit.register(gc.freeze)


def _commands() -> tuple[dict[str, TyperCommand], str | None]:
    """Return all commands by name, and the name of the one that was called."""
    commands = _all_commands()
    return commands, find_command(sys.argv[1:], commands)


@cache
def _all_commands() -> dict[str, TyperCommand]:
    return all_commands(typer.main.get_command(app))


def _fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)
