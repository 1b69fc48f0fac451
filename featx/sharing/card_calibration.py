"""What the card of a fit says of its probabilities."""

import json

from featx.inference.temperatures import read_temperatures
from featx.runs.cards.card import table
from featx.runs.files import CALIBRATION, SCORES
from featx.runs.read import damaged
from featx.scoring.labels.results import LabelResults
from featx.scoring.reliability import CalibrationErrors
from featx.sharing.facts import RunFacts
from featx.utils.tables import plain


def describe_calibration(facts: RunFacts) -> list[str]:
    """Return a part of the card, as Markdown; nothing of a run that predicts numbers.

    Raises:
        FeatxError: if a file of the run is damaged.
    """
    if facts.heads.dimensions:
        return []
    title = "## Calibration"
    if not (facts.folder / CALIBRATION).exists():
        return [title, "Its probabilities are not calibrated."]
    return [title, *(_of_labels(facts) if facts.heads.several else _of_classes(facts))]


def _of_labels(facts: RunFacts) -> list[str]:
    read_temperatures(facts.folder, facts.heads.keys, facts.heads.classes)  # or refuses the file
    errors = facts.results.calibration_errors if isinstance(facts.results, LabelResults) else None
    if not errors:
        raise damaged(facts.folder / SCORES, "it has no calibration errors of labels")
    before, after = CalibrationErrors.mean(errors.values())
    rows = [[plain(name), f"{own.before:.1f}", f"{own.after:.1f}"] for name, own in errors.items()]
    return [
        f"The expected calibration error of a label's probabilities is {before:.1f} % as they are, "
        f"and {after:.1f} % with the temperatures that validation utterances chose for each label "
        f"(`featx predict --calibrated`), the mean over labels. {_measured(facts)} By label, in "
        "percent:",
        table(["label", "as they are", "with temperatures"], rows),
    ]


def _of_classes(facts: RunFacts) -> list[str]:
    path = facts.folder / CALIBRATION
    try:
        found = json.loads(path.read_text("utf-8"))
        errors = found["expected_calibration_error"]
        before, after = float(errors["before"]), float(errors["after"])
        rows = [
            [f"{entry['below']:g} %", f"{entry['answered']:.1f}", f"{entry['accuracy']:.1f}"]
            for entry in found["abstaining"]
            if entry["accuracy"] is not None
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(path, repr(error)) from error
    return [
        f"The expected calibration error of its probabilities is {before:.1f} % as they are, and "
        f"{after:.1f} % with the temperatures that validation utterances chose "
        f"(`featx predict --calibrated`). {_measured(facts)} With the measured ones, where "
        "only labels of at least such a probability are given (`--abstain`), in percent:",
        table(["least probability", "utterances with a label", "of these right"], rows),
    ]


def _measured(facts: RunFacts) -> str:
    """Return the sentences that say whose probabilities were measured."""
    if not facts.heads.cross_validated:
        return "It was measured of each head alone."
    return (
        "It was measured of each cross-validated head alone. The temperature of a final head is "
        "the geometric mean of those of its seed's folds: it was not measured, as no utterance is "
        "new to that head."
    )
