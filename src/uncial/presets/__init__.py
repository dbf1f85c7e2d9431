"""Presets of training settings: one TOML file each."""
