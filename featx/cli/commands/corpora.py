"""`featx corpora`."""

import logging
from typing import Annotated

import typer

from featx.cli.options.complete import complete_corpus
from featx.cli.output import Json, show

log = logging.getLogger("featx")


def corpora(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Show this corpus in full: its labels, options and layout.",
            autocompletion=complete_corpus,
        ),
    ] = None,
    mappings: Annotated[
        bool,
        typer.Option("--labels", help="List the mappings of labels that `featx manifest` takes."),
    ] = False,
    as_json: Json = False,
) -> None:
    """List the corpora that featx can read: licence, hours, speakers, labels, where to get them."""
    from featx.data.listing.catalogue import (
        corpora_values,
        describe_corpus,
        list_corpora,
        list_mappings,
        mapping_values,
    )

    if mappings:
        show(as_json, mapping_values, list_mappings)
        if not as_json:
            log.info("\n`featx manifest CORPUS ROOT --mapping NAME` applies a mapping.")
        return
    show(
        as_json,
        lambda: corpora_values(name),
        lambda: list_corpora() if name is None else describe_corpus(name),
    )
    if name is None and not as_json:
        log.info("\n`featx corpora NAME` shows a corpus in full, --labels the mappings of labels.")
