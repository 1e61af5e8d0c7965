"""The process: what it says on stdout, its exit codes, its socket, and that it never outlives its parent."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from providers.engine.client import Engine
from providers.engine.encoder_client import Encoder
from providers.engine.worker import Progress, parser
from tests.doubles import ggufs

WORKER = [sys.executable, "-m", "providers.engine.worker"]


def refused(*words: str) -> tuple[int, str]:
    """Exit code and message of a worker that does not start."""
    done = subprocess.run([*WORKER, *words], capture_output=True, text=True, timeout=60, check=False)
    (line,) = done.stdout.splitlines()
    said = msgspec.json.decode(line)
    assert said["event"] == "error"
    return done.returncode, said["message"]


def test_it_says_ready_and_ends_when_told(tmp_path: Path, greeting: Path) -> None:
    socket = tmp_path / "e.sock"
    socket.write_text("left behind by a crash")
    words = [*WORKER, "--socket", str(socket), "--model", str(greeting), "--slots", "2"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        ready = msgspec.json.decode(process.stdout.readline())
        assert (ready["event"], ready["socket"], ready["model"]["slots"]) == ("ready", str(socket), 2)
        assert sys.platform != "linux" or Path(f"/proc/{process.pid}/oom_score_adj").read_text() == "500\n"
        assert stat.S_ISSOCK(socket.stat().st_mode) and stat.S_IMODE(socket.stat().st_mode) == 0o600
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (ggufs.embedder, "embedding model"),
        (ggufs.vocabulary, "a vocabulary and no weights"),
        (ggufs.foreign, "abacus"),
        (lambda path: path.write_bytes(b"MZ junk"), "not a GGUF file"),
        (lambda path: path.mkdir(), "does not say which GGUF file"),
    ],
)
def test_what_cannot_be_served_exits_with_2(tmp_path: Path, make: object, reason: str) -> None:
    assert callable(make)
    make(tmp_path / "m.gguf")
    code, message = refused("--socket", str(tmp_path / "s"), "--model", str(tmp_path / "m.gguf"))
    assert (code, reason in message) == (2, True), message


def test_a_wrong_setting_exits_with_2(tmp_path: Path, greeting: Path) -> None:
    model = ["--socket", str(tmp_path / "s"), "--model", str(greeting)]
    assert refused(*model, "--slots", "many")[0] == 2
    assert refused(*model, "--chat-template", "{% for %}")[0] == 2
    assert refused(*model, "--slots", "0")[0] == 2
    assert refused("--socket", str(tmp_path / "no" / "s"), "--model", str(greeting))[0] == 2


EVERY = Engine(
    context=50,
    threads=1,
    chat_template="{{ x }}",
    tools="hermes",
    temperature=0.5,
    quantisation="q8_0",
    threads_batch=2,
    memory_limit=1.5,
    gpu_layers=3,
    mmap=False,
)


def test_every_setting_is_an_option() -> None:
    given = options(EVERY.arguments("s"))
    assert set(given) == {"dialect", *Engine.__struct_fields__}
    assert msgspec.convert(given, Engine | Encoder, strict=False) == EVERY


def options(words: list[str]) -> dict[str, str]:
    return {name: value for name, value in vars(parser().parse_args(words[2:])).items() if name != "socket" and value}


def test_an_encoders_settings_are_options_too() -> None:
    settings = Encoder(model="/m/e.gguf", context=100, threads=2, too_long="truncate")
    words = settings.arguments("s")[2:]
    given = {name: value for name, value in vars(parser().parse_args(words)).items() if name != "socket" and value}
    assert msgspec.convert(given, Engine | Encoder, strict=False) == settings


PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux")
def test_it_does_not_outlive_its_parent(tmp_path: Path, greeting: Path) -> None:
    words = Engine(model=str(greeting)).arguments(str(tmp_path / "s"))
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT, *words], text=True, stdin=pipe, stdout=pipe) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        os.kill(child, 0)
        parent.kill()
    until = time.monotonic() + 30
    while alive(child) and time.monotonic() < until:
        time.sleep(0.01)
    assert not alive(child)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_progress_is_said_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(clock=iter([0.0, 0.1, 0.6, 0.7, 1.3]).__next__)
    assert [progress(share) for share in (0.1, 0.2, 0.3, 0.4)] == [True] * 4
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert lines == [{"event": "loading", "progress": 0.2}, {"event": "loading", "progress": 0.4}]


POLICY = """
import os, sys
from providers.engine import worker
worker.serve = lambda *_: print(os.environ["OMP_WAIT_POLICY"], "llama_cpp" in sys.modules) or 0
sys.exit(worker.main(["--socket", "s"]))
"""


def test_threads_wait_passively_and_that_is_said_before_llama_cpp_is_loaded() -> None:
    environ = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    words = [sys.executable, "-c", POLICY]
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "passive False\n"
