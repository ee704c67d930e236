// The canvas in the page: how many pixels it has, and the colours of the theme.

import { COLOURS } from "../view/layers.js";

/** @typedef {import("../view/painter.js").Palette} Palette */
/** @typedef {import("../view/stage.js").Size} Size */

/** CSS pixels of a letter where nobody asked the browser for larger ones: see `html` in style.css. */
const USUAL_PX = 15;

/** @returns {Palette} */
export function palette() {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const colour = (name) => style.getPropertyValue(name).trim();
    return {
        paper: colour("--paper"),
        gridMinor: colour("--grid-minor"),
        gridMajor: colour("--grid-major"),
        trace: colour("--trace"),
        other: colour("--trace-other"),
        gap: colour("--gap"),
        hatch: colour("--gap-hatch"),
        label: colour("--trace-label"),
        pulse: colour("--calibration"),
        playhead: colour("--playhead"),
        warn: colour("--warn"),
        font: colour("--font") || "sans-serif",
        marks: Object.fromEntries(COLOURS.map((name) => [name, colour(`--mark-${name}`)])),
    };
}

/**
 * Call `changed` with the size in device pixels, now and whenever it changes.
 * @param {HTMLElement} element
 * @param {(size: Size) => void} changed
 */
export function watchSize(element, changed) {
    let last = "";
    const observer = new ResizeObserver(([entry]) => {
        const dpr = window.devicePixelRatio || 1;
        // The browser alone knows how many pixels a box of a broken size has.
        const exact = entry.devicePixelContentBoxSize?.[0];
        const width = devicePixels(entry.contentRect.width * dpr, exact?.inlineSize);
        const height = devicePixels(entry.contentRect.height * dpr, exact?.blockSize);
        const text = parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL_PX;
        const now = `${width} ${height} ${dpr} ${text}`;
        if (now === last || width < 2 || height < 2) return;
        last = now;
        changed({ width, height, dpr, text });
    });
    try {
        observer.observe(element, { box: "device-pixel-content-box" });
    } catch {
        // Safari does not know that box.
        observer.observe(element);
    }
}

/**
 * Return the pixels that the browser counts, where that can be: an emulated screen counts other ones.
 * @param {number} wanted
 * @param {number | undefined} counted
 */
function devicePixels(wanted, counted) {
    return counted !== undefined && Math.abs(counted - wanted) < 2 ? counted : Math.round(wanted);
}

/** What tells this screen from another. */
export function screenHere() {
    const dpr = window.devicePixelRatio || 1;
    return { dpr, width: screen.width * dpr, height: screen.height * dpr };
}
