"""Models into files that other programs run: ONNX."""
