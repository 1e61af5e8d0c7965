"""The cost-quality curve of a benchmark: the part of the quality gap that each router recovers at each strong share."""

from collections.abc import Sequence

import numpy as np

from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Router
from routing.classifier.scores import curve
from routing.classifier.training.charts import Series, chart

POINTS = 201


def cost_quality(bench: Benchmark, routers: Sequence[Router]) -> str:
    """An SVG; of several seeds the first is drawn, and chance as its expectation."""
    shares = np.linspace(0.0, 1.0, POINTS)
    series = [Series("random (expected)", ((0.0, 0.0), (1.0, 1.0)))]
    for router in routers:
        drawn = curve(router.scores[0], bench.weak, bench.strong)
        recovered = np.interp(shares, drawn.shares, drawn.recovered)
        series.append(Series(router.name, list(zip(shares.tolist(), recovered.tolist(), strict=True))))
    weak, strong = bench.pair
    title = f"Cost and quality: {weak} and {strong}, {len(bench.prompts):,} rows"
    return chart(title, f"share of calls to {strong}", "gap recovered", series)
