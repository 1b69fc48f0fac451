"""What audio holds besides speech: its level, its flaws, and whether it was heard before."""
