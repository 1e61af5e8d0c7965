"""The only sockets to upstreams."""
