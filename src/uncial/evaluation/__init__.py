"""Predict a split, score it, and say what went wrong where."""
