"""Which model, and may we: pure decisions over values."""
