"""Tesseract's networks, with its arithmetic to the last digit."""
