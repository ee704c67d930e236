"""Archives on object stores: real servers on loopback, spoken to over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from websockets.asyncio.client import connect

from ecgstream.cli import main
from ecgstream.errors import LayoutError, SourceReplaced, SourceUnavailable
from ecgstream.storage.catalog import scan
from ecgstream.storage.index.addresses import resolved
from ecgstream.wire.frames import Frame
from tests.object_stores import BUCKET, S3, env_for, gcs, refusing, s3
from tests.serving import DATA, ServerProcess, Viewer, serving, viewing
from tests.stored import footer, write_own

HOLTER = DATA / "cpsc2021"
RECORD = "data_101_6-pq"


@pytest.fixture(scope="module")
def bucket() -> Iterator[S3]:
    with s3() as store:
        yield store


@pytest.fixture
def archive(bucket: S3, monkeypatch: pytest.MonkeyPatch) -> S3:
    """S3 with the demo's Holter records in it, and nothing asked yet."""
    env_for(bucket, monkeypatch)
    bucket.fill(HOLTER)
    bucket.asked.clear()
    return bucket


def own(folder: Path, values: list[int], record: str = "r1") -> Path:
    """Write a file of ours with one lead."""
    samples = np.array(values, np.int16)
    folder.mkdir(parents=True, exist_ok=True)
    return write_own(
        folder,
        footer(record=record, length=len(values)),
        {"L0": (samples, np.zeros(len(values), bool), {})},
    )


def test_records_on_s3_are_those_of_the_folder_to_the_bit(archive: S3):
    local, far = scan([HOLTER]), scan([f"s3://{BUCKET}"])
    assert far.problems == ()
    assert [r.record for r in far.records()] == [r.record for r in local.records()]
    for record in local.records():
        names = [lead.name for lead in record.leads]
        wanted = local.read(record.record, names, 5_000, 14_000)
        for column, other in zip(
            far.read(record.record, names, 5_000, 14_000), wanted, strict=True
        ):
            np.testing.assert_array_equal(column.samples, other.samples)


def test_a_footer_is_one_request_and_a_row_group_one_and_two_looks(archive: S3):
    source = scan([f"s3://{BUCKET}"])
    signals = [one for one in archive.asked if one[1].endswith(f"{RECORD}/200Hz-0000.parquet")]
    assert signals == [("GET", signals[0][1])]
    archive.asked.clear()
    source.read(RECORD, ["I", "II"], 0, 6_000)
    # The look before is Arrow's, to learn the size; the one after says whether it was replaced.
    assert [how for how, _ in archive.asked] == ["HEAD", "GET", "HEAD"]


async def test_a_server_process_plays_from_s3_with_what_its_environment_says(archive: S3):
    with ServerProcess([f"s3://{BUCKET}"]) as server:
        address = server.url.replace("http", "ws") + "/api/v1/stream"
        async with connect(address, subprotocols=["ecgstream.v1"], compression=None) as socket:
            viewer = Viewer(socket)
            await viewer.event("welcome")
            await viewer.ask("subscribe", sid=1, record=RECORD, speed=32)
            got = [await viewer.frame() for _ in range(4)]
    [first, *_] = scan([HOLTER]).read(RECORD, ["I"], 0, got[0].count)
    assert got[0].samples[0].tolist() == first.samples.tolist()


def test_what_was_replaced_on_s3_is_never_read_with_the_footer_of_before(
    archive: S3, tmp_path: Path
):
    path = "patient=p1/record=r1/100Hz-0000.parquet"
    archive.put(path, own(tmp_path / "a", [1] * 100))
    source = scan([f"s3://{BUCKET}/patient=p1"])
    assert source.read("r1", ["L0"], 0, 100)[0].samples.tolist() == [1] * 100
    archive.put(path, own(tmp_path / "b", [2] * 120))
    with pytest.raises(SourceReplaced):
        source.read("r1", ["L0"], 0, 100)
    archive.files.delete_file(f"{BUCKET}/{path}")
    with pytest.raises(SourceUnavailable, match="it is not there; was it moved or deleted"):
        source.read("r1", ["L0"], 0, 100)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://no-such-bucket/x", "there is no 'no-such-bucket', or these credentials"),
        (f"s3://{BUCKET}/nowhere", f"nothing is there, but there is '{BUCKET}'"),
    ],
)
def test_an_address_with_nothing_says_whether_it_is_the_bucket(archive: S3, address, words):
    [problem] = scan([address]).problems
    assert words in str(problem)
    assert problem.path == address


def test_credentials_that_are_refused_are_said_to_be_refused(archive: S3):
    with refusing(archive):
        [problem] = scan([f"s3://{BUCKET}"]).problems
    assert isinstance(problem, SourceUnavailable)
    assert "refuses the credentials of this server's environment" in str(problem)


def test_no_record_of_a_store_that_is_away_is_judged_by_what_was_known_of_it(
    archive: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    cache, only = f"--cache={tmp_path}", f"--record={RECORD}"
    command = ["check", f"s3://{BUCKET}", cache, only, "--fail-on=error"]
    assert main(command) == 0
    assert main(command) == 0
    assert "known already" in capsys.readouterr().out
    with refusing(archive):
        assert main(command) == 2
    out = capsys.readouterr().out
    assert f"FAILED {RECORD}: cannot be looked at now: file s3://{BUCKET}: the object st" in out
    assert "1 record, 1 failed;" in out


def test_a_store_that_does_not_answer_is_unavailable():
    [problem] = scan([(S3(port=1).files, f"{BUCKET}/x")]).problems
    assert isinstance(problem, SourceUnavailable)
    assert "could not be fetched" in str(problem)


@pytest.mark.parametrize(
    "address",
    [
        "s3://AKIAKEY:s3cret@bucket/x",
        "s3://AKIAKEY@bucket/x",
        "gs://somebody@bucket/x",
        "abfs://container:s3cret@account.dfs.core.windows.net/x",
        "abfs://c@account.dfs.core.windows.net/x?tenant_id=a&client_id=b&client_secret=s3cret",
        "s3://bucket/x?session_token=s3cret",
        "s3://AKIAKEY:s3cret/a+b@bucket/x",
        "az://container/x?sv=2021&sig=s3cret",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(address: str):
    with pytest.raises(LayoutError, match="holds credentials") as caught:
        resolved(address)
    assert "s3cret" not in str(caught.value)
    assert "AKIA" not in str(caught.value)
    assert "environment" in str(caught.value)


@pytest.mark.parametrize("address", ["http://169.254.169.254/x", "hdfs://host/x", "ftp://host/x"])
def test_only_object_stores_are_addresses(address: str):
    with pytest.raises(LayoutError, match=r"is not known; expected a folder, or s3://, gs://"):
        resolved(address)


async def test_records_on_googles_store_are_played_to_the_bit():
    local = scan([HOLTER])
    with gcs(HOLTER) as address:
        far = scan([address])
        assert far.problems == ()
        assert [r.record for r in far.records()] == [r.record for r in local.records()]
        async with serving(far) as served, viewing(served) as viewer:
            await viewer.ask("subscribe", sid=1, record=RECORD, speed=32)
            frame = await viewer.frame()
            assert isinstance(frame, Frame)
        [wanted, *_] = local.read(RECORD, ["I"], 0, frame.count)
        assert frame.samples[0].tolist() == wanted.samples.tolist()
        nothing = address.replace("?", "/nowhere?")
        none = address.replace(f"@{BUCKET}", "@no-such-bucket")
        [problem, other] = scan([nothing, none]).problems
        assert f"nothing is there, but there is '{BUCKET}'" in str(problem)
        assert "there is no 'no-such-bucket'" in str(other)
    # Its server has ended.
    with pytest.raises(SourceUnavailable, match="could not be fetched: google") as caught:
        far.read(RECORD, ["I"], 0, 10)
    # Who runs the server reads what there was to it; a viewer is told no host, no path.
    assert caught.value.told == "the store of its files cannot be reached, or does not answer"


def test_a_plain_table_on_s3_is_a_record(archive: S3, tmp_path: Path):
    times = pa.array(np.arange(500) * 10, pa.int64())
    table = pa.table({"timestamp": times, "voltage": np.arange(500, dtype=np.float32)})
    pq.write_table(table, tmp_path / "x.parquet")
    archive.put("plain/patient_id=7/lead=II/x.parquet", tmp_path / "x.parquet")
    [record] = scan([f"s3://{BUCKET}/plain"]).records()
    assert (record.patient, record.fs, record.length) == ("7", 100.0, 500)
