"""What audio formats promise about their length, and how a file is held to it.

libsndfile reads whatever is left of most files and calls it all. A module here knows one format,
or several of a kind: `check_header` looks at a few bytes only, `check_content` at all of them.
"""
