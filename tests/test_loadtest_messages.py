"""WebSocket messages and handshakes as bytes, held against another implementation."""

import base64
import struct

import msgpack
import numpy as np
import pytest
from websockets.frames import Frame, Opcode
from websockets.utils import accept_key

from ecgstream.loadtest import handshake, messages
from ecgstream.loadtest.handshake import BadAnswer
from ecgstream.loadtest.plan import Target
from ecgstream.wire.frames import encode_frame
from ecgstream.wire.messages import BadMessage

TARGET = Target("localhost", 8000, 2, ("127.0.0.1", 8000), "/ecg")
KEY = bytes(range(16))


def unmasked(data: bytes) -> tuple[int, bytes]:
    """Read a client's frame by the book (RFC 6455, 5.2 and 5.3)."""
    length, at = data[1] & 0x7F, 2
    assert data[1] & 0x80
    if length == 126:
        (length,), at = struct.unpack(">H", data[2:4]), 4
    key, body = data[at : at + 4], data[at + 4 :]
    assert len(body) == length
    return data[0], bytes(byte ^ key[n % 4] for n, byte in enumerate(body))


@pytest.mark.parametrize("length", [0, 1, 5, 125, 126, 4_000])
def test_what_a_client_says_is_masked(length: int):
    payload = bytes(n % 251 for n in range(length))
    first, body = unmasked(messages.masked(messages.BINARY, payload))
    assert (first, body) == (0x82, payload)


def test_a_command_is_a_map_with_its_op():
    _, body = unmasked(messages.command("seek", id=3, sid=1, at={"sample": 7}))
    assert msgpack.unpackb(body) == {"op": "seek", "id": 3, "sid": 1, "at": {"sample": 7}}


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_servers_frame_is_read_whole_or_not_at_all(length: int):
    data = Frame(Opcode.BINARY, b"x" * length).serialize(mask=False)
    for size in {0, 1, 2, 3, 5, 9, len(data) - 1} - {len(data)}:
        if size < len(data):
            assert messages.piece(memoryview(data)[:size], 0) is None
    piece = messages.piece(memoryview(data + b"more"), 0)
    assert piece is not None
    assert (piece.opcode, piece.last, piece.stop) == (messages.BINARY, True, len(data))
    assert bytes(piece.payload) == b"x" * length


@pytest.mark.parametrize(
    "data",
    [b"\x82\x80\0\0\0\0", b"\xc2\x00", b"\x81\x00", b"\x83\x00", b"\x89\x7e\x00\x7e", b"\x09\x00"],
    ids=["masked", "compressed", "text", "reserved", "long ping", "ping in parts"],
)
def test_what_a_server_must_not_send_is_refused(data: bytes):
    with pytest.raises(BadMessage):
        messages.piece(memoryview(data + bytes(130)), 0)


def test_a_message_above_the_limit_is_refused_before_it_is_read():
    with pytest.raises(BadMessage, match="1,048,576"):
        messages.piece(memoryview(b"\x82\x7f" + struct.pack(">Q", 1 << 21)), 0)


def test_a_close_frame_without_a_code_is_1005():
    assert messages.close_code(memoryview(b"")) == 1005
    assert messages.close_code(memoryview(struct.pack(">H", 4429) + b"full")) == 4429


@pytest.mark.parametrize("count", [10, 50, 100, 5_000], ids=["2", "2", "4", "10"])
def test_the_servers_own_whole_frame_is_known_by_its_shape(count: int):
    leads = [np.arange(count, dtype="<i2")] * 2
    frame = encode_frame(1, 2**40, count, leads) + b"rest"
    whole = messages.whole(count, 4)
    assert whole.unpack(frame, 0) == (whole.prefix, 2**40, whole.tail)
    assert frame[whole.samples : whole.size] == b"".join(lead.tobytes() for lead in leads)


# The handshake.


def accepted(key: bytes = KEY, more: str = "") -> bytes:
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {handshake.accept_of(key)}\r\n"
        f"Sec-WebSocket-Protocol: ecgstream.v1\r\n{more}\r\n"
    ).encode()


def denied(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def test_the_request_carries_the_token_in_its_head_and_nowhere_else():
    request = handshake.request(TARGET, KEY, "s3cret").decode()
    assert request.startswith("GET /ecg/api/v1/stream HTTP/1.1\r\nHost: localhost:8000\r\n")
    assert request.count("s3cret") == 1
    assert "Authorization: Bearer s3cret\r\n" in request
    assert "Origin" not in request


def test_the_key_is_answered_as_another_implementation_does():
    assert handshake.accept_of(KEY) == accept_key(base64.b64encode(KEY).decode())


def test_an_answer_is_read_once_it_is_whole_and_leaves_what_follows():
    data = accepted()
    assert handshake.answer(data[:-1], KEY) is None
    answer = handshake.answer(data + b"\x82\x01", KEY)
    assert answer is not None
    assert (answer.status, answer.size) == (101, len(data))


@pytest.mark.parametrize(
    "data",
    [accepted(bytes(16)), accepted(more="Sec-WebSocket-Extensions: permessage-deflate\r\n"),
     accepted().replace(b"ecgstream.v1", b"other"), b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n"],
    ids=["key", "extension", "subprotocol", "no http", "no status"],
)  # fmt: skip
def test_an_answer_to_something_else_is_refused(data: bytes):
    with pytest.raises(BadAnswer):
        handshake.answer(data, KEY)


def test_a_denial_says_when_to_come_back_in_its_document_before_its_header():
    both = denied("503 Service Unavailable", b'{"retry_after_ms": 1250}', "Retry-After: 2")
    assert handshake.answer(both, KEY).retry_after_s == 1.25
    header = denied("429 Too Many Requests", b"no json", "Retry-After: 2")
    assert handshake.answer(header, KEY).retry_after_s == 2.0
    neither = denied("503 Service Unavailable", b"[]")
    assert handshake.answer(neither, KEY).retry_after_s is None


def test_a_denial_is_waited_for_to_its_end():
    data = denied("503 Service Unavailable", b'{"retry_after_ms": 1250}')
    assert handshake.answer(data[:-3], KEY) is None
    assert handshake.answer(data[:-3], KEY, ended=True).status == 503
