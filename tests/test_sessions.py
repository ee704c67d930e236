"""Recorded sessions in the store; on SQLite and on a real PostgreSQL."""

import asyncio

import pytest

from ecgstream.errors import Forbidden, IllegalState, SessionNotFound
from ecgstream.storage.written.sessions import ENDS_S, Batch, Sessions

ID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(store, clock):
    return Sessions(store, clock)


def batch(after, *texts, until=0, ended=False):
    return Batch(after, [f"{text}\n".encode() for text in texts], 10 * len(texts), until, ended)


def fine(_head, _there):
    pass


async def text(sessions, after=0):
    return b"".join(await sessions.log(ID, after)).decode().split()


async def test_a_session_is_what_was_added_in_order(sessions, clock):
    await sessions.begin(ID, "100", "rounds", "anna", "c0")
    clock.now += 1
    assert await sessions.append(ID, "anna", batch(0, "a", "b", until=900), fine) == 2
    assert await sessions.append(ID, "anna", batch(2, "c", until=1_900), fine) == 3
    assert await text(sessions) == ["a", "b", "c"]
    assert await text(sessions, 1) == ["b", "c"]
    assert await text(sessions, 3) == []
    head = await sessions.head(ID)
    assert (head.events, head.nbytes, head.lasted_ms, head.heard) == (3, 6, 1_900, 1_001)
    assert (head.record, head.title, head.author, head.started) == ("100", "rounds", "anna", 1_000)


async def test_what_is_sent_twice_is_there_once(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    told = []
    await sessions.append(ID, "anna", batch(0, "a", "b"), fine)
    # The answer was lost: the same again, with what is new.
    kept = await sessions.append(
        ID, "anna", batch(0, "a", "b", "c"), lambda head, there: told.append((head.events, there))
    )
    assert kept == 3
    assert told == [(2, 2)]
    assert await text(sessions) == ["a", "b", "c"]


async def test_a_hole_is_refused_and_nothing_is_added(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    with pytest.raises(IllegalState, match="the log has 0 events, not 1"):
        await sessions.append(ID, "anna", batch(1, "b"), fine)
    assert await text(sessions) == []


async def test_two_that_add_at_once_do_not_mix(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    same = [sessions.append(ID, "anna", batch(0, "a", "b"), fine) for _ in range(4)]
    assert await asyncio.gather(*same) == [2, 2, 2, 2]
    assert await text(sessions) == ["a", "b"]


async def test_nothing_is_added_after_the_end(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    await sessions.append(ID, "anna", batch(0, "a", ended=True), fine)
    assert await sessions.append(ID, "anna", batch(0, "a", ended=True), fine) == 1
    with pytest.raises(IllegalState, match="over"):
        await sessions.append(ID, "anna", batch(1, "b"), fine)


async def test_a_session_of_which_nothing_is_heard_is_recorded_no_more(sessions, clock):
    await sessions.begin(ID, "100", "", "anna", "c0")
    assert (await sessions.head(ID)).recording(clock.now)
    clock.now += ENDS_S
    head = await sessions.head(ID)
    assert not head.recording(clock.now)
    assert not head.ended


async def test_begun_twice_by_its_author_it_is_one_and_by_another_it_is_refused(sessions):
    first = await sessions.begin(ID, "100", "", "anna", "c0")
    assert await sessions.begin(ID, "100", "", "anna", "c0") == first
    with pytest.raises(IllegalState, match=ID):
        await sessions.begin(ID, "100", "", "bert", "c0")


async def test_a_session_is_its_authors_alone(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    for deed in (
        sessions.append(ID, "bert", batch(0, "a"), fine),
        sessions.rename(ID, "bert", "mine"),
        sessions.delete(ID, "bert"),
    ):
        with pytest.raises(Forbidden, match="anna's"):
            await deed
    assert (await sessions.rename(ID, "anna", "hers")).title == "hers"


async def test_what_is_deleted_is_gone_with_its_log(sessions):
    await sessions.begin(ID, "100", "", "anna", "c0")
    await sessions.append(ID, "anna", batch(0, "a"), fine)
    await sessions.delete(ID, "anna")
    for deed in (sessions.head(ID), sessions.log(ID), sessions.delete(ID, "anna")):
        with pytest.raises(SessionNotFound):
            await deed
    await sessions.begin(ID, "100", "", "anna", "c0")
    assert await text(sessions) == []


async def test_the_youngest_are_listed_first_and_pages_join(sessions, clock):
    ids = [f"{n}{ID[1:]}" for n in range(5)]
    for id_ in ids:
        await sessions.begin(id_, "100" if id_ != ids[2] else "101", "", "anna", "c0")
        # Two of one moment are told apart by their ids.
        clock.now += id_ != ids[3]
    listed = await sessions.heads("100", None, 2)
    assert [head.id for head in listed] == [ids[4], ids[3]]
    rest = await sessions.heads("100", (listed[-1].started, listed[-1].id), 10)
    assert [head.id for head in rest] == [ids[1], ids[0]]
    assert len(await sessions.heads(None, None, 10)) == 5
