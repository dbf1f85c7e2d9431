"""Ground truth by the line: folders of pairs, tables, lists of files."""
