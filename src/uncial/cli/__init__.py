"""The terminal: flags from the tasks' configs, progress, tables, exit codes."""
