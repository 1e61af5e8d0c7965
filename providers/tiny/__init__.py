"""The demo model of Halfpenny: its file, and nothing heavy.

`MODEL_PATH` is the GGUF that ships as package data; everything that trains, exports or scores it is a module of this
package that is run by hand (`python -m providers.tiny.train`), the only ones that import torch.
"""

from pathlib import Path

MODEL_PATH = Path(__file__).with_name("tiny.gguf")
"""The shipped model: llama architecture, q8_0, ChatML template, context of 1024 tokens."""
