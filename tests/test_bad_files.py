"""Files that are bad, or go bad while they are played: said on the wire, and nobody else harmed."""

import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from ecgstream.storage.catalog import scan
from ecgstream.viewer.clock import SystemClock
from ecgstream.wire.frames import Frame
from tests.serving import DATA, Viewer, serving, viewing

FACTOR = 100.0
HOLTER = DATA / "cpsc2021"
RECORD = "data_92_4-pq"  # 415 s of two leads at 200 Hz: 14 row groups of 30 s


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    shutil.copytree(HOLTER, tmp_path / "archive")
    return tmp_path / "archive"


@pytest.fixture
def file(archive: Path) -> Path:
    return next(archive.glob(f"**/record={RECORD}/*Hz-0000.parquet"))


def spoil(file: Path, group: int, columns: list[str]) -> None:
    """Flip bytes in the middle of the data of some columns of a row group."""
    chunks = pq.read_metadata(file).row_group(group)
    raw = bytearray(file.read_bytes())
    for k in range(chunks.num_columns):
        chunk = chunks.column(k)
        if chunk.path_in_schema in columns:
            middle = chunk.data_page_offset + chunk.total_compressed_size // 2
            for place in range(middle, middle + 64):
                raw[place] ^= 0xFF
    file.write_bytes(raw)


async def until_end(viewer: Viewer) -> tuple[list[Frame], list[dict]]:
    frames, events = [], []
    while True:
        message = await viewer.receive()
        if isinstance(message, Frame):
            frames.append(message)
        else:
            events.append(message)
            if message["type"] in {"end", "error"}:
                return frames, events


def serve(archive: Path, patience_s: float = 15.0):
    return serving(scan([archive]), clock=SystemClock(FACTOR), patience_s=patience_s * FACTOR)


async def test_a_corrupt_row_group_is_a_gap_that_says_so(archive: Path, file: Path):
    spoil(file, 3, ["I", "II"])
    async with serve(archive) as served, viewing(served) as viewer:
        await viewer.ask("subscribe", sid=1, record=RECORD, speed=32)
        frames, events = await until_end(viewer)
    gaps = [e for e in events if e["type"] == "gap"]
    assert [(g["start"], g["stop"], g["leads"], g["reason"]) for g in gaps] == [
        (3 * 6000, 4 * 6000, None, "corrupt")
    ]
    assert sum(f.count for f in frames) == 82903 - 6000


async def test_one_corrupt_lead_leaves_the_other_and_is_remarked_on(archive: Path, file: Path):
    spoil(file, 3, ["II"])
    async with serve(archive) as served, viewing(served) as viewer:
        await viewer.ask("subscribe", sid=1, record=RECORD, speed=32)
        frames, events = await until_end(viewer)
    remarks = [e for e in events if e["type"] == "gap"]
    assert [(g["start"], g["stop"], g["leads"], g["reason"]) for g in remarks] == [
        (18_000, 24_000, ["II"], "corrupt")
    ]
    got = np.concatenate([f.samples for f in frames], axis=1)
    assert got.shape == (2, 82903)
    whole = scan([HOLTER]).read(RECORD, ["I"], 0, 82903)[0].samples
    assert (got[0] == whole).all()
    assert (got[1, 18_000:24_000] == -32768).all()


async def test_a_file_that_is_being_written_anew_is_never_played_in_part(archive: Path, file: Path):
    source = scan([archive])
    async with (
        serving(source, clock=SystemClock(FACTOR), patience_s=0.5 * FACTOR) as served,
        viewing(served) as viewer,
    ):
        await viewer.ask("subscribe", sid=1, record=RECORD, speed=0.1)
        os.truncate(file, file.stat().st_size // 2)
        await viewer.ask("speed", sid=1, speed=32)
        frames, events = await until_end(viewer)
        # What was in memory is played out, the rest waited for: it is no hole in the recording.
        assert [e for e in events if e["type"] == "gap"] == []
        assert sum(f.count for f in frames) < 82903
        assert (events[-1]["type"], events[-1]["code"]) == ("error", "unavailable")
        assert "was replaced, or written to" in events[-1]["message"]
        assert (await viewer.ask("ping", time=1))["type"] == "pong"


async def test_a_file_that_vanishes_is_loading_then_an_error_and_harms_nobody(
    archive: Path, file: Path
):
    source = scan([archive])
    async with (
        serving(source, clock=SystemClock(FACTOR), patience_s=0.5 * FACTOR) as served,
        viewing(served) as viewer,
        viewing(served) as other,
    ):
        await other.ask("subscribe", sid=1, record="data_101_6-pq", speed=1, loop=True)
        # Slow at first, so that the file is gone long before the first row group is over.
        await viewer.ask("subscribe", sid=1, record=RECORD, speed=0.1)
        file.unlink()
        await viewer.ask("speed", sid=1, speed=32)
        _, events = await until_end(viewer)
        assert events[-1]["type"] == "error"
        assert (events[-1]["code"], events[-1]["sid"], events[-1]["id"]) == ("unavailable", 1, None)
        assert "loading" in [e.get("why") for e in events]
        assert str(archive) not in events[-1]["message"]
        answer = await viewer.ask("subscribe", sid=1, record=RECORD, at={"sample": 70_000})
        assert (answer["type"], answer["code"]) == ("error", "unavailable")
        assert (await viewer.ask("subscribe", sid=1, record="data_101_6-pq"))["next"] == 0
        await other.frame()


async def test_a_file_that_comes_back_is_played_on_without_loss(archive: Path, file: Path):
    source = scan([archive])
    aside = file.with_suffix(".aside")
    async with (
        serving(source, clock=SystemClock(FACTOR), patience_s=15 * FACTOR) as served,
        viewing(served) as viewer,
    ):
        await viewer.ask("subscribe", sid=1, record=RECORD, speed=0.1)
        file.rename(aside)
        await viewer.ask("speed", sid=1, speed=32)
        state = await viewer.event("state")
        assert (state["why"], state["playing"], state["clock"]["rate"]) == ("loading", True, 0)
        aside.rename(file)
        assert (await viewer.event("state"))["why"] == "caught_up"
        await viewer.event("end")
        assert viewer.next[1] == 82903


def test_odd_things_in_place_of_files_are_named_and_the_rest_is_served(archive: Path, file: Path):
    folder = file.parent.parent
    (folder / "record=empty").mkdir()
    (folder / "record=empty/200Hz-0000.parquet").write_bytes(b"")
    (folder / "record=cut").mkdir()
    (folder / "record=cut/200Hz-0000.parquet").write_bytes(file.read_bytes()[:5000])
    (folder / "record=text").mkdir()
    (folder / "record=text/200Hz-0000.parquet").write_text("not a Parquet file at all\n")
    (folder / "record=folder/200Hz-0000.parquet").mkdir(parents=True)
    (folder / "record=pipe").mkdir()
    os.mkfifo(folder / "record=pipe/200Hz-0000.parquet")
    source = scan([archive])
    named = {Path(problem.path or "").parent.name for problem in source.problems}
    assert named == {"record=empty", "record=cut", "record=text", "record=folder", "record=pipe"}
    assert {record.record for record in source.records()} == {RECORD, "data_101_6-pq"}
