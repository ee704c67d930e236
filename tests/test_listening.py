"""Sockets bound for others."""

import socket
from pathlib import Path

import pytest

from ecgstream.errors import ConfigError
from ecgstream.web.listening import address_of, bind, bind_unix


def test_a_free_port_is_taken_and_can_be_connected_to_at_once():
    (sock,) = bind("127.0.0.1", 0)
    with sock:
        port = sock.getsockname()[1]
        assert address_of(sock) == f"http://127.0.0.1:{port}/"
        socket.create_connection(("127.0.0.1", port)).close()


def test_all_addresses_of_a_name_have_the_same_port(monkeypatch):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0))
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.1")
    ]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    one, other = bind("ecg.ward.example", 0)
    with one, other:
        assert one.getsockname()[1] == other.getsockname()[1]
        assert other.getsockname()[0] == "127.0.0.2"


def test_a_port_in_use_is_named():
    (sock,) = bind("127.0.0.1", 0)
    with sock, pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{sock.getsockname()[1]}: Address"):
        bind("127.0.0.1", sock.getsockname()[1])


def test_a_name_that_nobody_has_is_named():
    with pytest.raises(ConfigError, match=r"cannot listen on \[\]"):
        bind("[]", 0)


def test_an_address_of_version_6_has_brackets():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    (sock,) = bind("::1", 0)
    with sock:
        assert address_of(sock) == f"http://[::1]:{sock.getsockname()[1]}/"


def test_a_unix_socket_takes_the_place_of_one_left_behind_and_of_nothing_else(tmp_path: Path):
    path = tmp_path / "s"
    bind_unix(path).close()
    with bind_unix(path) as sock:
        assert address_of(sock) == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o660
    path.unlink()
    path.write_text("something of somebody's")
    with pytest.raises(ConfigError, match="Address already in use"):
        bind_unix(path)
    assert path.read_text() == "something of somebody's"
