"""One wire format each, pure: bytes in, events out."""
