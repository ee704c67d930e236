"""What a wall paints, measured in pixels: the sweep, gaps, electrodes that are off, what is stale."""

import time
from dataclasses import replace

import numpy as np
import pytest

from ecgstream.model.record import Lead, Record
from ecgstream.model.wall import Bed, Wall
from ecgstream.storage.memory import MemorySource
from ecgstream.viewer.clock import SystemClock
from tests.browser.pictures import Picture, inked, picture, runs
from tests.browser.walls import WallPage, beats, hang, house, screen, source, wall
from tests.lines import line
from tests.serving import serving

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

WIDE = {"width": 1400, "height": 420}
PX_PER_S = 25 * 96 / 25.4
"""Of a screen that was not measured: a CSS inch is taken for one."""
NEAR_PX = 3
AGAIN_PX = 8
"""So much before its head is painted anew: the line to a sample is uncovered pixel by pixel."""


@pytest.fixture
def served(tmp_path):
    """A server of one bed with a beat a second."""
    made = source(a=beats(600))
    settings = house(hang(tmp_path / "walls.toml", wall(made.records(), 1)))
    # A heart rate that comes between two pictures is a change as well.
    return serving(made, settings=settings.model_copy(update={"analysis": False}))


async def headed(look: WallPage, least: int, most: int) -> tuple[Picture, int, float]:
    """Wait until the head is between these columns; where it begins depends on the hour.

    Return a picture, the column of its head, and the page's time (s).
    """
    while True:
        at = await look.now()
        found = await picture(look.page)
        columns = (await inked(look.page, found, "--playhead")).sum(axis=0)
        # The line at the head of the bar is as high as the paper, and the only one; at the end of a page there is none.
        heads = np.flatnonzero(columns > found.shape[0] * 0.5)
        if len(heads) == 1 and least < heads[0] < most:
            return found, int(heads[0]), at
        await look.moved(10)


async def test_the_sweep_wipes_out_the_oldest_and_touches_nothing_else(chromium, served):
    async with served as at, screen(chromium, at.url, viewport=WIDE) as look:
        await look.begin()
        # Neither the beginning of what came, nor the end of a page within the next second.
        one, begun, since = await headed(look, 400, 800)
        await look.moved(100)
        other, ended, until = await headed(look, begun, WIDE["width"])
        assert ended - begun == pytest.approx((until - since) * PX_PER_S, abs=PX_PER_S * 0.5)
        trace = await inked(look.page, other, "--trace", 40)
        # The age in the head of the tile, above, changes as well.
        below = trace.any(axis=1).nonzero()[0].min()
        changed = np.flatnonzero((one[below:] != other[below:]).any(axis=(0, 2)))
        assert changed.min() >= begun - AGAIN_PX
        assert changed.max() <= ended + 0.03 * WIDE["width"] + NEAR_PX
        # And before the head there is a trace in every column, but for the one in which the line ends: it
        # ends at a sample, wherever in the column that is, and covers only a part of it.
        steep = await inked(look.page, other, "--trace", 110)
        assert steep[:, begun : ended - 1].any(axis=0).all()


async def test_a_stale_trace_is_dim_and_the_gap_after_it_as_wide_as_it_was_long(chromium, served):
    async with (
        served as at,
        line(at.port) as laid,
        screen(chromium, laid.url, anew=True, viewport=WIDE) as look,
    ):
        look.expected = ["WebSocket", "ERR_"]

        async def inks() -> tuple[int, int]:
            """Return how many pixels there are of a bright trace, and of a dim one."""
            taken = await picture(look.page)
            bright, dim = [
                (await inked(look.page, taken, name)).sum() for name in ("--trace", "--trace-dim")
            ]
            return int(bright), int(dim)

        await look.begin()
        # More than the words over it hide; and no end of a page within what is to be missed.
        await look.moved(700)
        await headed(look, 200, 400)
        bright, dim = await inks()
        assert bright > 200 > dim == 0
        laid.swallow()
        await look.until("STALE")
        await look.painted()
        bright, dim = await inks()
        assert dim > 100 > bright == 0
        laid.mend()
        await look.until("REPLAY")
        await look.moved(100)
        bright, dim = await inks()
        assert bright > 200 > dim == 0
        taken = await picture(look.page)
        hole = float((await look.tiles())[0]["hole"])
        gap = await inked(look.page, taken, "--gap")
        ((start, stop),) = runs(gap.sum(axis=0) > 10)
        assert stop - start == pytest.approx(hole * PX_PER_S, abs=NEAR_PX)
        for name in ("--trace", "--trace-dim"):
            trace = await inked(look.page, taken, name, 15)
            assert not trace[:, start + NEAR_PX : stop - NEAR_PX].any(), "no line crosses it"
        trace = await inked(look.page, taken, "--trace", 110)
        assert trace[:, stop + NEAR_PX : stop + 50].any(axis=0).all()


class LeadOff(MemorySource):
    """A source that knows of one lead why there is nothing."""

    def read(self, record, leads, start, stop):
        columns = super().read(record, leads, start, stop)
        return [
            replace(column, reason="lead_off") if lead == "V2" and not column.complete else column
            for lead, column in zip(leads, columns, strict=True)
        ]


AGAIN_S, FROM_S, TO_S = 12, 6, 8


def three_faults() -> LeadOff:
    """Return a source of three leads; from 6 to 8 s of every 12 each has another fault."""
    made = LeadOff()
    leads = tuple(Lead(name, "mV", 1000.0, 0.0, "ecg", 100.0, 60_000, ("i2",)) for name in NAMES)
    samples = {name: beats(600) for name in NAMES}
    within = np.arange(60_000) % (AGAIN_S * 100)
    at = (within >= FROM_S * 100) & (within < TO_S * 100)
    for name, value in zip(NAMES, (-32768, -32768, 32767), strict=True):
        samples[name][at] = value
    made.add(Record("a", "p", leads, None, None, None, None), samples)
    return made


NAMES = ("V1", "V2", "V5")


async def test_missing_lead_off_and_saturated_are_three_shapes_and_none_a_flat_line(
    chromium, tmp_path
):
    made = three_faults()
    file = hang(tmp_path / "walls.toml", Wall("ward", "Ward", (Bed("Bed 1", "a", NAMES),)))
    # On a clock that begins at 1970, as the pages of the sweep do: no fault is cut by the end of one.
    clock = SystemClock(utc_ahead=-time.monotonic())
    async with (
        serving(made, clock=clock, settings=house(file)) as served,
        screen(chromium, served.url, viewport=WIDE | {"height": 800}) as look,
    ):
        await look.begin()
        # From before a fault until after it.
        for since, until in ((0, FROM_S), (TO_S + 0.5, AGAIN_S)):
            await look.page.wait_for_function(
                f"""([since, until]) => {{
                    const at = Number(document.querySelector(".tile").dataset.sample) / 100 % {AGAIN_S};
                    return at >= since && at < until;
                }}""",
                arg=[since, until],
            )
        taken = await picture(look.page)
        gap = await inked(look.page, taken, "--gap")
        start, stop = max(runs(gap.sum(axis=0) > 20), key=lambda run: run[1] - run[0])
        assert stop - start == pytest.approx((TO_S - FROM_S) * PX_PER_S, abs=NEAR_PX)
        trace = await inked(look.page, taken, "--trace", 30)
        fault = taken[:, start + NEAR_PX : stop - NEAR_PX]
        assert not trace[:, start + NEAR_PX : stop - NEAR_PX].any(), "no line, flat or not"
        hatch = await inked(look.page, fault, "--gap-hatch")
        dots = await inked(look.page, fault, "--trace-label")
        teeth = await inked(look.page, fault, "--warn")
        assert min(hatch.sum(), dots.sum(), teeth.sum()) > 100
        hatched, dotted, toothed = [
            np.flatnonzero(ink.sum(axis=1) > 3) for ink in (hatch, dots, teeth)
        ]
        # One below the other, as the leads are; the words in each are of the colour of the dots.
        assert hatched.max() < toothed.min()
        assert hatched.max() - hatched.min() > 100
        assert ((dotted > hatched.max()) & (dotted < toothed.min())).any()
        for ink in (hatch, dots, teeth):
            assert ink.mean(axis=1).max() < 0.9, "no row of it is one line"
