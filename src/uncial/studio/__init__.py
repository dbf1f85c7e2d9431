"""The whole loop in the browser: projects, pages, text, models and jobs on this machine."""
