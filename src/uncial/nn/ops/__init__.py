"""VGSL layers: one class each, `Frames` in and `Frames` out."""
