// What a line is painted from, whoever paints it: the content as a ring, and where it stands.

import { RailFinder } from "../signal/rails.js";
import { Ring } from "../signal/ring.js";
import { addPoints, Points } from "../view/columns.js";
import { drawnIn } from "../view/shapes.js";

/** @typedef {import("./supply.js").Content} Content */
/** @typedef {import("../wire/events.js").LeadInfo} LeadInfo */

/**
 * Value i of the ring stands `shift + i * pxPerValue` pixels from the left edge of the line.
 * @typedef {{ ring: Ring, pxPerValue: number, shift: number, rails: readonly import("../signal/rails.js").Railed[] }} Tape
 */

/**
 * @param {Content} content
 * @param {{ edge: number, pxPerSample: number, fs: number, lead: LeadInfo }} where `edge`: the sample,
 *   with a fraction, at the left edge of the line
 * @returns {Tape}
 */
export function tapeOf(content, { edge, pxPerSample, fs, lead }) {
    const envelope = content.kind === "envelope";
    const values = envelope ? zigzag(content) : content.values;
    const samplesPerValue = envelope ? content.each / 2 : 1;
    const ring = new Ring(values.length, 1, 0);
    if (values.length) ring.append(0, [values]);
    if (!envelope) {
        for (const { start, stop } of content.corrupt) {
            const at = { start: start - content.start, stop: stop - content.start };
            ring.remark({ ...at, leads: null, reason: "corrupt" });
        }
    }
    const rails = new RailFinder(lead, fs / samplesPerValue);
    rails.take(0, values);
    return {
        ring,
        pxPerValue: pxPerSample * samplesPerValue,
        shift: (content.start - edge) * pxPerSample,
        rails: rails.runs,
    };
}

/**
 * Return the lowest and highest of each column in turn: drawn as a line these cover what the samples
 * would. The one that is nearer to where the pen stands comes first, or a slope would be a fringe.
 * @param {import("./supply.js").Envelope} envelope
 */
export function zigzag({ low, high }) {
    const values = new Float64Array(2 * low.length);
    let pen = NaN;
    for (let i = 0; i < low.length; i++) {
        const fall = Math.abs(pen - high[i]) < Math.abs(pen - low[i]);
        values[2 * i] = fall ? high[i] : low[i];
        pen = values[2 * i + 1] = fall ? low[i] : high[i];
    }
    return values;
}

/**
 * Return the points of the line: x in pixels from its left edge, y as stored, NaN lifts the pen.
 * @param {Tape} tape
 */
export function pointsOf({ ring, pxPerValue, shift, rails }) {
    const points = new Points();
    const at = (/** @type {number} */ sample) => ring.at(0, sample);
    for (const { start, stop } of drawnIn(ring.start, ring.stop, ring.cuts, rails)) {
        addPoints(points, at, start, stop, pxPerValue);
    }
    points.x = points.x.map((x) => x + shift);
    return points;
}
