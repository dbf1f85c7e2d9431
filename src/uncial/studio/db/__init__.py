"""What the studio remembers: tables, sessions and migrations."""
