"""Binding: a free port, and a sentence for each way in which it fails."""

import socket

import pytest

from proxy.listening import GONE, address, bind, url
from proxy.places import CannotStart


def test_a_bound_socket_takes_connections_before_anybody_serves() -> None:
    with bind("127.0.0.1", 0) as listening, socket.create_connection(address(listening), timeout=5) as client:
        assert client.getpeername() == listening.getsockname()


def test_every_interface_is_reached_by_loopback() -> None:
    with bind("0.0.0.0", 0) as listening:
        assert address(listening) == ("127.0.0.1", listening.getsockname()[1])


def test_accepted_connections_notice_a_peer_that_vanished() -> None:
    """F05."""
    with bind("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == GONE["TCP_USER_TIMEOUT"]


def test_failures_are_sentences() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"Port {port} on 127.0.0.1 is taken .* PORT={port + 1}"):
            bind("127.0.0.1", port)
    with pytest.raises(CannotStart, match="is no address of this machine"):
        bind("no host\n", 0)
    with pytest.raises(CannotStart, match=r"Cannot listen on 203\.0\.113\.7"):
        bind("203.0.113.7", 0)


def test_urls() -> None:
    assert url("127.0.0.1", 8000) == "http://127.0.0.1:8000"
    assert url("::1", 8000) == "http://[::1]:8000"
