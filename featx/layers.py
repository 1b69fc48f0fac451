"""Layers as a user writes them: 0,4-12."""

import re

from featx.errors import FeatxError


def parse_layers(text: str, blocks: int) -> tuple[int, ...]:
    """Return the layers that a list of numbers and ranges names, ascending.

    Args:
        text: such as "0,4-12".
        blocks: transformer blocks of the encoder, which is its highest layer.

    Raises:
        FeatxError: if it is not such a list, or names a layer the encoder lacks.
    """
    layers: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]+)(?:-([0-9]+))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last:
            raise FeatxError(
                f"--layers {text}: {part!r} is neither a layer nor a range. "
                "Write layers and ranges between commas, such as 0,4-12."
            )
        if last > blocks:
            raise FeatxError(
                f"--layers {text}: the encoder has no layer {last}. It has 0 (the local encoder) "
                f"to {blocks}."
            )
        layers.update(range(first, last + 1))
    return tuple(sorted(layers))
