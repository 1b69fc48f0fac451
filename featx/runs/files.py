"""What the files of a run are called, and the folders in it."""

CONFIG = "config.toml"  # determines the run; written first
ENVIRONMENT = "environment.json"
LOG = "run.log"
HISTORY = "history.csv"
PREDICTIONS = "predictions.csv"
LAYER_WEIGHTS, LAYER_SCALES = "layer_weights.csv", "layer_scales.csv"
DESCRIPTION = "model.json"  # of fitted heads
WEIGHTS = "heads.safetensors"  # theirs; of another name than those that transformers loads
COST = "cost.json"
CALIBRATION = "calibration.json"  # of runs with validation predictions
SCORES = "metrics.json"  # written last
TUNING, TRIALS = "tuning.csv", "trials.csv"  # of searches: what was chosen, what was tried
IMPORTANCE = "importance.csv"  # of searches: how much each setting mattered
FOUND = "final.toml"  # of searches: the config of a fit with what was found
AGREEMENT, SEARCH = "agreement.csv", "search.csv"  # of votes
CARD = "README.md"  # of votes and saved models: what they are, for people
REPORT = "report.txt"  # of votes, fine-tunings and searches: what was printed
FIGURES = "figures"
MEMBERS = "members"  # models finished or begun, of a run that is not finished
MODELS = "models"  # of fine-tunings
SAVED_HEAD = "head.json"  # of a saved fine-tuned model
