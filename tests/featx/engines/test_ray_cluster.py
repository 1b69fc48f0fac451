"""Addresses of clusters that can't be joined are refused before Ray tries for minutes."""

import socket

import pytest

from featx.engines.ray_cluster import _check_reachable
from featx.errors import FeatxError


@pytest.mark.parametrize("address", ["localhost", "localhost:", ":6379", "here:there"])
def test_no_address(address):
    with pytest.raises(FeatxError, match="give the host and port"):
        _check_reachable(address)


def test_nobody_answers():
    with socket.socket() as taken:  # bound, and not listening
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(FeatxError, match="nothing answers there"):
            _check_reachable(f"127.0.0.1:{taken.getsockname()[1]}")


@pytest.mark.parametrize("address", ["auto", "local", "ray://somewhere:10001"])
def test_addresses_that_ray_looks_up(address):
    _check_reachable(address)


def test_somebody_answers():
    with socket.create_server(("127.0.0.1", 0)) as server:
        _check_reachable(f"127.0.0.1:{server.getsockname()[1]}")
