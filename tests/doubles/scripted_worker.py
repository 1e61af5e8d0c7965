"""Stands in for the HTTP worker under a real supervisor: `python -m tests.doubles.scripted_worker --fd N …`.

Answers every connection with 200 and its process id. `SCRIPT` in the environment: `fails` ends at once, `stubborn`
ignores SIGTERM.
"""

import argparse
import os
import signal
import socket
import sys


def main() -> int:
    parser = argparse.ArgumentParser()
    for option in ("--fd", "--config", "--data", "--run-folder"):
        parser.add_argument(option, required=True)
    args = parser.parse_args()
    script = os.environ.get("SCRIPT", "")
    if script == "fails":
        return 3
    signal.signal(signal.SIGTERM, signal.SIG_IGN if script == "stubborn" else lambda *_: sys.exit(0))
    listening = socket.socket(fileno=int(args.fd))
    while True:
        client, _ = listening.accept()
        with client:
            client.recv(4096)
            body = f"{os.getpid()} {os.getppid()} {args.run_folder}".encode()
            client.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))


if __name__ == "__main__":
    sys.exit(main())
