"""Files of n-gram models."""
