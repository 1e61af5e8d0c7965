"""Hostile programs: a bomb ends in a refusal, and what comes after it works."""

import resource
import signal
import time
from datetime import datetime

import pytest

from providers.engine.template import TemplateError, bounds
from providers.engine.template.bounds import OutOfBounds, bounded
from providers.engine.template.sandbox import Program

CPU = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
BOMBS = {
    "loops": CPU,
    "text": "{{ ('a' * 10**10) | length }}",
    "doubling": "{% set n = namespace(x='a') %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}",
    "padding": "{{ 'a'.ljust(10**10) }}",
    "power": "{{ (9 ** (9 ** 9)) % 7 }}",
    "list": "{{ ([0] * 10**10) | length }}",
    "recursion": "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "output": "{% for a in range(99999) %}{{ 'a' * 100 }}{% endfor %}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_ends_in_a_refusal(bomb: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(TemplateError):
        Program(BOMBS[bomb], datetime.now).run({})
    assert resource.getrlimit(resource.RLIMIT_AS) == limits
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert Program("{{ 1 + 1 }}", datetime.now).run({}) == "2"


def test_time_is_up() -> None:
    with pytest.raises(OutOfBounds, match="longer than"), bounded(0.05):
        while time.monotonic():
            pass


def test_memory_is_up() -> None:
    with pytest.raises(OutOfBounds, match="64 MiB"), bounded(memory=64 << 20):
        bytearray(200 << 20)
    assert len(bytearray(200 << 20)) == 200 << 20


def test_what_happens_inside_is_passed_on() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(KeyError), bounded():
        raise KeyError
    assert signal.getsignal(signal.SIGALRM) == before


def test_an_alarm_that_rings_while_the_block_is_left_cuts_nothing_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "AGAIN", 1e-4)
    before = signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)
    for _ in range(300):
        with pytest.raises(OutOfBounds), bounded(0.001):
            while time.monotonic():
                pass
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        assert (signal.getsignal(signal.SIGALRM), resource.getrlimit(resource.RLIMIT_AS)) == before
