"""What a Pushgateway on the loopback is sent, and that one that is away stops nothing."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from routing.classifier.training.pushgateway import Pushgateway


class Gateway(ThreadingHTTPServer):
    """`pushed`: (method, path, body) of every request."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pushed: list[tuple[str, str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.pushed.append((self.command, self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    made = Gateway()
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def test_values_are_posted_as_gauges_grouped_by_the_run(gateway: Gateway) -> None:
    said: list[str] = []
    push = Pushgateway(gateway.url, "run-7", said.append)
    push.push({"step": 10, "loss": 0.25, "learning_rate": 2e-5, "gradient_norm": 1.5, "best": True})
    push.push({"validation_loss": 0.5})
    (method, path, first), (_, _, second) = gateway.pushed
    assert (method, path) == ("POST", "/metrics/job/halfpenny_router_training/run_id/run-7")
    lines = first.splitlines()
    assert "# TYPE halfpenny_training_loss gauge" in lines
    for line in ("step 10.0", "loss 0.25", "learning_rate 2e-05", "gradient_norm 1.5"):
        assert f"halfpenny_training_{line}" in lines
    assert {"halfpenny_training_validation_loss 0.5", "halfpenny_training_loss 0.25"} <= set(second.splitlines())
    assert said == []


def test_a_gateway_that_is_away_is_told_once_and_none_at_all_is_silence(gateway: Gateway) -> None:
    said: list[str] = []
    for url in ("http://127.0.0.1:1", ""):
        push = Pushgateway(url, "r", said.append)
        push.push({"loss": 1.0})
        push.push({"loss": 0.9})
    assert len(said) == 1
    assert "training goes on without it" in said[0]
    assert gateway.pushed == []
