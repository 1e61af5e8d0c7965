"""Clients leave, again and again: how soon the upstream's connection is closed, and what the ledger says.

    python -m bench.leaving --trials 1000

Half of them leave before the first token, half in the middle of a stream, by FIN and RST in turn. Proxy and upstream
share this process, so that one clock times both; the bar is 250 ms at p99, and one settled row each.
"""

import argparse
import asyncio
import socket
import struct
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

from tests.doubles import answers
from tests.doubles.eventually import eventually
from tests.doubles.house import PRICED, House, house
from tests.doubles.upstream import Hang, Send, Step, Upstream

BAR = 0.25
BODY = b'{"model":"paid","stream":true,"messages":[{"role":"user","content":"hi"}]}'
BEGUN = answers.stream_head() + answers.chunked(*answers.chat_events(["Hello"])[:2], last=False)
RST = struct.pack("ii", 1, 0)


async def leave(home: House, upstream: Upstream, trial: int) -> float:
    """Seconds until the upstream noticed."""
    script: tuple[Step, ...] = (Send(BEGUN), Hang()) if trial % 2 else (Hang(),)
    upstream.script(*script)
    upstream.arrived.clear()
    upstream.gone.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {home.key}\r\n"
    writer.write(head.encode() + b"content-length: %d\r\n\r\n" % len(BODY) + BODY)
    async with asyncio.timeout(30):
        await upstream.arrived.wait()
        if trial % 2:
            await reader.readuntil(b"Hello")
        if trial % 4 > 1:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            writer.transport.abort()
        else:
            writer.close()
        left = monotonic()
        await upstream.gone.wait()
    return monotonic() - left


def settled(home: House) -> list[dict[str, Any]]:
    """All rows, when none is held any more."""
    rows = home.rows()
    return rows if all(row["state"] == "settled" for row in rows) else []


async def measure(trials: int) -> int:
    """Print the figures; the exit code is 0 when they keep the bar."""
    with tempfile.TemporaryDirectory() as folder:
        async with Upstream() as upstream, house(Path(folder), PRICED.format(url=upstream.base_url)) as home:
            times = sorted([await leave(home, upstream, trial) for trial in range(trials)])
            rows = await eventually(lambda: settled(home))
    p50, p99, most = (times[min(trials - 1, int(trials * part))] * 1000 for part in (0.5, 0.99, 1))
    print(f"{trials} clients left: upstream closed after p50 {p50:.1f} ms, p99 {p99:.1f} ms, at most {most:.1f} ms")
    print(f"{len(rows)} settled rows of {len({row['id'] for row in rows})} requests")
    return 0 if p99 <= BAR * 1000 and len(rows) == len({row["id"] for row in rows}) == trials else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.leaving", description=__doc__)
    parser.add_argument("--trials", type=int, default=1000)
    sys.exit(asyncio.run(measure(parser.parse_args().trials)))
