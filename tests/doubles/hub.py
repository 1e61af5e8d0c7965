"""A Hugging Face hub on the loopback: HEAD and GET of files, with the real one's headers and refusals; and commits.

A transfer can be cut short, to be gone on with by Range. Who commits needs TOKEN; files of LARGE bytes and more go by
way of LFS.
"""

import json
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TOKEN = "hf_loopback"
LARGE = 10_000
_PATH = re.compile(r"/(?P<repo>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)")
_ASKED = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/(?P<what>revision|tree)/(?P<revision>[^/?]+)")
_WRITTEN = re.compile(r"/api/models/(?P<repo>[^/]+/[^/]+)/(?P<what>preupload|commit)/main")


class Hub(ThreadingHTTPServer):
    """`files` by "owner/repo/name"; a repository in `gated` wants TOKEN; `cut` bytes are sent of the next file, once.

    `claim` is a digest told instead of the file's own; `seen` is every request as (method, path, range); `large` has
    what came by way of LFS, by its sha256.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.gated: set[str] = set()
        self.cut: int | None = None
        self.claim: str | None = None
        self.seen: list[tuple[str, str, str | None]] = []
        self.large: dict[str, bytes] = {}

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

    def do_POST(self) -> None:
        body = self._body()
        self.server.seen.append((self.command, self.path, None))
        if self.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._refuse(401, "Unauthorized")
        found = _WRITTEN.fullmatch(self.path)
        if found is not None and found["what"] == "commit":
            return self._commit(found["repo"], [json.loads(line) for line in body.splitlines()])
        asked = json.loads(body)
        if self.path == "/api/repos/create":
            return self._tell({"url": f"{self.server.url}/{asked['organization']}/{asked['name']}"})
        if self.path.endswith("/info/lfs/objects/batch"):
            return self._tell({"objects": [self._upload(one) for one in asked["objects"]], "transfer": "basic"})
        modes = [
            {"path": one["path"], "uploadMode": "lfs" if one["size"] >= LARGE else "regular", "shouldIgnore": False}
            for one in asked.get("files", ())
        ]
        self._tell({"files": modes})

    def do_PUT(self) -> None:
        body = self._body()
        self.server.large[sha256(body).hexdigest()] = body
        self._tell({})

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _upload(self, one: dict[str, Any]) -> dict[str, Any]:
        href = f"{self.server.url}/upload/{one['oid']}"
        return {"oid": one["oid"], "size": one["size"], "actions": {"upload": {"href": href, "header": {}}}}

    def _commit(self, repo: str, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            its = line["value"]
            if line["key"] == "file":
                self.server.files[f"{repo}/{its['path']}"] = b64decode(its["content"])
            elif line["key"] == "lfsFile":
                self.server.files[f"{repo}/{its['path']}"] = self.server.large[its["oid"]]
        self._tell({"success": True, "commitOid": COMMIT, "commitUrl": f"{self.server.url}/{repo}/commit/{COMMIT}"})

    def _listed(self, found: "re.Match[str]") -> None:
        prefix = found["repo"] + "/"
        files = {name.removeprefix(prefix): held for name, held in self.server.files.items() if name.startswith(prefix)}
        if not files:
            return self._refuse(404, "RepoNotFound")
        if found["what"] == "revision":
            return self._tell({"id": found["repo"], "sha": COMMIT, "siblings": [{"rfilename": name} for name in files]})
        self._tell([{"type": "file", "path": name, "size": len(held), "oid": "0"} for name, held in files.items()])

    def _tell(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer(self, body: bool) -> None:
        hub, wanted = self.server, self.headers.get("range")
        hub.seen.append((self.command, self.path, wanted))
        asked = _ASKED.match(self.path)
        if asked is not None:
            return self._listed(asked)
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
