"""Training: batches hold everything once, the best epoch is kept, it repeats and stops."""

from threading import Event

import numpy as np
import pytest
import torch

from classifiers.batch import Branch, Examples, InMemory
from classifiers.cores import Crew, Worker
from classifiers.dense import DenseHead, DenseSettings
from classifiers.objectives import Classification
from classifiers.shape import InputShape
from classifiers.statistics import measure, statistics_of
from classifiers.training import Stopped, predict, seeded, train, train_epoch, train_for

CLASSES, LAYERS, DIM = 3, 4, 6  # of make_examples
HEAD = DenseSettings(kind="dense", width=8, depth=2, dropout=0.2, weighting="absolute")


def build() -> DenseHead:
    return DenseHead(HEAD, InputShape(LAYERS, DIM, 0.02), Classification(CLASSES))


def run(training, validation, settings, cores, seed=0, stop=None):
    worker = Worker(cores, stop or Event())
    return train(seeded(build, seed), training, validation, settings, seed, worker)


def test_parts_hold_the_utterances_asked_for(make_examples):
    examples = make_examples(7)
    groups = [[3, 1, 6], [0, 5], [2, 4]]
    parts = list(examples.parts(groups))
    assert [part.targets.tolist() for part in parts] == [[n % 3 for n in g] for g in groups]
    held = examples.branches[0].features.tensors
    for part, group in zip(parts, groups, strict=True):
        assert all(
            torch.equal(given, held[n])
            for given, n in zip(part.inputs[0].features, group, strict=True)
        )


def test_each_utterance_gets_its_own_groups_statistics():
    features = [torch.full((1, 2, 1), float(n)) for n in range(3)]
    statistics = statistics_of([measure(features[n].numpy()) for n in (0, 2)])
    branch = Branch(InMemory(features), statistics, torch.tensor([0, 1, 0]))
    (part,) = Examples([branch], np.zeros(3, int)).parts([[1, 2]])
    assert part.inputs[0].mean.flatten().tolist() == [2, 0]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_features_are_given_back_before_they_are_computed(make_examples, quick, threads):
    """A batch is read while the one before it is computed, and predictions several parts ahead."""
    computed = [0]

    class Watched(InMemory):
        def in_groups(self, groups, in_use):
            computed[0] = 0
            for place, features in enumerate(super().in_groups(groups)):
                yield features
                assert computed[0] > place - in_use

    examples = make_examples(96)
    head = seeded(build, 0)
    head.part_size = 2
    head.register_forward_hook(lambda *_: computed.__setitem__(0, computed[0] + 1))
    branch = Branch(Watched(examples.branches[0].features.tensors))
    settings = quick.model_copy(update={"batch_size": 48})  # 24 parts
    optimizer, generator = torch.optim.AdamW(head.parameters()), torch.Generator()
    with Crew(threads) as cores:
        watched = Examples([branch], examples.targets)
        train_epoch(head, optimizer, watched, settings, generator, cores)
        assert computed[0] == 48
        predict(head, watched, cores)
    assert computed[0] == 48


def test_the_weights_of_the_lowest_validation_loss_are_kept(make_examples, quick, cores):
    validation = make_examples(15, 1, signal=0)  # nothing to learn: stops soon
    trained = run(make_examples(30, 0, signal=0), validation, quick, cores)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert trained.best == int(np.argmin(losses))
    assert len(losses) == trained.best + 1 + quick.patience
    labels = torch.from_numpy(validation.targets)
    probabilities = predict(trained.head, validation, cores)
    kept = torch.nn.functional.nll_loss(probabilities.log(), labels).item()
    assert kept == pytest.approx(losses[trained.best], abs=1e-6)


def test_it_repeats_itself_and_leaves_the_global_generator_alone(make_examples, quick, cores):
    state = torch.random.get_rng_state()
    first = run(make_examples(20), make_examples(9, 1), quick, cores, seed=3)
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.rand(5)
    second = run(make_examples(20), make_examples(9, 1), quick, cores, seed=3)
    other = run(make_examples(20), make_examples(9, 1), quick, cores, seed=4)
    weights = [trained.head.state_dict() for trained in (first, second, other)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert not torch.equal(weights[0]["output.weight"], weights[2]["output.weight"])


def test_so_many_epochs_give_the_weights_that_stopping_there_gave(make_examples, quick, cores):
    training = make_examples(30, 0, signal=0)
    stopped = run(training, make_examples(15, 1, signal=0), quick, cores)
    epochs = stopped.history[stopped.best].epoch
    assert epochs < len(stopped.history)
    worker = Worker(cores)
    trained = train_for(seeded(build, 0), training, quick, epochs, 0, worker)
    first, second = stopped.head.state_dict(), trained.final.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert [e.train_loss for e in trained.history] == [
        e.train_loss for e in stopped.history[:epochs]
    ]
    assert not trained.final.training
    worker.stop.set()
    with pytest.raises(Stopped):
        train_for(seeded(build, 0), training, quick, epochs, 0, worker)


def test_the_gradient_of_a_batch_is_that_of_its_parts(make_examples, quick, cores):
    """Batches larger than a part: the same as one part, up to the last digits."""
    plain = HEAD.model_copy(update={"dropout": 0.0})
    heads = [
        seeded(lambda: DenseHead(plain, InputShape(LAYERS, DIM, 0.02), Classification(CLASSES)), 0)
        for _ in range(2)
    ]
    whole = quick.model_copy(update={"batch_size": 24, "epochs": 2})
    heads[0].part_size = 8
    training = make_examples(48)
    for head in heads:
        optimizer = torch.optim.SGD(head.parameters(), 0.5)
        generator = torch.Generator().manual_seed(0)
        train_epoch(head, optimizer, training, whole, generator, cores)
    for cut, whole in zip(*(head.parameters() for head in heads), strict=True):
        torch.testing.assert_close(cut, whole, rtol=1e-4, atol=1e-5)


def test_divergence_is_an_error(make_examples, quick, cores):
    wild = quick.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(FloatingPointError, match="learning rate below 1e\\+30"):
        run(make_examples(9), make_examples(9), wild, cores)


def test_it_ends_when_asked_to(make_examples, quick, cores):
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        run(make_examples(9), make_examples(9), quick, cores, stop=stop)


def test_smoothed_labels_leave_training_less_certain(make_examples, quick, cores):
    training, validation = make_examples(48, signal=3.0), make_examples(24, seed=1, signal=3.0)
    certainty = []
    for smoothing in (0.0, 0.3):
        settings = quick.model_copy(update={"label_smoothing": smoothing, "patience": 30})
        head = run(training, validation, settings, cores).head
        certainty.append(float(predict(head, training, cores).amax(1).mean()))
    plain, smoothed = certainty
    assert plain > 0.97
    assert smoothed < 0.9


def test_the_epoch_of_the_highest_uar_is_kept_when_asked(make_examples, quick, cores):
    by_uar = quick.model_copy(update={"monitor": "score", "epochs": 20})
    trained = run(make_examples(30, 0, signal=0.5), make_examples(15, 1, signal=0.5), by_uar, cores)
    recalls = [epoch.validation_score for epoch in trained.history]
    assert trained.best == int(np.argmax(recalls))  # the first of equal ones
    assert len(recalls) == min(by_uar.epochs, trained.best + 1 + by_uar.patience)


def test_balanced_classes_are_told_apart_though_one_is_rare(make_examples, quick, cores):
    """Without a signal a head predicts how frequent classes are: balanced, all the same."""
    everything = make_examples(60, signal=0)
    rare = [n for n in range(60) if everything.targets[n] or n % 9 == 0]
    training = Examples(
        [Branch(InMemory([everything.branches[0].features.tensors[n] for n in rare]))],
        everything.targets[rare],
    )
    shares = {}
    for weights in ("none", "balanced"):
        settings = quick.model_copy(
            update={"class_weights": weights, "epochs": 3, "learning_rate": 1e-2}
        )
        head = run(training, make_examples(30, 1, signal=0), settings, cores).head
        shares[weights] = predict(head, training, cores).mean(0)[0]
    assert shares["none"] < 0.26  # 7 of 47 utterances
    assert 0.26 < shares["balanced"] < 0.42


def test_weight_decay_keeps_weights_small(make_examples, quick, cores):
    sizes = []
    for decay in (0.0, 5.0):
        settings = quick.model_copy(update={"weight_decay": decay, "patience": 30})
        head = run(make_examples(30, signal=3.0), make_examples(15, 1), settings, cores).head
        sizes.append(head.output.weight.detach().norm().item())
    assert sizes[1] < sizes[0]
