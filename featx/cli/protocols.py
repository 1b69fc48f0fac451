"""`featx protocols`."""

from typing import Annotated

import typer


def protocols(
    name: Annotated[
        str | None, typer.Argument(help="Show this one in full; also a TOML of your own.")
    ] = None,
) -> None:
    """List the ways of dividing a corpus that `featx fit --protocol` knows."""
    from featx.protocols.text import describe_protocol, list_protocols

    print(describe_protocol(name) if name else list_protocols())
