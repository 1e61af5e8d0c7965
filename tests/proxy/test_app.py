"""The composition root: what happens when the ledger's disk cannot be trusted any more."""

import subprocess
import sys

from msgspec import json


def test_a_disk_that_lied_ends_the_process_at_once_and_says_why() -> None:
    """F43: not 0, so that the supervisor starts another one; nothing is cleaned up on the way."""
    code = "import atexit, proxy.app; atexit.register(print, 'cleaned up'); proxy.app.die('fdatasync: it \"failed\"')"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert (ended.returncode, ended.stdout) == (74, b"")
    assert json.decode(ended.stderr) == {"event": "ledger_broken", "why": 'fdatasync: it "failed"'}
