"""Doors of the studio: one module for each kind of thing."""
