"""What is found on a machine."""

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from proxy.start.discovery import accelerator, ask, look
from proxy.start.known import Known, known


class Listed(BaseHTTPRequestHandler):
    answer = b'{"object":"list","data":[{"id":"llama3.2:3b","object":"model"},{"id":"a\\nb: {x}"}]}'
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/v1/models" else 404)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Listed) as serving:
        Thread(target=serving.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{serving.server_port}"
        serving.shutdown()


def test_a_server_tells_its_models_and_no_name_can_break_the_file(server: str) -> None:
    assert ask(f"http://{server}") == ("llama3.2:3b",)


def test_nobody_there_is_no_server(server: str) -> None:
    assert ask("http://127.0.0.1:9") is None
    assert ask("http://127.0.0.1:notaport") is None


@pytest.mark.parametrize(("status", "answer"), [(500, b"{}"), (200, b"<html>"), (200, b'{"data":1}'), (200, b"\xff")])
def test_what_speaks_another_language_is_none(
    server: str, status: int, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Listed, "status", status)
    monkeypatch.setattr(Listed, "answer", answer)
    assert ask(f"http://{server}") is None


def test_a_look_around(server: str, tmp_path: Path) -> None:
    kept = tmp_path / ".lmstudio/models/maker/model/model-q4.gguf"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"GGUF")
    environ = {"HOME": str(tmp_path), "OLLAMA_HOST": server, "OPENAI_API_KEY": "sk-canary", "ANTHROPIC_API_KEY": ""}
    table = known()
    found = look(environ, Known(table.providers, {"ollama": "http://127.0.0.1:9"}, table.models))
    assert found.credentials == ("OPENAI_API_KEY",)
    assert [(each.name, each.models) for each in found.servers] == [("ollama", ("llama3.2:3b",))]
    assert found.files == (str(kept),)
    assert "sk-canary" not in repr(found)


def test_nvidias_own_word_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA H200, 143771'\n")
    program.chmod(0o755)
    found = accelerator({"PATH": f"{tmp_path}{os.pathsep}/bin"})
    assert found is not None and (found.kind, found.name, found.memory) == ("cuda", "NVIDIA H200", 143771 << 20)


def test_a_broken_driver_is_no_gpu(tmp_path: Path) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA-SMI has failed'; exit 9\n")
    program.chmod(0o755)
    found = accelerator({"PATH": str(tmp_path)})
    assert found is None or found.kind != "cuda"
