"""What an engine's lines and its death become for the operator."""

from providers.engine.client import Engine
from proxy.engines import Watch


def watched() -> tuple[Watch, list[str]]:
    notices: list[str] = []
    return Watch("local", Engine(model="m.gguf"), notices.append), notices


def test_it_loads_and_is_ready_without_a_word_before_the_banner() -> None:
    watch, notices = watched()
    assert watch.state == "loading"
    watch.hear(b'{"event":"loading","progress":0.5}\n')
    assert (watch.state, watch.settled.is_set()) == ("loading, 50% read", False)
    watch.hear(b'{"event":"ready","socket":"s","model":{}}\n')
    assert (watch.state, watch.settled.is_set()) == ("ready, m.gguf", True)
    assert notices == []
    watch.speaks = True
    watch.hear(b'{"event":"ready"}\n')
    assert notices == ["engine local: ready, m.gguf"]


def test_its_own_reason_outlives_the_news_of_its_death() -> None:
    watch, notices = watched()
    watch.hear(b'{"event":"error","message":"no such file"}\n')
    watch.died("engine local ended with exit code 2")
    assert watch.state == "NOT SERVED: no such file"
    assert notices == ["engine local: NOT SERVED: no such file", "engine local ended with exit code 2"]


def test_a_silent_death_settles_it_until_it_is_ready_again() -> None:
    watch, _ = watched()
    watch.died("engine local was killed by SIGSEGV")
    assert (watch.state, watch.settled.is_set()) == ("NOT SERVED: engine local was killed by SIGSEGV", True)
    watch.hear(b'{"event":"ready"}\n')
    assert watch.state == "ready, m.gguf"


def test_other_output_is_no_news() -> None:
    watch, notices = watched()
    for line in (b"ggml: hello\n", b"\xff\n", b'{"event":"unknown"}\n', b"\n"):
        watch.hear(line)
    assert (watch.state, notices) == ("loading", [])
