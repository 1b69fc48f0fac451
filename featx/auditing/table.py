"""What was measured of each utterance, as a CSV."""

from collections.abc import Sequence
from pathlib import Path

from featx.data.manifest import Utterance
from featx.data.sounds.measure import Measured
from featx.data.sounds.sound import Sound
from featx.reporting.own_files import refuse_foreign
from featx.utils.files import csv_line, write_csv

_FORMS = {  # columns of numbers and how they are written
    "seconds": ".3f", "rate": "d", "peak": ".5f", "level": ".1f", "speech": ".1f", "floor": ".1f",
    "snr": ".1f", "bandwidth": ".0f", "offset": ".5f", "clipped": "d", "leading": ".2f",
    "trailing": ".2f", "cancelled": ".1f",
}  # fmt: skip
HEADER = ("utterance", "speaker", "label", *_FORMS, "channels", "failure")


def check_table(path: Path) -> None:
    """Check that no other file is in the place of a table.

    Raises:
        FeatxError: if there is.
    """
    refuse_foreign(path, csv_line(HEADER), "table of sounds", "sounds")


def write_table(path: Path, utterances: Sequence[Utterance], measured: Measured) -> None:
    """Write a row for each utterance."""
    write_csv(path, HEADER, [_row(utterance, measured) for utterance in utterances])


def _row(utterance: Utterance, measured: Measured) -> list[str]:
    name = utterance.utterance
    named = [name, utterance.speaker, utterance.label]
    sound = measured.sounds.get(name)
    if sound is None:
        return [*named, *[""] * (len(_FORMS) + 1), measured.failures.get(name, "")]
    return [*named, *_numbers(sound), " ".join(f"{level:.1f}" for level in sound.channels), ""]


def _numbers(sound: Sound) -> list[str]:
    return [format(getattr(sound, name), form) for name, form in _FORMS.items()]
