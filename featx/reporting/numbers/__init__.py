"""What the report has of systems that predict numbers."""
