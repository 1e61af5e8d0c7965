import pytest

from bench import report
from bench.report import BEGIN, DIRECT, END, MANY, NGINX, ONE, STREAM_MANY, STREAM_ONE
from bench.rounds import Figures

CELLS = (ONE, MANY, STREAM_ONE, STREAM_MANY)
RATES = {DIRECT: (50_000.0, 20.0, 0.0), NGINX: (10_000.0, 120.0, 30.0), "ours": (2_500.0, 420.0, 150.0)}
RESULTS = {
    (name, cell): Figures(rate, p50, p50 + 10, p50, cpu) for name, (rate, p50, cpu) in RATES.items() for cell in CELLS
}


def row(text: str, name: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return line.strip("| ").split(" | ")


def test_rows_are_told_against_direct_and_nginx() -> None:
    text = report.markdown(RESULTS, [], [])
    assert row(text, "ours") == ["ours", "2,500", "400", "400", "2,500", "0.25", "400", "400", "150", "150"]
    assert row(text, DIRECT)[-2:] == ["-", "-"]
    streams = text[text.index("streams of") :]
    assert row(streams, "ours") == ["ours", "400", "170,000", "0.25", "150", "2.2"]


def test_without_nginx_there_are_no_ratios_to_it() -> None:
    results = {where: found for where, found in RESULTS.items() if where[0] != NGINX}
    assert row(report.markdown(results, [], []), "ours")[5] == "-"


def test_a_server_has_its_memory_and_its_start() -> None:
    text = report.markdown(RESULTS, [report.Memory("ours", (("all", 170_000_000), ("worker", 65_400_000)), 1.126)], [])
    assert "| ours | 1.13 s | all 170 MB, worker 65 MB |" in text


def test_only_the_text_between_the_markers_is_written() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = report.written(page, "new")
    assert once == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert report.written(once, "new") == once
    with pytest.raises(ValueError, match="no <!-- make bench"):
        report.written("a page", "new")
