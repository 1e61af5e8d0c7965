"""Measurements that anyone can repeat: what the proxy costs, and how well it chooses. Nothing here is served."""
