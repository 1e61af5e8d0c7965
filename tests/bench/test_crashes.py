"""A tenth of `python -m bench.crashes`: crashes in a row under load lose nothing of another provider's (F79)."""

from pathlib import Path

from bench.crashes import CONFIG, crash, told
from tests.doubles.serving import serving


async def test_f79_ten_segfaults_in_a_row_lose_nothing_of_the_others_and_leak_nothing(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG) as served:
        figures = await crash(served, 10)
    assert (figures.crashes, figures.lost, figures.strange) == (10, 0, 0), told(figures)
    assert figures.asked >= 10 and figures.broken + figures.refused >= 5
    assert figures.after[0] - figures.before[0] <= 4
    assert figures.after[1] < figures.before[1] * 1.25
