"""What both databases keep of annotations: one contract, SQLite and a real PostgreSQL."""

import asyncio
import random
import uuid
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from ecgstream.errors import NoteNotFound
from ecgstream.model.annotation import AnnotationHead
from ecgstream.model.note import Note
from ecgstream.storage.written import notes
from ecgstream.storage.written.notes import Span

WHOLE = Span("r1", 0, 2**53)


def note(number=0, **fields):
    said = {
        "id": str(uuid.UUID(int=number)), "version": 1, "record": "r1", "set_name": "notes",
        "sample": number, "stop": None, "lead": None, "chan": 0, "symbol": '"', "subtype": 0,
        "num": 0, "aux_note": "", "tags": (), "deleted": False, "author": "ada", "time": 1.5,
        "changed_by": "ada", "changed": 1.5, "fs": 360.0, "content": "c0ffee",
    }  # fmt: skip
    return Note(**{**said, **fields})


async def add(store, *made):
    async with store.writing() as connection:
        for one in made:
            assert await notes.add(connection, one) is one


async def change(store, seen, **fields):
    async with store.writing() as connection:
        old = await notes.find(connection, seen.record, seen.id, lock=True)
        new = replace(old, version=old.version + 1, **fields)
        await notes.replace_with(connection, old, new)
    return new


async def listed(store, span=WHOLE, *page):
    async with store.reading() as connection:
        return await notes.listed(connection, span, *page)


async def history(store, one):
    async with store.reading() as connection:
        return await notes.history(connection, one.record, one.id)


async def test_every_field_comes_back_as_it_was(store):
    every = note(
        7, sample=2**52, stop=2**52 + 1, lead="Ⅱ, 'augmented' \"%s\"", chan=255, symbol="own",
        subtype=-128, num=127, aux_note="line\nand ütf-8 🫀 \\ ; --", tags=("a", "é b"),
        author="ada", time=1_764_470_000.123456, changed_by="bob", changed=1_764_470_001.654321,
        fs=999.99, content="ab" * 12,
    )  # fmt: skip
    await add(store, every, note(8))
    assert await listed(store) == [note(8), every]
    assert await history(store, every) == [every]


async def test_a_version_is_replaced_and_kept(store):
    first = note(1)
    await add(store, first)
    second = await change(store, first, aux_note="x", changed_by="bob", changed=2.5)
    third = await change(store, second, deleted=True)
    assert await listed(store) == []
    assert await history(store, first) == [first, second, third]


async def test_a_span_has_what_touches_it_of_the_sets_asked_for(store):
    made = [note(10), note(20, stop=40), note(30, set_name="other"), note(50)]
    await add(store, *made, note(11, record="r2"))
    spans = {(0, 10): [], (10, 11): [10], (39, 50): [20], (40, 51): [50], (0, 99): [10, 20, 30, 50]}
    for (start, stop), samples in spans.items():
        found = await listed(store, Span("r1", start, stop))
        assert [one.sample for one in found] == samples
    assert [one.sample for one in await listed(store, Span("r1", 0, 99, "other"))] == [30]
    async with store.reading() as connection:
        assert await notes.counts(connection, Span("r1", 0, 31)) == {"notes": 2, "other": 1}
        assert await notes.set_names(connection, "r1") == ["notes", "other"]
        assert await notes.set_names(connection, "r3") == []


async def test_a_page_is_a_part_of_the_whole_in_its_order(store):
    made = [note(k, sample=k % 5, time=float(k % 3)) for k in range(250)]
    random.Random(1).shuffle(made)
    async with store.writing() as connection:
        await notes.add_all(connection, made)
    whole = await listed(store)
    assert whole == sorted(made, key=lambda one: (one.sample, one.time, one.id))
    assert await listed(store, WHOLE, 120, 110) == whole[120:230]


async def test_what_is_added_again_is_what_it_has_become(store):
    first = note(1)
    await add(store, first)
    second = await change(store, first, aux_note="x")
    async with store.writing() as connection:
        assert await notes.add(connection, first) == second
        with pytest.raises(NoteNotFound):
            await notes.add(connection, replace(first, record="r2"))
    assert await history(store, first) == [first, second]


async def test_one_of_another_record_is_not_found(store):
    await add(store, note(1))
    async with store.reading() as connection:
        for record, id_ in (("r2", note(1).id), ("r1", note(2).id)):
            with pytest.raises(NoteNotFound, match="has no annotation"):
                await notes.find(connection, record, id_)


async def test_who_changes_at_once_waits_and_sees_what_the_other_did(store):
    first = note(1)
    await add(store, first)
    done = await asyncio.gather(*(change(store, first, num=k) for k in range(20)))
    versions = await history(store, first)
    assert [one.version for one in versions] == list(range(1, 22))
    assert versions[1:] == sorted(done, key=lambda one: one.version)


async def test_what_fails_half_way_has_changed_nothing(store):
    first = note(1)
    await add(store, first)
    with pytest.raises(ZeroDivisionError):
        async with store.writing() as connection:
            old = await notes.find(connection, "r1", first.id, lock=True)
            await notes.replace_with(connection, old, replace(old, version=2))
            await notes.add(connection, note(2))
            raise ZeroDivisionError
    with pytest.raises(IntegrityError):
        async with store.writing() as connection:
            await notes.add_all(connection, [note(3), note(1)])
    assert await listed(store) == [first]
    assert await history(store, first) == [first]


async def test_ids_are_known_by_their_places(store):
    await add(store, note(1), note(2, record="r2", set_name="other"))
    async with store.reading() as connection:
        assert await notes.places(connection, [note(k).id for k in range(300)]) == {
            note(1).id: ("r1", "notes"), note(2).id: ("r2", "other"),
        }  # fmt: skip


async def test_a_given_set_is_kept_whole_and_once(store):
    head = AnnotationHead("atr", 360.0, 2, None)
    by = {"author": "ada", "time": 1.5, "content": "c0ffee"}
    for record in ("r1", "r2"):
        async with store.writing() as connection:
            await notes.give(connection, record, head, b"\0PAR1\xff" * 1_000, by)
    with pytest.raises(IntegrityError):
        async with store.writing() as connection:
            await notes.give(connection, "r1", head, b"other", by)
    async with store.reading() as connection:
        assert await notes.given_heads(connection, "r1") == [head]
        assert await notes.given_marks(connection, "r1", "atr") == b"\0PAR1\xff" * 1_000
        assert await notes.given_marks(connection, "r1", "none") is None
