"""Annotations over HTTP: made, changed, deleted, listed, and told to who watches."""

import asyncio
import uuid

import httpx2 as httpx
import msgpack
import numpy as np
import pytest

from ecgstream.config import Settings
from ecgstream.model.record import Lead, Record
from ecgstream.storage.memory import MemorySource
from ecgstream.wire.window import MSGPACK
from tests.serving import serving, viewing

PATH = "/api/v1/records/100/annotations"


def source(fs=250.0, annotated=True):
    made = MemorySource()
    samples = np.arange(2_500, dtype="<i2")
    leads = tuple(Lead(name, "mV", 200.0, 0.0, "ecg", fs, 2_500, ("i2",)) for name in ("I", "V5"))
    for name in ("100", "101"):
        made.add(Record(name, "P", leads, None, None, None, None), {"I": samples, "V5": samples})
    if annotated:
        from ecgstream.model.annotation import Annotation

        made.annotate("100", "atr", [Annotation(100, "N"), Annotation(200, "V", chan=1)])
    return made


class Desk:
    """Asks a server as a browser does."""

    def __init__(self, client, headers=None):
        self.client = client
        self.headers = headers or {}

    async def ask(self, method, path, expected, body=None, **headers):
        answer = await self.client.request(
            method, path, json=body, headers={**self.headers, **headers}
        )
        assert answer.status_code == expected, answer.text
        return answer.json()

    async def add(self, expected=201, record="100", **fields):
        path = f"/api/v1/records/{record}/annotations"
        return await self.ask("POST", path, expected, {"sample": 10, **fields})

    async def change(self, mark, expected=200, **fields):
        body = {"version": mark["version"], **fields}
        return await self.ask("PUT", f"{PATH}/{mark['id']}", expected, body)

    async def remove(self, mark, expected=200):
        path = f"{PATH}/{mark['id']}?version={mark['version']}"
        return await self.ask("DELETE", path, expected)

    async def history(self, mark):
        return (await self.ask("GET", f"{PATH}/{mark['id']}/history", 200))["versions"]

    async def sets(self, query=""):
        return (await self.ask("GET", PATH + query, 200))["sets"]

    async def marks(self, query="?set=notes"):
        (found,) = await self.sets(query)
        return found["annotations"]


@pytest.fixture
async def served():
    async with serving(source()) as served:
        yield served


@pytest.fixture
async def desk(served):
    async with httpx.AsyncClient(base_url=served.url) as client:
        yield Desk(client)


async def test_what_is_made_is_there_with_all_that_was_said(desk):
    mark = await desk.add(
        sample=500, stop=750, lead="V5", symbol="+", subtype=1, num=-2, aux_note="(AFIB",
        tags=["seen", "to show"],
    )  # fmt: skip
    uuid.UUID(mark["id"])
    assert mark.pop("time") == mark.pop("changed") > 1_700_000_000
    assert {**mark, "id": ""} == {
        "id": "", "version": 1, "set": "notes", "sample": 500, "stop": 750, "lead": "V5",
        "symbol": "+", "subtype": 1, "chan": 1, "num": -2, "aux_note": "(AFIB",
        "tags": ["seen", "to show"], "author": "anonymous", "changed_by": "anonymous",
        "deleted": False, "other_samples": False,
    }  # fmt: skip
    (listed,) = await desk.marks()
    assert {name: listed[name] for name in mark} == mark


async def test_the_least_that_makes_one_is_a_sample(desk):
    mark = await desk.add(sample=0)
    assert (mark["symbol"], mark["stop"], mark["lead"], mark["tags"]) == ('"', None, None, [])


async def test_read_only_sets_come_first_and_as_they_were(desk):
    before = await desk.ask("GET", PATH, 200)
    assert list(before) == ["record", "fs", "length", "sets", "next"]
    await desk.add()
    await desk.add(set="a-second")
    after = await desk.sets()
    assert after[:1] == before["sets"]
    assert [(one["name"], one["read_only"]) for one in after] == [
        ("atr", True), ("a-second", False), ("notes", False),
    ]  # fmt: skip


async def test_a_span_has_what_touches_it(desk):
    await desk.add(sample=100, stop=200)
    await desk.add(sample=300)
    for span, samples in [
        ("start=0&stop=100", []), ("start=150&stop=160", [100]), ("start=199&stop=300", [100]),
        ("start=200&stop=300", []), ("start=300&stop=301", [300]), ("start=0", [100, 300]),
    ]:  # fmt: skip
        found = await desk.marks(f"?set=notes&{span}")
        assert [one["sample"] for one in found] == samples, span


async def test_pages_one_after_the_other_are_the_whole(desk):
    for sample in range(7):
        await desk.add(sample=sample, set="a" if sample % 2 else "b")
    whole = [one for found in await desk.sets() for one in found["annotations"]]
    assert len(whole) == 9
    for limit in (1, 2, 3, 8, 9, 10):
        found, cursor = [], ""
        while cursor is not None:
            page = await desk.ask(
                "GET", f"{PATH}?limit={limit}{cursor and '&cursor=' + cursor}", 200
            )
            rows = [one for each in page["sets"] for one in each["annotations"]]
            assert len(rows) <= limit
            assert [one["count"] for one in page["sets"]] == [2, 3, 4]
            found += rows
            cursor = page["next"]
        assert found == whole


async def test_columns_say_the_same(desk):
    await desk.add(sample=5, symbol="N", lead="V5")
    await desk.add(sample=3, stop=9, aux_note="wide", tags=["x"])
    plain = await desk.marks()
    answer = await desk.client.get(PATH, headers={"accept": MSGPACK})
    said = msgpack.unpackb(answer.content)
    atr, columns = said["sets"]
    assert (atr["name"], atr["read_only"], "id" in atr) == ("atr", True, False)
    assert (columns["name"], columns["read_only"], columns["count"]) == ("notes", False, 2)
    assert np.frombuffer(columns["sample"], "<i4").tolist() == [3, 5]
    assert [columns["symbols"][k] for k in np.frombuffer(columns["symbol"], "<i4")] == ['"', "N"]
    for name in ("id", "version", "stop", "lead", "tags", "author", "time", "other_samples"):
        assert columns[name] == [one[name] for one in plain], name


async def test_a_change_makes_a_version_and_the_ones_before_are_kept(desk):
    first = await desk.add(sample=10, aux_note="one")
    second = await desk.change(first, aux_note="two", sample=20)
    assert (second["version"], second["sample"], second["aux_note"]) == (2, 20, "two")
    third = await desk.remove(second)
    assert (third["version"], third["deleted"]) == (3, True)
    assert await desk.marks() == []
    fourth = await desk.change(third, deleted=False)
    assert await desk.marks() == [fourth]
    assert await desk.history(first) == [first, second, third, fourth]


async def test_a_field_can_be_emptied(desk):
    mark = await desk.add(stop=20, lead="V5", tags=["x"])
    mark = await desk.change(mark, stop=None, lead=None, tags=[])
    assert (mark["stop"], mark["lead"], mark["chan"], mark["tags"]) == (None, None, 0, [])


async def test_a_stale_change_is_refused_with_what_it_is_now(desk):
    seen = await desk.add(aux_note="one")
    now = await desk.change(seen, aux_note="two")
    for answer in (
        await desk.change(seen, 409, aux_note="three"),
        await desk.remove(seen, 409),
        await desk.change({**seen, "version": 7}, 409, aux_note="three"),
    ):
        assert answer["current"] == now
        assert answer["changed_by"] == "anonymous"
        assert answer["code"] == "illegal_state"
        assert "anonymous has changed this annotation since" in answer["detail"]
    assert await desk.history(seen) == [seen, now]


async def test_what_is_sent_again_is_done_once(desk):
    id_ = str(uuid.uuid4())
    made = await desk.add(id=id_, aux_note="one")
    assert await desk.add(200, id=id_.upper(), aux_note="one") == made
    changed = await desk.change(made, aux_note="two")
    assert await desk.change(made, aux_note="two") == changed
    assert await desk.add(200, id=id_, aux_note="one") == changed
    gone = await desk.remove(changed)
    assert await desk.remove(changed) == gone
    assert [one["version"] for one in await desk.history(made)] == [1, 2, 3]


async def test_the_same_id_from_two_at_once_is_one(desk):
    id_ = str(uuid.uuid4())
    answers = await asyncio.gather(
        *(desk.client.post(PATH, json={"id": id_, "sample": 1}) for _ in range(8))
    )
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len(await desk.marks()) == 1


async def test_of_changes_at_once_one_is_taken(desk):
    seen = await desk.add()
    answers = await asyncio.gather(
        *(
            desk.client.put(f"{PATH}/{seen['id']}", json={"version": 1, "aux_note": str(k)})
            for k in range(8)
        )
    )
    assert sorted(one.status_code for one in answers) == [200] + [409] * 7
    assert len(await desk.history(seen)) == 2


async def test_what_changes_nothing_is_no_version(desk):
    mark = await desk.add(aux_note="one")
    assert await desk.change(mark, aux_note="one") == mark
    assert await desk.change(mark) == mark


async def test_a_deleted_one_is_brought_back_before_it_is_changed(desk):
    gone = await desk.remove(await desk.add())
    answer = await desk.change(gone, 409, aux_note="x")
    assert "deleted" in answer["detail"]
    assert (await desk.change(gone, deleted=False, aux_note="x"))["aux_note"] == "x"


REFUSED = [
    ({"sample": -1}, 422, "sample: -1 is not in the record, which has 2500 samples"),
    ({"sample": 2_501}, 422, "sample: 2501 is not in the record"),
    ({"sample": 2**70}, 422, "is not in the record"),
    ({"sample": "1"}, 422, "Expected `int`, got `str` - at `$.sample`"),
    ({"sample": 1.5}, 422, "body: expected"),
    ({"stop": 10}, 422, "stop: 10 is not within 11 to 2500"),
    ({"lead": "V9"}, 404, "has no lead 'V9'; it has I, V5"),
    ({"symbol": "NN"}, 422, "symbol: 'NN' is none of WFDB's"),
    ({"subtype": 128}, 422, "subtype: 128 is not within -128 to 127"),
    ({"num": -129}, 422, "num: -129 is not within"),
    ({"chan": 256}, 422, "chan: 256 is not within 0 to 255"),
    ({"aux_note": "é" * 128}, 422, "aux_note: 256 bytes of UTF-8, more than 255"),
    ({"aux_note": "a\0b"}, 422, "aux_note: has a NUL"),
    ({"tags": ["x"] * 3 + [str(k) for k in range(16)]}, 422, "tags: 17, more than 16"),
    ({"tags": [" x"]}, 422, "tags: ' x'"),
    ({"tags": [""]}, 422, "tags: ''"),
    ({"set": "a b"}, 422, "set: 'a b' is no name of a set"),
    ({"set": "atr"}, 422, "set: 'atr' is read-only"),
    ({"id": "1"}, 422, "id: '1' is no UUID"),
    ({"colour": "red"}, 422, "unknown field `colour`"),
]


async def test_what_cannot_be_is_refused_with_its_field(desk):
    for fields, status, said in REFUSED:
        answer = await desk.add(status, **fields)
        assert said in answer["detail"]
    assert [one["name"] for one in await desk.sets()] == ["atr"]


async def test_a_change_is_checked_as_what_is_new(desk):
    mark = await desk.add(sample=10, stop=20)
    for fields, said in [
        ({"sample": 20}, "stop: 20 is not within 21"), ({"stop": 2_501}, "stop: 2501"),
        ({"symbol": "xx"}, "symbol: 'xx'"), ({"aux_note": "x" * 256}, "aux_note: 256"),
    ]:  # fmt: skip
        assert said in (await desk.change(mark, 422, **fields))["detail"]
    assert await desk.marks() == [mark]


async def test_an_annotation_of_another_record_is_not_there(desk):
    mark = await desk.add(record="101")
    assert (await desk.change(mark, 404))["code"] == "not_found"
    await desk.remove(mark, 404)
    await desk.ask("GET", f"{PATH}/{mark['id']}/history", 404)
    await desk.add(404, id=mark["id"])
    await desk.add(404, record="102")
    await desk.ask("GET", f"{PATH}/{uuid.uuid4()}/history", 404)


async def test_a_body_of_another_kind_is_not_read(desk):
    answer = await desk.client.post(
        PATH, content=b'{"sample": 1}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 415
    answer = await desk.client.post(
        PATH, content=b" " * 20_000, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 413


async def test_another_sites_page_may_not_write(desk):
    await desk.ask("POST", PATH, 403, {"sample": 1}, origin="https://evil.example")
    mark = await desk.add()
    path = f"{PATH}/{mark['id']}?version=1"
    await desk.ask("DELETE", path, 403, origin="https://evil.example")
    await desk.ask("DELETE", path, 200, origin=str(desk.client.base_url).rstrip("/"))


async def test_who_watches_the_record_is_told_and_nobody_else(served, desk):
    async with viewing(served) as here, viewing(served) as elsewhere:
        await here.ask("subscribe", sid=1, record="100", paused=True)
        await elsewhere.ask("subscribe", sid=1, record="101", paused=True)
        first = await desk.add(sample=77)
        second = await desk.change(first, aux_note="x")
        third = await desk.remove(second)
        fourth = await desk.change(third, deleted=False)
        for change, mark in [
            ("added", first), ("changed", second), ("removed", third), ("added", fourth),
        ]:  # fmt: skip
            event = await here.event("annotation")
            assert event == {
                "type": "annotation", "record": "100", "set": "notes", "change": change,
                "annotation": mark,
            }  # fmt: skip
        other = await desk.add(record="101")
        assert (await elsewhere.event("annotation"))["annotation"] == other


async def test_what_was_made_on_other_samples_says_so(tmp_path):
    settings = Settings(max_lateness_ms=0, store=str(tmp_path / "store.db"))
    async with (
        serving(source(), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        first, second = [await Desk(client).add(sample=k) for k in (10, 20)]
    async with (
        serving(source(fs=500.0), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        desk = Desk(client)
        assert [one["other_samples"] for one in await desk.marks()] == [True, True]
        # Who moves one has seen the samples of today; who words it anew has not said so.
        assert not (await desk.change(first, sample=11))["other_samples"]
        assert (await desk.change(second, aux_note="x"))["other_samples"]


async def test_without_a_store_what_is_imported_is_shown_and_writing_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    settings = Settings(max_lateness_ms=0, store=str(tmp_path / "file" / "store.db"))
    async with (
        serving(source(), settings=settings) as served,
        httpx.AsyncClient(base_url=served.url) as client,
    ):
        desk = Desk(client)
        said = await desk.ask("GET", PATH, 200)
        assert [one["name"] for one in said["sets"]] == ["atr"]
        why = "what people write cannot be read or kept now: "
        assert said["store"].startswith(why)
        answer = await client.get(PATH, headers={"accept": MSGPACK})
        assert msgpack.unpackb(answer.content)["store"] == said["store"]
        for answer in (await desk.add(503), await desk.ask("GET", PATH + "?set=notes", 503)):
            assert answer["detail"].startswith(why)
            assert str(tmp_path) not in answer["detail"]
            assert answer["retryable"] is True
        assert [len(one["annotations"]) for one in await desk.sets("?set=atr")] == [2]
