"""Pages of tiering, a module per group of pages."""
