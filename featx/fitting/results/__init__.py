"""What a fit leaves in its run about itself: predictions, scores, layers, pictures."""
