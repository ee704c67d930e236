"""The process that speaks to Azure: `python -m ecgstream.storage.azure.process ADDRESS`.

Azure's library ends the process that it is in over what it does not expect: credentials that are
not to be had, or no longer, a key that is not base64, an answer that is none of Azure's. So it is
in one of its own, which answers what it is asked on its standard input, and ends with whoever
began it.
"""

import os
import re
import signal
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, Final, NoReturn

import pyarrow as pa
from pyarrow import fs

from ecgstream.storage.azure.account import Account, account_of
from ecgstream.storage.azure.messages import received, send

LANES: Final = 16
"""Requests under way at once; as many threads of a server may read."""
SECRET: Final = re.compile(r"\?[^\s'\"]*")
"""What follows an address in an error: a token is there."""


def filesystem(account: Account) -> fs.FileSystem:
    """Return Arrow's file system of an account."""
    if account.anonymous:
        tls = "true" if account.scheme == "https" else "false"
        found, _ = fs.FileSystem.from_uri(
            f"abfs://{account.name}@container?credential_kind=anonymous&enable_tls={tls}"
            f"&blob_storage_authority={account.blob}&dfs_storage_authority={account.dfs}"
        )
        return found
    # Its published types have other names for the schemes.
    make: Any = fs.AzureFileSystem
    made: fs.FileSystem = make(
        account.name,
        account_key=account.key or None,
        sas_token=account.sas or None,
        blob_storage_authority=account.blob,
        dfs_storage_authority=account.dfs,
        blob_storage_scheme=account.scheme,
        dfs_storage_scheme=account.scheme,
    )
    return made


def worded(error: BaseException) -> str:
    """Return what went wrong: on one line, the same each time, and without a token."""
    # From the second line on it says the same again, and numbers the request.
    first, *_ = str(error).strip().splitlines() or [type(error).__name__]
    return SECRET.sub("", first)


class Answering:
    """Answers requests: [number, what, path, ...]; an answer is [number, errno or None, value]."""

    def __init__(self, files: fs.FileSystem) -> None:
        self._files = files
        self._open: dict[int, Any] = {}  # of NativeFile, whose published types lack half

    def answer(self, number: int, what: str, *given: Any) -> list[Any]:
        """Return the answer to a request, whatever comes of it."""
        try:
            return [number, None, getattr(self, f"_{what}")(*given)]
        except (OSError, pa.ArrowException, ValueError, KeyError) as error:
            return [number, getattr(error, "errno", None) or 0, worded(error)]

    def _info(self, path: str) -> list[Any]:
        return _told(self._files.get_file_info(path))

    def _list(self, path: str, missing: bool, recursive: bool) -> list[list[Any]]:  # noqa: FBT001
        selector = fs.FileSelector(path, allow_not_found=missing, recursive=recursive)
        return [_told(found) for found in self._files.get_file_info(selector)]

    def _begin(self, path: str, handle: int) -> int:
        file = self._files.open_input_file(path)
        size: int = file.size()
        self._open[handle] = file
        return size

    def _read(self, handle: int, start: int, count: int) -> bytes:
        # Not seek and read: the file is read on several threads.
        raw: bytes = self._open[handle].read_at(count, start)
        return raw

    def _end(self, handles: Sequence[int]) -> None:
        for handle in handles:
            self._open.pop(handle, None)


def _told(found: fs.FileInfo) -> list[Any]:
    return [found.path, found.type.value, found.size, found.mtime_ns]


def serve(files: fs.FileSystem, answers: IO[bytes]) -> NoReturn:
    """Answer what is asked of `files` until the other side has gone."""
    answering = Answering(files)
    lock = threading.Lock()

    def carry_out(request: list[Any]) -> None:
        answer = answering.answer(*request)
        with lock, suppress(OSError):
            send(answers, answer)

    pool = ThreadPoolExecutor(LANES)
    while (request := received(sys.stdin.buffer)) is not None:
        pool.submit(carry_out, request)
    # At once: a thread may wait for a store that answers no more.
    os._exit(0)


def alone() -> IO[bytes]:
    """Be nobody else's business; return where answers go."""
    for name in ("SIGINT", "SIGTERM"):
        # A signal to the whole group is for the server: its viewers are told first.
        with suppress(AttributeError, ValueError):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    _without_cores()
    answers = os.fdopen(os.dup(1), "wb")
    # What a library prints is not an answer.
    os.dup2(2, 1)
    return answers


def _without_cores() -> None:
    """Leave no image of the memory, with keys in it, where the process is aborted."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _address = sys.argv[1]
    serve(filesystem(account_of(_address, _address, os.environ)[0]), alone())
