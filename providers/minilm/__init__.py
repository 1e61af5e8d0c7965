"""The embedding model all-MiniLM-L6-v2: where its file is, and nothing heavy.

The file is too large to ship: `python -m providers.minilm.install` fetches and converts it once, at set-up.
"""

import sys
from pathlib import Path

MODEL_PATH = Path(sys.prefix) / "share" / "halfpenny" / "all-minilm-l6-v2.gguf"
"""The converted model: bert architecture, f16, 384 dimensions, context of 512 tokens. In the virtual environment."""
