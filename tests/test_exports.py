"""`GET .../export` and `ecgstream export`: the same files, within bounds."""

import asyncio
import io
import json
import os
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

import numpy as np
import pytest
from pypdf import PdfReader
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.testclient import TestClient

from ecgstream.archive import export_process
from ecgstream.archive.export_process import Job
from ecgstream.archive.exporting import Limits
from ecgstream.archive.ordering import FORMATS, Order
from ecgstream.cli import main
from ecgstream.config import Settings
from ecgstream.errors import LimitReached
from ecgstream.model.excerpt import Excerpt
from ecgstream.storage.catalog import scan
from ecgstream.web import exports
from ecgstream.web.app import create_app
from ecgstream.web.exports import Exports
from ecgstream.web.faults import HANDLERS
from ecgstream.web.tokens import make_token
from tests.excerpts import source_of
from tests.serving import DATA, HANGS_S

PATH = "/api/v1/records/{record}/export"


@pytest.fixture(scope="module")
def archive():
    return scan([str(DATA)])


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Where exports are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def serve(archive, temporary):
    """Return a client of exports made with these options."""
    with ThreadPoolExecutor(2) as readers:

        def client(**options):
            made = Exports(archive, readers, version("ecgstream"), **options)
            routes = [Route(PATH, made.endpoint)]
            return TestClient(
                Starlette(routes=routes, exception_handlers=HANDLERS), raise_server_exceptions=False
            )

        yield client


def url(record="100-pq", **query):
    said = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/api/v1/records/{record}/export?{said}"


@pytest.mark.parametrize("kind", list(FORMATS))
def test_the_file_is_the_one_that_the_command_line_makes(serve, tmp_path, temporary, kind, capsys):
    answer = serve().get(url(format=kind, start=300, stop=3_900, annotations="atr"))
    assert answer.status_code == 200, answer.text
    suffix, media_type = FORMATS[kind]
    assert answer.headers["content-type"] == media_type
    name = f'attachment; filename="100-pq_300-3900.{suffix}"'
    assert answer.headers["content-disposition"] == name
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert not list(temporary.iterdir())
    out = tmp_path / "file"
    said = ["export", "100-pq", "--data", str(DATA), "--start", "300", "--stop", "3900"]
    assert main([*said, "--annotations", "atr", f"--{kind}", str(out)]) == 0
    told = capsys.readouterr().out
    assert f"wrote {out}: record 100-pq, samples 300 to 3900 (excluded)" in told
    assert out.read_bytes() == answer.content
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".")]


def test_every_choice_of_a_page_is_a_parameter(serve):
    calipers = json.dumps([{"lead": "II", "from": 10, "to": 60, "fromMv": 0, "text": "PR"}])
    query = {"layout": "cabrera", "paper": "letter", "speed": 50, "gain": 5, "stamp": 1}
    query |= {"filter": "diagnostic", "caliper": calipers, "format": "pdf", "stop": 2_500}
    answer = serve().get(url("HR06001-pq", **query))
    assert answer.status_code == 200, answer.text
    (page,) = PdfReader(io.BytesIO(answer.content)).pages
    text = page.extract_text()
    for said in ("-aVR", "50 mm/s    5 mm/mV", "0.05-150 Hz", "(1) II, 0.020 s to 0.120 s: 100 ms"):
        assert said in text
    assert round(float(page.mediabox.width) / 72 * 25.4, 1) == 279.4


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "format"),
        ({"format": "docx"}, "format"),
        ({"format": "pdf", "layout": "4x3"}, "layout"),
        ({"format": "pdf", "paper": "a3"}, "paper"),
        ({"format": "pdf", "speed": 30}, "speed"),
        ({"format": "pdf", "gain": 7}, "gain"),
        ({"format": "pdf", "filter": "strong"}, "filter"),
        ({"format": "csv", "filter": "monitor"}, "filter"),
        ({"format": "pdf", "caliper": "{"}, "caliper"),
        ({"format": "pdf", "caliper": '[{"lead":"I"}]'}, "caliper"),
        ({"format": "pdf", "caliper": "[" * 10_000}, "caliper"),
        ({"format": "pdf", "caliper": '[{"lead":"II","from":-1e308,"to":1e308}]'}, "caliper"),
        (
            {
                "format": "pdf",
                "caliper": '[{"lead":"II","from":1,"to":2,"fromMv":0,"toMv":-1e308}]',
            },
            "caliper",
        ),
        ({"format": "pdf", "rhythm": "a,b,c,d"}, "rhythm"),
        ({"format": "csv", "start": 5, "stop": 5}, "stop"),
        ({"format": "csv", "stop": 650_001}, "stop"),
        ({"format": "csv", "start": -1}, "start"),
        ({"format": "csv", "start": 650_000}, "start"),
        ({"format": "csv", "start": 99_999_999}, "start"),
        ({"format": "pdf", "stop": 9, "caliper": '[{"lead":"II","from":1,"to":2}]'}, "caliper"),
        (
            {"format": "pdf", "stop": 9, "caliper": '[{"lead":"V5","from":1,"to":650001}]'},
            "caliper",
        ),
        ({"format": "csv", "annotations": "qrs", "stop": 9}, "annotations"),
        ({"format": "csv", "colour": "red"}, "colour"),
        ({"format": "csv", "leads": "MLII,MLII"}, "leads"),
    ],
)
def test_what_cannot_be_is_refused_with_the_name_of_the_field(serve, temporary, query, field):
    answer = serve().get(url(**query))
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["field"] == field
    assert not list(temporary.iterdir())


def test_an_unknown_record_or_lead_is_not_found(serve):
    assert serve().get(url("none", format="csv")).status_code == 404
    assert serve().get(url(format="csv", leads="X")).json()["code"] == "lead_not_found"


@pytest.mark.parametrize(
    ("query", "limits", "said"),
    [
        ({"format": "csv"}, Limits(values=1_000), "ask for at most 500 samples"),
        ({"format": "pdf"}, Limits(pages=3), "91 pages are more than 3"),
    ],
)
def test_more_than_a_limit_is_too_large(serve, temporary, query, limits, said):
    answer = serve(limits=limits).get(url(**query))
    assert answer.status_code == 413
    assert said in answer.json()["detail"]
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(("kind", "extra"), [("wfdb", "wfdb"), ("edf", "edf"), ("pdf", "pdf")])
def test_a_package_that_is_not_there_is_named_with_the_command(serve, kind, extra):
    answer = serve(module="tests.bare_export").get(url(format=kind, stop=1_000))
    assert answer.status_code == 501
    told = answer.json()["detail"]
    assert f'ask whoever runs the server to install it: pip install "ecgstream[{extra}]"' in told
    assert told.endswith("in its environment, no restart needed")
    assert sys.executable not in told


def test_a_process_that_dies_is_our_mistake_and_leaves_nothing(serve, temporary):
    answer = serve(module="tests.no_such_module").get(url(format="csv", stop=1_000))
    assert answer.status_code == 500
    assert not list(temporary.iterdir())


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_an_export_that_takes_too_long_is_ended(serve, tmp_path, temporary, monkeypatch):
    started = []
    begin = asyncio.create_subprocess_exec

    async def noted(*said, **how):
        started.append(await begin(*said, **how))
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    monkeypatch.setenv("STUCK_EXPORT", str(tmp_path / "pid"))
    client = serve(module="tests.stuck_export", make_s=0.1)
    answer = client.get(url(format="csv", stop=1_000))
    assert answer.status_code == 413
    assert "takes longer than 0.1 s" in answer.json()["detail"]
    assert [process.returncode for process in started] == [-signal.SIGKILL]
    assert not list(temporary.iterdir())


async def test_a_client_that_leaves_ends_its_export(archive, tmp_path, temporary, monkeypatch):
    monkeypatch.setenv("STUCK_EXPORT", str(tmp_path / "pid"))

    async def receive():
        while not (tmp_path / "pid").exists():
            await asyncio.sleep(0)
        return {"type": "http.disconnect"}

    scope = {
        "type": "http", "method": "GET", "path": "/", "headers": [],
        "query_string": b"format=csv&stop=1000", "path_params": {"record": "100-pq"},
    }  # fmt: skip
    with ThreadPoolExecutor(1) as readers:
        made = Exports(archive, readers, "1", module="tests.stuck_export")
        async with asyncio.timeout(HANGS_S):
            with pytest.raises(ClientDisconnect):
                await made.endpoint(Request(scope, receive))
    assert gone(int((tmp_path / "pid").read_text()))
    assert not list(temporary.iterdir())


def test_when_too_many_are_under_way_the_next_is_told_to_come_back(serve, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 0)
    answer = serve().get(url(format="csv", stop=1_000))
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"


def test_each_export_gives_its_place_back(serve, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 1)
    client = serve()
    asked = [url(format="csv", stop=10), url(format="csv", stop=10, leads="X")] * 2
    assert [client.get(one).status_code for one in asked] == [200, 404, 200, 404]


def test_where_there_is_no_room_one_is_told_to_come_back_and_may(serve, temporary, monkeypatch):
    monkeypatch.setattr(exports, "MOST", 1)
    client = serve()
    temporary.rmdir()
    for _ in range(2):
        answer = client.get(url(format="csv", stop=10))
        assert answer.status_code == 503
        assert "no room for the file (No such file or directory)" in answer.json()["detail"]
    temporary.mkdir()
    assert client.get(url(format="csv", stop=10)).status_code == 200


@pytest.mark.parametrize("kind", list(FORMATS))
def test_a_process_that_cannot_write_tells_so(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(export_process, "_limit", lambda: None)
    source = source_of({"II": [1, 2, 3]})
    record = source.record("r1")
    excerpt = Excerpt(record, record.leads, 0, 3, (np.array([1, 2, 3], "<i2"),))
    job = Job.of(Order(kind, 0, 3, ("II",)), excerpt, "1", 9)
    said = io.BytesIO()
    given = io.BytesIO(b"".join(map(bytes, export_process.parts(job, excerpt))))
    assert export_process.main(str(tmp_path / "gone" / "out"), given, said) == 3
    told = export_process.failure(said.getvalue())
    assert isinstance(told, LimitReached)
    assert "no room for the file" in str(told)


def test_access_is_that_of_a_window(archive, tmp_path):
    tokens = tmp_path / "tokens"
    token = make_token(tokens, "a")
    app = create_app(Settings(token_file=tokens), archive)
    asked = url(format="parquet", stop=1_000)
    with TestClient(app, "http://127.0.0.1") as client:
        assert client.get(asked).status_code == 401
        answer = client.get(asked, headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200
        assert answer.content[:4] == b"PAR1"
        foreign = {"authorization": f"Bearer {token}", "host": "elsewhere.example"}
        assert client.get(asked, headers=foreign).status_code == 403


def export(*said):
    return main(["export", *said])


def test_seconds_and_samples_are_positions_alike(tmp_path, capsys):
    for start, stop in (("360", "720"), ("1s", "2s")):
        said = ("100-pq", "--data", str(DATA), "--start", start, "--stop", stop)
        assert export(*said, "--csv", str(tmp_path / "a.csv")) == 0
        assert "samples 360 to 720" in capsys.readouterr().out


def test_a_pdf_without_a_stop_is_one_page(tmp_path, capsys):
    out = tmp_path / "a.pdf"
    assert export("100-pq", "--data", str(DATA), "--start", "60s", "--pdf", str(out)) == 0
    assert "samples 21600 to 25200" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (("none", "--csv", "x"), "there is no record 'none'; there are "),
        (("none", "--csv", "x"), "more; the records page of `ecgstream serve` lists them all"),
        (("100", "--csv", "x"), "there is no record '100'; near it: 100-pq"),
        (("HR06O01-pq", "--csv", "x"), "near it: HR06001-pq"),
        (("100-pq", "--csv", "-"), "-: a file name is expected"),
        (("100-pq", "--csv", "x", "--leads", ""), "leads: expected names with commas between"),
        (
            ("100-pq", "--csv", "x", "--start", "99999999"),
            "start: 99999999 lies at or beyond the end of the record, which ends at sample 650000",
        ),
        (("100-pq", "--pdf", "x", "--start", "650000"), "start: 650000 lies at or beyond the end"),
        (("100-pq", "--pdf", "x", "--caliper", "{bad"), "caliper: is no JSON ("),
        (("100-pq", "--pdf", "x", "--caliper", "{}"), "expected a list of {lead, from, to, "),
        (("100-pq", "--csv", "x", "--leads", "X"), "has no lead 'X'"),
        (("100-pq", "--csv", "x", "--start", "soon"), "expected a sample, or seconds"),
        (("100-pq", "--csv", "x", "--stop", "1e9s"), "is not within 0 to 650000"),
        (("100-pq", "--csv", "x", "--filter", "monitor"), "exported as stored"),
    ],
)
def test_what_cannot_be_exported_is_said_in_a_line(tmp_path, monkeypatch, capsys, said, words):
    monkeypatch.chdir(tmp_path)
    assert export(*said, "--data", str(DATA)) == 1
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path, capsys):
    out = tmp_path / "none" / "a.csv"
    assert export("100-pq", "--data", str(DATA), "--stop", "9", "--csv", str(out)) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path / 'none'}: there is no such folder" in told
    assert "unfinished" not in told


def test_where_there_are_no_records_it_is_said_how_to_name_some(tmp_path, capsys):
    assert export("a", "--data", str(tmp_path), "--csv", str(tmp_path / "a.csv")) == 1
    assert "there are no records at all: name their folder by --data" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (".venv/bin/python", ".venv/bin/python -m pip install 'ecgstream[edf]'"),
        ("/opt/my env/bin/python", "'/opt/my env/bin/python' -m pip install 'ecgstream[edf]'"),
    ],
)
def test_what_installs_an_extra_names_the_python_that_runs(
    tmp_path, monkeypatch, capsys, python, said
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / python))
    monkeypatch.setitem(sys.modules, "edfio", None)
    assert export("100-pq", "--data", str(DATA), "--stop", "99", "--edf", "a.edf") == 1
    assert f"writing EDF+ needs the edfio package: {said}\n" in capsys.readouterr().err
