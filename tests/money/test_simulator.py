"""Seeds that once failed must not fail again; a few more are tried each time. `make prove` runs the long version."""

from pathlib import Path

import pytest

from tests.money import virtual
from tests.money.simulator import Simulation
from tests.money.stands import MemoryStand, SqliteStand, Stand
from tests.money.witness import Verdict

SEEDS = [line.split(maxsplit=3)[:3] for line in Path(__file__).with_name("seeds.txt").read_text().splitlines()[1:]]


@pytest.mark.parametrize(("store", "seed", "steps"), SEEDS)
def test_nothing_is_over_lost_or_double(store: str, seed: str, steps: str, tmp_path: Path) -> None:
    """F31, F35, F36, F45, F46, F52."""
    stand: Stand = MemoryStand() if store == "memory" else SqliteStand(tmp_path)
    world = Simulation(stand, int(seed), int(steps))
    assert virtual.run(world.run()) == Verdict()
    assert world.deaths > 1
