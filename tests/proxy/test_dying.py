"""A process whose ledger's disk lied ends as a crash does, whichever process keeps the ledger. F43.

Each is a process of its own on real files; only the system's `fdatasync` is one that fails.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import json

from tests.doubles.ledgers import rows

EX_IOERR = 74
LYING = """
import atexit, errno, os, sys
from pathlib import Path
def lying(fd):
    raise OSError(errno.EIO, "Input/output error")
os.fdatasync = lying
atexit.register(print, "cleaned up")
folder = Path(sys.argv[1])
"""
HOLD = 'Hold("a", 0, 1, "key_a", "auto", "m", "up", "m", 5)'
WORKER = f"""
import asyncio
from proxy.accounts import accounts
from proxy.config.load import parse
from proxy.money.ledger import Hold
from proxy.watch.metrics import Metrics
async def main():
    async with accounts(parse("", {{}}, "x"), folder, folder, Metrics(()), print) as kept:
        await kept.ledger.reserve({HOLD})
        await asyncio.sleep(20)
asyncio.run(main())
"""
ACCOUNTANT = f"""
import asyncio, threading
from time import time_ns
from proxy import accountant
from proxy.money.ledger import Hold
from proxy.money.remote.client import RemoteLedger
from proxy.places import accountant_path
async def ask():
    ledger = RemoteLedger(str(accountant_path(folder)), folder / "ledger.db", "1-1", time_ns)
    await ledger.connected(20)
    await ledger.reserve({HOLD})
    await asyncio.sleep(20)
(folder / "config.yaml").write_text("")
threading.Thread(target=lambda: asyncio.run(ask()), daemon=True).start()
places = {{"--config": folder / "config.yaml", "--data": folder, "--run-folder": folder}}
accountant.main([str(word) for pair in places.items() for word in pair])
"""


@pytest.mark.parametrize("keeper", [WORKER, ACCOUNTANT], ids=["worker", "accountant"])
def test_f43_a_disk_that_lied_ends_the_process_at_once_and_says_why(keeper: str, tmp_path: Path) -> None:
    """Not 0, so that the supervisor starts another one; nothing is cleaned up on the way, and the row is still held."""
    (tmp_path / "metrics").mkdir(exist_ok=True)
    ended = subprocess.run([sys.executable, "-c", LYING + keeper, str(tmp_path)], capture_output=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (EX_IOERR, b""), ended.stderr.decode()
    assert json.decode(ended.stderr) == {"event": "ledger_broken", "why": "fdatasync: Input/output error"}
    assert rows(tmp_path) == [("a", 0, "held", 5, 0, 0)]
