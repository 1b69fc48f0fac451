"""Labels of corpora: chosen, merged, made of ratings, and what annotators voted."""
