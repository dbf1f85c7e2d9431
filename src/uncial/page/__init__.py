"""What pages and lines are."""
