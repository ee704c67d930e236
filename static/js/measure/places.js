// Where samples and millivolts stand in a picture that stands still, and what stands where. Pixels of the canvas
// (device pixels); the overlay divides by the screen's ratio.

import { scaleOf } from "../signal/calibration.js";

/** A stretch of one lead in the picture. @typedef {{ lead: number, row: number, x: number, width: number }} Cell */

/**
 * What is told of a picture (messages.js, Layout), as far as calipers need it. `look`: the sample at the
 * gutter and the pixels of a sample, null = it moves. `drawn`: whether samples are drawn or envelopes of them.
 * @typedef {{
 *   look?: { start: number, pxPerSample: number } | null, cells?: Cell[], drawn?: string, gutter: number,
 *   rows: import("../view/layouts.js").Row[], scale: { pxPerMv: number }, fs: number,
 *   leads: (import("../wire/events.js").LeadInfo & Drawn)[], filtered?: boolean,
 * }} Picture
 * @typedef {{ kind: string, times?: number, base?: number, filter?: string, alias?: string | null, derived?: boolean, inverted?: boolean }} Drawn
 * `times`: by how much a lead is drawn larger than the scale says, negative = turned over. `filter`: the one wished
 * for, which is on where `filtered` says so. `alias`: the stored name of a lead that is shown under another one.
 */

/** A picture that stands still. @typedef {Picture & { look: { start: number, pxPerSample: number }, cells: Cell[] }} Still */

/**
 * Return the picture if it stands still.
 * @param {Picture | null} picture
 * @returns {Still | null}
 */
export function still(picture) {
    return picture?.look && picture.cells ? /** @type {Still} */ (picture) : null;
}

/** Whether envelopes stand in it, of whatever fineness: what is seen there is no sample. @param {Picture} picture */
export const enveloped = ({ drawn }) => drawn === "envelope" || drawn === "outline";

/** @param {Still} picture @param {number} x */
export const sampleAt = ({ look, gutter }, x) => look.start + (x - gutter) / look.pxPerSample;

/** @param {Still} picture @param {number} sample */
export const xOf = ({ look, gutter }, sample) => gutter + (sample - look.start) * look.pxPerSample;

/** Pixels of a mV upwards in a cell. @param {Picture} picture @param {Cell} cell */
const upwards = ({ scale, leads }, { lead }) => scale.pxPerMv * (leads[lead].times ?? 1);

/** Millivolts of the base line of a cell. @param {Picture} picture @param {Cell} cell */
const baseOf = ({ leads }, { lead }) => leads[lead].base ?? 0;

/** @param {Picture} picture @param {Cell} cell @param {number} y */
export const mvAt = (picture, cell, y) =>
    baseOf(picture, cell) + (picture.rows[cell.row].baseline - y) / upwards(picture, cell);

/** @param {Picture} picture @param {Cell} cell @param {number} mv */
export const yOf = (picture, cell, mv) =>
    picture.rows[cell.row].baseline - (mv - baseOf(picture, cell)) * upwards(picture, cell);

/**
 * Return the cell at a place; null beside all.
 * @param {Still} picture
 * @param {number} x
 * @param {number} y
 */
export function cellAt({ cells, rows }, x, y) {
    return (
        cells.find((cell) => {
            const { top, height } = rows[cell.row];
            return x >= cell.x && x < cell.x + cell.width && y >= top && y < top + height;
        }) ?? null
    );
}

/** The samples in sight in a cell, with fractions. @param {Still} picture @param {Cell} cell */
export function sightOf(picture, { x, width }) {
    return { start: sampleAt(picture, x), stop: sampleAt(picture, x + width) };
}

/** Whether a sample's place is in a cell. @param {Still} picture @param {Cell} cell @param {number} sample */
export function inSight(picture, cell, sample) {
    const x = xOf(picture, sample);
    // A sample on the edge of two belongs to both: the line that ends there is in sight.
    return x >= cell.x && x <= cell.x + cell.width;
}

/**
 * Return the name that a caliper keeps: the stored one, whatever a layout shows it as; that of the line itself where its
 * values are not those that are stored.
 * @param {Picture["leads"][number]} lead
 */
export const storedName = ({ name, alias, derived, inverted }) => (derived || inverted ? name : (alias ?? name));

/** The lead of the picture that a caliper names. @param {Picture | null} picture @param {string} name */
export const leadOf = (picture, name) => picture?.leads.find((lead) => storedName(lead) === name) ?? null;

/** The cells of a lead. @param {Still} picture @param {string} name */
export const cellsOf = ({ cells, leads }, name) => cells.filter(({ lead }) => leads[lead] && storedName(leads[lead]) === name);

/**
 * Return the cell to draw a caliper in: of those of its lead the one that shows most of its marks, of these the
 * one in the row in which it was set, of these the widest. Null where no mark is in sight, and none of the
 * cells lies between two.
 * @param {Still} picture
 * @param {Pick<import("./calipers.js").Caliper, "lead" | "marks" | "row">} caliper
 */
export function cellOf(picture, { lead, marks, row }) {
    const samples = marks.flatMap((mark) => (mark ? [mark.sample] : []));
    if (!samples.length) return null;
    const [first, last] = [Math.min(...samples), Math.max(...samples)];
    const sorted = cellsOf(picture, lead)
        .map((cell) => {
            const sight = sightOf(picture, cell);
            const between = first < sight.start && last > sight.stop;
            const shown = samples.filter((sample) => inSight(picture, cell, sample)).length;
            return { cell, shown: shown || (between ? 0.5 : 0) };
        })
        .filter(({ shown }) => shown > 0)
        .sort(
            (a, b) =>
                b.shown - a.shown ||
                Number(b.cell.row === row) - Number(a.cell.row === row) ||
                b.cell.width - a.cell.width,
        );
    return sorted[0]?.cell ?? null;
}

/**
 * Return the line from a lead's stored values to mV; null where it has no scale on the paper, as the painter
 * has it: only a voltage of an ECG has one.
 * @param {Picture["leads"][number]} lead
 */
export function paperLine(lead) {
    const line = scaleOf(lead);
    return lead.kind === "ecg" && line.volts ? line : null;
}

/**
 * Return places as near to those wished as can be, each at least `gap` from the next, all in [low, high]
 * where they fit. `wished` ascending. Neighbours that would touch share their displacement (isotonic regression by
 * pooling adjacent violators: M. Ayer et al., Ann Math Stat 1955;26:641-647).
 * @param {readonly number[]} wished
 * @param {number} gap
 * @param {number} low
 * @param {number} high
 */
export function spread(wished, gap, low, high) {
    /** @type {{ sum: number, count: number }[]} */
    const blocks = [];
    wished.forEach((place, i) => {
        let block = { sum: place - i * gap, count: 1 };
        for (let last = blocks.at(-1); last && last.sum / last.count > block.sum / block.count; last = blocks.at(-1)) {
            blocks.pop();
            block = { sum: last.sum + block.sum, count: last.count + block.count };
        }
        blocks.push(block);
    });
    const highest = Math.max(low, high - (wished.length - 1) * gap);
    return blocks
        .flatMap(({ sum, count }) => new Array(count).fill(Math.min(highest, Math.max(low, sum / count))))
        .map((place, i) => place + i * gap);
}
