"""Recognizers: where networks, codecs, preparation and files meet."""
