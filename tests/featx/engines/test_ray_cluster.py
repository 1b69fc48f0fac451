"""How the machines of a Ray cluster are found and divided, without Ray."""

import re
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from featx.engines import ray_cluster
from featx.engines.engine import Engine
from featx.engines.tasks import Share
from featx.errors import FeatxError


def test_an_address_needs_ray():
    with pytest.raises(FeatxError, match="give `engine='ray'` too"):
        Engine("local", "10.0.0.1:6379")


def test_without_ray_it_is_said_how_it_comes(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(FeatxError, match=r"pip install 'featx\[ray\]'"), Engine("ray") as engine:
        engine.pool(lambda share: len, Share(cores=1))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("auto", "`address='auto'`: no Ray cluster can be joined there (Nobody answers.)"),
        ("127.0.0.1:9", "no Ray cluster can be joined there (Connection refused)"),
        ("ray://127.0.0.1:9", "no Ray cluster can be joined there (Connection refused)"),
        ("nowhere.invalid:1", "`address='nowhere.invalid:1'`: no Ray cluster"),
        (None, "started here"),
    ],
)
def test_a_cluster_that_can_not_be_joined_is_named(address, said):
    def init(*given, **options):
        raise ConnectionError("Nobody answers.\nAnd more.")

    with pytest.raises(FeatxError, match=re.escape(said)):
        ray_cluster._connect(SimpleNamespace(init=init), address)


@dataclass
class Machines:
    """A Ray of some machines."""

    resources: list[dict[str, float]]

    def nodes(self):
        return [{"Alive": True, "Resources": known} for known in self.resources] + [
            {"Alive": False, "Resources": {"CPU": 64.0, "GPU": 8.0}}
        ]


@pytest.mark.parametrize(
    ("resources", "gpu", "share", "room"),
    [
        ([{"CPU": 2}], False, Share(2, 0, 1), 1),
        ([{}, {"CPU": 1}, {"CPU": 1}], False, Share(1, 0, 1), 2),
        ([{"CPU": 12}, {"CPU": 24}], False, Share(6, 0, 2), 6),
        ([{"CPU": 64}], False, Share(8, 0, 8), 8),
        ([{"CPU": 4}, {"CPU": 32, "GPU": 4}], True, Share(8, 1, 4), 4),
        ([{"CPU": 2, "GPU": 4}], True, Share(1, 1, 4), 2),
    ],
)
def test_machines_are_divided_into_actors(resources, gpu, share, room):
    cluster = ray_cluster.RayCluster.__new__(ray_cluster.RayCluster)
    cluster._ray, cluster._nodes, cluster._seen = Machines(resources), [], float("-inf")
    assert cluster.share(gpu) == share
    assert cluster.room(share) == room


def test_machines_without_what_is_asked_for_are_refused():
    cluster = ray_cluster.RayCluster.__new__(ray_cluster.RayCluster)
    cluster._ray, cluster._nodes, cluster._seen = Machines([{"CPU": 4}]), [], float("-inf")
    with pytest.raises(FeatxError, match="has GPUs to offer"):
        cluster.share(gpu=True)
