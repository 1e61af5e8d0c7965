from bench.rounds import Figures, Load, figures, medians


def test_cpu_is_told_per_answer_warm_up_included_and_the_rate_without_it() -> None:
    load = Load(all=500, answers=400, seconds=2.0, p50=10, p99=20, first_p50=5)
    assert figures(load, 50_000_000) == Figures(rate=200, p50=10, p99=20, first_p50=5, cpu=100)


def test_each_figure_is_the_median_of_its_own() -> None:
    rounds = [Figures(1, 30, 5, 5, 7), Figures(3, 10, 5, 5, 9), Figures(2, 20, 5, 5, 800)]
    assert medians(rounds) == Figures(2, 20, 5, 5, 9)
