"""The listening socket: bound before anything is started, so that a busy port is one clear sentence."""

import errno
import ipaddress
import socket

from proxy.places import CannotStart

BACKLOG = 2048
GONE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 40_000}
"""Seconds of silence before the kernel asks, between its questions, how many; milliseconds for unread bytes."""
LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def bind(host: str, port: int) -> socket.socket:
    """A TCP socket that listens; connections wait in its backlog while no worker runs. Raises CannotStart."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError):
        raise CannotStart(f"`{host}` is no address of this machine. Change HOST, or `server.host`.") from None
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _notice_the_gone(listening)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise CannotStart(_sentence(host, port, error)) from None
    return listening


def _notice_the_gone(listening: socket.socket) -> None:
    """Accepted connections inherit it: a peer that vanished without a word is noticed, and its answer stopped."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in GONE.items():
        if hasattr(socket, name):  # Linux has all of them
            listening.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def address(listening: socket.socket) -> tuple[str, int]:
    """Host and port under which this machine reaches the socket."""
    host, port = listening.getsockname()[:2]
    return LOOPBACK.get(host, host), port


def loopback(host: str) -> bool:
    """Whether what listens there is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url(host: str, port: int) -> str:
    """`http://127.0.0.1:8000`"""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _sentence(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        why = f"Port {port} on {host} is taken by another program."
        return f"{why} Choose another: PORT={port + 1}, or `server: {{port: {port + 1}}}` in config.yaml."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs special rights. Choose one above 1023: PORT=8000."
    return f"Cannot listen on {host}, port {port}: {error.strerror}. Change HOST and PORT, or `server` in config.yaml."
