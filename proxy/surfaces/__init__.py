"""A client's API shape each: read a body, write bytes, tell an error."""
