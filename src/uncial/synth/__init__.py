"""Lines made from text and fonts."""
