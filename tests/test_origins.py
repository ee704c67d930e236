"""By which names the server may be called, and from whose pages."""

import pytest

from ecgstream.errors import ConfigError, Forbidden
from ecgstream.web.origins import Hosts, is_loopback


def scope(host="localhost:8000", origin=None):
    headers = [(b"host", host.encode())] if host is not None else []
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return {"type": "http", "headers": headers}


@pytest.mark.parametrize(
    ("bind", "host", "known"),
    [
        ("127.0.0.1", "localhost", True),
        ("127.0.0.1", "LOCALHOST:8000", True),
        ("127.0.0.1", "localhost.:8000", True),
        ("127.0.0.1", "ecg.localhost", True),
        ("127.0.0.1", "127.0.0.1:1", True),
        ("127.0.0.1", "127.8.9.1", True),
        ("127.0.0.1", "[::1]:8000", True),
        ("127.0.0.1", "evil.example", False),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "localhost.evil.example", False),
        ("127.0.0.1", "notlocalhost", False),
        ("127.0.0.1", "192.168.1.2", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "localhost:", False),
        ("127.0.0.1", "localhost:80:80", False),
        ("127.0.0.1", "user@localhost", False),
        ("127.0.0.1", "localhost, evil.example", False),
        ("192.168.1.2", "192.168.1.2:8000", True),
        ("192.168.1.2", "192.168.1.3:8000", False),
        ("0.0.0.0", "192.168.1.2:8000", True),
        ("::", "[fe80::1]:8000", True),
        ("0.0.0.0", "rebound.evil.example", False),
        ("0.0.0.0", "ecg.ward.example:8443", True),
        (None, "ecg.ward.example", True),
        (None, "10.0.0.1", False),
    ],
)
def test_a_host_is_known_by_loopback_bind_address_or_setting(bind, host, known):
    assert Hosts(bind, ["ECG.ward.example"]).known(host) is known


@pytest.mark.parametrize(
    ("host", "origin", "ours"),
    [
        ("localhost:8000", None, True),
        ("localhost:8000", "http://localhost:8000", True),
        ("localhost:8000", "http://localhost:8001", False),
        ("localhost:8000", "http://127.0.0.1:8000", False),
        ("localhost", "http://localhost", True),
        ("localhost", "http://localhost:80", True),
        ("ecg.ward.example", "https://ecg.ward.example", True),
        ("ecg.ward.example:443", "https://ecg.ward.example", True),
        ("ecg.ward.example:8443", "https://ecg.ward.example", False),
        ("localhost:8000", "https://board.example", True),
        ("localhost:8000", "http://board.example", False),
        ("localhost:8000", "https://board.example.evil.example", False),
        ("localhost:8000", "null", False),
        ("localhost:8000", "", False),
        ("localhost:8000", "file://", False),
        ("localhost:8000", "http://localhost:8000/x", False),
        ("localhost:8000", "chrome-extension://localhost:8000", False),
    ],
)
def test_an_origin_is_that_of_the_host_or_allowed(host, origin, ours):
    hosts = Hosts("127.0.0.1", ["ecg.ward.example"], ["https://board.example/"])
    if ours:
        hosts.check(scope(host, origin))
    else:
        with pytest.raises(Forbidden, match="Origin"):
            hosts.check(scope(host, origin))


def test_no_host_or_two_are_foreign():
    for headers in ([], [(b"host", b"localhost"), (b"host", b"localhost")]):
        with pytest.raises(Forbidden, match="Host"):
            Hosts("127.0.0.1").check({"type": "websocket", "headers": headers})


def test_two_origins_are_foreign():
    two = scope(origin="http://localhost:8000")
    two["headers"].append((b"origin", b"http://localhost:8000"))
    with pytest.raises(Forbidden):
        Hosts("127.0.0.1").check(two)


def test_a_refusal_says_what_would_help():
    with pytest.raises(Forbidden, match=r"ecg\.example.*--allowed-hosts"):
        Hosts("127.0.0.1").check(scope("ecg.example"))


@pytest.mark.parametrize("names", [["http://x"], ["a b"], [""], ["*"]])
def test_a_name_that_cannot_be_one_is_refused_at_start(names):
    with pytest.raises(ConfigError, match="allowed_hosts"):
        Hosts("127.0.0.1", names)


@pytest.mark.parametrize("origins", [["x.example"], ["ftp://x"], ["null"], ["*"]])
def test_an_origin_that_cannot_be_one_is_refused_at_start(origins):
    with pytest.raises(ConfigError, match="allowed_origins"):
        Hosts("127.0.0.1", [], origins)


def test_loopback_is_this_machine_only():
    assert is_loopback("localhost:1")
    assert not is_loopback("10.0.0.1")
    assert not is_loopback("x y")
