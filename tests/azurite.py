"""Microsoft's emulator of Azure's object store, on loopback: fetched by `npx`, too large for every test run."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyarrow import fs

VERSION: Final = "3.37.0"
CONTAINER: Final = "archive"
ACCOUNT: Final = "devstoreaccount1"
# The emulator's one account and its key, which are the same everywhere: published, no secret.
KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
COMMAND: Final = (
    *("--yes", "--package", f"azurite@{VERSION}", "azurite-blob"),
    *("--silent", "--skipApiVersionCheck", "--disableTelemetry"),
)
BEGIN_S: Final = 300.0
"""So long it may take to fetch and begin it."""


@dataclass(frozen=True)
class Azurite:
    """The emulator; what it holds is in a folder, and outlives it."""

    port: int

    @property
    def files(self) -> fs.FileSystem:
        """Everything in it, to put things there."""
        at = f"127.0.0.1:{self.port}"
        return fs.AzureFileSystem(
            ACCOUNT,
            account_key=KEY,
            blob_storage_authority=at,
            dfs_storage_authority=at,
            blob_storage_scheme="http",
            dfs_storage_scheme="http",
        )

    def put(self, path: str, file: Path) -> None:
        """Store a file as blob `path` of the container."""
        with self.files.open_output_stream(f"{CONTAINER}/{path}") as out:
            out.write(file.read_bytes())

    def connection(self, credentials: str = f"AccountKey={KEY}") -> str:
        """Return the connection string that an operator would have in the environment."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};{credentials};"
            f"BlobEndpoint=http://127.0.0.1:{self.port}/{ACCOUNT};"
        )


@contextmanager
def azurite(folder: Path, port: int = 0) -> Iterator[Azurite]:
    """Run the emulator over what is in `folder`."""
    npx = shutil.which("npx")
    if npx is None:
        raise RuntimeError("npx is not installed, which fetches the emulator of Azure's store")
    port = port or _free()
    process = subprocess.Popen(
        [npx, *COMMAND, f"--blobPort={port}", f"--location={folder}"],
        stdout=subprocess.DEVNULL,
        # npx begins a shell, which begins it.
        start_new_session=True,
    )
    try:
        _wait(port, process)
        yield Azurite(port)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
        return number


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + BEGIN_S
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("the emulator of Azure's store did not begin")
