"""How heads train: in threads or actors, for every seed and fold, and on everybody."""
