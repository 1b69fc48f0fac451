"""A trained model behind HTTP: a page for people, JSON for programs."""
