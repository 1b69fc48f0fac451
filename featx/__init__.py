"""Speech emotion recognition from every layer of frozen self-supervised speech models.

What is listed in `__all__` is the public API, and all that the command line calls. Each name is
imported when it is first used: `import featx` alone loads neither torch nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cache import FeatureStore as FeatureStore
    from classifiers.dense_estimator import DenseClassifier as DenseClassifier
    from classifiers.linear_estimator import LinearClassifier as LinearClassifier
    from featx.auditing.audit import audit as audit
    from featx.comparison.compare import compare as compare
    from featx.comparison.evaluate import evaluate as evaluate
    from featx.cross_corpus.cross import cross as cross
    from featx.data.listing.build import build_manifest as build_manifest
    from featx.data.manifest import Manifest as Manifest
    from featx.data.manifest import load_manifest as load_manifest
    from featx.diagnosis.doctor import doctor as doctor
    from featx.errors import FeatxError as FeatxError
    from featx.experiments.run import run as run
    from featx.explanation.explain import explain as explain
    from featx.features.extract import extract as extract
    from featx.finetuning.finetune import finetune as finetune
    from featx.fitting.datasets.arrays import pooled_features as pooled_features
    from featx.fitting.datasets.dataset import FeatureDataset as FeatureDataset
    from featx.fitting.fit import fit as fit
    from featx.inference.live import listen as listen
    from featx.inference.load import load as load
    from featx.inference.predict import predict as predict
    from featx.inference.timeline import write_timelines as write_timelines
    from featx.protocols.protocol import Protocol as Protocol
    from featx.reporting.augment import augment as augment
    from featx.reporting.map_page import map_features as map_features
    from featx.reporting.report import report as report
    from featx.runs.run import Run as Run
    from featx.scoring.classes.results import Results as Results
    from featx.scoring.labels.results import LabelResults as LabelResults
    from featx.scoring.numbers.results import NumberResults as NumberResults
    from featx.serving.serve import serve as serve
    from featx.sharing.export import export as export
    from featx.sharing.pull import pull as pull
    from featx.sharing.push import push as push
    from featx.stores.exchange.exporting import export_features as export_features
    from featx.stores.exchange.importing import import_features as import_features
    from featx.stores.info import store_info as store_info
    from featx.stores.prune import prune_store as prune_store
    from featx.stores.remove import remove_store as remove_store
    from featx.stores.summary import list_stores as list_stores
    from featx.stores.verify import verify_store as verify_store
    from featx.tuning.tune import tune as tune
    from featx.voting.vote import vote as vote

__version__ = "0.1.0"
_HOMES = {
    "build_manifest": "featx.data.listing.build",
    "load_manifest": "featx.data.manifest",
    "audit": "featx.auditing.audit",
    "extract": "featx.features.extract",
    "list_stores": "featx.stores.summary",
    "store_info": "featx.stores.info",
    "verify_store": "featx.stores.verify",
    "prune_store": "featx.stores.prune",
    "remove_store": "featx.stores.remove",
    "export_features": "featx.stores.exchange.exporting",
    "import_features": "featx.stores.exchange.importing",
    "fit": "featx.fitting.fit",
    "pooled_features": "featx.fitting.datasets.arrays",
    "tune": "featx.tuning.tune",
    "finetune": "featx.finetuning.finetune",
    "load": "featx.inference.load",
    "predict": "featx.inference.predict",
    "listen": "featx.inference.live",
    "write_timelines": "featx.inference.timeline",
    "push": "featx.sharing.push",
    "pull": "featx.sharing.pull",
    "export": "featx.sharing.export",
    "explain": "featx.explanation.explain",
    "evaluate": "featx.comparison.evaluate",
    "compare": "featx.comparison.compare",
    "cross": "featx.cross_corpus.cross",
    "vote": "featx.voting.vote",
    "map_features": "featx.reporting.map_page",
    "report": "featx.reporting.report",
    "augment": "featx.reporting.augment",
    "serve": "featx.serving.serve",
    "run": "featx.experiments.run",
    "doctor": "featx.diagnosis.doctor",
    "FeatxError": "featx.errors",
    "Manifest": "featx.data.manifest",
    "Protocol": "featx.protocols.protocol",
    "FeatureStore": "cache",
    "FeatureDataset": "featx.fitting.datasets.dataset",
    "LinearClassifier": "classifiers.linear_estimator",
    "DenseClassifier": "classifiers.dense_estimator",
    "Run": "featx.runs.run",
    "NumberResults": "featx.scoring.numbers.results",
    "LabelResults": "featx.scoring.labels.results",
    "Results": "featx.scoring.classes.results",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"featx has no {name!r}; it has {', '.join(_HOMES)}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*_HOMES, "__version__"]
