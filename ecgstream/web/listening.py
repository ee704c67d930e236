"""Sockets to listen on, bound by the process that starts the others."""

import contextlib
import os
import socket
import stat
from pathlib import Path

from ecgstream.errors import ConfigError
from ecgstream.web.door import BACKLOG


def bind(host: str, port: int) -> list[socket.socket]:
    """Return listening sockets for every address of `host`. Raises ConfigError.

    Port 0 takes a free one, the same for all.
    """
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, address in dict.fromkeys(found):
            sock = socket.socket(family, kind, protocol)
            bound.append(sock)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            first = bound[0].getsockname()[1] if len(bound) > 1 else port
            sock.bind((address[0], first, *address[2:]))
            sock.listen(BACKLOG)
    except OSError as error:
        for sock in bound:
            sock.close()
        raise ConfigError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def bind_unix(path: Path) -> socket.socket:
    """Return a listening Unix socket, for its owner and group. Raises ConfigError."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        with contextlib.suppress(FileNotFoundError):
            # One that a server left behind when it was killed.
            if stat.S_ISSOCK(path.stat().st_mode):
                path.unlink()
        before = os.umask(0o117)
        try:
            sock.bind(str(path))
        finally:
            os.umask(before)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigError(f"cannot listen on {path}: {error.strerror}") from error
    return sock


def address_of(sock: socket.socket) -> str:
    """Return the address of a listening socket as a person writes it."""
    if sock.family == socket.AF_UNIX:
        return f"unix:{sock.getsockname()}"
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"
