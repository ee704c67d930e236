"""Infinite samples of a Parquet file: told wherever they may be met, and drawn nowhere."""

from concurrent.futures import ThreadPoolExecutor

import msgpack
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ecgstream import cli
from ecgstream.storage.catalog import scan
from ecgstream.web import faults, records
from tests.archives.kit import ecg, save

N = 3_000
VALUES = ecg(N).astype(np.float32)
VALUES[100], VALUES[200:210] = np.inf, -np.inf
VALUES[300:303] = np.nan


@pytest.fixture
def archive(tmp_path):
    columns = {"time_ms": np.arange(N) * 4, "II": VALUES}
    save(tmp_path / "data" / "r.parquet", columns, fields={"II": {"unit": "mV"}})
    return tmp_path / "data"


def test_they_are_told_wherever_they_are_met(archive, tmp_path, capsys):
    source = scan([archive])
    # What is missing is a gap; what is infinite is stored, and its places are told by the quality.
    assert source.gaps("r", "II").tolist() == [[300, 303]]
    with ThreadPoolExecutor(2) as readers:
        routes = records.record_routes(source, readers)
        with TestClient(Starlette(routes=routes, exception_handlers=faults.HANDLERS)) as client:
            quality = client.get("/api/v1/records/r/quality").json()["leads"]["II"]["findings"]
            window = "/api/v1/records/r/window?start=90&stop=310"
            refused = client.get(window, headers={"Accept": "application/json"})
            answer = client.get(window, headers={"Accept": "application/msgpack"})
    assert [[f["start"], f["stop"]] for f in quality if f["kind"] == "infinite"] == [
        [100, 101],
        [200, 210],
    ]
    assert refused.status_code == 422
    assert "a sample is infinite, which JSON cannot carry" in refused.json()["detail"]
    held = np.frombuffer(msgpack.unpackb(answer.content)["samples"], np.float32)
    assert np.array_equal(held.view(np.int32), VALUES[90:310].view(np.int32))
    assert cli.main(["check", str(archive)]) == 1
    assert "infinite: II: 11 samples are infinite" in capsys.readouterr().out
    out = tmp_path / "r.csv"
    assert cli.main(["export", "r", "--data", str(archive), "--csv", str(out)]) == 0
    text = out.read_text()
    assert "kind ecg, 11 samples infinite (inf): no value" in text
    rows = text.replace("\r", "").splitlines()[-N:]
    assert [rows[k].rsplit(",", 1)[1] for k in (100, 205, 301)] == ["inf", "-inf", ""]
