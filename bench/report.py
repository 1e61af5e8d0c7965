"""The table of a run, in Markdown, and where it stands in docs/benchmarks.md."""

from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from bench import answers
from bench.rounds import Cell, Figures, Results

BEGIN, END = "<!-- make bench -->", "<!-- end -->"
ONE, MANY = Cell(False, 1), Cell(False, 16)
STREAM_ONE, STREAM_MANY = Cell(True, 1), Cell(True, 16)
DIRECT, NGINX = "direct", "nginx proxy_pass"


class Memory(Struct, frozen=True):
    """A server's peak resident memory in bytes, as a sentence's parts, and its seconds to the first answer."""

    server: str
    peaks: tuple[tuple[str, int], ...]
    ready: float


def markdown(results: Results, servers: Sequence[Memory], conditions: Sequence[str]) -> str:
    """All tables of one run."""
    names = list(dict.fromkeys(name for name, _ in results))
    parts = [_whole(results, names), _streams(results, names), _servers(servers)]
    return "\n\n".join([*parts, "\n".join(f"- {line}" for line in conditions)])


def written(page: str, text: str, begin: str = BEGIN) -> str:
    """The page with this text between its markers. Raises ValueError when it has none."""
    before, found, rest = page.partition(begin)
    _, end, after = rest.partition(END)
    if not found or not end:
        raise ValueError(f"the page has no {begin} … {END}")
    return f"{before}{begin}\n\n{text}\n\n{END}{after}"


def write(page: Path, text: str, begin: str = BEGIN) -> None:
    """Put the text into the page's place for it."""
    page.write_text(written(page.read_text(), text, begin))


def _whole(results: Results, names: Sequence[str]) -> str:
    head = (
        "whole answers",
        "1 conn: requests/s",
        "added p50 µs",
        "added p99 µs",
        "16 conn: requests/s",
        "of nginx",
        "added p50 µs",
        "added p99 µs",
        "CPU µs/request, 1 conn",
        "16 conn",
    )
    rows = []
    for name in names:
        one, many = results[name, ONE], results[name, MANY]
        rows.append(
            (
                name,
                f"{one.rate:,.0f}",
                *_added(one, results[DIRECT, ONE]),
                f"{many.rate:,.0f}",
                _ratio(many.rate, results.get((NGINX, MANY))),
                *_added(many, results[DIRECT, MANY]),
                _cpu(one),
                _cpu(many),
            )
        )
    return table(head, rows)


def _streams(results: Results, names: Sequence[str]) -> str:
    head = (
        f"streams of {answers.EVENTS} events in a burst",
        "1 conn: added first byte p50 µs",
        "16 conn: events/s",
        "of nginx",
        "CPU µs/stream",
        "CPU µs/event",
    )
    rows = []
    for name in names:
        one, many = results[name, STREAM_ONE], results[name, STREAM_MANY]
        first = one.first_p50 - results[DIRECT, STREAM_ONE].first_p50
        each = f"{many.cpu / answers.EVENTS:.1f}" if many.cpu else "-"
        ratio = _ratio(many.rate, results.get((NGINX, STREAM_MANY)))
        rows.append((name, f"{first:.0f}", f"{many.rate * answers.EVENTS:,.0f}", ratio, _cpu(many), each))
    return table(head, rows)


def _servers(servers: Sequence[Memory]) -> str:
    rows = []
    for server in servers:
        peaks = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in server.peaks)
        rows.append((server.server, f"{server.ready:.2f} s", peaks))
    return table(("server", "start to first 200", "peak RSS"), rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, the others are figures."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _added(figures: Figures, direct: Figures) -> tuple[str, str]:
    return f"{figures.p50 - direct.p50:.0f}", f"{figures.p99 - direct.p99:.0f}"


def _cpu(figures: Figures) -> str:
    return f"{figures.cpu:.0f}" if figures.cpu else "-"


def _ratio(rate: float, nginx: Figures | None) -> str:
    return f"{rate / nginx.rate:.2f}" if nginx else "-"
