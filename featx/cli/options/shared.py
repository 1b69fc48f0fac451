"""The options that several commands share, and the check for options that exclude each other."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from featx.cli.options.complete import complete_protocol
from featx.engines.choices import EngineName
from featx.errors import FeatxError
from featx.protocols.choices import TaskKind
from featx.utils.remote.path import to_path

_HOLDS_ALL = "which holds all of it; use `settings`"
_UNSET: tuple[object, ...] = (None, [])
OF_NO_PROTOCOL = {"folds", "speaker_dependent"}
EngineChoice = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        help="Where the work is done: in this process, or on the cores and GPUs of a Ray cluster "
        "(pip install 'featx[ray]').",
    ),
]
Address = Annotated[
    str | None,
    typer.Option(help="The Ray cluster to join, HOST:PORT or auto (default: this machine alone)."),
]
ProtocolName = Annotated[
    str | None,
    typer.Option(
        help="Who trains and who is tested: a name that `featx protocols` lists, or the path of "
        "a TOML (default: the manifest's split, or else folds of speakers).",
        autocompletion=complete_protocol,
    ),
]
Target = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN",
        help="The manifest's column that is learned in place of the label, such as sex; repeat it "
        "for several columns of numbers, such as arousal and valence.",
    ),
]
TaskChoice = Annotated[
    TaskKind | None,
    typer.Option(
        help="Learn the target as a class or as numbers (default: regression of several columns of "
        "numbers, of fractions, or of more than ten different numbers), as shares of annotators' "
        "votes (columns p_LABEL), or as several labels at once (columns of 0 and 1, or a|b)."
    ),
]
Folds = Annotated[
    int, typer.Option(help="How many folds to make where no protocol and no split divides.")
]
SpeakerDependent = Annotated[
    bool, typer.Option("--speaker-dependent", help="Let training and test share speakers.")
]
Seconds = Annotated[
    float,
    typer.Option(help="How many seconds to use of the beginning of each utterance (inf: all)."),
]
Config = Annotated[Path | None, typer.Option(help="Repeat the run that has this config.toml.")]
Manifest = Annotated[
    Path,
    typer.Option(
        parser=to_path,
        metavar="PATH",
        help="The CSV that lists the utterances, with labels, or its URL.",
    ),
]
SharedStore = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use the features in features/NAME/MODEL, which several manifests share.",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a single setting, such as training.learning_rate=1e-3. Can be repeated.",
    ),
]
KeepDuplicates = Annotated[
    bool,
    typer.Option(
        "--keep-duplicates",
        help="Let the same sound be in training and test under several names, which is refused "
        "otherwise. The run is marked as such.",
    ),
]
SkipMissing = Annotated[
    bool, typer.Option("--skip-missing", help="Leave out utterances that have no features.")
]
EncoderFolders = Annotated[
    list[Path] | None,
    typer.Option(help="The encoder's folder or .pt, if it is not found by its name. Repeatable."),
]
EncoderDevice = Annotated[
    str, typer.Option(help="Where the encoder computes: auto, cpu, cuda or cuda:NUMBER.")
]
Longest = Annotated[float, typer.Option(help="The longest utterance that is taken, in seconds.")]
Calibrated = Annotated[
    bool,
    typer.Option(
        "--calibrated",
        help="Divide each model's logits by the temperature that its validation utterances "
        "chose, so that its probabilities come closer to how often its labels are right; of "
        "several labels at once, each label's by its own.",
    ),
]
Speakers = Annotated[
    Path | None,
    typer.Option(
        help="A manifest that names the speakers, for predictions without a speaker column."
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace the run of that name, once this one is done.")
]


def refuse(context: typer.Context, names: Collection[str], overruling: str, reason: str) -> None:
    """Refuse options that another would silently overrule, even where they repeat a default.

    Args:
        context: the command's context.
        names: the parameters that must not be given.
        overruling: the parameter that overrules them.
        reason: why it does.

    Raises:
        FeatxError: if one of them is given.
    """
    allowed = {"as_json", "quiet"}  # how to print
    given = [
        name for name in context.params if name in {*names} - allowed and _is_given(context, name)
    ]
    if given:
        shown = ", ".join(f"`{name}`" for name in given)
        raise FeatxError(f"{shown} can't be given with `{overruling}`, {reason}.")


def refuse_overruled(context: typer.Context, with_config: Collection[str] = ()) -> None:
    """Refuse the options that --config, --features or --protocol would silently overrule.

    Args:
        context: the context of a command that has some of these options.
        with_config: the parameters that can be given beside --config.

    Raises:
        FeatxError: if one of them is given.
    """
    given = context.params
    if given.get("config"):
        refuse(context, given.keys() - with_config, "config", _HOLDS_ALL)
    if given.get("features"):
        refuse(context, {"model", "store"}, "features", "which says where they are")
    if given.get("protocol") and not (given.get("train") or given.get("test")):
        refuse(context, OF_NO_PROTOCOL, "protocol", "which says how to divide")


def api_arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a command passes to the API, whose arguments have the names of its parameters.

    Options that were not given, and have no default of their own, are left to the API's defaults.

    Args:
        given: the command's parameters by name: its `locals()`, before it has other variables.
    """
    own = {"context", "as_json"}
    return {name: value for name, value in given.items() if name not in own and value not in _UNSET}


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
