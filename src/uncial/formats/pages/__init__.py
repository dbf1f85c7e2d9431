"""Files of pages ↔ `uncial.page.layout.Page`."""
