"""Pages of the customer archives, a module per group of pages."""
