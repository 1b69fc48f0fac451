"""What the report has of systems that predict several labels at once."""
