"""A fit that is sent to other machines is the same fit there."""

import pickle
from dataclasses import fields
from pathlib import Path

import pytest
import torch

import featx
from featx.fitting.config import FitConfig
from featx.fitting.plan import plan_fit
from featx.fitting.run import ON_CPU
from featx.fitting.training.actors import _SentFit
from featx.utils.config import read_config


@pytest.mark.parametrize("head", ["linear", "dense"])
@pytest.mark.parametrize("pool", [None, "mean+deviation"])
def test_a_sent_fit_uses_of_its_stores_what_the_fit_does(extracted, checkpoint_folder, pool, head):
    featx.extract(checkpoint_folder, out="store", pool=pool, precision="float32")
    settings = ["training.epochs=1"] if head == "dense" else []
    run = featx.fit(head, features="store", folds=3, settings=settings, name="run")
    config = read_config(Path(run.folder) / "config.toml", FitConfig)
    fit = plan_fit(config, featx.load_manifest("manifest.csv"), torch.device("cpu"))
    sent = pickle.loads(pickle.dumps(_SentFit.of(fit, ON_CPU)))
    opened = sent.open(torch.device("cpu"))
    assert opened.design == fit.design
    for there, here in zip(opened.data.selections, fit.data.selections, strict=True):
        names = {field.name for field in fields(here)} - {"store"}
        assert {n: getattr(there, n) for n in names} == {n: getattr(here, n) for n in names}
