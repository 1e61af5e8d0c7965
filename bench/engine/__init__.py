"""`python -m bench.engine`: the local engine beside other ways to serve the same GGUF from Python."""
