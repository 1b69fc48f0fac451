"""The `featx` command."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Annotated

import typer
from typer.core import TyperCommand

from featx import __version__
from featx.cli.compare import compare
from featx.cli.demo import demo
from featx.cli.errors import explain
from featx.cli.evaluate import evaluate
from featx.cli.explain import explain as explain_utterance
from featx.cli.extract import extract
from featx.cli.finetune import finetune
from featx.cli.fit import fit
from featx.cli.layers import layers
from featx.cli.manifest import manifest
from featx.cli.models import models
from featx.cli.predict import predict
from featx.cli.probe import probe
from featx.cli.protocols import protocols
from featx.cli.report import report
from featx.cli.reproduce import reproduce
from featx.cli.run import run
from featx.cli.validate import validate
from featx.cli.vote import vote
from featx.errors import FeatxError

log = logging.getLogger("featx")

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,  # to import rich takes as long as all the rest of `featx --help`
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo, manifest, models, protocols, extract, fit, finetune, predict, explain_utterance, evaluate,
    compare, vote, layers, probe, report, run, validate, reproduce,
):  # fmt: skip
    app.command(short_help=(command.__doc__ or "").splitlines()[0])(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"featx {__version__}")
        raise typer.Exit


@app.callback()
def featx(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
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
    with _said_on_the_terminal():
        try:
            app()
        except FeatxError as error:
            _fail(explain(error, *_commands()), error.exit_code)
        except OSError as error:
            _fail(f"{error.filename or 'input or output'}: {error.strerror or error}", 1)


def _commands() -> tuple[dict[str, TyperCommand], str | None]:
    """Return all commands by name, and the name of the one that was called."""
    commands = _all_commands()
    return commands, next((word for word in sys.argv[1:] if word in commands), None)


@cache
def _all_commands() -> dict[str, TyperCommand]:
    return dict(getattr(typer.main.get_command(app), "commands", {}))


class _Terminal(logging.Handler):
    """Prints what the library says of its work; the details are in a run's `run.log`."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print a message, with options in place of arguments.

        It goes to standard output, or to standard error where that is for JSON alone.
        """
        said, commands = copy(record), _commands()
        if isinstance(record.args, tuple):
            said.args = tuple(
                explain(value, *commands) if isinstance(value, FeatxError) else value
                for value in record.args
            )
        place = sys.stderr if "--json" in sys.argv else sys.stdout
        print(explain(FeatxError(self.format(said)), *commands), file=place, flush=True)


@contextmanager
def _said_on_the_terminal() -> Iterator[None]:
    handler, before = _Terminal(logging.INFO), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def _fail(message: str, exit_code: int) -> None:
    print(f"error: {message}", file=sys.stderr)
    sys.exit(exit_code)
