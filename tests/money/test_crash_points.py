"""Death at every line of the ledger's code between the id and the acknowledged row.

Exhaustive: the points are numbered as they are reached, and enumerated until a child lives to its end.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 5_000


def test_whatever_line_it_dies_at_the_books_close(quick_folder: Path) -> None:
    """F35, F36: I1-I7, I10."""
    command = [sys.executable, "-m", "tests.money.crash_points", str(quick_folder), str(MOST)]
    ran = subprocess.run(command, capture_output=True, cwd=ROOT, text=True)
    assert ran.returncode == 0, ran.stderr
    assert 400 < int(ran.stdout) < MOST
