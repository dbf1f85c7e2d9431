"""Networks: VGSL text to torch modules that never let padding leak."""
