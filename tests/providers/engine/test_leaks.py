"""What llama.cpp makes for a request is freed with it: grammars, sampler chains, choices, cancelled or not."""

import gc
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import llama2c
from tests.doubles.rooms import Room

ROUND = 150
MOST = 1000
"""KiB in two rounds; a chain that is not freed is 12 each time, a grammar 9."""


def held() -> tuple[int, int]:
    """KiB of memory that cannot be dropped, and open descriptors."""
    status = Path("/proc/self/status").read_text().splitlines()
    (anonymous,) = (int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    return anonymous, len(os.listdir("/proc/self/fd"))


def work(room: Room) -> None:
    """A round of answers with everything that costs memory; every third one is cancelled."""
    for number in range(ROUND):
        name = f"a{number % 10}"
        schema = {"type": "object", "properties": {name: {"type": "string", "pattern": "^[a-c]{1,9}$"}}}
        options: dict[str, Any] = {"schema": json.dumps(schema).encode(), "n": 1 + number % 3, "presence_penalty": 1.0}
        job = room.ask("me", f"question {number}", temperature=1.0, seed=number, logprobs=5, max_tokens=6, **options)
        if number % 3:
            room.run()
        else:
            room.step(3)
            room.loop.cancel(job)
        room.told.clear()
    gc.collect()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_is_left_of_three_hundred_answers(tmp_path: Path) -> None:
    llama2c.write(tmp_path / "checkpoint", tmp_path / "tokenizer")
    room = Room(llama2c.converted(tmp_path / "checkpoint", tmp_path / "tokenizer", tmp_path / "m.gguf"), slots=4)
    work(room)
    memory, descriptors = held()
    work(room)
    work(room)
    assert held()[0] - memory < MOST
    assert held()[1] == descriptors
