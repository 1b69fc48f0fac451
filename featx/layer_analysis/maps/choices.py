"""The choices of a map by name, for the command line."""

from typing import Literal

MapMethod = Literal["tsne", "umap"]
"""How features are laid out in a plane: t-SNE, or UMAP (`pip install 'featx[map]'`)."""

Metric = Literal["cosine", "euclidean"]
"""How far two utterances' features are from each other."""
