"""Tesseract's decoder: labels through a recoder to unichars, with or without a dictionary."""
