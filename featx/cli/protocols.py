"""`featx protocols`."""

import shlex
from typing import Annotated

import typer


def protocols(
    name: Annotated[
        str | None,
        typer.Argument(help="Show this protocol in full: a shipped one, or a TOML of your own."),
    ] = None,
) -> None:
    """List the protocols that come with featx: how a corpus is divided for training and test."""
    from featx.protocols.text import describe_protocol, list_protocols

    if name is None:
        print(list_protocols())
        print("\n`featx protocols NAME` shows a protocol in full.")
    else:
        print(describe_protocol(name))
        print(f"run           featx fit --protocol {shlex.quote(name)}")
