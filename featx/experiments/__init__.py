"""Many systems from one file: extracted, trained, combined and reported, each once."""
