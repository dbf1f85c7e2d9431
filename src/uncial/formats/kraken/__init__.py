"""Parts of kraken's files: containers, layers, metadata."""
