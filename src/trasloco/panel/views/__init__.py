"""One module for each group of pages; a view checks the right, asks records, and renders or redirects."""
