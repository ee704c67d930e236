"""Windows and records over HTTP that does not go well, and what is made of the answers."""

import asyncio
import json
import ssl
import threading
from contextlib import asynccontextmanager

import msgpack
import numpy as np
import pyarrow as pa
import pytest

from ecgstream.client import (
    BadAnswer,
    Busy,
    Forbidden,
    NotFound,
    NotLoggedIn,
    Refused,
    Unreachable,
    Unreadable,
    arrow,
    connect,
    windows,
)
from ecgstream.client.address import address_of
from ecgstream.client.errors import KINDS, of_close, of_status, refusal
from ecgstream.client.http import TIMEOUT_S
from ecgstream.errors import EcgstreamError
from ecgstream.wire.backoff import FOR_GOOD

LEADS = [{"name": "II", "unit": "mV", "gain": 200.0, "baseline": 0.0}]


def answer(status: int, body: bytes, *headers: str, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {size}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def problem(status: int, code: str, **said) -> bytes:
    document = {"status": status, "code": code, "detail": f"it is {code}"} | said
    return answer(status, json.dumps(document).encode())


def window(start: int, stop: int, **said) -> bytes:
    head = {"record": "r", "fs": 100.0, "start": start, "stop": stop, "dtype": "i2", "leads": LEADS}
    samples = np.arange(start, stop).astype("<i2").tobytes()
    return msgpack.packb(head | {"samples": samples} | said)


class Scripted:
    """A server that gives its answers one after the other, and notes what was asked.

    None: closes the connection in place of an answer. `silent` is set when there is none left.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.connections = 0
        self.silent = asyncio.Event()
        self.gone = asyncio.Event()
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.asked.append(head)
                if not self.answers:
                    self.silent.set()
                    await reader.read()
                    break
                said = self.answers.pop(0)
                if said is None:
                    break
                writer.write(said)
                if b"Connection: close" in said:
                    break
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()
            self.gone.set()


@asynccontextmanager
async def scripted(*answers: bytes | None):
    script = Scripted(*answers)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with connect(script.url) as client:
        yield script, client
    server.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Retries are at once: how long they wait is the business of test_backoff."""
    monkeypatch.setattr("ecgstream.client.http.retry_delay", lambda *_: 0.0)


# Asking.


async def test_one_connection_is_enough_for_one_question_after_the_other():
    async with scripted(*[answer(200, window(0, 5))] * 3) as (script, client):
        for _ in range(3):
            await client.window("r", ["II"], 0, 5)
    assert script.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_nobodys_trouble():
    closing = answer(200, window(0, 5), "Connection: close")
    async with scripted(answer(200, window(0, 5)), None, closing) as (script, client):
        for _ in range(2):
            assert (await client.window("r", ["II"], 0, 5)).stop == 5
    assert (script.connections, len(script.asked)) == (2, 3)


async def test_what_is_refused_for_the_moment_is_asked_for_again():
    busy = problem(503, "unavailable", retryable=True, retry_after_ms=100)
    async with scripted(busy, busy, answer(200, window(0, 5))) as (script, client):
        assert (await client.window("r", ["II"], 0, 5)).stop == 5
    assert len(script.asked) == 3


async def test_but_not_for_ever():
    busy = problem(503, "unavailable", retryable=True, retry_after_ms=100)
    async with scripted(*[busy] * 9) as (script, client):
        with pytest.raises(Busy) as refused:
            await client.window("r", ["II"], 0, 5)
    assert (refused.value.code, refused.value.retry_after_ms) == ("unavailable", 100)
    assert len(script.asked) == 4


async def test_what_is_refused_for_good_is_asked_for_once():
    async with scripted(problem(500, "corrupt")) as (script, client):
        with pytest.raises(Unreadable, match="500: it is corrupt"):
            await client.window("r", ["II"], 0, 5)
    assert len(script.asked) == 1


async def test_half_an_answer_is_none():
    half = answer(200, window(0, 5), "Connection: close", length=10_000)
    async with scripted(*[half] * 4) as (script, client):
        with pytest.raises(Unreachable):
            await client.window("r", ["II"], 0, 5)
    assert len(script.asked) == 4


async def test_who_calls_off_leaves_no_thread_waiting():
    async with scripted() as (script, client):
        asking = asyncio.create_task(client.record("r"))
        await script.silent.wait()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        # The connection is shut at once, and not when the patience of its thread is over.
        async with asyncio.timeout(TIMEOUT_S / 3):
            await script.gone.wait()
    for thread in threading.enumerate():
        if thread.name.startswith("ecgstream-http"):
            thread.join(5)
            assert not thread.is_alive()


async def test_token_and_prefix_go_with_every_question():
    async with (
        scripted(answer(200, window(0, 5))) as (script, _),
        connect(script.url + "/ecg/", token="ecgs_secret") as behind,
    ):
        await behind.window("a/b ", ["II", "a,b"], 0, 5)
    (head,) = script.asked
    assert head.startswith("GET /ecg/api/v1/records/a%2Fb%20/window?leads=II&leads=a%2Cb&start=0&")
    assert "Authorization: Bearer ecgs_secret\r\n" in head


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"records": [{"record": 1}]}', msgpack.packb({"records": []})]
)
async def test_an_answer_of_something_else_is_said_to_be_none(body):
    async with scripted(answer(200, body)) as (_, client):
        with pytest.raises(BadAnswer, match="ecgstream server"):
            _ = [one async for one in client.records()]


# Windows in pieces.


def joined(*bodies: bytes, start: int = 0, stop: int = 10):
    joining = windows.Joining(start, stop)
    for body in bodies:
        joining.add(windows.piece(body))
    return joining.window()


def test_pieces_are_put_together_and_so_are_their_unreadable_runs():
    first = window(0, 6, corrupt={"II": [(1, 2), (4, 6)]})
    whole = joined(first, window(6, 10, corrupt={"II": [(6, 8)]}))
    assert whole.samples.tolist() == [list(range(10))]
    assert whole.corrupt == {"II": ((1, 2), (4, 8))}
    whole.samples[0, 0] = 5  # it is the caller's own


@pytest.mark.parametrize(
    "bodies",
    [
        [window(0, 6)],
        [window(0, 6), window(7, 10)],
        [window(0, 6), window(6, 11)],
        [window(0, 6), window(6, 10, fs=50.0)],
        [window(0, 6), window(6, 10, leads=[LEADS[0] | {"gain": 100.0}])],
        [window(0, 6, samples=b"1234")],
        [window(0, 6, dtype="u1")],
        [b"nonsense"],
    ],
)
def test_pieces_that_do_not_fit_are_no_window(bodies):
    with pytest.raises(BadAnswer):
        joined(*bodies)


def test_a_span_is_asked_for_in_as_few_pieces_as_may_be():
    most = windows.PIECE_VALUES
    assert list(windows.spans(5, 5, 2)) == [(5, 5)]
    assert list(windows.spans(0, most, 1)) == [(0, most)]
    assert list(windows.spans(1, most, 2)) == [(1, 1 + most // 2), (1 + most // 2, most)]


def stream(start: int, stop: int, unit: str = "mV", **said: str) -> bytes:
    about = {"fs": "100.0", "start": str(start), "stop": str(stop)} | said
    field = pa.field("II", pa.int16(), metadata={"unit": unit})
    schema = pa.schema([field], metadata=about)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(pa.table([pa.array(range(start, stop), pa.int16())], schema=schema))
    return sink.getvalue().to_pybytes()


def test_tables_are_put_together_without_a_copy_of_their_samples():
    bodies = [stream(0, 6, corrupt='{"II":[[4,6]]}'), stream(6, 10, corrupt='{"II":[[6,8]]}')]
    table = arrow.table(bodies, 0, 10)
    assert table.column("II").to_pylist() == list(range(10))
    assert table.schema.field("II").metadata == {b"unit": b"mV"}
    about = table.schema.metadata
    assert (about[b"start"], about[b"stop"]) == (b"0", b"10")
    assert json.loads(about[b"corrupt"]) == {"II": [[4, 8]]}
    held = np.frombuffer(bodies[0], "u1")
    first = table.column("II").chunk(0).buffers()[1].address
    assert held.ctypes.data <= first < held.ctypes.data + len(held)


@pytest.mark.parametrize(
    "bodies",
    [
        [stream(0, 6)],
        [stream(0, 6), stream(7, 10)],
        [stream(0, 6), stream(6, 10, unit="uV")],
        [stream(0, 6), stream(6, 10, fs="50.0")],
        [stream(0, 10)[:60]],
        [b"nonsense"],
    ],
)
def test_tables_that_do_not_fit_are_none(bodies):
    with pytest.raises(BadAnswer):
        arrow.table(bodies, 0, 10)


# Addresses.


def test_an_address_is_that_of_a_server_with_or_without_a_path():
    plain = address_of("http://127.0.0.1:8000", None, None)
    assert plain.stream == "ws://127.0.0.1:8000/api/v1/stream"
    behind = address_of("https://ward.example/ecg/", "t", ssl.create_default_context())
    assert behind.stream == "wss://ward.example/ecg/api/v1/stream"
    assert address_of("http://[::1]:80", None, None).authority == "[::1]"
    assert address_of("ws://h:1", None, None).scheme == "http"


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("127.0.0.1:8000", None),
        ("ftp://h", None),
        ("http://", None),
        ("http://me:word@h", None),
        ("ftp://me:word@h", None),
        ("http://h?token=t", None),
        ("http://h:x", None),
        ("http://h", "a\r\nb"),
        ("http://h", ""),
    ],
)
async def test_what_is_no_address_is_said_at_once(url, token):
    with pytest.raises(ValueError) as said:
        async with connect(url, token=token):
            pass
    assert "word" not in str(said.value)


# Errors.


def test_every_code_that_a_server_says_has_a_kind():
    import ecgstream.errors as tree
    import ecgstream.wire.commands  # noqa: F401 - has one of its own

    ours = {
        kind.code
        for kind in vars(tree).values()
        if isinstance(kind, type) and issubclass(kind, EcgstreamError)
    }
    assert ours <= set(KINDS)


def test_a_code_of_a_later_server_is_a_refusal_with_its_words():
    error = refusal("too_tired", "it is late", retryable=True)
    assert (type(error), error.code, str(error)) == (Refused, "too_tired", "it is late")


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (401, NotLoggedIn, False),
        (403, Forbidden, False),
        (404, NotFound, False),
        (429, Busy, True),
        (502, Busy, True),
        (418, Unreadable, False),
    ],
)
def test_a_proxy_that_words_no_problem_is_understood_by_its_status(status, kind, retryable):
    error = of_status(status, {}, "3")
    assert (type(error), error.retryable, error.retry_after_ms) == (kind, retryable, 3_000)


def test_a_close_code_says_whether_to_come_back():
    for code in (1001, 1006, 1011, 1012, 4408, 4429):
        assert of_close(code, "", None).retryable
    for code in FOR_GOOD:
        assert not of_close(code, "", None).retryable
    assert isinstance(of_close(4401, "the session ended", None), NotLoggedIn)
    assert of_close(4429, "full", 5_000).retry_after_ms == 5_000
