"""The tables of a run of `bench.engine`, in Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.engine.latencies import Latencies
from bench.engine.peers import ENGINE
from bench.engine.rounds import STREAMS, TOKENS, Results
from bench.report import table


def markdown(
    results: Results, memory: Mapping[str, int], times: Latencies, conditions: Sequence[str], model: Path
) -> str:
    """All tables of one run."""
    names = list(dict.fromkeys(name for name, _ in results))
    told = f"`{model.name}`, {TOKENS} tokens an answer, greedy, one compute thread each, a client on each one's socket."
    parts = [_rates(results, names), _firsts(results, names), _costs(results, names, memory), _latencies(times)]
    return "\n\n".join([*parts, "\n".join(f"- {line}" for line in (told, *conditions))])


def _rates(results: Results, names: Sequence[str]) -> str:
    rows = []
    for name in names:
        cells = [f"{results[name, streams].rate:,.0f}" for streams in STREAMS]
        ratio = results[ENGINE, 8].rate / results[name, 8].rate
        killed = sum(results[name, streams].killed for streams in STREAMS)
        rows.append((name, *cells, f"{ratio:.2f}", str(killed)))
    return table(("tokens/s at streams", *map(str, STREAMS), "engine's share at 8", "killed streams"), rows)


def _firsts(results: Results, names: Sequence[str]) -> str:
    rows = [
        (name, *(f"{_ms(results[name, n].first)} / {_ms(results[name, n].worst_first)}" for n in STREAMS))
        for name in names
    ]
    return table(("first token, mean / worst ms", *map(str, STREAMS)), rows)


def _costs(results: Results, names: Sequence[str], memory: Mapping[str, int]) -> str:
    rows = [(name, *(f"{results[name, n].cpu:,.0f}" for n in STREAMS), f"{memory[name] >> 20}") for name in names]
    return table(("CPU µs a token", *map(str, STREAMS), "peak MB"), rows)


def _latencies(times: Latencies) -> str:
    rows = [
        ("first token of a long prompt, new", _ms(times.cold)),
        ("the same prompt and a question more", _ms(times.known)),
        ("first token of a short prompt, nobody else", _ms(times.alone)),
        ("the same, from the moment when all running answers are cancelled", _ms(times.after_cancel)),
        ("one decode step with all places taken", _ms(times.step)),
        ("from cancelling all running answers until all places are free", _ms(times.freed)),
    ]
    return table(("times of the engine", "ms"), rows)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
