"""The options that several commands share, and what the shell completes them with."""
