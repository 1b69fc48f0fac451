"""Systems whose predictions are compared, read from files and scored, whatever they predict."""
