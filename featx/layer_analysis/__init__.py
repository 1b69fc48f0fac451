"""Which layers heads use, and what each layer holds."""
