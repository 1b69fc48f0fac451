"""Ray itself, on this machine: features and heads by its actors are those of one process."""

import logging
import os
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
import soundfile

import featx
from cache import FeatureStore
from featx.engines.engine import Engine
from featx.engines.host import Host
from featx.engines.ray_cluster import RayCluster
from featx.engines.tasks import Share

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def ray_itself():
    """Ray on two cores, which calls within this process join."""
    ray = pytest.importorskip("ray", reason="Ray is not installed")
    os.environ["RAY_AUTH_MODE"] = "disabled"
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


class Hired(Host):
    """A host that a pool which no longer needs it leaves to the next."""

    def __init__(self):
        """Wait to be hired."""

    def hire(self, *terms):
        logging.getLogger("featx").handlers.clear()
        super().__init__(*terms)


@pytest.fixture(scope="module")
def actors(ray_itself):
    """Actors that outlive their pools: each is seconds of starting Python and importing torch."""
    idle = []

    def start(self, make, share):
        kind = ray_itself.remote(Hired).options(num_cpus=0)  # a share of any size
        actor = idle.pop() if idle else kind.remote()
        actor.hire.remote(make, share, str(Path.cwd()))
        return actor

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RayCluster, "start", start)
        patch.setattr(RayCluster, "stop", lambda self, actor: idle.append(actor))
        yield idle


@pytest.fixture
def cluster(actors):
    """A cluster of two cores, whose actors were there before."""


def same_features(first: Path, second: Path) -> bool:
    here, there = FeatureStore(first), FeatureStore(second)
    return set(here.utterances) == set(there.utterances) and all(
        np.array_equal(here.read(name), there.read(name))
        and here.source(name) == there.source(name)
        for name in here.utterances
    )


def die(share):
    def do(task):
        if not Path(task).exists():
            Path(task).touch()
            os._exit(1)
        yield "done"

    return do


def test_a_lost_actor_is_replaced(ray_itself, tmp_path):
    with Engine("ray") as engine, engine.pool(die, Share(1)) as pool:
        assert pool.submit(lambda: tmp_path / "died").result(60) == ["done"]


@pytest.mark.parametrize("model", ["encoder", "egemaps"])
def test_features_are_the_same(cluster, workplace, write_corpus, checkpoint_folder, model):
    write_corpus(speakers=3)
    options = {} if model == "egemaps" else {"batch_seconds": 0.05}
    name = model if model == "egemaps" else checkpoint_folder
    plain = featx.extract(name, out="plain", **options)
    by_ray = featx.extract(name, out="ray", engine="ray", **options)
    assert by_ray.extracted == plain.extracted > 0
    assert same_features(plain.folder, by_ray.folder)
    again = featx.extract(name, out="ray", engine="ray", **options)
    assert (again.extracted, again.kept) == (0, plain.extracted)
    assert not list(Path("ray").glob(".seen-*"))


def test_features_are_sent_home_where_there_is_no_shared_disk(
    cluster, workplace, write_corpus, checkpoint_folder, monkeypatch
):
    write_corpus(speakers=3)
    plain = featx.extract(checkpoint_folder, out="plain", batch_seconds=0.05)
    monkeypatch.setattr("featx.features.writing.actors._token", lambda _: nullcontext("absent"))
    by_ray = featx.extract(checkpoint_folder, out="ray", engine="ray", batch_seconds=0.05)
    assert same_features(plain.folder, by_ray.folder)


SMALLER = [
    {"pool": "mean"},
    {"frames": 10, "compress": True},
    {"dtype": "int8"},
    {"dtype": "int8", "compress": True},
]


@pytest.mark.parametrize(
    ("options", "home"), list(zip(SMALLER, [False, True] * 2, strict=True)), ids=str
)
def test_smaller_stores_are_the_same(
    cluster, workplace, write_corpus, checkpoint_folder, monkeypatch, options, home
):
    write_corpus(speakers=2)
    options = {"batch_seconds": 0.05, **options}
    plain = featx.extract(checkpoint_folder, out="plain", **options)
    if home:
        monkeypatch.setattr("featx.features.writing.actors._token", lambda _: nullcontext("absent"))
    by_ray = featx.extract(checkpoint_folder, out="ray", engine="ray", **options)
    assert same_features(plain.folder, by_ray.folder)
    assert by_ray.store.layout == plain.store.layout


def test_utterances_are_renewed_and_shared(cluster, workplace, write_corpus, checkpoint_folder):
    names = [u.utterance for u in featx.load_manifest(write_corpus(speakers=2)).utterances]
    options = {"batch_seconds": 0.05, "store": "shared"}
    ray = {**options, "engine": "ray"}
    featx.extract(checkpoint_folder, **options)
    before = {name: FeatureStore("features/shared/tiny").read(name).copy() for name in names}
    again = featx.extract(checkpoint_folder, again=names[:2], **ray)
    assert (again.extracted, again.kept) == (2, len(names) - 2)
    for name in names:
        assert np.array_equal(again.store.read(name), before[name])
    audio, rate = soundfile.read(f"audio/{names[3]}.wav")
    soundfile.write(f"audio/{names[3]}.wav", audio[::-1], rate)
    with pytest.raises(featx.FeatxError, match="`update`"):
        featx.extract(checkpoint_folder, **ray)
    assert featx.extract(checkpoint_folder, update=True, **ray).extracted == 1
    text = Path("manifest.csv").read_text()
    Path("other.csv").write_text(text.replace(f"\n{names[0]},", "\nanother,"))
    other = featx.extract(checkpoint_folder, "other.csv", again=names[1], **ray)
    assert (other.extracted, other.shared) == (1, 1)


def test_a_store_on_a_server_is_the_same(
    cluster, server, workplace, write_corpus, checkpoint_folder
):
    write_corpus(speakers=2)
    options = {"batch_seconds": 0.05, "compress": True}
    plain = featx.extract(checkpoint_folder, out="plain", **options)
    by_ray = featx.extract(checkpoint_folder, out="memory://stores/tiny", engine="ray", **options)
    assert same_features(plain.folder, by_ray.store.folder)
    names = {Path(name).name for name in server.ls("memory://stores/tiny", detail=False)}
    assert names == {path.name for path in by_ray.store.shards}


def test_too_many_failures_stop_it(cluster, workplace, write_corpus, checkpoint_folder):
    write_corpus(speakers=2)
    for path in Path("audio").glob("sad-*"):
        length = soundfile.info(path).frames
        soundfile.write(path, np.full(length, np.nan, np.float32), 16_000, subtype="FLOAT")
    options = {"engine": "ray", "batch_seconds": 0.05}
    with pytest.raises(featx.FeatxError, match="`max_failures=3` allows"):
        featx.extract(checkpoint_folder, max_failures=3, **options)
    assert len(Path("features/manifest/tiny/failures.csv").read_text().splitlines()) == 5
    assert len(featx.extract(checkpoint_folder, max_failures=4, **options).failures) == 4


def test_utterances_that_fail_are_listed(cluster, workplace, write_corpus, checkpoint_folder):
    manifest = write_corpus(speakers=2)
    victim = featx.load_manifest(manifest).utterances[-1]
    data = Path(victim.path).read_bytes()
    Path(victim.path).write_bytes(data[: len(data) // 2])
    plain = featx.extract(checkpoint_folder, out="plain", batch_seconds=0.05)
    by_ray = featx.extract(checkpoint_folder, out="ray", engine="ray", batch_seconds=0.05)
    assert by_ray.failures == plain.failures
    assert set(by_ray.failures) == {victim.utterance}


@pytest.mark.parametrize(
    ("head", "pool"), [("dense", None), ("linear", None), ("linear", "mean+deviation")]
)
def test_heads_are_the_same(cluster, extracted, checkpoint_folder, head, pool):
    featx.extract(checkpoint_folder, out="store", pool=pool)
    options = {"features": "store", "folds": 3, "seeds": 2, "final": True}
    options["settings"] = () if head == "linear" else "training.epochs=2"
    plain = featx.fit(head, name="plain", **options)
    by_ray = featx.fit(head, name="ray", engine="ray", **options)
    assert by_ray.predictions.read_bytes() == plain.predictions.read_bytes()
    for weights in plain.folder.glob("*.safetensors"):
        assert (by_ray.folder / weights.name).read_bytes() == weights.read_bytes()


def test_a_search_is_the_same(cluster, extracted):
    options = {"features": "features/manifest/tiny", "folds": 3, "trials": 4}
    plain = featx.tune("linear", name="plain", **options)
    by_ray = featx.tune("linear", name="ray", engine="ray", **options)
    for name in ("predictions.csv", "tuning.csv"):
        assert (by_ray.folder / name).read_bytes() == (plain.folder / name).read_bytes()


def test_an_experiment_is_the_same(cluster, extracted, checkpoint_folder):
    text = '[corpora.here]\npath = "manifest.csv"\n'
    text += f'[features.tiny]\nmodel = "{checkpoint_folder.as_posix()}"\n'
    for number in (1, 2, 3):
        text += (
            f'[heads.h{number}]\nhead = "dense"\nfeatures = ["tiny"]\n'
            f'settings = ["training.epochs={number}"]\n'
        )
    for name in ("plain", "ray"):
        Path(f"{name}.toml").write_text(text)
    featx.run("plain.toml")
    featx.run("ray.toml", engine="ray")
    runs = sorted(path.parent for path in Path("runs").glob("plain-*/predictions.csv"))
    assert len(runs) == 3
    for run in runs:
        other = run.with_name(run.name.replace("plain", "ray", 1)) / "predictions.csv"
        assert other.read_bytes() == (run / "predictions.csv").read_bytes()
