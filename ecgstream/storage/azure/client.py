"""The other side of the process that speaks to Azure: begun when needed, and when it died."""

import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import IO, Any, Final

from ecgstream.storage.azure.messages import received, send
from ecgstream.storage.azure.process import SECRET

MODULE: Final = "ecgstream.storage.azure.process"
DEADLINE_S: Final = 60.0
"""So long a request is waited for; where nobody listens Azure's library gives up after some 7 s,
but where somebody listens and says nothing it never does."""
LIST_S: Final = 600.0
"""The same for a list: of a million files it is 200 requests."""
AGAIN_S: Final = 5.0
"""After it died it is not begun again before that: what asks in a loop would begin it in a loop.
And where nobody listens nothing is asked for so long: each request would hold a thread of ours for
7 s."""
NOBODY: Final = "Fail to get a new connection"
"""What Azure's library says then."""
SAID: Final = 400
"""Letters of what it said last."""


class Client:
    """Asks the process of one address; safe on several threads."""

    def __init__(self, address: str) -> None:
        self._address = address
        # Reentrant: `close` comes whenever Python tidies up, even within `ask`.
        self._lock = threading.RLock()
        self._running: _Running | None = None
        self._numbers = itertools.count()
        self._failed = -AGAIN_S
        self._why = ""
        self.ended: deque[int] = deque()
        """Handles that are done with: the next request takes them along. Not a request of its own,
        for files are closed whenever Python tidies up, even within `ask`."""

    def handle(self) -> int:
        """Return a number for a file to be opened: none is used twice, whatever process it is."""
        return next(self._numbers)

    def ask(self, what: str, *given: Any) -> Any:
        """Return the answer to a request. Blocks. Raises OSError, FileNotFoundError."""
        with self._lock:
            running = self._begun()
            answer = running.ask(next(self._numbers), what, *given)
            if done := [self.ended.popleft() for _ in range(len(self.ended))]:
                running.tell(next(self._numbers), "end", done)
        try:
            number, value = answer.result(seconds := LIST_S if what == "list" else DEADLINE_S)
        except TimeoutError:
            why = f"Azure did not answer within {seconds:g} s"
            running.kill(why)
            raise OSError(why) from None
        if number is None:
            return value
        if NOBODY in value:
            with self._lock:
                self._failed, self._why = time.monotonic(), value
        raise OSError(number, value) if number else OSError(value)

    def _begun(self) -> "_Running":
        """Return the process that runs; with the lock."""
        if self._running is not None and self._running.why is not None:
            self._failed, self._why = time.monotonic(), self._running.why
            self._running = None
        if time.monotonic() - self._failed < AGAIN_S:
            raise OSError(self._why)
        if self._running is None:
            self._running = _Running(self._address)
        return self._running

    def close(self) -> None:
        """Have the process gone."""
        with self._lock:
            if self._running is not None:
                self._running.kill("it is not needed any more")
                self._running = None


class _Running:
    """One process, and who waits for its answers."""

    def __init__(self, address: str) -> None:
        self.why: str | None = None
        """Why it is no more; None while it is."""
        self._killed = ""
        self._lock = threading.Lock()
        self._waiting: dict[int, Future[tuple[int | None, Any]]] = {}
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        # The address holds no credentials; those it has from the environment, as this one.
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-m", MODULE, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(os.environ),
        )
        threading.Thread(target=self._listen, name="ecgstream-azure", daemon=True).start()

    def ask(self, number: int, what: str, *given: Any) -> "Future[tuple[int | None, Any]]":
        """Send a request; return what comes: an errno (0: not known) or None, and a value."""
        answer: Future[tuple[int | None, Any]] = Future()
        with self._lock:
            if self.why is not None:
                answer.set_exception(OSError(self.why))
                return answer
            self._waiting[number] = answer
        self.tell(number, what, *given)
        return answer

    def tell(self, number: int, what: str, *given: Any) -> None:
        """Send a request of which nobody waits for the answer."""
        # Where it has gone, who listens to it says so to all who wait, and closes the pipe.
        with suppress(OSError, ValueError):
            send(_pipe(self._process.stdin), [number, what, *given])

    def kill(self, why: str) -> None:
        """End it; who waits for it as well is told why."""
        self._killed = why
        self._process.kill()

    def _listen(self) -> None:
        """Hand out answers until there are no more, and then what is known of why."""
        with suppress(OSError):
            while (answer := received(_pipe(self._process.stdout))) is not None:
                number, failed, value = answer
                with self._lock:
                    waits = self._waiting.pop(number, None)
                if waits is not None:
                    waits.set_result((failed, value))
        self._process.wait()
        why = self._killed or (
            "the process that speaks to Azure ended, which Azure's library has it do over answers "
            f"that are none of Azure's, and where it finds no credentials: {self._said()}"
        )
        with self._lock:
            self.why = why
            left = list(self._waiting.values())
            self._waiting.clear()
        for waits in left:
            waits.set_exception(OSError(why))
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            with suppress(OSError):
                _pipe(pipe).close()

    def _said(self) -> str:
        """Return what it said last, on one line."""
        self._errors.seek(0)
        text = self._errors.read(1 << 20).decode("utf-8", "replace")
        _, aborted, last = text.rpartition("terminate called")
        words = " ".join((aborted + last if aborted else text).split())
        return SECRET.sub("", words)[-SAID:] or "it said nothing"


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("no pipe")
    return pipe
