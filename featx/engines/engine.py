"""Where the work of a call is done, from its arguments to actors at work."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self

from featx.engines.choices import EngineName
from featx.engines.pool import Pool
from featx.engines.tasks import Do, Share
from featx.errors import FeatxError

if TYPE_CHECKING:
    from featx.engines.ray_cluster import RayCluster


class Engine:
    """Where work is done: in this process, or by the actors of a Ray cluster.

    Ray is started when its first actors are wanted, and left at the end of the `with` block.

    Args:
        name: "local" or "ray".
        address: of the Ray cluster to join; None for the one that this process is a job of, or
            else for the cores and GPUs of this machine.

    Raises:
        FeatxError: if there is an address and no Ray to join there.
    """

    def __init__(self, name: EngineName = "local", address: str | None = None) -> None:
        self.is_local = name == "local"
        self._address = address
        if self.is_local and address:
            raise FeatxError(
                f"`address={address!r}` is that of a Ray cluster; give `engine='ray'` too."
            )

    @cached_property
    def cluster(self) -> "RayCluster":
        """The Ray cluster.

        Raises:
            FeatxError: if Ray is not installed, or there is no cluster at the address.
        """
        from featx.engines.ray_cluster import RayCluster

        return RayCluster(self._address)

    def pool(self, make: Callable[[Share], Do], share: Share) -> Pool:
        """Return actors to be.

        Args:
            make: makes what does their tasks, on the machine of each.
            share: what each has of a machine.

        Raises:
            FeatxError: as for `cluster`.
        """
        return Pool(self.cluster, make, share)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "cluster" in vars(self):
            self.cluster.close()
            del self.cluster


def refuse_numbered(device: str) -> None:
    """Raise a FeatxError if a device is a GPU's number, which on a cluster says nothing."""
    if ":" in device:
        raise FeatxError(
            f"`device={device!r}`: `engine='ray'` chooses among GPUs by itself. Give "
            "`device='cuda'`."
        )


HERE = Engine()
