"""Training recognizers: settings, lines, loss, loop, and what a run leaves behind."""
