"""Model files of every program: bytes to archive and back."""
