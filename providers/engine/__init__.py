"""llama.cpp in a child process, and its client."""
