"""What a Messages client sends and reads, without an SDK."""

import json
from typing import Any

HI = [{"role": "user", "content": "hi"}]


def asked(model: str = "claude", **fields: Any) -> dict[str, Any]:
    """A request's body."""
    return {"model": model, "max_tokens": 100, "messages": HI, **fields}


def events(data: bytes) -> list[dict[str, Any]]:
    """The data of each event; its name is its type."""
    found = []
    for block in data.decode().split("\n\n")[:-1]:
        name, line = block.split("\n")
        found.append(json.loads(line.removeprefix("data: ")))
        assert name == f"event: {found[-1]['type']}"
    return found
