"""The options of the commands that train heads on stored features."""

from pathlib import Path
from typing import Annotated

import typer

from featx.cli.options.complete import complete_head, complete_model
from featx.fitting.choices import Normalize, head_names
from featx.utils.remote.path import to_path

HeadChoice = Annotated[
    str,
    typer.Option(
        help=f"The head: {', '.join(head_names())}, or the path of a TOML like theirs.",
        autocompletion=complete_head,
    ),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        help="The model whose features to use; repeat it for fusion. It may be left out where "
        "a manifest has a single store.",
        autocompletion=complete_model,
    ),
]
Stores = Annotated[
    list[Path] | None,
    typer.Option(
        parser=to_path,
        metavar="PATH",
        help="The folder of the store, if it is not under features/, or its URL; repeatable.",
    ),
]
Layers = Annotated[
    str,
    typer.Option(
        help="Which layers to use: all, local, contextual (the encoder's output), or numbers "
        "and ranges such as 0,4-12."
    ),
]
NormalizeChoice = Annotated[
    Normalize,
    typer.Option(
        help="Standardise features by all training utterances (global), by each speaker's own "
        "utterances, also in test (speaker), by each corpus's likewise (corpus), or not at all "
        "(none)."
    ),
]
Seeds = Annotated[
    int,
    typer.Option(
        min=1, help="How many heads to train for each fold, each from another random seed."
    ),
]
Memory = Annotated[
    float | None,
    typer.Option(
        min=0,
        help="How many GB features may take while heads train (default: 60 % of what is free).",
    ),
]
HeadDevice = Annotated[
    str, typer.Option(help="cpu, or cuda to keep the features and train on a GPU.")
]
