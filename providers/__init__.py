"""How to talk to models: the vocabulary, the wire dialects, the sockets, the local engine.

Knows nothing of keys, money or routes.
"""
