"""Doors: what other programs called us for, under their names and in their shapes, answered by the same house."""
