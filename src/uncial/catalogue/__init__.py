"""Public catalogues of models: searched, fetched from with checksums, and published to."""
