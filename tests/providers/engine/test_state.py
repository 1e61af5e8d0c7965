from pathlib import Path

from providers.engine.state import State, beside, read, write


def test_what_was_written_is_read(tmp_path: Path) -> None:
    socket = tmp_path / "local.sock"
    state = State(state="loading", model="m.gguf", since=1.5, pid=7, progress=0.25)
    write(socket, state)
    assert read(socket) == state
    write(socket, State(state="ready", model="m.gguf", since=2.0))
    assert read(socket) == State(state="ready", model="m.gguf", since=2.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["local.json"]


def test_without_a_supervisor_nothing_is_known(tmp_path: Path) -> None:
    assert read(tmp_path / "local.sock") is None
    beside(tmp_path / "local.sock").write_text("{")
    assert read(tmp_path / "local.sock") is None
