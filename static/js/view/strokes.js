// One step of the sweep: what the viewer's picture and each tile of a wall have in common.

import { scaleOf } from "../signal/calibration.js";
import { millivoltHeight, rangeHeight } from "./layouts.js";
import { LABELLED_FROM, reach } from "./painter.js";
import { barOf, byPage, visible } from "./sweep.js";

/** @typedef {import("../signal/channels.js").Samples} Samples */
/** @typedef {import("./painter.js").Strip} Strip */
/** @typedef {import("./sweep.js").Span} Span */
/** @typedef {import("./stage.js").Shown} Shown */

/** The newest column, the first sample not to be drawn; `ended`: none will follow. @typedef {{ head: number, upTo: number, absent: string, ended?: boolean }} Moment */

/**
 * Where rows lie: `gutter` left of them, `page` columns long.
 * @typedef {{
 *   page: number, gutter: number, pxPerSample: number, dpr: number,
 *   painter: import("./painter.js").Painter, strips: Strip[],
 * }} Rows
 */

/**
 * Paint the columns of `span`, null = all, and the blank bar before the oldest.
 * @param {Rows} rows
 * @param {Samples} samples
 * @param {Moment} moment
 * @param {Span | null} span
 * @param {import("./painter.js").Rails} rails
 */
export function sweepTo({ page, gutter, painter, strips, pxPerSample }, samples, moment, span, rails = []) {
    const { head, upTo, absent } = moment;
    const bar = barOf(page, moment.ended);
    if (!span) painter.paper(gutter, page, gutter);
    const { from, to } = span ?? visible(head, page, bar);
    for (const piece of byPage(from, to, page)) {
        const origin = Math.floor(piece.from / page) * page;
        painter.stretch(
            { ...piece, origin, x: gutter, upTo, gridOrigin: origin, absent }, strips, samples, pxPerSample, rails,
        );
    }
    for (const piece of byPage(head + 1, head + 1 + bar, page)) {
        const left = gutter + (piece.from % page);
        painter.bar(left, piece.to - piece.from, piece.from === head + 1);
    }
    // Where the newest stands beside the oldest they are told apart; a page that is full in order has nothing to tell.
    if (moment.ended && (head + 1) % page > 0) painter.edge(gutter + ((head + 1) % page));
}

/**
 * @param {Shown} lead
 * @param {import("./layouts.js").Row} row
 * @param {{ pxPerMv: number }} scale
 * @param {{ lead: number, from: number, to: number }} place which line it is, and its columns of a page
 * @returns {Strip}
 */
export function stripFor(lead, row, { pxPerMv }, place) {
    const line = scaleOf(lead);
    const ecg = lead.kind === "ecg";
    // Only a voltage has a place on ECG paper; whatever else has its own range, and says so.
    const volts = ecg && line.volts;
    const times = lead.times ?? 1;
    const onPaper = () => {
        const { slope, offset } = millivoltHeight(line, row, pxPerMv * times);
        return { slope, offset: offset + (lead.base ?? 0) * pxPerMv * times };
    };
    const height = volts ? onPaper() : lead.range && rangeHeight(lead.range, row, times);
    return { row, ...place, height, name: lead.name, stored: lead.alias ?? lead.name, ecg, volts, times };
}

/**
 * Return the first column that what came since changes.
 * @param {{ upTo: number, stop: number }} was
 * @param {Samples} samples
 * @param {Pick<Rows, "pxPerSample" | "dpr" | "strips">} rows
 */
export function touched(was, samples, { pxPerSample, dpr, strips }) {
    // The line from the last sample drawn, which may have ended before the newest column.
    let first = Math.floor((Math.min(was.upTo, was.stop) - 2) * pxPerSample) - reach(dpr);
    const words = LABELLED_FROM * dpr;
    strips.forEach(({ lead }) => {
        const run = samples.runs(lead).at(-1);
        // A gap that has only now become wide enough for its words.
        if (!run || run.stop <= was.stop) return;
        const start = Math.floor(run.start * pxPerSample);
        const end = was.stop * pxPerSample;
        if (end - start < words && run.stop * pxPerSample - start >= words) first = Math.min(first, start);
    });
    return first;
}
