"""`python -m bench.crashes`: a local model that crashes again and again under load, and what happens to all others."""
