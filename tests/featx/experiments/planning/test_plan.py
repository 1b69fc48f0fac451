"""What an experiment runs."""

from pathlib import Path

from featx.experiments.planning.make_plan import make_plan
from featx.experiments.settings.config import read_experiment

CORPORA = """
[corpora]
a = { path = "a.csv", protocols = ["x.toml"] }
b = { path = "b.csv", protocols = ["y.toml"] }
[heads]
one = { head = "dense", features = ["egemaps"], protocols = ["x.toml"] }
two = { head = "dense", features = ["logmel"], corpora = ["b"] }
"""


def test_features_are_only_those_that_a_system_runs_on(workplace):
    Path("two.toml").write_text(CORPORA)
    plan, problems = make_plan(read_experiment(Path("two.toml")))
    assert not problems
    planned = [(store.corpus, store.name) for store in plan.stores]
    assert planned == [("a", "egemaps"), ("b", "logmel")]
