"""An account of Azure's as a file system of Arrow's, to be read only."""

import io
import os
import weakref
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import pyarrow as pa
from pyarrow import fs

from ecgstream.storage.azure.account import Account
from ecgstream.storage.azure.client import Client

PART: Final = 8 << 20
"""Bytes asked for at once: more of them are in memory twice."""


def azure(address: str, account: Account) -> fs.PyFileSystem:
    """Return the account of an address; nothing is asked yet."""
    return fs.PyFileSystem(_Handler(address, account))


class _Handler(fs.FileSystemHandler):
    """What Arrow asks of a file system: asked of the process that speaks to Azure."""

    def __init__(self, address: str, account: Account) -> None:
        self._client = Client(address)
        # Two accounts have containers of one name: an index tells them apart by this.
        self._name = f"abfs:{account.blob}:{account.name}"
        weakref.finalize(self, self._client.close)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    def get_type_name(self) -> str:
        return self._name

    def normalize_path(self, path: str) -> str:
        return path

    def get_file_info(self, paths: Sequence[str]) -> list[fs.FileInfo]:
        return [_info(self._client.ask("info", path)) for path in paths]

    def get_file_info_selector(self, selector: fs.FileSelector) -> list[fs.FileInfo]:
        given = selector.base_dir, selector.allow_not_found, selector.recursive
        return [_info(found) for found in self._client.ask("list", *given)]

    def open_input_file(self, path: str) -> pa.NativeFile:
        return pa.PythonFile(_File(self._client, path), mode="r")

    def open_input_stream(self, path: str) -> pa.NativeFile:
        return self.open_input_file(path)

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("archives on object stores are read, never written")

    create_dir = delete_dir = delete_dir_contents = delete_root_dir_contents = _refuse
    delete_file = move = copy_file = open_output_stream = open_append_stream = _refuse


def _info(found: Sequence[Any]) -> fs.FileInfo:
    path, kind, size, mtime_ns = found
    return fs.FileInfo(path, fs.FileType(kind), size=size, mtime_ns=mtime_ns)


class _File(io.RawIOBase):
    """A file to be read at any place; Arrow sees to it that one thread does so at a time."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._handle = client.handle()
        self._at = 0
        self._size: int = client.ask("begin", path, self._handle)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = base + offset
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        left = self._size - self._at
        left = left if size < 0 else min(size, left)
        parts = []
        while left > 0:
            part = self._client.ask("read", self._handle, self._at, min(left, PART))
            if not part:
                break
            parts.append(part)
            self._at += len(part)
            left -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        if not self.closed:
            self._client.ended.append(self._handle)
        super().close()
