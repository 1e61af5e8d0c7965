from xml.etree import ElementTree

import numpy as np

from routing.classifier.evaluation.benchmark import Benchmark
from routing.classifier.evaluation.figures import Router
from routing.classifier.evaluation.picture import cost_quality


def test_a_curve_for_each_router_and_chance_beside() -> None:
    bench = Benchmark(["a"] * 4, np.array([0.0, 0, 1, 1]), np.ones(4), [""] * 4, ("small & cheap", "large"))
    text = cost_quality(bench, [Router("oracle", "", [1 - bench.weak]), Router("length", "", [np.ones(4)])])
    drawn = ElementTree.fromstring(text)
    lines = [one for one in drawn.iter() if one.tag.endswith("polyline")]
    assert len(lines) == 3
    middle = [float(one.attrib["points"].split()[100].split(",")[1]) for one in lines[1:]]
    assert middle[0] < middle[1], "half the calls: the oracle has all of the gap, the other half (y grows downwards)"
    assert "small &amp; cheap and large, 4 rows" in text
