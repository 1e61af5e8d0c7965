"""The HTTP server: sockets, state, and the story of a request."""

__version__ = "0.1.0"
