"""Tesseract's files, byte for byte: containers, charsets, word graphs, networks, samples."""
