"""What is read with GET: health, metrics, the model list, and a small page for people."""
