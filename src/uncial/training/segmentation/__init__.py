"""Learning where lines and regions lie on a page."""
