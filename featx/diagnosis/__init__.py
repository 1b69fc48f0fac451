"""What of this machine and its packages featx can use, and how to mend the rest."""
