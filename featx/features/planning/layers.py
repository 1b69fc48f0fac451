"""Layers as a user writes them: 0,4-12."""

import re
from collections.abc import Sequence

from featx.errors import FeatxError
from featx.utils.arguments import as_list


def join_layers(layers: str | int | Sequence[int]) -> str:
    """Return layers as one text, if they are given as numbers."""
    return layers if isinstance(layers, str) else ",".join(map(str, as_list(layers)))


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
                f"`layers={text!r}`: {part!r} is neither a layer nor a range. "
                "Write layers and ranges between commas, such as 0,4-12."
            )
        if last > blocks:
            raise FeatxError(
                f"`layers={text!r}`: the encoder has no layer {last}. It has 0 (the local encoder) "
                f"to {blocks}."
            )
        layers.update(range(first, last + 1))
    return tuple(sorted(layers))


def choose_layers(text: str, stored: Sequence[str], blocks: int | None) -> tuple[int, ...]:
    """Return the places of the layers that a head is to use.

    Args:
        text: "all", "local" (layer 0), "contextual" (the encoder's output) or as for
            `parse_layers`.
        stored: the names of the layers there are.
        blocks: transformer blocks of the encoder; None for features without one, which have one
            layer and nothing to choose.

    Raises:
        FeatxError: if the text is none of these, or names a layer that is not there.
    """
    if text == "all" or blocks is None:
        return tuple(range(len(stored)))
    if text in ("local", "contextual"):
        wanted: tuple[int, ...] = (0,) if text == "local" else (blocks,)
    else:
        wanted = parse_layers(text, blocks)
    absent = [str(layer) for layer in wanted if str(layer) not in stored]
    if absent:
        raise FeatxError(
            f"`layers={text!r}`: layer {', '.join(absent)} is not in the store, which has "
            f"{', '.join(stored)}. Choose among these, or extract the features again with all "
            "the layers that you need, into another folder."
        )
    return tuple(stored.index(str(layer)) for layer in wanted)
