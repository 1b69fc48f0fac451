"""What reports show of runs whatever they predict, each subject in a file of its own."""
