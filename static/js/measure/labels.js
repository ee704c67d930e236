// Where the label of a caliper stands: inside the picture, beside the other labels, and off the trace where it can.

import { sampleAt, storedName, yOf } from "./places.js";

/** @typedef {import("./places.js").Still} Still */
/** CSS pixels. @typedef {{ x: number, y: number, width: number, height: number }} Box */

/**
 * Return where a label stands: at the wished place moved into `bounds`, below (or else above) those that
 * stand there already.
 * @param {Box} wished
 * @param {readonly Box[]} taken
 * @param {Box} bounds
 * @returns {Box}
 */
export function placed(wished, taken, bounds) {
    const most = (/** @type {number} */ at, /** @type {number} */ low, /** @type {number} */ high) =>
        Math.max(low, Math.min(high, at));
    const x = most(wished.x, bounds.x, bounds.x + bounds.width - wished.width);
    const lowest = bounds.y + bounds.height - wished.height;
    const home = { ...wished, x, y: most(wished.y, bounds.y, lowest) };
    const touching = (/** @type {Box} */ box) =>
        taken.filter(
            (other) =>
                box.x < other.x + other.width && other.x < box.x + box.width &&
                box.y < other.y + other.height && other.y < box.y + box.height,
        );
    /** Edges at which it touches nobody that is there: the nearest of them is where it goes. */
    const tried = [home.y, ...taken.flatMap(({ y, height }) => [y + height, y - home.height])]
        .filter((y) => y >= bounds.y && y <= lowest)
        .sort((a, b) => Math.abs(a - home.y) - Math.abs(b - home.y));
    const y = tried.find((one) => touching({ ...home, y: one }).length === 0);
    return { ...home, y: y ?? home.y };
}

/** CSS pixels between two places at which the trace is looked at. */
const LOOK = 2;

/**
 * Return over how much of the traces a box lies, in places looked at.
 * @param {Still} picture
 * @param {Box} box in CSS pixels
 * @param {number} dpr
 * @param {(lead: string, sample: number) => number | null} heightAt in mV; null = not known, or no trace
 */
export function covered(picture, box, dpr, heightAt) {
    const [top, bottom] = [box.y * dpr, (box.y + box.height) * dpr];
    let count = 0;
    for (const cell of picture.cells) {
        const row = picture.rows[cell.row];
        if (row.top >= bottom || row.top + row.height <= top) continue;
        const to = Math.min((box.x + box.width) * dpr, cell.x + cell.width);
        for (let x = Math.max(box.x * dpr, cell.x); x < to; x += LOOK * dpr) {
            const mv = heightAt(storedName(picture.leads[cell.lead]), Math.round(sampleAt(picture, x)));
            if (mv === null) continue;
            const y = yOf(picture, cell, mv);
            if (y >= top && y <= bottom) count++;
        }
    }
    return count;
}

/**
 * Return the one of the places wished that covers the least, the first of them where several do.
 * @param {readonly Box[]} wished
 * @param {readonly Box[]} taken
 * @param {Box} bounds
 * @param {(box: Box) => number} cost
 * @returns {Box}
 */
export function best(wished, taken, bounds, cost) {
    const boxes = wished.map((box) => placed(box, taken, bounds));
    const costs = boxes.map(cost);
    return boxes[costs.indexOf(Math.min(...costs))];
}
