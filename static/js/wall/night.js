// Dimming by the screen's own clock, and the slow shift against burn-in. Pure.

/** @typedef {{ from: string, to: string, brightness: number }} Dim */

/** How dark it may become: what cannot be read is not shown. */
const DARKEST = 0.3;

/** Minutes of a day; NaN for what is no time. @param {string} time `22:00` */
export function minutesOf(time) {
    const found = /^(\d{1,2}):(\d{2})$/.exec(time);
    if (!found) return NaN;
    const [hours, minutes] = [Number(found[1]), Number(found[2])];
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : NaN;
}

/**
 * Return the brightness at that minute of the day, 1 = full. A time that cannot be read dims nothing.
 * @param {Dim | null} dim
 * @param {number} minute
 */
export function brightnessAt(dim, minute) {
    if (!dim) return 1;
    const [from, to] = [minutesOf(dim.from), minutesOf(dim.to)];
    if (Number.isNaN(from) || Number.isNaN(to) || !(dim.brightness > 0)) return 1;
    // Through midnight where it begins later than it ends.
    const night = from <= to ? minute >= from && minute < to : minute >= from || minute < to;
    return night ? Math.min(1, Math.max(DARKEST, dim.brightness)) : 1;
}

/** CSS pixels that the picture moves at most, and minutes between two moves. */
export const SHIFT_PX = 4;
const SHIFT_EVERY_MIN = 3;

/** A way around a square on which each step is a short one. */
const WAY = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1]];

/** Where the picture stands, in CSS pixels. @param {number} minutes since the page began */
export function shiftAt(minutes) {
    const [x, y] = WAY[Math.floor(minutes / SHIFT_EVERY_MIN) % WAY.length];
    return { x: x * SHIFT_PX, y: y * SHIFT_PX };
}
