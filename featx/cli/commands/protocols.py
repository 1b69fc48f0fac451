"""`featx protocols`."""

import logging
import shlex
from typing import Annotated

import typer

from featx.cli.options.complete import complete_protocol
from featx.cli.output import Json, show

log = logging.getLogger("featx")


def protocols(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Show this protocol in full: a shipped one, or a TOML of your own.",
            autocompletion=complete_protocol,
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the protocols that come with featx: how a corpus is divided for training and test."""
    from featx.protocols.text import describe_protocol, list_protocols, protocol_values

    def text() -> str:
        if name is None:
            return list_protocols()
        run = f"run           featx fit --protocol {shlex.quote(name)}"
        return f"{describe_protocol(name)}\n{run}"

    show(as_json, lambda: protocol_values(name), text)
    if name is None and not as_json:
        log.info("\n`featx protocols NAME` shows a protocol in full.")
