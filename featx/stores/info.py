"""All that is known of a store."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import FeatureStore, Layout, describe_bytes
from featx.stores.contents import STATISTICS, count_failures, disk_bytes, foreign
from featx.stores.find import open_folder
from featx.stores.summary import ago
from featx.stores.used import last_used
from featx.utils.arguments import checked
from featx.utils.text import counted, listed


@dataclass(frozen=True)
class StoreInfo:
    """All that is known of a store without reading its features.

    Attributes:
        folder: where it is.
        identity: what the features are.
        software: the versions that computed them.
        layout: layers, dim and dtype.
        compressed: how many shards are compressed.
        shards: size in bytes by file.
        done: how many utterances have features.
        missing: the utterances that have room and no features.
        frames: frames of all utterances that have features.
        failures: how many utterances `failures.csv` names.
        statistics: size in bytes of the kept means and deviations.
        nbytes: all files in the folder.
        foreign: files in the folder that are not the store's.
        used: when features were last read; None if that is not known.
    """

    folder: Path
    identity: Mapping[str, Any]
    software: Mapping[str, str]
    layout: Layout
    compressed: int
    shards: Mapping[str, int]
    done: int
    missing: Sequence[str]
    frames: int
    failures: int
    statistics: int
    nbytes: int
    foreign: Sequence[Path]
    used: float | None

    def to_text(self) -> str:
        """Return a line for each fact."""
        layout, lacking = self.layout, len(self.missing)
        rows = {
            "store": self.folder,
            **self.identity,
            "software": ", ".join(f"{name} {text}" for name, text in self.software.items()),
            "layers": f"{len(layout.layers)}: {', '.join(layout.layers)}",
            "features": self._describe_features(),
            "utterances": f"{self.done:,} done, {lacking:,} not"
            + (f": {listed(self.missing)}" if lacking else ""),
            "frames": f"{self.frames:,}",
            "failures": f"{counted(self.failures, 'utterance')} in failures.csv"
            if self.failures
            else "none",
            "shards": f"{len(self.shards):,}, {describe_bytes(sum(self.shards.values()))}",
            "statistics": describe_bytes(self.statistics),
            "on disk": describe_bytes(self.nbytes),
            "other files": listed([path.name for path in self.foreign]) or "none",
            "last used": "unknown" if self.used is None else ago(self.used),
        }
        width = max(map(len, rows))
        return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())

    def _describe_features(self) -> str:
        often = "a frame" if self.identity["frame_step"] else "an utterance"
        text = f"{self.layout.dim:,} {often} in {self.layout.dtype}"
        if self.compressed == len(self.shards):
            return f"{text}, compressed"
        return f"{text}, compressed in {self.compressed:,} shards" if self.compressed else text

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "store": str(self.folder),
            "identity": dict(self.identity),
            "software": dict(self.software),
            "layers": list(self.layout.layers),
            "dim": self.layout.dim,
            "dtype": self.layout.dtype,
            "compressed": self.compressed,
            "shards": dict(self.shards),
            "done": self.done,
            "missing": list(self.missing),
            "frames": self.frames,
            "failures": self.failures,
            "statistics_bytes": self.statistics,
            "bytes": self.nbytes,
            "foreign": list(map(str, self.foreign)),
            "used": None
            if self.used is None
            else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.used)),
        }


@checked
def store_info(store: str | Path | FeatureStore) -> StoreInfo:
    """Say all that is known of a store without reading its features.

    Args:
        store: the store, or its folder.

    Returns:
        What the features are, what is missing, and what all of it takes on the disk.

    Raises:
        StoreError: if there is none, or it can't be opened.

    Example:
        >>> info = featx.store_info("features/manifest/encoder")
        >>> info.done, info.layout.layers
        (18, ('0', '1', '2'))
    """
    opened = open_folder(store)
    folder = opened.folder
    done = [utterance for utterance in opened.utterances if opened.is_done(utterance)]
    return StoreInfo(
        folder=folder,
        identity=opened.identity.to_json(),
        software=opened.software,
        layout=opened.layout,
        compressed=opened.compressed,
        shards={path.name: path.stat().st_size for path in opened.shards},
        done=len(done),
        missing=[utterance for utterance in opened.utterances if not opened.is_done(utterance)],
        frames=sum(map(opened.frames, done)),
        failures=count_failures(folder),
        statistics=disk_bytes(folder / STATISTICS),
        nbytes=disk_bytes(folder),
        foreign=foreign(folder),
        used=last_used(folder),
    )
