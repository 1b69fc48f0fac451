"""The LSTM head of Pepino et al. 2021: its second dense layer is an LSTM."""

from typing import Literal

import torch
from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence, unpad_sequence

from classifiers.batch import Part
from classifiers.choices import Weighting
from classifiers.dropout import at, dropout
from classifiers.head import Head
from classifiers.layer_average import LayerAverage
from classifiers.objectives import Objective
from classifiers.pooling import pool_mean
from classifiers.settings import Dropout, FrameSettings
from classifiers.shape import InputShape


class LstmSettings(FrameSettings):
    """What an LSTM head is made of.

    Attributes:
        kind: "lstm".
        width: units of the dense layer and of the LSTM.
        dropout: probability, on the input of both.
        weighting: how the layers are weighed.
    """

    kind: Literal["lstm"]
    width: PositiveInt
    dropout: Dropout
    weighting: Weighting


class LstmHead(Head):
    """Layer average, a dense layer, an LSTM of one direction, mean over time, linear output.

    Args:
        settings: the size of the head.
        shape: the shape of the features.
        objective: what its outputs mean.
    """

    part_size = 16  # utterances computed together: an LSTM's steps are small otherwise

    def __init__(self, settings: LstmSettings, shape: InputShape, objective: Objective) -> None:
        super().__init__()
        self.objective = objective
        self.dropout = settings.dropout
        self.layer_averages = nn.ModuleList([LayerAverage(shape.layers, settings.weighting)])
        self.dense = nn.Linear(shape.dim, settings.width)
        self.lstm = nn.LSTM(settings.width, settings.width, batch_first=True)
        self.output = nn.Linear(settings.width, objective.outputs)

    def forward(self, part: Part) -> Tensor:
        """Return outputs, (utterances, outputs)."""
        lengths = part.inputs[0].lengths
        first, second = (at(layer, self.dropout, part.noise) for layer in range(2))
        frames = self.dense(self.layer_averages[0](part.inputs[0], first)).relu()
        frames = dropout(frames, second)
        # it runs forwards, so the padding behind an utterance does not reach its frames
        padded, _ = self.lstm(pad_sequence(frames.split(lengths.tolist()), batch_first=True))
        states = torch.cat(unpad_sequence(padded, lengths, batch_first=True))
        outputs: Tensor = self.output(pool_mean(states, lengths))
        return outputs
