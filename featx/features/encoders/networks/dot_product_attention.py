"""Scaled dot-product attention, on a processor in half precision a piece at a time."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from featx.features.encoders.networks.lengths import STEP, round_up

SCORES = 2**20  # of a piece, about as many as a processor's caches hold
ALIGNED = 32  # torch's softmax is up to twice as fast on rows of whole vectors


def attend(query: Tensor, key: Tensor, value: Tensor, added: Tensor | None = None) -> Tensor:
    """Return the values of all frames, weighted by how much each query's frame attends to them.

    Vaswani et al. (2017), "Attention is all you need", equation 1, for every head. In half
    precision on a processor torch's own attention takes half as long again as the pieces here.

    Args:
        query: (windows, heads, queries, head dim), scaled.
        key: (windows, heads, frames, head dim).
        value: (windows, heads, frames, head dim).
        added: numbers, no booleans, that are added to the scores, of a shape that broadcasts to
            (windows, heads, queries, frames): -inf where a frame is not to be seen.

    Returns:
        (windows, queries, heads · head dim).
    """
    if query.dtype is torch.float32 or query.device.type != "cpu":
        mixed = F.scaled_dot_product_attention(query, key, value, added, scale=1.0)
        return mixed.transpose(1, 2).flatten(2)
    windows, heads, queries, dim = query.shape
    mixed = query.new_empty(windows, queries, heads, dim)  # as the next product takes it
    if added is not None:
        added = added.expand(windows, heads, queries, key.shape[2])
    for window, output in enumerate(mixed):
        of_window = None if added is None else added[window]
        _attend_in_pieces(query[window], key[window], value[window], of_window, output)
    return mixed.flatten(2)


def _attend_in_pieces(
    query: Tensor, key: Tensor, value: Tensor, added: Tensor | None, output: Tensor
) -> None:
    """Write one window's (queries, heads, head dim): some heads, or some queries of one, a time."""
    (heads, queries, _), frames = query.shape, key.shape[1]
    query, key, value = _padded(query, STEP), _padded(key, ALIGNED), _padded(value, ALIGNED)
    rows = round_up(math.ceil(queries / math.ceil(queries * frames / SCORES)), STEP)
    together = max(1, SCORES // (queries * frames))
    for head in range(0, heads, together):
        own = slice(head, head + together)
        for start in range(0, queries, rows):
            piece, real = slice(start, start + rows), min(rows, queries - start)
            scores = torch.bmm(query[own, piece], key[own].mT)
            scores[..., frames:] = -torch.inf
            if added is not None:
                scores[:, :real, :frames] += added[own, piece]
            # row by row, so that it may overwrite what it takes
            weights = torch.softmax(scores, -1, out=scores)
            output[piece, own] = torch.bmm(weights, value[own])[:, :real].transpose(0, 1)


def _padded(values: Tensor, step: int) -> Tensor:
    """Return (heads, frames, head dim), zeros after the frames up to a multiple of `step`."""
    heads, frames, dim = values.shape
    padded = values.new_zeros(heads, round_up(frames, step), dim)
    padded[:, :frames] = values
    return padded
