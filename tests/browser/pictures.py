"""What stands on the canvas of a wall, as numbers."""

import base64

import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

Picture = NDArray[np.int16]
"""Rows x columns x red, green, blue."""

TAKEN = """async ([left, top, width, height]) => {
    const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    // As of a frame: a worker's picture comes to the page whole.
    await new Promise(requestAnimationFrame);
    copy.drawImage(document.querySelector("#canvas"), -left, -top);
    const { data } = copy.getImageData(0, 0, width, height);
    let text = "";
    for (let i = 0; i < data.length; i += 32768) text += String.fromCharCode(...data.subarray(i, i + 32768));
    return btoa(text);
}"""

COLOUR = """name => {
    const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name);
    probe.fillRect(0, 0, 1, 1);
    return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


async def picture(page: Page, tile: int = 0) -> Picture:
    """Return what is painted of a tile, on a screen of one pixel for each of CSS."""
    place = await page.locator(".tile").nth(tile).get_attribute("data-place")
    assert place
    left, top, width, height = (round(float(part)) for part in place.split(","))
    data = base64.b64decode(await page.evaluate(TAKEN, [left, top, width, height]))
    pixels = np.frombuffer(data, np.uint8).reshape(height, width, 4)
    return pixels[:, :, :3].astype(np.int16)


async def inked(page: Page, taken: Picture, name: str, off: int = 0) -> NDArray[np.bool_]:
    """Say of each pixel whether it is of that colour of the theme, to within `off` a channel."""
    colour = np.array(await page.evaluate(COLOUR, name), np.int16)
    return (abs(taken - colour) <= off).all(axis=2)


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return where flags are set: [start, stop), in order."""
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
