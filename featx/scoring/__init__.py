"""From predictions to scores, their confidence intervals and their figures."""
