"""The ways to divide a corpus into training, validation and test, as tables of a TOML."""
