"""From a manifest to a feature store: encoders, acoustic features, extraction."""
