"""Rate limits: not too fast, not too many at once."""
