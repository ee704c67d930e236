"""Annotation sets as files over HTTP: what is taken away comes back, and once."""

import csv
import io
import json

import httpx2 as httpx
import pytest

from ecgstream.config import Settings
from ecgstream.formats.wfdb_marks import decoded, encoded
from ecgstream.model.annotation import Annotation
from tests.serving import serving, viewing
from tests.test_note_routes import PATH, Desk, source

MARKS = [
    Annotation(3, "+", aux_note="(AFIB"),
    Annotation(5, "N", 1, 1, -3),
    Annotation(5, "V", -1, 0, 4, "two at one sample"),
    Annotation(2_000, "mine"),
]


class Files(Desk):
    async def take(self, name, kind, expected=200):
        answer = await self.client.get(f"{PATH}/export", params={"set": name, "format": kind})
        assert answer.status_code == expected, answer.text
        return answer.content

    async def give(self, name, kind, data, expected=201, record="100", **query):
        answer = await self.client.post(
            f"/api/v1/records/{record}/annotations/import",
            params={"set": name, "format": kind, **query},
            content=data,
            headers={"content-type": "application/octet-stream"},
        )
        assert answer.status_code == expected, answer.text
        return answer.json()


@pytest.fixture
async def served():
    async with serving(source()) as served:
        yield served


@pytest.fixture
async def files(served):
    async with httpx.AsyncClient(base_url=served.url) as client:
        yield Files(client)


async def test_a_wfdb_file_goes_in_and_comes_out_as_it_was(files):
    data = encoded(MARKS, 250.0)
    for read_only in (0, 1):
        name = f"set{read_only}"
        said = await files.give(name, "wfdb", data, read_only=read_only)
        assert said == {"set": name, "read_only": bool(read_only), "count": 4, "added": 4}
        assert decoded(await files.take(name, "wfdb"), name) == (250.0, MARKS)
        # The same without the order in which they came, which is not kept in a set to be written.
        (found,) = await files.sets(f"?set={name}")
        assert found["read_only"] is bool(read_only)
        assert {one["symbol"] for one in found["annotations"]} == {"+", "N", "V", "mine"}


async def test_an_imported_set_is_taken_away_in_every_format(files):
    expected = [(100, "N", 0, "I"), (200, "V", 1, "V5")]
    answer = await files.client.get(f"{PATH}/export?set=atr&format=wfdb")
    assert answer.headers["content-disposition"] == 'attachment; filename="100.atr"'
    assert [(m.sample, m.symbol, m.chan) for m in decoded(answer.content, "x")[1]] == [
        row[:3] for row in expected
    ]
    said = json.loads(await files.take("atr", "json"))
    assert (said["record"], said["set"], said["fs"]) == ("100", "atr", 250.0)
    rows = list(csv.DictReader(io.StringIO((await files.take("atr", "csv")).decode())))
    for found in (said["annotations"], rows):
        assert [
            (int(one["sample"]), one["symbol"], int(one["chan"]), one["lead"]) for one in found
        ] == expected


@pytest.mark.parametrize("kind", ["json", "csv", "parquet"])
async def test_what_people_wrote_is_added_once_and_keeps_its_id(files, kind):
    made = [
        await files.add(sample=10, stop=20, lead="V5", tags=["a", "b,c"], aux_note="=x\n'é"),
        await files.add(sample=30, symbol="V", subtype=-1, num=7),
    ]
    data = await files.take("notes", kind)
    assert (await files.give("notes", kind, data, 200))["added"] == 0
    assert await files.marks() == made
    # To another set, or record, it is a copy.
    for name, record in (("copy", "100"), ("notes", "101")):
        again = data.replace(b'"record":"100"', b'"record":"101"') if record == "101" else data
        if kind != "json" and record == "101":
            continue
        for added in (2, 0):
            said = await files.give(name, kind, again, 201 if added else 200, record=record)
            assert (said["count"], said["added"]) == (2, added)
    copied = await files.marks("?set=copy")
    same = ("sample", "stop", "lead", "symbol", "subtype", "chan", "num", "aux_note", "tags")
    assert [{n: one[n] for n in same} for one in copied] == [
        {n: one[n] for n in same} for one in made
    ]
    assert not {one["id"] for one in copied} & {one["id"] for one in made}


async def test_two_that_say_the_same_are_two(files):
    data = encoded([Annotation(5, "N"), Annotation(5, "N")], 250.0)
    assert (await files.give("notes", "wfdb", data))["added"] == 2
    assert (await files.give("notes", "wfdb", data, 200))["added"] == 0


async def test_another_rate_is_put_at_the_nearest_sample_and_kept_where_nobody_writes(files):
    data = encoded([Annotation(1_001, "N")], 500.0)
    await files.give("written", "wfdb", data)
    await files.give("kept", "wfdb", data, read_only=1)
    await files.give("said", "csv", b"sample\n1001\n", fs=500)
    for name, fs in (("written", 250.0), ("kept", 500.0), ("said", 250.0)):
        (found,) = await files.sets(f"?set={name}")
        assert found["fs"] == fs
        assert [one["sample"] for one in found["annotations"]] == [501]
    assert decoded(await files.take("kept", "wfdb"), "x") == (500.0, [Annotation(1_001, "N")])


async def test_a_set_is_never_replaced_by_a_file(files):
    data = encoded(MARKS, 250.0)
    await files.give("given", "wfdb", data, read_only=1)
    await files.add()
    await files.add(set="mine")
    for name in ("given", "atr", "mine"):
        said = await files.give(name, "wfdb", data, 409, read_only=1)
        assert said["detail"].startswith(f"there is a set {name!r} already")
    for name in ("given", "atr"):
        assert "read-only" in (await files.give(name, "wfdb", data, 422))["detail"]
        assert "read-only" in (await files.add(422, set=name))["detail"]


async def publish(files, name):
    return await files.client.put(
        f"/api/v1/records/100/predictions/{name}",
        content=b"sample,label\n7,N\n",
        headers={"content-type": "text/csv"},
    )


async def test_there_are_no_two_sets_of_one_name(tmp_path):
    settings = Settings(
        max_lateness_ms=0, store=str(tmp_path / "store.db"), predictions=tmp_path / "p"
    )
    async with (
        serving(source(), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        files = Files(client)
        await files.add(set="mine")
        await files.give("given", "wfdb", encoded(MARKS, 250.0), read_only=1)
        for name, what in (
            ("mine", "a set that people write in"),
            ("given", "a stored set"),
            ("atr", "a stored set"),
        ):
            answer = await publish(files, name)
            assert answer.status_code == 409, name
            assert answer.json()["detail"] == (
                f"record '100' has {what} of the name {name!r}: publish under another one"
            )
        names = [one["name"] for one in await files.sets()]
        assert sorted(names) == ["atr", "given", "mine"]
        # And the other way about; what is published may be published anew.
        assert (await publish(files, "model")).status_code == 201
        assert (await publish(files, "model")).status_code == 200
        assert "read-only" in (await files.add(422, set="model"))["detail"]
        await files.give("model", "wfdb", encoded(MARKS, 250.0), 409, read_only=1)


async def test_a_name_that_means_something_is_given_to_no_read_only_set(served, files):
    for name, what in (
        ("notes", "what people write"),
        ("adjudicated", "the answers of people who compare sets"),
        ("ecgstream-1", "what ecgstream finds itself"),
        ("ecgstream-x", "what ecgstream finds itself"),
    ):
        answer = await publish(files, name)
        assert answer.status_code == 422
        assert answer.json()["detail"] == (
            f"set: {name!r} is kept for {what}: publish under another name"
        )
        said = await files.give(name, "wfdb", encoded(MARKS, 250.0), 422, read_only=1)
        assert f"{name!r} is kept for {what}" in said["detail"]
    assert [one["name"] for one in await files.sets()] == ["atr"]


async def test_advice_names_no_set_that_is_read_only_too():
    given = source()
    given.annotate("100", "notes", MARKS)
    async with (
        serving(given) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        files = Files(client)
        assert (await files.add(422))["detail"] == (
            "set: 'notes' is read-only: write to another, such as 'notes-2'"
        )
        await files.add(set="notes-2")


async def test_who_watches_is_told_what_is_published_and_withdrawn(tmp_path):
    settings = Settings(
        max_lateness_ms=0, store=str(tmp_path / "store.db"), predictions=tmp_path / "p"
    )
    async with (
        serving(source(), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
        viewing(served) as viewer,
    ):
        await viewer.ask("subscribe", sid=1, record="100", paused=True)
        expected = {
            "type": "annotation", "record": "100", "change": "set", "set": "model",
            "annotation": None,
        }  # fmt: skip
        assert (await publish(Files(client), "model")).status_code == 201
        assert await viewer.event("annotation") == expected
        await client.delete("/api/v1/records/100/predictions/model")
        assert await viewer.event("annotation") == expected


async def test_a_file_that_cannot_be_read_in_adds_nothing_and_says_where(files):
    for kind, data, said in [
        ("csv", b"sample\n5\n2501\n", "body: annotation 2: sample: 2501 is not in the record"),
        ("csv", b"sample,stop\n5,5\n", "annotation 1: stop: 5 does not lie after sample 5"),
        ("csv", b"sample,lead\n5,V9\n", "annotation 1: record '100' has no lead 'V9'"),
        ("csv", b"sample,symbol\n5,a b\n", "annotation 1: symbol 'a b': expected"),
        ("csv", b"sample,num\n5,500\n", "annotation 1: num: 500 is not within"),
        ("json", b"[", "body: JSON: "),
        ("parquet", b"", "body: Parquet: could not be read"),
        ("wfdb", b"x", "body: the file: ends in the middle"),
    ]:
        assert said in (await files.give("notes", kind, data, 422))["detail"]
    assert "is none of wfdb" in (await files.give("notes", "edf", b"", 422))["detail"]
    assert "no name of a set" in (await files.give("a b", "csv", b"", 422))["detail"]
    assert [one["name"] for one in await files.sets()] == ["atr"]
    assert b"has no annotation set 'none'" in await files.take("none", "csv", 404)


async def test_what_a_form_of_another_site_could_send_is_not_read(files):
    for kind in ("text/plain", "multipart/form-data", ""):
        answer = await files.client.post(
            f"{PATH}/import?format=csv", content=b"sample\n5\n", headers={"content-type": kind}
        )
        assert answer.status_code == 415


async def test_who_watches_is_told_to_ask_anew(served, files):
    async with viewing(served) as viewer:
        await viewer.ask("subscribe", sid=1, record="100", paused=True)
        await files.give("more", "csv", b"sample\n5\n")
        assert await viewer.event("annotation") == {
            "type": "annotation", "record": "100", "change": "set", "set": "more",
            "annotation": None,
        }  # fmt: skip


async def test_what_a_model_said_is_taken_away_and_not_written_in(tmp_path):
    file = tmp_path / "net.csv"
    file.write_text("record,sample,end,label,score,lead\n100,7,8,V,0.25,V5\n100,9,,N,,\n")
    settings = Settings(max_lateness_ms=0, overlay=[str(file)], store=str(tmp_path / "store.db"))
    async with (
        serving(source(), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        files = Files(client)
        marks = decoded(await files.take("net", "wfdb"), "net")[1]
        assert [(one.sample, one.symbol) for one in marks] == [(7, "V"), (9, "N")]
        rows = json.loads(await files.take("net", "json"))["annotations"]
        assert [(one["stop"], one["lead"], one["score"]) for one in rows] == [
            (8, "V5", 0.25), (None, None, None),
        ]  # fmt: skip
        assert "read-only" in (await files.add(422, set="net"))["detail"]
        await files.give("corrected", "json", await files.take("net", "json"))
        assert [(one["symbol"], one["stop"]) for one in await files.marks("?set=corrected")] == [
            ("V", 8), ("N", None),
        ]  # fmt: skip
