"""A tenth of `python -m bench.crashes`: crashes in a row under load lose nothing of another provider's (F79)."""

from pathlib import Path

from bench.crashes.clients import ANSWERED, BROKEN, LOST, NEXT, REFUSED, RIGHT
from bench.crashes.killing import crashes
from bench.crashes.report import markdown


async def test_f79_ten_segfaults_in_a_row_lose_nothing_of_the_others_and_leak_nothing(tmp_path: Path) -> None:
    story = await crashes(tmp_path, 10, warm=4, full=200)

    told = markdown(story, ())
    assert (len(story.recoveries), story.lost()) == (10, 0), told
    for client in ("bought_stream", "bought_whole", "neighbour"):
        assert story.ends[client][RIGHT] >= 5 and not story.ends[client][LOST], told
    ends = story.ends["victim"]
    assert ends[BROKEN] + ends[REFUSED] >= 5, told
    assert set(ends) <= {ANSWERED, BROKEN, REFUSED}, told
    other = {NEXT.format(model=model) for model in ("neighbour", "bought")}
    assert set(story.ends["routed"]) <= {ANSWERED, BROKEN} | other, told
    assert sum(story.ends["routed"][end] for end in other) >= 5, told
    assert story.rows == {"settled": story.bought()}, told
    before, after = story.quiet
    assert [each.descriptors for each in after] == [each.descriptors for each in before], told
    assert all(two.memory < one.memory + 10_000 for one, two in zip(before, after, strict=True)), told
