"""How soon an upstream is closed when its client leaves."""
