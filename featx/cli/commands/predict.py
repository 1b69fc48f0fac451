"""`featx predict`."""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cache import filling
from featx.cli.live import OF_FILES, OF_LIVE, print_live
from featx.cli.options.shared import (
    Calibrated,
    EncoderDevice,
    EncoderFolders,
    Longest,
    api_arguments,
    refuse,
)
from featx.errors import FeatxError
from featx.utils.remote.path import to_path

if TYPE_CHECKING:
    from featx.inference.predictions import Predictions

STANDARD_INPUT = "-"
ENDINGS = (".csv", ".jsonl")


def predict(
    context: typer.Context,
    run: Annotated[
        Path,
        typer.Argument(
            help="The folder of a finished fit, fine-tuning or vote, or of a saved fine-tuned "
            "model; or an ONNX file that `featx export` wrote."
        ),
    ],
    inputs: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=to_path,
            metavar="AUDIO...",
            help="Audio files, folders of audio, a manifest, a feature store, or their URLs; or - "
            "for a WAV file on standard input.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Write all probabilities to this file: a CSV if it ends in .csv, a JSON object "
            "a line if it ends in .jsonl."
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print a JSON object a line; messages go to standard error."),
    ] = False,
    window: Annotated[
        float | None,
        typer.Option(help="Cut recordings into windows of so many seconds, each predicted alone."),
    ] = None,
    hop: Annotated[
        float | None,
        typer.Option(help="Seconds from one window to the next (default: the window's length)."),
    ] = None,
    timeline: Annotated[
        Path | None,
        typer.Option(
            help="With --window: the folder for a picture and a track of labels of each recording, "
            "which Audacity and ELAN open."
        ),
    ] = None,
    abstain: Annotated[
        float,
        typer.Option(help="Give no label below this probability, from 0 to 1."),
    ] = 0.0,
    calibrated: Calibrated = False,
    priors: Annotated[
        str | None,
        typer.Option(
            metavar="SHARES",
            help="How frequent classes are here, where that is not as in training: uniform, "
            "a=0.2,b=0.8, or estimated from all inputs together. Probabilities are calibrated and "
            "then corrected for it.",
        ),
    ] = None,
    speaker_of: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="Who speaks, for runs normalised by speaker: a regular expression whose group is "
            r"the speaker in a file's path, such as 'Actor_(\d+)'.",
        ),
    ] = None,
    scale: Annotated[
        float | None,
        typer.Option(
            help="What to divide samples by where audio files of floating-point numbers hold "
            "integers, such as 32768."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Ask only the models of this seed (default: all vote).")
    ] = None,
    fold: Annotated[
        int | None,
        typer.Option(
            help="Ask only the models of this fold (default: the final ones, or all vote)."
        ),
    ] = None,
    encoder: EncoderFolders = None,
    max_seconds: Longest = 60.0,
    device: EncoderDevice = "auto",
    live: Annotated[
        bool,
        typer.Option(
            "--live",
            help="Predict what a microphone hears, in place of AUDIO, until Ctrl-C: its last "
            "--window seconds (4), every --hop seconds (1).",
        ),
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(help="With --live: stop after so many seconds.")
    ] = None,
    microphone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --live: the microphone's number or part of its name, as python -m "
            "sounddevice lists them (default: the system's).",
        ),
    ] = None,
) -> None:
    """Predict the emotion of audio with the models of a run."""
    given = api_arguments(locals())
    if live:
        refuse(context, OF_FILES, "live", "which hears a microphone")
        print_live(as_json, run_or_model=run, **_without(given, OF_FILES))
        return
    refuse(context, OF_LIVE, "inputs", "as it is for `live`")
    if not inputs:
        raise FeatxError("`inputs`: give audio, a folder or a manifest, or `live`.")
    if out and out.suffix not in ENDINGS:
        raise FeatxError(f"`out={str(out)!r}`: must end in {' or '.join(ENDINGS)}.")
    if timeline and window is None:
        raise FeatxError("`timeline` shows windows of recordings: give `window` too, such as 4.")
    predictions = _predict(run, inputs, _without(given, OF_LIVE | {"inputs", "out", "timeline"}))
    if as_json:
        print(*predictions.json_lines(), sep="\n")
    else:
        print(predictions.to_text())
    for path in _write(predictions, out, timeline):
        if not as_json:
            print(f"Written: {path}")


def _without(given: Mapping[str, Any], others: Collection[str]) -> dict[str, Any]:
    """Return the arguments of the API but those that are not for this call."""
    names = {"run", "live", *others}
    return {name: value for name, value in given.items() if name not in names}


def _predict(run: Path, inputs: list[Path], options: Mapping[str, Any]) -> "Predictions":
    import featx

    with _standard_input(inputs) as given:
        found = featx.predict(run, given[0] if len(given) == 1 else given, **options)
    return found.named({str(path): STANDARD_INPUT for path in set(given) - set(inputs)})


def _write(predictions: "Predictions", out: Path | None, timeline: Path | None) -> list[Path]:
    """Write the files that were asked for; return them."""
    import featx

    written = []
    if out:
        write = predictions.to_json_lines if out.suffix == ".jsonl" else predictions.to_csv
        write(out)
        written.append(out)
    if timeline:
        written += featx.write_timelines(predictions, timeline)
    return written


@contextmanager
def _standard_input(inputs: list[Path]) -> Iterator[list[Path]]:
    """Replace - by a file with what comes on standard input."""
    count = inputs.count(Path(STANDARD_INPUT))
    if not count:
        yield inputs
        return
    if count > 1:
        raise FeatxError("- stands for standard input, which can be read once: give it once.")
    content = sys.stdin.buffer.read()
    if not content:
        raise FeatxError("-: nothing came on standard input. Pipe a WAV file into the command.")
    with TemporaryDirectory(prefix="featx-") as folder:
        file = Path(folder, "standard-input.wav")
        with filling(file, len(content)):
            file.write_bytes(content)
        yield [file if path == Path(STANDARD_INPUT) else path for path in inputs]
