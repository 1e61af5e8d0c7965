"""The end of a process whose ledger's disk cannot be trusted any more: as a crash.

Nothing is cleaned up on the way, for closing the ledger would copy what the disk may have lost; the next process
believes only what it reads. The supervisor starts that one.
"""

import os
import sys

from msgspec import json


def die(why: str) -> None:
    """Say why on the standard error output, as a line of the log, and end at once with EX_IOERR."""
    os.write(sys.stderr.fileno(), f'{{"event": "ledger_broken", "why": {json.encode(why).decode()}}}\n'.encode())
    os._exit(os.EX_IOERR)
