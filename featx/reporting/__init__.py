"""One page about runs: what they scored, how they differ, where they err, how to repeat them."""
