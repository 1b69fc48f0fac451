"""Keys of an experiment that are options of commands: they give what the commands give."""

import tomllib
from pathlib import Path

import pytest

import featx
from featx.experiments.checking.validate import validate
from featx.runs.files import CONFIG

TEXT = """
[corpora.a]
path = "a.csv"
{a}
[corpora.c]
path = "c.csv"
[corpora.between]
train = "c"
test = ["a"]
folds = 3
[features.tiny]
model = "{checkpoint}"
{features}
[heads.plain]
head = "linear"
features = ["tiny"]
{head}
{more}
"""


@pytest.fixture
def experiment(corpora, checkpoint_folder):
    """Write an experiment on two corpora, and return its path."""
    for path in corpora:
        header, *rows = path.read_text().splitlines()
        own = [f"{row},{'fm'[n % 2]},{n}.5,{n * n % 7}.25" for n, row in enumerate(rows)]
        path.write_text("\n".join([f"{header},sex,pitch,energy", *own]) + "\n")

    def write(**lines: str) -> Path:
        empty = dict.fromkeys(("a", "features", "head", "more"), "")
        path = Path("small.toml")
        path.write_text(TEXT.format(**{**empty, "checkpoint": checkpoint_folder, **lines}))
        return path

    return write


def configs(path: Path) -> dict:
    """Return the config of each run of an experiment that has no errors, by the run's name."""
    inspection = validate(path)
    assert not inspection.findings.errors, list(map(str, inspection.findings.errors))
    return {run.name: config for run, (config, _) in inspection.checked.items()}


def test_heads_learn_from_some_corpora_and_test_others_as_fit_does(experiment):
    found = configs(experiment())
    assert list(found) == ["small-plain-a", "small-plain-c", "small-plain-between"]
    fitted = featx.fit("linear", train="c.csv", test="a.csv", folds=3)
    wanted = tomllib.loads((fitted.folder / CONFIG).read_text())
    assert tomllib.loads(found["small-plain-between"].to_toml()) == wanted


@pytest.mark.parametrize(
    ("lines", "columns", "task"),
    [
        ('target = "sex"', ("sex",), "classification"),
        ('target = ["pitch", "energy"]', ("pitch", "energy"), "regression"),
        ('target = "energy"\ntask = "regression"', ("energy",), "regression"),
    ],
)
def test_a_corpus_says_what_is_learned_and_how(experiment, lines, columns, task):
    path = experiment(a=lines, head='corpora = ["a"]\nnormalize = "corpus"')
    path.write_text(path.read_text().replace('[corpora.c]\npath = "c.csv"\n', "").replace(
        '[corpora.between]\ntrain = "c"\ntest = ["a"]\nfolds = 3\n', ""))  # fmt: skip
    (config,) = configs(path).values()
    assert (config.protocol.target.columns, config.protocol.target.task) == (columns, task)
    assert config.normalize == "corpus"


def test_copies_are_extracted_for_heads_that_learn_from_them(experiment):
    path = experiment(features="copies = 2", head='augmented = "noise"')
    inspection = validate(path)
    stores = {str(store.folder): store.features.copies for store in inspection.plan.stores}
    assert stores == dict.fromkeys(
        ("features/a/tiny", "features/a~noise/tiny", "features/c/tiny", "features/c~noise/tiny"), 2
    )
    found = configs(path)
    assert list(map(str, found["small-plain-a"].augmented)) == ["features/a~noise/tiny"]
    assert list(found) == ["small-plain-a", "small-plain-c"]  # no copies between corpora


def test_a_head_may_be_searched(experiment):
    pytest.importorskip("optuna")
    found = configs(experiment(more="[heads.plain.tune]\ntrials = 4\nseed = 7"))
    assert list(found) == ["small-plain-a", "small-plain-c"]
    search = found["small-plain-a"].search
    assert (search.trials, search.inner_folds, search.seed) == (4, 3, 7)


def test_a_fine_tuning_may_be_augmented(experiment, checkpoint_folder):
    tuning = f'[finetunings.own]\nmodel = "{checkpoint_folder}"\naugment = "noise"\ndevice = "cpu"'
    found = configs(experiment(more=tuning))
    assert found["small-own-a"].augmentation.noise is not None
    assert "small-own-between" not in found


@pytest.mark.parametrize(
    ("lines", "rule", "other"),
    [
        ("", "hard", "mean"),
        ('target = ["pitch", "energy"]', "mean", "soft"),
        ('target = "sex"\ntask = "multilabel"', "soft", "weighted"),
    ],
)
def test_the_rule_of_a_vote_follows_from_what_its_systems_predict(experiment, lines, rule, other):
    more = """
    [heads.other]
    head = "svm"
    features = ["tiny"]
    corpora = ["a"]
    [votes.both]
    systems = ["plain", "other"]
    """
    path = experiment(a=lines, head='corpora = ["a"]', more=more)
    head, rest = path.read_text().split("[corpora.c]")
    path.write_text(head + rest[rest.index("[features") :])
    assert configs(path)["small-both"].rule == rule
    path.write_text(path.read_text() + f'rule = "{other}"\n')
    (problem,) = map(str, validate(path).findings.errors)
    assert f"`rule='{other}'`" in problem
    assert "plain predicts" in problem


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ({"a": 'targt = "sex"'}, "corpora.a.targt: unknown key; did you mean 'target'?"),
        ({"a": 'train = ["c"]'}, "train and test name corpora that are there: leave out path"),
        ({"a": 'folds = 3\nprotocols = ["x.toml"]'}, "protocols say how to divide"),
        ({"a": "fold_speakers = true"}, "fold_speakers goes with train and test"),
        ({"head": "final = true\ntune = {}"}, "a search knows no final"),
        ({"head": 'augmented = "nois"'}, "no such augmented; did you mean 'noise'?"),
        ({"head": 'tune = { space = "liner" }'}, "did you mean 'linear'?"),
        ({"head": 'augmented = "noise"\ncorpora = ["between"]'}, "between corpora only heads"),
        ({"a": 'target = "age"'}, "age"),
        ({"more": '[report]\nby = "age"'}, "report.by: corpora.a has no age; there is"),
        ({"a": 'target = "pitch"'}, "numbers of a and classes of between, c, which no report"),
        (
            {"more": '[corpora.none]\ntrain = "b"\ntest = "c"'},
            "corpora.none: b is no corpus with a manifest; there is a, c",
        ),
    ],
)
def test_what_can_not_be_is_said_before_anything_runs(experiment, lines, said):
    if "tune" in lines.get("head", ""):
        pytest.importorskip("optuna")
    errors = "\n".join(map(str, validate(experiment(**lines)).findings.errors))
    assert said in errors
    assert not Path("runs").exists()


@pytest.mark.thorough
def test_an_experiment_with_all_of_them(experiment, said):
    pytest.importorskip("optuna")
    more = """
    [heads.noisy]
    head = "dense"
    features = ["tiny"]
    augmented = "noise"
    settings = ["training.epochs=2"]
    [heads.found]
    head = "linear"
    features = ["tiny"]
    tune = { trials = 2 }
    corpora = ["a"]
    [votes.both]
    systems = ["plain", "noisy"]
    [report]
    by = ["sex", "speaker"]
    """
    path = experiment(a='target = ["label"]', head='normalize = "corpus"', more=more)
    page = featx.run(path)
    text = page.with_suffix(".md").read_text()
    for name in ("plain-between", "noisy-a", "found-a", "both-a"):
        assert f"small-{name}" in text
    assert "small-plain-between by speaker" in text
    assert (Path("runs/small-found-a") / "tuning.csv").is_file()
    said()
    featx.run(path)
    assert all("done before" in line for line in said() if line.startswith("  UAR"))


@pytest.mark.thorough
def test_an_experiment_on_several_labels(experiment, checkpoint_folder):
    more = f"""
    [finetunings.tuned]
    model = "{checkpoint_folder}"
    mode = "frozen"
    settings = ["training.epochs=1", "training.every=4"]
    device = "cpu"
    [votes.both]
    systems = ["plain", "tuned"]
    """
    path = experiment(a='target = "sex"\ntask = "multilabel"\nfolds = 3', more=more)
    head, rest = path.read_text().split("[corpora.c]")
    path.write_text(head + rest[rest.index("[features") :])
    text = featx.run(path).with_suffix(".md").read_text()
    for name in ("plain", "tuned", "both"):
        assert f"small-{name}" in text
    assert "macro F1" in text
    assert "by the rule soft" in Path("runs/small-both/README.md").read_text()
