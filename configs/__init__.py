"""Models, heads and experiments as TOML, read through `featx.utils.config`."""
