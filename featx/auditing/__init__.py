"""A manifest → what is wrong with its corpus, on a page."""
