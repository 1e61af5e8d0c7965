import numpy as np

from routing.classifier.evaluation import protocol
from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Router
from routing.classifier.labels import Labels
from routing.classifier.labels import shipped as labels
from routing.classifier.rows import MMLU, Outcome, read_rows
from routing.signals import shipped

LABELS = Labels(labels())
BASELINES = ("random (200 seeds)", "prompt length", "task rule: code and math are hard")
LEARNED = (protocol.SCALE, protocol.TWO_HEADS, "kNN-100, hashed")


def bench(rows: int, sources: int = 1) -> Benchmark:
    """What is easy says so; a row in five is easy for nobody."""
    rng = np.random.default_rng(0)
    hard = rng.random(rows) < 0.5
    words = [("prove the theorem of", "say hello to")[int(not one)] for one in hard]
    weak = np.where(rng.random(rows) < 0.2, 0.0, 1.0 - hard)
    prompts = [f"{said} number {at}" for at, said in enumerate(words)]
    return Benchmark(prompts, weak, np.maximum(weak, 0.9), [f"s{at % sources}" for at in range(rows)])


def scored(one: Benchmark) -> tuple[list[Router], dict[str, float], list[str]]:
    ticks: list[str] = []
    found, figures = protocol.scored(one, [protocol.default(shipped(), one)], LABELS, ticks.append)
    assert len(ticks) == protocol.steps(one, 1), "the bar ends where it should"
    return found, {line.name: line.apgr for line in figures}, ticks


def test_the_table_always_has_every_baseline_and_learned_heads_learn() -> None:
    _, apgr, _ = scored(bench(120))
    assert set(apgr) >= {*BASELINES, *LEARNED, protocol.SHIPPED, "oracle"}
    assert protocol.LEFT_OUT not in apgr
    assert apgr[protocol.SCALE] > 0.6 < apgr["kNN-100, hashed"]
    assert max(apgr, key=lambda name: apgr[name]) == "oracle"


def test_ten_rows_and_one_sided_models_have_the_whole_table_too() -> None:
    ten = bench(10)
    assert len(scored(ten)[1]) == len(scored(bench(120))[1])
    sided = Benchmark(ten.prompts, np.zeros(10), np.ones(10), ten.sources)
    assert {round(area, 6) for name, area in scored(sided)[1].items() if "random" not in name} == {0.5}


def test_sources_are_left_out_and_told_one_by_one() -> None:
    three = bench(90, sources=3)
    found, apgr, _ = scored(three)
    assert apgr[protocol.LEFT_OUT] > 0.6, "what is easy is called so in every source"
    lines = list(protocol.by_source(three, found, (protocol.LEFT_OUT, protocol.SHIPPED)))
    assert [(line.source, line.rows) for line in lines] == [(f"s{at // 2}", 30) for at in range(6)]
    assert all(line.apgr is not None and line.ece is not None for line in lines)
    assert not list(protocol.by_source(bench(30), found, ()))


def test_the_default_says_which_rows_it_was_trained_on() -> None:
    rows = read_rows(MMLU, Outcome)[:30]
    known = Benchmark([row.prompt for row in rows] + ["a new one"], np.zeros(31), np.ones(31), [""] * 31)
    assert protocol.default(shipped(), known).trained == "1,530 MMLU rows (30 of them here)"
    assert protocol.default(shipped(), bench(10)).trained == "1,530 MMLU rows"


def test_large_files_are_repeated_less_often() -> None:
    assert [protocol.repeats(rows) for rows in (10, 1_530, 14_000, 100_000)] == [10, 10, 3, 1]
