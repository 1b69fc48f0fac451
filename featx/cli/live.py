"""`featx predict --live`: a line for each prediction of what a microphone hears."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from featx.inference.predictions import PredictedUtterance

OF_FILES = {"inputs", "out", "timeline", "speaker_of", "max_seconds", "scale", "priors"}
OF_LIVE = {"seconds", "microphone"}
_BAR = 20  # characters at 100 %
_LABEL = 12  # characters that most labels take
_OTHERS = 2  # classes after the first


def print_live(as_json: bool, microphone: str | None = None, **options: Any) -> None:
    """Print predictions until Ctrl-C.

    Args:
        as_json: whether each is a JSON object.
        microphone: its number or part of its name.
        options: the other arguments of `featx.listen`.
    """
    import featx

    chosen = int(microphone) if microphone and microphone.isdecimal() else microphone
    with suppress(KeyboardInterrupt):  # how it is meant to end
        for row in featx.listen(microphone=chosen, **options):
            print(row.to_json() if as_json else describe(row), flush=True)


def describe(row: "PredictedUtterance") -> str:
    """Return the time and the numbers, or the label and the most probable classes, with a bar.

    Of several labels those that are predicted, and how probable each is.
    """
    from featx.inference.label_predictions import PredictedLabels
    from featx.inference.number_predictions import PredictedNumbers

    time = f"{row.end:7.1f} s"
    if isinstance(row, PredictedNumbers):
        shown = (f"{name} {value:.4g}" for name, value in row.numbers.items())
        return f"{time}  {', '.join(shown)}"
    if not row.probabilities:
        return f"{time}  (silence)"
    if isinstance(row, PredictedLabels):
        rest = ", ".join(f"{name} {100 * share:.0f} %" for name, share in row.ranked)
        return f"{time}  {row.label.ljust(_LABEL)} {rest}"
    first, *others = row.ranked
    bar = ("█" * round(_BAR * first[1])).ljust(_BAR)
    rest = ", ".join(f"{name} {100 * share:.0f} %" for name, share in others[:_OTHERS])
    label = (row.label or "(uncertain)").ljust(_LABEL)
    return f"{time}  {label} {bar} {100 * first[1]:3.0f} %   {rest}"
