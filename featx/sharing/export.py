"""`featx.export`: a run as a single file that other programs run."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from cache import describe_bytes
from featx.errors import FeatxError
from featx.features.planning.length import MAX_SECONDS
from featx.inference.inputs import Inputs
from featx.inference.load import load
from featx.inference.model import Options
from featx.inference.onnx import ENDING, import_extra
from featx.runs.read import read_run_scores
from featx.scoring.numbers.results import NumberResults
from featx.sharing.build import build
from featx.sharing.check import Agreement, compare_file, find_audio
from featx.sharing.onnx_file import NEEDED, write_onnx
from featx.utils.arguments import checked
from featx.utils.files import AnyPath, as_paths, replace

TOLERANCE = 1e-3  # of a probability
COARSE_TOLERANCE = 0.02  # where weights or the run's own encoder are rounded to half precision
INT8_TOLERANCE = 0.2
LEAST_OF_NUMBERS = 0.01  # deviations that numbers may differ by, which no softmax levels out
Opset = Annotated[int, Field(ge=18, le=23)]
log = logging.getLogger("featx")


@dataclass(frozen=True)
class Exported:
    """A file that `featx.export` wrote.

    Attributes:
        path: the file.
        agreement: how far it agrees with the run.
    """

    path: Path
    agreement: Agreement

    def to_text(self) -> str:
        """Return what was written and how far it agrees with the run."""
        size = describe_bytes(self.path.stat().st_size)
        return f"{self.agreement.to_text()}\nWritten: {self.path}, {size}"


@checked
def export(
    run: AnyPath,
    to: Literal["onnx"] = "onnx",
    out: AnyPath | None = None,
    *,
    seed: NonNegativeInt | None = None,
    fold: NonNegativeInt | None = None,
    calibrated: bool = False,
    precision: Literal["float32", "float16"] = "float32",
    int8: bool = False,
    opset: Opset = 18,
    check: Inputs | None = None,
    encoder: str | Path | Sequence[str | Path] = (),
) -> Exported:
    """Export a run as one ONNX file: from 16 kHz samples to class probabilities.

    The graph has the encoder's preprocessing, the encoder up to the highest layer that a head
    weighs above zero, and the heads with what they standardise features by. Batch and length are
    dynamic. Its inputs are `waveform` (utterances, samples) float32, at 16 kHz, and `samples`
    (utterances,) int64, how many samples each utterance has; its outputs are `probabilities`
    (utterances, classes), averaged over all models, and `logits` (utterances, models, classes).
    Of a run of several labels these do not add up to 1: a label fits from 0.5 on. Of a run of
    numbers the first output is `numbers` (utterances, dimensions), in their columns' units.
    Before it is written, it is held against `featx.predict` on audio.

    Args:
        run: a finished fit of a linear, svm, dense or lstm head on an encoder, or a fine-tuning
            whose models were kept; itself or its folder.
        to: the format.
        out: the file; by default the run's name with the ending .onnx, in the working folder.
        seed: export only the models of this seed; by default those of all seeds.
        fold: export only the models of this fold; by default those of all folds.
        calibrated: divide each model's logits by its temperatures, as `featx.predict` does.
        precision: what matrices are kept in; "float16" halves the file. Computed is in float32.
        int8: keep the matrices of the encoder's linear layers in int8, and quantise what they are
            multiplied with as it comes.
        opset: the version of ONNX's operators.
        check: audio to compare with: a file, several, a folder or a manifest. By default 8
            utterances of the run's manifest or, where they are not here, synthetic tones.
        encoder: the folder of the encoder's checkpoint, where it is not found by its name.

    Returns:
        The file's path, and how far it agrees with the run: the largest difference of a
        probability, or of a number in deviations of the true ones, and how many labels differ.

    Raises:
        FeatxError: if the run can't be loaded, standardises features by speaker, fuses stores or
            can't be exported for another reason; if its encoder is not here; if a probability
            differs by more than 0.001 (0.02 with float16, or where the run's encoder computes in
            half precision; 0.2 with int8), a number by more than 0.01 deviations (as the others
            where these are more) or, but for int8, a label differs.

    Example:
        >>> import featx
        >>> exported = featx.export("runs/made", out="emotion.onnx")  # doctest: +SKIP
        >>> exported.agreement.labels_changed  # doctest: +SKIP
        0
        >>> featx.load("emotion.onnx").predict("speech.wav").labels  # doctest: +SKIP
        ['happy']
    """
    folder = Path(run)
    path = Path(f"{folder.absolute().name}{ENDING}" if out is None else out)
    if path.suffix != ENDING:
        raise FeatxError(f"`out={str(path)!r}`: must end in {ENDING}.")
    for package in NEEDED:
        import_extra(package)
    model = load(folder)
    model.refuse_of_numbers(calibrated=calibrated)
    encoders = tuple(as_paths(encoder))
    network = build(model, Options(None, encoders, MAX_SECONDS, "cpu", seed, fold, calibrated))
    limit = INT8_TOLERANCE if int8 else COARSE_TOLERANCE
    if not int8 and {precision, network.precision} == {"float32"}:
        limit = TOLERANCE
    with find_audio(check, folder) as audio:
        log.info("Predicting %s, to compare with.", audio.name)
        reference = model.predict(
            audio.recordings.manifest, encoder=encoders, device="cpu", seed=seed, fold=fold,
            calibrated=calibrated,
        )  # fmt: skip
        found = read_run_scores(folder)
        deviations = found.deviations if isinstance(found, NumberResults) else {}
        limit = max(limit, LEAST_OF_NUMBERS) if deviations else limit
        agreements: list[Agreement] = []

        def write(unfinished: Path) -> None:
            log.info("Exporting.")
            half = precision == "float16"
            write_onnx(network.classifier, unfinished, network.facts, opset, half, int8)
            agreements.append(compare_file(unfinished, reference, audio, deviations))
            _refuse(agreements[0], limit, int8)

        replace(path, write)
    return Exported(path, agreements[0])


def _refuse(agreement: Agreement, limit: float, int8: bool) -> None:
    """Raise a FeatxError if a file differs too much from its run."""
    if agreement.difference > limit or (agreement.labels_changed and not int8):
        labels = "" if int8 or agreement.numbers else " and no other label"
        raise FeatxError(
            f"Not written: the exported network is not equal enough to the run. "
            f"{agreement.to_text()} Allowed are {limit:g}{labels}."
        )
