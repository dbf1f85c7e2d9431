"""Small models that come with the package; each says in its card what it was trained on."""
