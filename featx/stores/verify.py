"""Is every byte of a store the one that was written? And clearing what is not."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cache import FeatureStore, StoreError, writing
from featx.errors import Call, Interrupted
from featx.features.encoders.checkpoints.registry import short_name
from featx.features.stores.folders import ROOT
from featx.stores.checksums import Found, check_store
from featx.stores.find import find_all, store_path
from featx.stores.repair import repair_store
from featx.utils.arguments import as_list, checked
from featx.utils.text import counted, first_lines

_SHOWN = 20  # damaged utterances


@dataclass(frozen=True)
class Verified:
    """What was found in a store.

    Attributes:
        folder: where it is.
        found: what was checked, and what is damaged.
        repaired: whether what is damaged was cleared.
        problem: why the store could not be checked; None if it could.
        cure: the call that computes again what was cleared; None if it is not known.
    """

    folder: Path
    found: Found
    repaired: bool = False
    problem: str | None = None
    cure: Call | None = None

    @property
    def is_damaged(self) -> bool:
        """Whether damage is left."""
        return bool(self.problem or self.found.unreadable) or (
            self.found.is_damaged and not self.repaired
        )

    def to_text(self) -> str:
        """Name what is damaged, and say what was done about it."""
        if self.problem:
            return self.problem
        found = self.found
        lines = [f"{path}: {reason}" for path, reason in found.unreadable.items()]
        if not found.is_damaged:
            whole = f"{self.folder}: {counted(found.checked, 'utterance')} whole"
            return "\n".join([whole, *lines, *found.notes])
        lines += [f"{path}: its tables are damaged ({why})" for path, why in found.tables.items()]
        lines += [f"{path}: statistics are damaged" for path in found.statistics]
        if found.damaged:
            count = f"{len(found.damaged):,} of {counted(found.checked, 'utterance')}"
            lines.append(f"{self.folder}: {count} damaged:")
            lines += first_lines(found.damaged, _SHOWN)
        if found.doubled:
            lines.append(f"{self.folder}: in two shards:")
            lines += first_lines(found.doubled, _SHOWN)
        lines.append(self._outcome())
        return "\n".join([*lines, *found.notes])

    def _outcome(self) -> str:
        if not self.repaired:
            return f"Clear what is damaged: featx cache verify {self.folder} --repair"
        aside = [f"{path}.damaged" for path in self.found.tables]
        text = "Cleared; nothing damaged is used any more."
        if aside:
            text += f" Set aside: {', '.join(aside)}."
        return text

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        found = self.found
        return {
            "store": str(self.folder),
            "checked": found.checked,
            "bytes": found.nbytes,
            "damaged": list(found.damaged),
            "doubled": list(found.doubled),
            "tables": {str(path): reason for path, reason in found.tables.items()},
            "unreadable": {str(path): reason for path, reason in found.unreadable.items()},
            "statistics": list(map(str, found.statistics)),
            "notes": list(found.notes),
            "repaired": self.repaired,
            "problem": self.problem,
        }


@dataclass(frozen=True)
class Verification:
    """What was found in stores.

    Attributes:
        stores: each of them.
    """

    stores: tuple[Verified, ...]

    @property
    def is_damaged(self) -> bool:
        """Whether damage is left in any."""
        return any(store.is_damaged for store in self.stores)

    @property
    def cures(self) -> list[Call]:
        """The calls that compute again what was cleared."""
        return [store.cure for store in self.stores if store.cure]

    def to_text(self) -> str:
        """Say what was found in each store."""
        return "\n".join(store.to_text() for store in self.stores) or "There are no stores here."

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "damaged": self.is_damaged,
            "stores": [store.to_json() for store in self.stores],
        }


@checked
def verify_store(
    store: str | Path | FeatureStore | Sequence[str | Path | FeatureStore] = (),
    *,
    repair: bool = False,
) -> Verification:
    """Check every feature and every table of stores against its checksum, on all cores.

    Args:
        store: the stores, or their folders; all in `features` by default.
        repair: clear what is damaged, so that the next extraction computes it again: the same
            bytes as before. A shard of which the tables are damaged is set aside, with all its
            utterances.

    Returns:
        What is damaged, by utterance and by file.

    Raises:
        StoreError: if there is no store, or it is to be repaired and somebody writes to it.
        Interrupted: on Ctrl-C; what was found before is not repaired then.

    Example:
        >>> featx.verify_store("features/manifest/encoder").is_damaged
        False
    """
    given: list[str | Path | FeatureStore] = as_list(store)
    folders = list(map(store_path, given)) if given else find_all(ROOT)
    try:
        return Verification(tuple(_verify(folder, repair) for folder in folders))
    except KeyboardInterrupt:
        raise Interrupted("Interrupted; nothing was repaired in the store at hand.") from None


def _verify(folder: Path, repair: bool) -> Verified:
    with writing(folder, "repairing the store") if repair else nullcontext():
        try:
            found = check_store(folder)
        except StoreError as error:
            return Verified(folder, Found(), problem=str(error))
        if not repair or not found.is_damaged:
            return Verified(folder, found)
        repair_store(folder, found)
        return Verified(folder, found, repaired=True, cure=_cure(folder, found))


def _cure(folder: Path, found: Found) -> Call | None:
    """Return the extraction that computes again what was cleared, as far as a store says it."""
    identity = found.identity
    if identity is None or identity.is_imported or not (found.damaged or found.tables):
        return None
    manifest = Path(f"{folder.parent.name}.csv")
    usual = folder.parent.parent == ROOT and manifest.is_file()
    arguments: dict[str, object] = {"model": short_name(identity.encoder)}
    arguments |= {"manifest": manifest} if usual else {"out": folder}
    for name in ("window", "normalize_waveform", "pool", "frames"):
        if getattr(identity, name):
            arguments[name] = getattr(identity, name)
    if identity.precision != "float32":
        arguments["precision"] = identity.precision
    if identity.trimmed_to:
        arguments |= {"max_seconds": f"{identity.trimmed_to:g}", "too_long": "trim"}
    return Call("Next", "extract", arguments | _of_layout(found))


def _of_layout(found: Found) -> dict[str, object]:
    """Return the arguments of an extraction that layers and type need, if they are not usual."""
    identity, layout = found.identity, found.layout
    assert identity is not None, "some shard was opened"
    assert layout is not None, "some shard was opened"
    arguments: dict[str, object] = {}
    if identity.blocks is not None and len(layout.layers) <= identity.blocks:
        arguments["layers"] = ",".join(layout.layers)
    usual = "float32" if identity.is_acoustic or identity.pool else "float16"
    if layout.dtype != usual:
        arguments["dtype"] = layout.dtype
    if found.compressed:
        arguments["compress"] = True
    return arguments
