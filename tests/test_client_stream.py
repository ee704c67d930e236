"""A stream of the client, over lines in memory and in virtual time."""

import asyncio
import gc
from itertools import pairwise

import numpy as np
import pytest

from ecgstream.client import (
    BadAnswer,
    BadRequest,
    Beats,
    Busy,
    ClientError,
    Frame,
    Gap,
    NotFound,
    Numeric,
    Remark,
    State,
    Unreachable,
    Unreadable,
)
from ecgstream.wire import commands, events
from tests.client_lines import (
    FS,
    LENGTH,
    START,
    Lines,
    MemoryLine,
    error,
    frame,
    gap,
    samples,
    stream_over,
)

pytestmark = pytest.mark.looptime

END = events.End(sid=1, sample=LENGTH)
LOST = Unreachable("the line was lost")


def heartbeat(_said=None):
    return events.Heartbeat(time=START + asyncio.get_running_loop().time())


async def taken(stream, count):
    return [await anext(stream) for _ in range(count)]


def spans(items):
    return [(item.start, item.stop) for item in items if isinstance(item, Frame | Gap)]


def whys(items):
    return [item.why for item in items if isinstance(item, State)]


def said(line, kind):
    return [command for command in line.said if isinstance(command, kind)]


# What comes.


async def test_frames_are_the_stored_samples_with_their_numbers():
    stream = stream_over([MemoryLine(frame(0), frame(20))])
    first, second = await taken(stream, 2)
    assert (first.record, first.fs, first.dtype) == ("r", FS, "i2")
    assert first.names == ("I", "II")
    assert spans([first, second]) == [(0, 20), (20, 40)]
    assert second.samples.tolist() == [list(range(20, 40)), [-n for n in range(20, 40)]]
    assert second.time[0] == 0.2
    assert second.physical("I")[1] == 21 / 200


async def test_a_gap_is_an_item_of_its_own_and_so_is_a_remark():
    said = [gap(0, 40), gap(45, 50, "lead_off", ["II"]), frame(40)]
    items = await taken(stream_over([MemoryLine(*said)]), 3)
    assert items[0] == Gap(0, 40, "missing")
    assert items[1] == Remark(45, 50, "lead_off", ("II",))
    assert spans(items) == [(0, 40), (40, 60)]


async def test_the_iteration_is_over_at_the_end_of_the_record_and_the_line_closed():
    line = MemoryLine(frame(0, LENGTH), END)
    assert spans([item async for item in stream_over([line])]) == [(0, LENGTH)]
    assert line.closed


async def test_what_is_of_another_subscription_is_passed_over():
    line = MemoryLine(frame(7, sid=2), heartbeat, frame(0))
    assert spans(await taken(stream_over([line]), 1)) == [(0, 20)]


async def test_a_record_that_goes_round_says_so():
    line = MemoryLine(frame(0, LENGTH), lambda _: line.state(0, why="looped"), frame(0))
    items = await taken(stream_over([line], loop=True), 3)
    assert items[1] == State("looped", 0)
    assert said(line, commands.Subscribe)[0].loop


async def test_a_server_that_holds_the_clock_is_heard():
    line = MemoryLine(
        frame(0),
        lambda _: line.state(20, why="loading", clock=line.clock(20, 0.0)),
        lambda _: line.state(20, why="caught_up"),
        frame(20),
    )
    assert whys(await taken(stream_over([line]), 4)) == ["loading", "caught_up"]


async def test_what_is_asked_for_is_said_and_nothing_else():
    line = MemoryLine()
    terms = {"leads": ("II",), "at": {"seconds": 2.5}, "speed": 4.0, "paused": True, "ahead": 3.0}
    async with stream_over([line], **terms):
        (asked,) = line.said
    assert asked == commands.Subscribe(
        id=1,
        sid=1,
        record="r",
        leads=["II"],
        at={"seconds": 2.5},
        speed=4.0,
        paused=True,
        ahead=3.0,
    )
    assert line.closed


@pytest.mark.parametrize("at", ["shared", np.int64(7), 7])
async def test_a_place_is_said_as_the_protocol_wants_it(at):
    line = MemoryLine()
    async with stream_over([line], at=at):
        assert line.said[0].at == ("shared" if at == "shared" else {"sample": 7})
        assert line.said[0].speed is None


# What must not be.


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (frame(40), "a hole"),
        (gap(40, 60), "a hole"),
        (frame(0), "sent twice"),
        (frame(20, 0), "another size"),
        ((1, 20, 20, samples(20, 19)), "another size"),
        (gap(20, 20), "are none"),
        (events.End(sid=1, sample=LENGTH), "a hole"),
        (lambda _: MemoryLine().state(60, why="behind"), "a hole"),
        (lambda _: MemoryLine().state(0, why="looped"), "looped"),
    ],
)
async def test_what_does_not_tile_is_told_and_asked_for_again(wrong, words):
    lines = Lines(MemoryLine(frame(0), wrong), MemoryLine(frame(20)))
    first = lines.left[0]
    _, lost, resumed, second = await taken(stream_over(lines), 4)
    assert (lost.why, lost.next) == ("lost", 20)
    assert words in lost.detail
    assert resumed == State("resumed", 20)
    assert (second.start, second.stop) == (20, 40)
    assert first.dropped


async def test_a_stream_that_begins_elsewhere_than_asked_is_not_gone_on_with():
    lines = Lines(MemoryLine(frame(0), LOST), MemoryLine(frame(60), next=60), MemoryLine(frame(20)))
    items = await taken(stream_over(lines), 5)
    assert whys(items) == ["lost", "lost", "resumed"]
    assert spans(items) == [(0, 20), (20, 40)]


async def test_a_record_that_changed_meanwhile_is_not_gone_on_with():
    stream = stream_over([MemoryLine(frame(0), LOST), MemoryLine(fs=50.0)])
    await taken(stream, 2)
    with pytest.raises(BadAnswer, match="not what it was"):
        await anext(stream)


# Lost lines.


async def test_a_lost_line_is_resumed_at_the_first_sample_that_did_not_come():
    second = MemoryLine(frame(40))
    stream = stream_over([MemoryLine(frame(0), gap(20, 40), LOST), second], speed=2.0)
    items = await taken(stream, 5)
    assert spans(items) == [(0, 20), (20, 40), (40, 60)]
    assert items[2].detail == "the line was lost"
    again = said(second, commands.Subscribe)[0]
    assert (again.at, again.leads, again.speed, again.paused) == (
        {"sample": 40},
        ["I", "II"],
        2.0,
        None,
    )


async def test_one_that_stood_still_stands_still_again():
    first, second = MemoryLine(LOST), MemoryLine()
    async with stream_over([first, second], paused=True) as stream:
        assert whys(await taken(stream, 2)) == ["lost", "resumed"]
    assert said(second, commands.Subscribe)[0].paused


async def test_it_waits_between_attempts_and_longer_each_time():
    lines = Lines(MemoryLine(frame(0), LOST), *[LOST] * 8, MemoryLine(frame(20), LOST))
    stream = stream_over(lines)
    items = await taken(stream, 12)
    waits = [item.retry_in_s for item in items if isinstance(item, State) and item.why == "lost"]
    assert all(wait <= 0.5 * 2.0**n and wait <= 30 for n, wait in enumerate(waits))
    assert max(waits) > 5
    gone = [late - early for early, late in pairwise(lines.dialled)]
    assert gone == pytest.approx(waits, abs=1e-5)
    # A frame came, so that the next loss is a first one.
    (lost,) = await taken(stream, 1)
    assert lost.retry_in_s <= 0.5


async def test_a_server_that_says_when_to_come_back_is_obeyed():
    away = Unreachable("going away", retry_after_ms=7_000)
    lines = Lines(MemoryLine(frame(0), away), MemoryLine(frame(20)))
    items = await taken(stream_over(lines), 3)
    assert items[1].retry_in_s == 7
    assert lines.dialled == pytest.approx([0, 7])


async def test_what_cannot_be_opened_at_first_is_raised_at_once():
    lines = Lines(Unreachable("nobody listens"))
    stream = stream_over(lines)
    with pytest.raises(Unreachable, match="nobody"):
        await anext(stream)
    with pytest.raises(Unreachable, match="nobody"):
        await anext(stream)
    assert len(lines.dialled) == 1


async def test_a_refusal_of_the_record_is_raised_in_its_own_kind():
    with pytest.raises(NotFound) as refused:
        async with stream_over([MemoryLine(lambda c: error("not_found", c[0].id), answers=False)]):
            pass
    assert (refused.value.code, refused.value.retryable) == ("not_found", False)


async def test_a_server_that_does_not_answer_is_given_up():
    with pytest.raises(Unreachable, match="subscribe"):
        await anext(stream_over([MemoryLine(answers=False)]))
    assert asyncio.get_running_loop().time() == 5


async def test_data_that_is_away_is_waited_for():
    away = error("unavailable", retryable=True, retry_after_ms=5_000)
    items = await taken(stream_over([MemoryLine(frame(0), away), MemoryLine(frame(20))]), 4)
    assert items[1] == State("lost", 20, "it is unavailable", 5.0)
    assert spans(items) == [(0, 20), (20, 40)]


async def test_data_that_is_broken_is_not_but_what_came_is_given_first():
    stream = stream_over([MemoryLine(frame(0), error("corrupt"))])
    assert spans(await taken(stream, 1)) == [(0, 20)]
    with pytest.raises(Unreadable, match="it is corrupt"):
        await anext(stream)


async def test_a_login_that_ended_is_no_reason_to_come_back():
    stream = stream_over(Lines(MemoryLine(LOST), Busy("full", code="limit", retryable=False)))
    assert whys(await taken(stream, 1)) == ["lost"]
    with pytest.raises(Busy):
        await anext(stream)


async def test_everybodys_place_is_joined_where_it_is_now():
    second = MemoryLine(frame(500), next=500)
    items = await taken(stream_over([MemoryLine(frame(0), LOST), second], at="shared"), 4)
    assert items[2] == State("resumed", 500)
    assert spans(items) == [(0, 20), (500, 520)]
    assert said(second, commands.Subscribe)[0].at == "shared"


# Old pictures.


async def test_silence_is_stale_after_1_8_s_and_another_line_after_5():
    lines = Lines(MemoryLine(frame(0)), MemoryLine(frame(20)))
    stream = stream_over(lines)
    loop = asyncio.get_running_loop()
    await anext(stream)
    assert not stream.stale
    assert await anext(stream) == State("stale", 20)
    assert stream.stale
    assert loop.time() == pytest.approx(1.8)
    lost = await anext(stream)
    assert "no word from the server for 5.0 s" in lost.detail
    assert loop.time() == pytest.approx(5.0)
    await taken(stream, 2)
    assert not stream.stale


async def test_silence_is_counted_over_impatient_reads():
    stream = stream_over([MemoryLine(frame(0))])
    await anext(stream)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.35)
    assert await asyncio.wait_for(anext(stream), 0.35) == State("stale", 20)


async def test_who_was_busy_does_not_take_its_own_silence_for_the_servers():
    line = MemoryLine(frame(0))
    stream = stream_over([line], paused=True)
    await anext(stream)
    await asyncio.sleep(60)
    # As what came meanwhile, and is only now read from the socket.
    asyncio.get_running_loop().call_later(0.1, line.put, frame(20))
    assert spans(await taken(stream, 1)) == [(20, 40)]


async def test_a_lag_is_stale_though_the_line_is_alive():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    loop = asyncio.get_running_loop()
    for n in range(1, 8):
        loop.call_later(0.5 * n, line.put, heartbeat)
    assert await anext(stream) == State("stale", 20)
    # Sample 20 was due at 0.2 s.
    assert loop.time() == 2.0
    assert stream.lag_s == pytest.approx(1.8)
    loop.call_later(2.0, line.put, frame(20, 400))
    await anext(stream)
    assert not stream.stale


async def test_the_playhead_of_a_live_record_is_beyond_what_was_its_length():
    line = MemoryLine(kind="live", length=0)
    async with stream_over([line]) as stream:
        await asyncio.sleep(1.5)
        assert stream.lag_s == pytest.approx(1.5)


async def test_the_playhead_of_a_stored_record_stops_at_its_end():
    stream = stream_over([MemoryLine(frame(0, LENGTH))])
    await anext(stream)
    await asyncio.sleep(60)
    assert stream.lag_s == 0


async def test_a_stream_that_stands_has_no_lag():
    line = MemoryLine()
    async with stream_over([line], paused=True) as stream:
        await asyncio.sleep(1.5)
        assert stream.lag_s == 0


# Reports.


async def fed(line, stream, seconds):
    """Have a frame come each time it is due, and read them."""
    loop = asyncio.get_running_loop()
    for n in range(round(seconds / 0.2)):
        loop.call_at(0.2 * n, line.put, frame(20 * n))
    for _ in range(round(seconds / 0.2)):
        await anext(stream)


async def test_what_was_read_is_reported_every_30_s():
    line = MemoryLine(length=10_000)
    stream = stream_over([line])
    await fed(line, stream, 62)
    first, second = said(line, commands.Report)
    assert second.shown - first.shown == pytest.approx(3_000, abs=40)
    assert 1_500 <= first.shown < 3_000


async def test_what_is_really_shown_is_reported_if_it_is_said():
    line = MemoryLine(length=10_000)
    stream = stream_over([line])
    stream.report(4)
    await fed(line, stream, 31)
    assert [report.shown for report in said(line, commands.Report)] == [4]


async def test_a_lag_of_a_second_is_reported_at_once_and_once():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    for n in range(1, 20):
        asyncio.get_running_loop().call_later(0.3 * n, line.put, heartbeat)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.45):
            await anext(stream)
    assert [report.shown for report in said(line, commands.Report)] == [19]
    await anext(stream)
    assert len(said(line, commands.Report)) == 1


async def test_a_clock_that_drifts_is_followed():
    line = MemoryLine()
    async with stream_over([line]) as stream:
        loop = asyncio.get_running_loop()
        # In the half minute the server's clock has gone a second less than ours.
        for n in range(1, 33):
            loop.call_later(n, line.put, lambda _: events.Heartbeat(time=0.0))
        loop.call_later(32.5, line.put, frame(0, LENGTH))
        while not isinstance(await anext(stream), Frame):
            pass
        (ping,) = said(line, commands.Ping)
        line.put(
            events.Pong(id=ping.id, time=ping.time, server_time=START + ping.time - 1.0),
            lambda _: line.state(LENGTH, why="drift", clock=line.clock(LENGTH, 0.0)),
        )
        before = stream._offset
        await anext(stream)
        assert stream._offset - before == pytest.approx(1.0, abs=0.01)


# Control.


async def test_a_seek_drops_what_was_not_read_and_says_where_it_goes_on():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    line.put(frame(20), frame(40), lambda c: line.state(500, id_=c[-1].id), frame(500))
    await stream.seek(500)
    assert said(line, commands.Seek)[0].at == {"sample": 500}
    items = await taken(stream, 2)
    assert items[0] == State("seek", 500)
    assert spans(items) == [(500, 520)]


async def test_a_refused_seek_raises_and_loses_nothing():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    line.put(frame(20), lambda c: error("out_of_range", c[-1].id), frame(40))
    with pytest.raises(BadRequest, match="out_of_range"):
        await stream.seek(10**9)
    assert spans(await taken(stream, 2)) == [(20, 40), (40, 60)]


async def test_a_pause_keeps_what_was_on_its_way():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    line.put(
        frame(20), lambda c: line.state(40, id_=c[-1].id, playing=False, clock=line.clock(40, 0))
    )
    await stream.pause()
    assert spans(await taken(stream, 1)) == [(20, 40)]
    assert await anext(stream) == State("pause", 40)
    assert not stream.about.playing
    line.put(lambda c: line.state(40, id_=c[-1].id), frame(40))
    await stream.play()
    assert stream.about.playing


async def test_other_leads_are_in_the_frames_that_follow():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    leads = stream.about.leads[1:]
    line.put(
        frame(20),
        lambda c: line.state(30, id_=c[-1].id, leads=leads),
        (1, 30, 10, samples(30, 10)[20:]),
    )
    await stream.leads(["II"])
    state, after = await taken(stream, 2)
    assert state == State("leads", 30)
    assert after.names == ("II",)
    assert after.samples.tolist() == [[-n for n in range(30, 40)]]


async def test_speed_is_that_of_a_line_after_the_next_too():
    first, second = MemoryLine(), MemoryLine()
    async with stream_over([first, second]) as stream:
        first.put(lambda c: first.state(0, id_=c[-1].id, speed=8.0), LOST)
        await stream.speed(8)
        assert whys(await taken(stream, 3)) == ["speed", "lost", "resumed"]
    assert said(second, commands.Subscribe)[0].speed == 8.0


async def test_a_command_whose_answer_was_lost_is_said_again():
    first, second = MemoryLine(frame(0)), MemoryLine(lambda c: second.state(500, id_=c[-1].id))
    stream = stream_over([first, second])
    await anext(stream)
    first.put(frame(20), LOST)
    await stream.seek(500)
    assert whys(await taken(stream, 1)) == ["seek"]
    again, seek = second.said
    assert (again.at, seek.at) == ({"sample": 40}, {"sample": 500})
    assert stream.next == 500


async def test_a_line_that_two_tasks_find_lost_was_lost_once():
    first = MemoryLine(frame(0))
    second = MemoryLine(lambda c: second.state(20, id_=c[-1].id), frame(20))
    lines = Lines(first, second)
    stream = stream_over(lines)
    await anext(stream)
    reading = asyncio.create_task(taken(stream, 4))
    await asyncio.sleep(0.1)
    first.deaf = True
    await stream.pause()
    assert whys(await reading) == ["lost", "resumed", "pause"]
    assert len(lines.dialled) == 2


async def test_a_seek_that_nobody_waits_for_any_more_is_no_hole():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream.seek(500), 0.5)
    line.put(lambda c: line.state(500, id_=c[-1].id), frame(500))
    assert await anext(stream) == State("seek", 500)


async def test_a_refusal_that_nobody_waits_for_any_more_is_nobodys(caplog):
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stream.seek(10**9), 0.5)
    line.put(lambda c: error("out_of_range", c[-1].id), frame(20))
    assert spans(await taken(stream, 1)) == [(20, 40)]
    gc.collect()
    # Of others in this process it is not the judge.
    assert not [one for one in caplog.records if "never retrieved" in one.message]


async def test_a_reader_and_a_controller_are_two_tasks_if_one_likes():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    reading = asyncio.create_task(taken(stream, 2))
    seeking = asyncio.create_task(stream.seek(500))
    await asyncio.sleep(0.1)
    line.put(lambda c: line.state(500, id_=c[-1].id), frame(500))
    await seeking
    state, after = await reading
    assert (state.why, after.start) == ("seek", 500)


async def test_after_the_end_a_seek_goes_back_into_the_record():
    line = MemoryLine(frame(0, LENGTH), END)
    async with stream_over([line]) as stream:
        assert spans([item async for item in stream]) == [(0, LENGTH)]
        assert not stream.about.playing
        line.put(
            lambda c: line.state(980, id_=c[-1].id, playing=False),
            lambda c: line.state(980, id_=c[-1].id),
            frame(980),
            END,
        )
        await stream.seek(980)
        await stream.play()
        items = [item async for item in stream]
    assert whys(items) == ["seek", "play"]
    assert spans(items) == [(980, LENGTH)]


async def test_after_the_end_a_command_that_does_not_move_changes_nothing():
    line = MemoryLine(frame(0, LENGTH), END)
    async with stream_over([line]) as stream:
        assert spans([item async for item in stream]) == [(0, LENGTH)]
        line.put(lambda c: line.state(LENGTH, id_=c[-1].id, playing=False, speed=2.0))
        await stream.speed(2)
        assert whys([item async for item in stream]) == ["speed"]


# Its end.


async def test_a_read_that_is_called_off_loses_nothing():
    line = MemoryLine(frame(0))
    stream = stream_over([line])
    await anext(stream)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(anext(stream), 0.5)
    line.put(frame(20))
    assert spans(await taken(stream, 1)) == [(20, 40)]


@pytest.mark.parametrize("script", [(), (LOST,)])
async def test_to_close_it_ends_the_iteration_of_another_task(script):
    lines = Lines(MemoryLine(frame(0), *script), *[Unreachable("away")] * 100)
    stream = stream_over(lines)
    reading = asyncio.create_task(anext(stream))
    await reading

    async def rest():
        return [item async for item in stream]

    reading = asyncio.create_task(rest())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(0.3)
    closing = loop.time()
    await stream.aclose()
    assert not spans(await reading)
    assert loop.time() - closing < 0.01
    dialled = len(lines.dialled)
    await asyncio.sleep(60)
    assert len(lines.dialled) == dialled
    with pytest.raises(ClientError, match="closed"):
        await stream.play()


async def test_before_it_is_open_nothing_is_known_of_it():
    stream = stream_over([MemoryLine()])
    with pytest.raises(ClientError, match="not open"):
        _ = stream.about
    assert stream.stale
    assert stream.lag_s == 0


async def test_beats_and_the_rate_are_items_for_who_wants_them():
    told = (
        frame(0),
        events.Beats(sid=1, samples=[7, 19], symbols=["Q", "Q"], source="ecgstream-1 II"),
        events.Numeric(
            sid=1, name="hr", sample=19, value=None, unit="/min", method="m", reason="noise"
        ),
        events.Beats(sid=2, samples=[8], symbols=["Q"], source="of another"),
        frame(20),
    )
    for wanted in (True, False):
        stream = stream_over([MemoryLine(*told)], beats=wanted)
        items = [await anext(stream) for _ in range(4 if wanted else 2)]
        heard = [item for item in items if not isinstance(item, Frame)]
        assert heard == (
            [
                Beats((7, 19), ("Q", "Q"), "ecgstream-1 II"),
                Numeric("hr", 19, None, "/min", "m", "noise"),
            ]
            if wanted
            else []
        )
        await stream.aclose()
