// Where a pointer is on a picture, told so that it can be shown on another one: another size, another scale.

import { paperLine, mvAt, yOf } from "../measure/places.js";

/** @typedef {import("../measure/places.js").Picture} Shape */
/** @typedef {import("./log.js").Place} Place */
/**
 * A picture, still or moving, in device pixels. `scrolls`: the paper moves under the pen, which stands at its right end.
 * @typedef {{
 *   picture: Shape & { scale: { pxPerS: number, columns: number } }, height: number, shown: number, scrolls: boolean,
 * }} Seen
 */

/** @param {number} value @param {number} digits */
const rounded = (value, digits) => Number(value.toFixed(digits));

/** @param {number} x @param {number} low @param {number} high */
const within = (x, low, high) => Math.min(high, Math.max(low, x));

/**
 * Return the sample at `x`, with a fraction; null where the picture has none.
 * @param {Seen} seen
 * @param {number} x
 */
export function sampleUnder({ picture, shown, scrolls }, x) {
    const { look, gutter, scale, fs } = picture;
    const column = x - gutter;
    if (column < 0 || column > scale.columns) return null;
    if (look) return look.start + column / look.pxPerSample;
    const pxPerSample = scale.pxPerS / fs;
    const head = shown * pxPerSample;
    const at = scrolls ? head - (scale.columns - column) : column + Math.floor((head - column) / scale.columns) * scale.columns;
    return at < 0 ? null : at / pxPerSample;
}

/**
 * Return where a sample stands; null where it is out of sight.
 * @param {Seen} seen
 * @param {number} sample
 */
export function xUnder({ picture, shown, scrolls }, sample) {
    const { look, gutter, scale, fs } = picture;
    const pxPerSample = look?.pxPerSample ?? scale.pxPerS / fs;
    const back = (shown - sample) * pxPerSample;
    let column = (sample - (look?.start ?? 0)) * pxPerSample;
    if (!look) column = scrolls ? scale.columns - back : ((column % scale.columns) + scale.columns) % scale.columns;
    const there = look ? true : back >= 0 && back <= scale.columns;
    return there && column >= 0 && column <= scale.columns ? gutter + column : null;
}

/**
 * Tell a place.
 * @param {Seen} seen
 * @param {{ x: number, y: number }} point
 * @param {boolean} down
 * @returns {Place}
 */
export function placeOf(seen, { x, y }, down) {
    const { picture, height } = seen;
    const sample = sampleUnder(seen, x);
    const cell = picture.cells?.find((one) => {
        const { top, height: tall } = picture.rows[one.row];
        return x >= one.x && x < one.x + one.width && y >= top && y < top + tall;
    });
    const lead = cell && picture.leads[cell.lead];
    return {
        x: rounded((x - picture.gutter) / Math.max(1, picture.scale.columns), 5),
        y: rounded(y / Math.max(1, height), 5),
        sample: sample === null ? null : rounded(sample, 1),
        lead: lead?.name ?? null,
        // Of a lead without a scale in mV the height of the picture has to do.
        mv: cell && lead && paperLine(lead) ? rounded(mvAt(picture, cell, y), 4) : null,
        down,
    };
}

/**
 * Return where a place is. On a line it is on the same voltage of the same lead; in time it is where it was on the page
 * that its author had, if that is as long as this one (`alike`), else at the same sample.
 * @param {Seen} seen
 * @param {Place} place
 * @param {boolean} alike
 */
export function pointAt(seen, place, alike) {
    const { picture, height } = seen;
    const { gutter, scale, cells = [], leads, rows } = picture;
    const there = place.sample === null || alike ? null : xUnder(seen, place.sample);
    const x = there ?? gutter + place.x * scale.columns;
    const own = cells.filter(({ lead }) => leads[lead]?.name === place.lead);
    const cell = own.find((one) => x >= one.x && x < one.x + one.width) ?? own[0];
    if (!cell || place.mv === null) return { x, y: place.y * height };
    const { top, height: tall } = rows[cell.row];
    return { x, y: within(yOf(picture, cell, place.mv), top, top + tall) };
}
