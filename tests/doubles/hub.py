"""A Hugging Face hub on the loopback: HEAD and GET of files, with the real one's headers and refusals.

A transfer can be cut short, to be gone on with by Range.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_loopback"
_PATH = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")


class Hub(ThreadingHTTPServer):
    """`files` by "owner/repo/name"; a repository in `gated` wants TOKEN; `cut` bytes are sent of the next file, once.

    `claim` is a digest told instead of the file's own; `seen` is every request as (method, path, range).
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.gated: set[str] = set()
        self.cut: int | None = None
        self.claim: str | None = None
        self.seen: list[tuple[str, str, str | None]] = []

    @property
    def url(self) -> str:
        """What HF_ENDPOINT should be."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def gets(self) -> list[str | None]:
        """The Range of every GET."""
        return [wanted for method, _, wanted in self.seen if method == "GET"]


class _Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        hub, wanted = self.server, self.headers.get("range")
        hub.seen.append((self.command, self.path, wanted))
        found = _PATH.fullmatch(self.path)
        if found is None or not any(name.startswith(found["repo"] + "/") for name in hub.files):
            return self._refuse(404, "RepoNotFound")
        if found["repo"] in hub.gated and self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._refuse(403, "GatedRepo")
        if found["revision"] not in ("main", COMMIT):
            return self._refuse(404, "RevisionNotFound")
        content = hub.files.get(f"{found['repo']}/{found['file']}")
        if content is None:
            return self._refuse(404, "EntryNotFound")
        self._send(content, wanted, body)

    def _send(self, content: bytes, wanted: str | None, body: bool) -> None:
        digest = self.server.claim or sha256(content).hexdigest()
        begin = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        head = {"ETag": f'"{digest}"', "X-Linked-Etag": f'"{digest}"', "X-Linked-Size": str(len(content))}
        head |= {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes", "Content-Length": str(len(content) - begin)}
        if wanted:
            head["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        if not body:
            return
        cut, self.server.cut = self.server.cut, None
        self.wfile.write(content[begin:] if cut is None else content[begin : begin + cut])
        self.close_connection = cut is not None

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        for name, value in {"X-Error-Code": code, "X-Error-Message": code, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


@contextmanager
def loopback() -> Iterator[Hub]:
    """A running hub."""
    made = Hub()
    thread = Thread(target=made.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        thread.join()
        made.server_close()
