"""RouteLLM's protocol (arXiv 2406.18665) on any outcome file, for the shipped heads, one's own, and every baseline."""
