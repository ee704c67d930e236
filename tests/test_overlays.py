"""Overlays and predictions: beside the archive, named to us, and published; how they agree."""

import io
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgpack
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from ecgstream.config import Settings
from ecgstream.errors import AnnotationsNotFound
from ecgstream.model.annotation import Annotation
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.storage.written import overlays
from ecgstream.storage.written.overlays import Overlays
from ecgstream.web.access import Access
from ecgstream.web.auth import Gate, Logins
from ecgstream.web.faults import HANDLERS
from ecgstream.web.origins import Hosts
from ecgstream.web.records import record_routes
from ecgstream.web.tokens import TokenFile, make_token, screen_token
from ecgstream.wire.window import MSGPACK

FS = 100.0
LENGTH = 100_000
ATR = [Annotation(100 * n, "V" if n % 10 == 0 else "N") for n in range(1, 101)]
HOME = "http://localhost:8000"


@pytest.fixture
def source() -> MemorySource:
    source = MemorySource()
    for name in ("r1", "r2"):
        leads = tuple(Lead(n, "mV", 200.0, 0.0, "ecg", FS, LENGTH, ("i2",)) for n in ("I", "II"))
        samples = dict.fromkeys(("I", "II"), np.zeros(LENGTH, "<i2"))
        source.add(Record(name, "P", leads, None, None, None, None), samples)
    source.annotate("r1", "atr", ATR)
    return source


def written(path: Path, *rows: str, head: str = "record,sample,label,score") -> Path:
    path.write_text("\n".join([head, *rows, ""]))
    return path


class House:
    """A server of two records, and of what models say of them."""

    def __init__(self, source: MemorySource, folder: Path, files=(), token_file=None) -> None:
        self.overlays = Overlays(source, files, folder)
        logins = None if token_file is None else Logins(TokenFile(token_file))
        self._readers = ThreadPoolExecutor(2)
        app = Starlette(
            routes=record_routes(source, self._readers, overlays=self.overlays),
            middleware=[Middleware(Access, gate=Gate(Hosts("127.0.0.1"), logins))],
            exception_handlers=HANDLERS,
        )
        self.client = TestClient(app, base_url=HOME)

    def publish(self, name: str, *rows: str, record="r1", head="sample,label,score", **more):
        body = "\n".join([head, *rows, ""]).encode()
        headers = {"content-type": "text/csv"} | more.pop("headers", {})
        path = f"/api/v1/records/{record}/predictions/{name}"
        return self.client.put(path, content=body, headers=headers)

    def sets(self, record="r1", **query) -> dict[str, dict]:
        answer = self.client.get(f"/api/v1/records/{record}/annotations", params=query)
        assert answer.status_code == 200, answer.text
        return {one["name"]: one for one in answer.json()["sets"]}

    def ask(self, what: str, record="r1", **query):
        answer = self.client.get(f"/api/v1/records/{record}/{what}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def house(source, tmp_path) -> House:
    return House(source, tmp_path / "predictions")


def test_a_file_is_a_set_of_its_name_on_the_records_that_it_names(source, tmp_path) -> None:
    file = written(tmp_path / "af-net.csv", "r1,50,AFIB,0.9", "r2,7,N,0.25", "r2,5,V,")

    house = House(source, tmp_path / "none", [file])

    assert list(house.sets()) == ["af-net", "atr"]
    one = house.sets("r2")["af-net"]
    assert (one["read_only"], one["source"]) == (True, "overlay file af-net.csv")
    first, second = one["annotations"]
    assert (first["sample"], first["symbol"], "score" in first) == (5, "V", False)
    assert second == {
        "sample": 7, "symbol": "N", "subtype": 0, "chan": 0, "num": 0, "aux_note": "", "score": 0.25,
    }  # fmt: skip
    assert house.sets()["af-net"]["annotations"][0]["aux_note"] == "AFIB"


def test_sets_that_came_with_the_record_are_told_as_before(house, source) -> None:
    before = house.client.get("/api/v1/records/r1/annotations", params={"set": "atr"}).content

    house.publish("model", "100,N,0.5")

    after = house.client.get("/api/v1/records/r1/annotations", params={"set": "atr"}).content
    assert after == before
    assert b"score" not in after


def test_columns_have_stop_score_and_lead_of_an_overlay(house) -> None:
    house.publish("model", "100,200,AFIB,0.5,II", "300,,N,,", head="sample,end,label,score,lead")

    answer = house.client.get(
        "/api/v1/records/r1/annotations", params={"set": "model"}, headers={"accept": MSGPACK}
    )
    (one,) = msgpack.unpackb(answer.content)["sets"]
    assert np.frombuffer(one["stop"], "<i4").tolist() == [200, -1]
    assert np.frombuffer(one["lead"], "<i4").tolist() == [1, -1]
    assert one["leads"] == ["I", "II"]
    score = np.frombuffer(one["score"], "<f8")
    assert score[0] == 0.5
    assert np.isnan(score[1])
    # As objects, too.
    first, second = house.sets(set="model")["model"]["annotations"]
    assert (first["stop"], first["lead"]) == (200, "II")
    assert not {"stop", "lead", "score"} & set(second)


def test_overlays_beside_an_archive_are_found(tmp_path) -> None:
    folder = tmp_path / overlays.FOLDER
    folder.mkdir()
    for name in ("a.parquet", "b.csv", "c.txt", ".d.csv", "_e.csv"):
        (folder / name).touch()

    found = overlays.beside([str(tmp_path), "s3://bucket/archive", str(tmp_path / "none")])

    assert [file.name for file in found] == ["a.parquet", "b.csv"]


def test_a_bad_file_is_told_once_and_left_out_until_it_is_mended(source, tmp_path, caplog) -> None:
    file = written(tmp_path / "model.csv", "r1,x,N,1")
    house = House(source, tmp_path / "none", [file])

    with caplog.at_level(logging.WARNING):
        house.overlays.load()
        assert list(house.sets()) == ["atr"]
    assert [record.getMessage() for record in caplog.records] == [
        f"left out: overlay: file {file}, column 'sample': row 1 is 'x'; expected a number"
    ]

    written(file, "r1,12,N,1")
    os.utime(file, (1, 1))
    assert house.sets()["model"]["annotations"][0]["sample"] == 12


def test_a_file_that_is_not_there_is_told_once_and_taken_when_it_comes(
    source, tmp_path, caplog
) -> None:
    house = House(source, tmp_path / "none", [tmp_path / "model.csv"])

    with caplog.at_level(logging.WARNING):
        house.overlays.load()
        assert list(house.sets()) == ["atr"]
    assert [record.getMessage() for record in caplog.records] == [
        f"left out: overlay {tmp_path}/model.csv: No such file or directory"
    ]

    written(tmp_path / "model.csv", "r1,12,N,1")
    assert list(house.sets()) == ["atr", "model"]


@pytest.mark.parametrize("name", ["notes", "adjudicated", "ecgstream-2", "beats ecgstream-1 II"])
def test_a_file_of_a_name_that_means_something_is_left_out(source, tmp_path, caplog, name) -> None:
    file = written(tmp_path / f"{name}.csv", "r1,12,N,1")

    with caplog.at_level(logging.WARNING):
        house = House(source, tmp_path / "none", [file])

    assert list(house.sets()) == ["atr"]
    assert f"left out: overlay {file}: the name {name} is kept for" in caplog.text


@pytest.mark.parametrize("way", ["{}/x.db", "sqlite:///{}/x.db", "sqlite+aiosqlite:///{}/x.db"])
def test_predictions_are_kept_beside_the_store_however_it_is_named(tmp_path, way) -> None:
    said = way.format(tmp_path)
    assert overlays.default_folder({"HOME": "/home/x"}, said) == tmp_path / "predictions"


def test_predictions_are_kept_at_home_where_the_store_is_no_file() -> None:
    home = overlays.default_folder({"HOME": "/home/x"}, "postgresql://u:p@h/d")
    assert home == Path("/home/x/.local/share/ecgstream/predictions")
    assert overlays.default_folder({}, "postgresql://u:p@h/d") is None


def test_rows_of_records_that_are_not_here_are_told(source, tmp_path, caplog) -> None:
    file = written(tmp_path / "model.csv", "r1,5,N,1", "zzz,5,N,1", "zzz,6,N,1")

    with caplog.at_level(logging.WARNING):
        House(source, tmp_path / "none", [file]).overlays.load()

    assert "not here: 2 rows of 1 record, as 'zzz'" in caplog.text


def test_what_is_published_replaces_what_was_of_that_name(house, tmp_path) -> None:
    first = house.publish("model", "100,N,0.5", "200,V,0.75")
    again = house.publish("model", "300,N,1")

    assert (first.status_code, first.json()["replaced"], first.json()["count"]) == (201, False, 2)
    assert (again.status_code, again.json()["replaced"]) == (200, True)
    one = house.sets()["model"]
    assert [mark["sample"] for mark in one["annotations"]] == [300]
    assert one["source"].startswith("published by anonymous, 20")
    assert "model" not in house.sets("r2")
    (file,) = (tmp_path / "predictions" / "model").iterdir()
    assert file.name == "r1.parquet"
    assert file.stat().st_mode & 0o077 == 0


def test_another_worker_sees_at_once_what_is_published(house, source, tmp_path) -> None:
    other = House(source, tmp_path / "predictions")
    house.publish("model", "100,N,0.5")
    assert other.sets()["model"]["count"] == 1

    other.publish("model", "100,N,0.5", "200,N,0.5")

    assert house.sets()["model"]["count"] == 2


def test_what_is_published_comes_back_as_it_was(house, source) -> None:
    head = "time,end,label,score,lead"
    house.publish("model", '0.5,1.25,"AF, sure",0.1,II', "2,,N,,", head=head)

    kept = house.overlays.annotations("r1", "model")

    assert [(mark.sample, mark.symbol, mark.aux_note) for mark in kept.listed()] == [
        (50, '"', "AF, sure"),
        (200, "N", ""),
    ]
    assert kept.extras.stop.tolist() == [125, -1]
    assert kept.extras.score[0] == 0.1
    assert np.isnan(kept.extras.score[1])
    assert kept.extras.lead.tolist() == [1, -1]
    assert house.overlays.annotations("r1", "model") is kept


def test_parquet_is_taken_too(house) -> None:
    body = io.BytesIO()
    pq.write_table(pa.table({"sample": [5, 4], "label": ["N", "V"]}), body)

    answer = house.client.put(
        "/api/v1/records/r1/predictions/model",
        content=body.getvalue(),
        headers={"content-type": "application/vnd.apache.parquet"},
    )

    assert answer.status_code == 201, answer.text
    assert [mark["symbol"] for mark in house.sets()["model"]["annotations"]] == ["V", "N"]


def test_a_set_is_withdrawn(house) -> None:
    house.publish("model", "100,N,0.5")
    path = "/api/v1/records/r1/predictions/model"

    assert house.client.delete(path).status_code == 204
    assert "model" not in house.sets()
    assert house.client.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("rows", "status", "detail"),
    [
        (["100,N,x"], 422, "body, column score: row 1 is 'x'; expected a number"),
        (["100000000,N,1"], 422, "body, column sample: row 1 lies outside its record"),
        (["100,,1"], 422, "body, column label: row 1 is empty"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_its_column_and_row(
    house, rows, status, detail
) -> None:
    answer = house.publish("model", *rows)

    assert (answer.status_code, answer.json()["detail"]) == (status, detail)
    assert "model" not in house.sets()


def test_rows_of_another_record_are_refused(house) -> None:
    answer = house.publish("model", "r2,100,N", head="record,sample,label")

    assert answer.status_code == 422
    assert answer.json()["detail"] == "body: has rows of record 'r2'; expected 'r1' only"


def test_nothing_is_published_over_a_set_of_the_record(house) -> None:
    answer = house.publish("atr", "100,N,1")

    assert answer.status_code == 409
    assert "record 'r1' has a stored set of the name 'atr'" in answer.json()["detail"]


def test_a_name_that_is_no_name_and_a_type_that_is_none_are_refused(house) -> None:
    assert house.publish("..%2Fx", "1,N,1").status_code in {404, 422}
    assert house.publish("a b", "1,N,1").status_code == 422
    assert house.publish("m", "1,N,1", headers={"content-type": "text/plain"}).status_code == 415
    assert house.publish("m", "1,N,1", record="r9").status_code == 404


def test_a_folder_that_cannot_be_written_is_told_as_that(source, tmp_path) -> None:
    (tmp_path / "file").touch()
    house = House(source, tmp_path / "file")

    answer = house.publish("model", "100,N,1")

    assert answer.status_code == 503
    assert answer.json()["detail"] == "cannot keep predictions: Not a directory"
    assert list(house.sets()) == ["atr"]


def test_a_screen_of_a_wall_publishes_nothing_and_a_login_signs(source, tmp_path) -> None:
    tokens = tmp_path / "tokens"
    mine = make_token(tokens, "af-lab")
    screen_token(tokens, "screen", "icu")
    house = House(source, tmp_path / "predictions", token_file=tokens)

    assert house.publish("model", "100,N,1").status_code == 401
    said = {"authorization": f"Bearer {mine}"}
    assert house.publish("model", "100,N,1", headers=said).status_code == 201
    answer = house.client.get("/api/v1/records/r1/annotations", headers=said).json()
    assert answer["sets"][1]["source"].startswith("published by af-lab, ")


def test_an_unknown_set_names_those_that_there_are(house) -> None:
    house.publish("model", "100,N,1")

    with pytest.raises(AnnotationsNotFound, match="no annotation set 'x'; it has model"):
        house.overlays.annotations("r1", "x")
    answer = house.client.get("/api/v1/records/r1/annotations", params={"set": "x"})
    assert answer.status_code == 404
    assert "it has atr, model" in answer.json()["detail"]


MODEL = [
    *(f"{100 * n},{'V' if n % 10 == 0 else 'N'},{n / 100}" for n in range(1, 101) if n != 42),
    "5050,V,0.6",  # made up, 50 samples from a beat on either side
    "7777,N,0.05",
]


def test_agreement_counts_as_bxb_and_lists_what_differs(house) -> None:
    house.publish("model", *MODEL)

    said = house.ask("agreement", a="atr", b="model")

    assert said["notice"] == "for research and education"
    assert said["rules"] == "bxb -S - -f 0"
    assert said["scores"]["QRS"]["found"] == 99
    assert (said["scores"]["QRS"]["missed"], said["scores"]["QRS"]["extra"]) == (1, 2)
    assert said["counts"][said["classes"].index("N")][said["classes"].index("O")] == 1
    assert said["total"] == 3
    assert said["disagreements"] == [
        {"sample": 4200, "cell": "N/O", "test": None,
         "reference": {"sample": 4200, "label": "N", "score": None}},
        {"sample": 5050, "cell": "O/V", "reference": None,
         "test": {"sample": 5050, "label": "V", "score": 0.6}},
        {"sample": 7777, "cell": "O/N", "reference": None,
         "test": {"sample": 7777, "label": "N", "score": 0.05}},
    ]  # fmt: skip


def test_a_threshold_leaves_out_what_is_less_sure(house) -> None:
    house.publish("model", *MODEL)

    said = house.ask("agreement", a="atr", b="model", threshold="0.5")

    assert said["scores"]["QRS"]["found"] == 51
    assert (said["scores"]["QRS"]["missed"], said["scores"]["QRS"]["extra"]) == (49, 1)


def test_cells_of_the_table_choose_what_is_listed_page_by_page(house) -> None:
    house.publish("model", *MODEL)

    extra = house.ask("agreement", a="atr", b="model", cells="O/V,O/N", limit=1)
    rest = house.ask("agreement", a="atr", b="model", cells="O/V,O/N", cursor=extra["next"])
    right = house.ask("agreement", a="atr", b="model", cells="V/V")
    found = house.ask("agreement", a="atr", b="model", cells="*/O,*/X,O/*,X/*")

    assert (extra["total"], [one["sample"] for one in extra["disagreements"]]) == (2, [5050])
    assert (rest["next"], [one["sample"] for one in rest["disagreements"]]) == (None, [7777])
    assert right["total"] == 10
    assert [one["cell"] for one in found["disagreements"]] == ["N/O", "O/V", "O/N"]


def test_from_error_to_error_both_ways(house) -> None:
    house.publish("model", *MODEL)
    path = "overlays/model/next"

    first = house.ask(path, errors_against="atr")
    second = house.ask(path, errors_against="atr", **{"from": first["sample"]})
    back = house.ask(path, errors_against="atr", way="previous", **{"from": 5050})
    none = house.ask(path, errors_against="atr", way="previous", **{"from": 4200})
    only = house.ask(path, errors_against="atr", cells="O/N")

    assert (first["sample"], first["cell"], first["place"], first["count"]) == (4200, "N/O", 0, 3)
    assert first["mark"] is None
    assert first["reference"]["label"] == "N"
    assert (second["sample"], second["mark"]["score"]) == (5050, 0.6)
    assert back["sample"] == 4200
    assert (none["sample"], none["place"], none["count"]) == (None, None, 3)
    assert only["sample"] == 7777


def test_from_mark_to_mark_by_label_and_score(house) -> None:
    house.publish("model", "10,90,AFIB,0.9", "50,,N,0.8", "100,,AFIB,0.2",
                  head="sample,end,label,score")  # fmt: skip
    path = "overlays/model/next"

    first = house.ask(path, labels="AFIB", threshold="0.1")
    sure = house.ask(path, labels="AFIB", threshold="0.5", **{"from": 10})
    back = house.ask(path, way="previous", **{"from": 100})

    assert first["mark"] == {
        "sample": 10, "stop": 90, "label": "AFIB", "score": 0.9, "lead": None,
    }  # fmt: skip
    assert first["count"] == 2
    assert sure["sample"] is None
    assert back["sample"] == 50


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("agreement?a=atr", "b: missing"),
        ("agreement?a=atr&b=model&cells=N", "cells: expected pairs of N, S, V, F, Q, O, X"),
        ("agreement?a=atr&b=model&cells=O/X", "cells: expected pairs of"),
        ("agreement?a=atr&b=model&threshold=high", "threshold: expected a number"),
        ("overlays/model/next?way=up", "way: expected next or previous, got 'up'"),
        ("overlays/model/next?cells=N/V", "cells: are of two sets"),
        ("overlays/model/next?labels=N&errors_against=atr", "labels: are of one set"),
    ],
)
def test_what_is_not_understood_is_refused_by_its_name(house, path, detail) -> None:
    house.publish("model", *MODEL)

    answer = house.client.get(f"/api/v1/records/r1/{path}")

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)


def test_what_is_published_anew_is_compared_anew(house) -> None:
    house.publish("model", "100,N,1")
    assert house.ask("agreement", a="atr", b="model")["scores"]["QRS"]["found"] == 1

    house.publish("model", "100,N,1", "200,N,1")

    assert house.ask("agreement", a="atr", b="model")["scores"]["QRS"]["found"] == 2


async def test_what_the_detector_finds_is_compared_like_any_set(source) -> None:
    """In the app as it is served: with its store, its analysis and its sets."""
    from ecgstream.storage.catalog import scan
    from tests.serving import DATA, serving

    async with serving(scan([DATA]), settings=Settings(max_lateness_ms=0)) as served:
        import httpx2

        async with httpx2.AsyncClient(base_url=f"{served.url}/api/v1/records/100-pq") as client:
            listed = (await client.get("/overlays")).json()["sets"]
            names = [one["name"] for one in listed]
            assert names[:2] == ["atr", "beats ecgstream-1"]
            assert "beats ecgstream-1 V5" in names
            for name in ("beats ecgstream-1", "beats ecgstream-1 MLII"):
                answer = await client.get("/agreement", params={"a": "atr", "b": name}, timeout=60)
                assert answer.status_code == 200, answer.text
                said = answer.json()
                assert said["scores"]["QRS"]["f1"] > 0.999
                assert said["scores"]["N"]["found"] == 0  # nobody has classified them
