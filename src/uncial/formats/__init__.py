"""Reading and writing the formats of other programs: lines, pages, models."""
