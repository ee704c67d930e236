"""Long work beside everything else: a little at a time on a thread, with rests in between."""

import asyncio
from collections.abc import Generator
from concurrent.futures import Executor
from time import monotonic
from typing import Final

REST: Final = 0.5
"""Rests as long as this part of what a turn took: frames that are due come first, and requests."""
TURN_S: Final = 0.004
"""Steps are taken together up to this: to come to a thread and back costs as much as a step."""


async def gone_through(steps: Generator[None], maker: Executor, rest: float = REST) -> None:
    """Take all steps on `maker`. Where it is cancelled, the turn that was begun ends first."""
    loop = asyncio.get_running_loop()
    try:
        while True:
            began = monotonic()
            turn = loop.run_in_executor(maker, _taken, steps)
            try:
                more = await asyncio.shield(turn)
            except asyncio.CancelledError:
                # What it has begun to write is removed when the turn has ended.
                await asyncio.wait([turn])
                raise
            if not more:
                return
            await asyncio.sleep(rest * (monotonic() - began))
    finally:
        steps.close()


def _taken(steps: Generator[None]) -> bool:
    """Take steps for a moment; return whether there are more."""
    end = monotonic() + TURN_S
    while next(steps, steps) is not steps:
        if monotonic() >= end:
            return True
    return False
