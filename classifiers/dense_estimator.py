"""The dense head as a scikit-learn estimator."""

from typing import Any, Self

import numpy as np
import torch

from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew, Worker
from classifiers.dense import DenseHead, DenseSettings
from classifiers.estimator import Estimator, check_fraction, draw_seed
from classifiers.objectives import Classification
from classifiers.rows import Rows
from classifiers.shape import InputShape
from classifiers.statistics import Statistics
from classifiers.training import TrainingSettings, seeded, train


class DenseClassifier(Estimator):
    """The dense head on pooled features: dense layers, ReLU and dropout, and a linear output.

    Features are standardised by the rows given to `fit` that are learned from. The others are held
    out: training stops when their loss no longer falls, and the best epoch is kept. It is the head
    of `featx fit --head dense` on a single frame, in which nothing is left to average or pool.

    Args:
        width: units of each layer.
        depth: number of layers.
        dropout: probability, on the input of each layer.
        learning_rate: the learning rate of Adam.
        weight_decay: the decay of all weights.
        batch_size: how many rows make a batch.
        epochs: how many passes over the rows there are at most.
        patience: training stops after this many epochs without a better one.
        label_smoothing: the share of each label that is spread over all classes.
        validation_fraction: the share of rows that is held out; whole groups if `fit` is given
            groups.
        random_state: an integer or generator of numpy: which rows are held out, initial weights,
            order and dropout.

    Attributes:
        classes_: (classes,) the labels, sorted.
        n_epochs_: how many epochs there were.
        coefs_: the (inputs, outputs) weights of each layer, for features as they are given.
        intercepts_: the (outputs,) offsets of each layer.

    Example:
        >>> from sklearn.model_selection import GroupKFold, cross_val_score
        >>> x, y, speakers = featx.pooled_features("features/manifest/encoder")
        >>> scores = cross_val_score(
        ...     featx.DenseClassifier(epochs=5), x, y, groups=speakers, cv=GroupKFold(3)
        ... )
    """

    def __init__(
        self,
        width: int = 128,
        *,
        depth: int = 1,
        dropout: float = 0.2,
        learning_rate: float = 1e-3,
        weight_decay: float = 0.0,
        batch_size: int = 32,
        epochs: int = 100,
        patience: int = 10,
        label_smoothing: float = 0.1,
        validation_fraction: float = 0.2,
        random_state: Any = 0,
    ) -> None:
        self.width = width
        self.depth = depth
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.patience = patience
        self.label_smoothing = label_smoothing
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def fit(self, X: Any, y: Any, groups: Any = None) -> Self:
        """Fit the classifier.

        Args:
            X: (utterances, features) pooled features, as `featx.pooled_features` returns them.
            y: (utterances,) labels.
            groups: (utterances,) such as speakers: none is both learned from and held out.

        Raises:
            ValueError: if a parameter or the rows can't be used.
            FloatingPointError: if the loss becomes infinite or not a number.
        """
        settings, training = self._settings()
        rows = self._prepare(X, y, None, groups)
        seed = draw_seed(self.random_state)
        learned, held = rows.split(check_fraction(self.validation_fraction), seed)
        mean, spread = learned.features.mean(0), learned.features.std(0)
        spread[spread == 0] = 1
        shape = InputShape(1, len(mean), 0)
        objective = Classification(len(self.classes_))
        head = seeded(lambda: DenseHead(settings, shape, objective), seed)
        examples, validation = (_examples(part, mean, spread) for part in (learned, held))
        with Crew(1) as crew:
            trained = train(head, examples, validation, training, seed, Worker(crew))
        self.n_epochs_ = len(trained.history)
        self._take(head, mean, spread)
        return self

    def _settings(self) -> tuple[DenseSettings, TrainingSettings]:
        settings = DenseSettings(
            kind="dense",
            width=self.width,
            depth=self.depth,
            dropout=self.dropout,
            weighting="absolute",
        )
        training = TrainingSettings(
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            batch_size=self.batch_size,
            epochs=self.epochs,
            patience=self.patience,
            clip_value=1.0,
            label_smoothing=self.label_smoothing,
        )
        return settings, training

    def _take(self, head: DenseHead, mean: np.ndarray, spread: np.ndarray) -> None:
        """Keep a head's weights, with the standardising as part of the first layer."""
        layers: list[Any] = [*head.dense, head.output]
        self.coefs_ = [layer.weight.detach().double().numpy().T for layer in layers]
        self.intercepts_ = [layer.bias.detach().double().numpy() for layer in layers]
        self.coefs_[0] = self.coefs_[0] / spread[:, None]
        self.intercepts_[0] = self.intercepts_[0] - mean @ self.coefs_[0]

    def decision_function(self, X: Any) -> np.ndarray:
        """Return logits; of two classes, how far the second is above the first."""
        values = self._check(X)
        *dense, (matrix, offset) = zip(self.coefs_, self.intercepts_, strict=True)
        for coefs, intercepts in dense:
            values = np.maximum(values @ coefs + intercepts, 0)
        scores: np.ndarray = values @ matrix + offset
        return np.diff(scores)[:, 0] if len(self.classes_) == 2 else scores


def _examples(rows: Rows, *moments: np.ndarray) -> Examples:
    """Return rows as utterances of a single frame, and what they are standardised by."""
    frames = torch.from_numpy(rows.features).float()[:, None, None]
    mean, deviation = (torch.from_numpy(values).float()[None, None] for values in moments)
    branch = Branch(InMemory(frames.unbind()), Statistics(mean, deviation))
    return Examples([branch], rows.labels)
