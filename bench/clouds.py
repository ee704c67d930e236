"""Archives at Azure's store and at Google's, read and followed by one server.

The emulators speak HTTP on loopback: Microsoft's own (`npx` fetches it: 360 MB), fake-gcs-server.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2 as httpx
import numpy as np
from pyarrow import fs
from websockets.asyncio.client import connect

from ecgstream.storage.azure.account import ACCOUNT as NAMED
from ecgstream.storage.azure.account import CONNECTION, KEY, SAS
from ecgstream.storage.catalog import scan
from ecgstream.wire.frames import Frame
from tests.azurite import ACCOUNT, CONTAINER, Azurite, azurite
from tests.object_stores import BUCKET, gcs_at
from tests.serving import DATA, ServerProcess, Viewer
from tests.test_renewal import put

HOLTER = DATA / "cpsc2021"
RECORD = "data_101_6-pq"
TARGET_S = 60.0
OLD, NEW = 5, 6
"""What all samples of a record are, before and after it is replaced."""
ADDRESS = f"az://{CONTAINER}"

_missed: list[str] = []


def main() -> bool:
    """Print what was tried and what came of it; return whether all of it is as it has to be."""
    _missed.clear()
    with tempfile.TemporaryDirectory() as folder, _environment():
        kept = Path(folder) / "azurite"
        with azurite(kept) as store:
            os.environ[CONNECTION] = store.connection()
            store.files.create_dir(CONTAINER)
            for file in sorted(HOLTER.glob("**/*.parquet")):
                store.put(str(file.relative_to(HOLTER)), file)
            _same_samples()
            _refusals(store)
            asyncio.run(_followed(Path(folder), store))
        asyncio.run(_gone(kept, store))
    return not _missed


def _tell(what: str, good: bool, figure: str = "") -> None:  # noqa: FBT001 - what a line says
    print(f"{'ok    ' if good else 'MISSED'} {what}{figure and ': ' + figure}", flush=True)
    if not good:
        _missed.append(what)


@contextmanager
def _environment() -> Iterator[None]:
    """Have none of Azure's names in the environment, and leave it as it was."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _same_samples() -> None:
    local, far = scan([HOLTER]), scan([ADDRESS])
    same = [one.record for one in far.records()] == [one.record for one in local.records()]
    count = 0
    for record in local.records():
        leads = [lead.name for lead in record.leads]
        wanted = local.read(record.record, leads, 0, record.length)
        got = far.read(record.record, leads, 0, record.length)
        for ours, theirs in zip(got, wanted, strict=True):
            same = same and np.array_equal(ours.samples, theirs.samples)
            count += len(ours.samples)
    _tell("all samples are those of the folder, to the bit", same, f"{count} samples")
    for address in (
        f"abfs://{CONTAINER}@{ACCOUNT}.dfs.core.windows.net",
        f"abfss://{ACCOUNT}.blob.core.windows.net/{CONTAINER}",
    ):
        _tell(address, not (found := scan([address])).problems and len(found.records()) == 2)


def _refusals(store: Azurite) -> None:
    wrong = "AccountKey=" + "A" * 86 + "=="
    expired = "se=2020-01-01T00%3A00%3A00Z&sp=rl&srt=sco&ss=b&sv=2021-08-06&sig=c2VjcmV0"
    elsewhere = f"abfs://{CONTAINER}@hospital.dfs.core.windows.net"
    cases: list[tuple[str, str, dict[str, str], str]] = [
        ("a wrong key", ADDRESS, {CONNECTION: store.connection(wrong)}, "refuses the credentials"),
        (
            "half a key",
            ADDRESS,
            {CONNECTION: store.connection("AccountKey=AAA")},
            "has for a key is not base64",
        ),
        (
            "a token that is over",
            ADDRESS,
            {CONNECTION: store.connection(f"SharedAccessSignature={expired}")},
            "refuses the credentials",
        ),
        ("no credentials", elsewhere, {}, "refuses the credentials"),
        ("a key of another account", elsewhere, {NAMED: "other", KEY: "AAAA"}, "refuses the"),
        ("no account", ADDRESS, {}, "names no account"),
        (
            "anonymous, at a private container",
            f"{ADDRESS}?credential_kind=anonymous",
            {CONNECTION: store.connection()},
            "refuses the credentials",
        ),
        ("no such container", "az://no-such", {CONNECTION: store.connection()}, "there is no"),
        ("nothing there", f"{ADDRESS}/x", {CONNECTION: store.connection()}, "nothing is there"),
        (
            "nobody listens",
            ADDRESS,
            {CONNECTION: store.connection().replace(f":{store.port}/", ":1/")},
            "could not be fetched",
        ),
    ]
    for what, address, environment, words in cases:
        for name in (NAMED, CONNECTION, KEY, SAS):
            os.environ.pop(name, None)
        os.environ.update(environment)
        began = time.monotonic()
        said = [str(problem) for problem in scan([address]).problems]
        good = len(said) == 1 and words in said[0] and "c2VjcmV0" not in said[0]
        _tell(f"refused: {what}", good, f"{time.monotonic() - began:.1f} s; {' '.join(said)[:400]}")
        os.environ.pop(NAMED, None)
        os.environ.pop(KEY, None)
        os.environ[CONNECTION] = store.connection()


async def _until(server: ServerProcess, wanted: Callable[[list[str]], bool]) -> float:
    """Return after how many seconds the list of records is what is wanted; 2 minutes at most."""
    began = time.monotonic()
    async with httpx.AsyncClient(base_url=server.url) as client:
        while time.monotonic() - began < 2 * TARGET_S:
            answer = (await client.get("/api/v1/records")).json()
            if wanted([one["record"] for one in answer["records"]]):
                break
            await asyncio.sleep(0.2)
    return time.monotonic() - began


async def _followed(folder: Path, store: Azurite) -> None:
    """Play, jump and search; put, replace and take away at both stores at once."""
    with gcs_at() as (address, files):
        put(folder / "a", 1, record="at-google")
        path = "patient=p1/record={}/100Hz-0000.parquet"
        mine = folder / "a" / path.format("at-google")
        _put(files, f"{BUCKET}/{path.format('at-google')}", mine)
        options = [f"--cache={folder / 'cache'}"]
        with ServerProcess([ADDRESS, address], *options) as server:
            await _until(server, lambda found: len(found) == 3)
            async with httpx.AsyncClient(base_url=server.url) as client:
                found = (await client.get("/api/v1/records?query=101_6")).json()["records"]
                _tell("search", [one["record"] for one in found] == [RECORD])
            async with _socket(server) as connection:
                viewer = Viewer(connection)
                await viewer.event("welcome")
                await viewer.ask("subscribe", sid=1, record=RECORD, speed=8)
                frame = await viewer.frame()
                began = time.monotonic()
                await viewer.ask("seek", sid=1, sample=12_000)
                after = await viewer.frame()
                took = time.monotonic() - began
                local = scan([HOLTER])
                good = all(
                    np.array_equal(
                        one.samples[0],
                        local.read(RECORD, ["I"], one.start, one.start + one.count)[0].samples,
                    )
                    for one in (frame, after)
                )
                _tell("played, and jumped", good, f"{1000 * took:.0f} ms to the first frame")
                await viewer.ask("unsubscribe", sid=1)
            for name, stored, at in (
                ("Azure", store.files, CONTAINER),
                ("Google", files, BUCKET),
            ):
                await _changes(server, folder, name, stored, at)


def _socket(server: ServerProcess) -> connect:
    address = server.url.replace("http", "ws") + "/api/v1/stream"
    return connect(address, subprotocols=["ecgstream.v1"], compression=None, max_queue=None)


def _put(files: fs.FileSystem, path: str, file: Path) -> None:
    with files.open_output_stream(path) as out:
        out.write(file.read_bytes())


async def _changes(
    server: ServerProcess, folder: Path, name: str, files: fs.FileSystem, at: str
) -> None:
    record = f"new-at-{name.lower()}"
    path = f"patient=p1/record={record}/100Hz-0000.parquet"

    def store(value: int) -> None:
        put(folder / "b", value, record=record)
        _put(files, f"{at}/{path}", folder / "b" / path)

    store(OLD)
    took = await _until(server, lambda found: record in found)
    _tell(f"{name}: a new record", took <= TARGET_S, f"{took:.0f} s")
    async with _socket(server) as connection:
        viewer = Viewer(connection)
        await viewer.event("welcome")
        took, versions = await _replaced(viewer, record, partial(store, NEW))
    mixed = any(len(values) > 1 for values in versions)
    _tell(
        f"{name}: one replaced while it is played, nothing of both",
        took <= TARGET_S and not mixed and versions[-1] == {NEW},
        f"{took:.0f} s, {len(versions) - 1} subscriptions ended",
    )
    files.delete_file(f"{at}/{path}")
    took = await _until(server, lambda found: record not in found)
    _tell(f"{name}: one taken away", took <= TARGET_S, f"{took:.0f} s")


async def _replaced(
    viewer: Viewer, record: str, replace: Callable[[], None]
) -> tuple[float, list[set[int]]]:
    """Play a record, replace it, and begin anew as a page does until it is the new one.

    Return how long after that it is, and the values of each subscription.
    """
    versions: list[set[int]] = []
    began = time.monotonic()
    while time.monotonic() < began + 2 * TARGET_S:
        versions.append(values := set())
        answer = await viewer.ask("subscribe", sid=1, record=record, loop=True)
        ended = answer["type"] != "subscribed"
        while not ended and NEW not in values:
            async with asyncio.timeout(2 * TARGET_S):
                message = await viewer.receive()
            if isinstance(message, Frame):
                if versions == [set()]:
                    replace()
                    began = time.monotonic()
                values |= set(message.samples[0].tolist())
            else:
                ended = message["type"] == "error"
        if NEW in values:
            break
        await asyncio.sleep(1)
    return time.monotonic() - began, versions


async def _gone(kept: Path, store: Azurite) -> None:
    """Have the store go while a server is there, and come again."""
    with azurite(kept, store.port):
        server = ServerProcess([ADDRESS, HOLTER.parent / "ptbdb"])
        server.start()
        await _until(server, lambda found: RECORD in found)
    try:
        async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
            began = time.monotonic()
            answer = await client.get(f"/api/ecg?record={RECORD}&lead=I&duration=1")
            took = time.monotonic() - began
            words = answer.text[:200]
            _tell("the store gone: said", answer.status_code == 503, f"{took:.1f} s; {words}")
            ready = (await client.get("/readyz")).status_code
            listed = (await client.get("/api/v1/records")).json()["records"]
            kept_list = RECORD in [one["record"] for one in listed]
            _tell("the server serves on, and its list stays", ready == 200 and kept_list)
            with azurite(kept, store.port):
                began = time.monotonic()
                while time.monotonic() - began < TARGET_S:
                    answer = await client.get(f"/api/ecg?record={RECORD}&lead=I&duration=1")
                    if answer.status_code == 200:
                        break
                    await asyncio.sleep(0.5)
                took = time.monotonic() - began
                _tell("there again: read", answer.status_code == 200, f"{took:.1f} s")
    finally:
        server.stop()
