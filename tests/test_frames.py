"""A frame's bytes, and back."""

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame as WsFrame
from websockets.streams import StreamReader

from ecgstream.model.block import DTYPES
from ecgstream.wire.frames import (
    decode,
    encode_frame,
    encode_frames,
    framed,
    payload_of,
    payloads_of,
    ws_header,
)
from tests.doubles import STEADY


def parsed(message: bytes) -> WsFrame:
    """Read one WebSocket frame with the websockets package."""
    reader = StreamReader()
    reader.feed_data(message)
    reader.feed_eof()
    parsing = WsFrame.parse(reader.read_exact, mask=False)
    with pytest.raises(StopIteration) as done:
        next(parsing)
    return done.value.value


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65_535, 65_536, 1 << 20])
def test_framed_is_one_whole_binary_websocket_message(length):
    frame = parsed(framed(bytes(length)))
    assert frame.fin
    assert frame.opcode == 2
    assert frame.data == bytes(length)
    assert bytes(payload_of(framed(bytes(length)))) == bytes(length)
    assert len(ws_header(length)) == len(framed(bytes(length))) - length


@STEADY
@given(
    sid=st.integers(1, 127),
    start=st.integers(0, 2**53 - 1),
    shape=st.tuples(st.integers(1, 12), st.integers(1, 300)),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 100),
)
def test_a_frame_comes_back_bit_for_bit(sid, start, shape, dtype, seed):
    leads, count = shape
    raw = np.random.default_rng(seed).bytes(leads * count * int(dtype[1]))
    samples = np.frombuffer(raw, f"<{dtype}").reshape(leads, count)
    message = encode_frame(sid, start, count, list(samples))
    assert msgpack.unpackb(parsed(message).data) == [sid, start, count, raw]
    frame = decode(payload_of(message), {sid: dtype})
    assert (frame.sid, frame.start, frame.count) == (sid, start, count)
    assert frame.samples.tobytes() == raw


def test_a_frame_carries_nothing_of_its_viewer_but_sid():
    samples = [np.arange(72, dtype="<i2")]
    one, other = encode_frame(1, 720, 72, samples), encode_frame(2, 720, 72, samples)
    assert [k for k in range(len(one)) if one[k] != other[k]] == [5]  # header of 4, then the array


def test_what_is_neither_event_nor_frame_is_no_message():
    with pytest.raises(ValueError, match="neither"):
        decode(msgpack.packb([1, 2, 3]), {})
    with pytest.raises(ValueError, match="neither"):
        decode(msgpack.packb(5), {})
    assert decode(msgpack.packb({"type": "end"}), {}) == {"type": "end"}


def test_frames_made_together_are_those_made_one_by_one():
    leads = [np.arange(k, k + 30, dtype="<i2") for k in (0, 1000, -500)]
    together = encode_frames(7, 90, 10, [lead.data.cast("B") for lead in leads], "i2")
    alone = [
        encode_frame(7, 90 + at, 10, [lead[at : at + 10] for lead in leads]) for at in (0, 10, 20)
    ]
    assert together == alone


@pytest.mark.parametrize("lengths", [[0], [5, 125, 126, 65_535, 65_536, 3], []])
def test_messages_in_the_same_bytes_are_told_apart(lengths):
    messages = b"".join(framed(bytes(length)) for length in lengths)
    assert [len(payload) for payload in payloads_of(messages)] == lengths
