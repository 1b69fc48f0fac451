"""Features in the files of other tools: each module writes a format, reads it, or both."""
