"""Text as the models see it: charset, codec, normalization, order, error rates."""
