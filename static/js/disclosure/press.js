// Paints lines, all of one look.

import { scaleOf } from "../signal/calibration.js";
import { millivoltHeight, rangeHeight } from "../view/layouts.js";
import { Painter } from "../view/painter.js";
import { paperOf } from "./ruling.js";
import { around, partAbove } from "./stand.js";

/** @typedef {import("../view/painter.js").Palette} Palette */
/** @typedef {import("./tape.js").Tape} Tape */
/** @typedef {import("../wire/events.js").LeadInfo & { kind: string }} Lead */
/** @typedef {{ low: number, high: number }} Range */

/**
 * Device pixels. `width` of the whole line, `gutter` of the pulse at its left.
 * @typedef {{
 *   width: number, height: number, gutter: number, dpr: number, pxPerS: number, pxPerMv: number,
 *   stand: import("./stand.js").Stand,
 * }} Face
 */

/** A pulse's part of the width of its strip. */
const PULSE = 0.45;
/** CSS pixels of the trace where a second has many of them, and where it has few: beats must not touch. */
const LINE = { wide: 1.3, narrow: 0.9 };
const NARROW_PX_PER_S = 14;
/** Device pixels painted at once. */
const PIECE = 128;

/**
 * How stored values become heights in a line; null = the range of a lead without a scale is not known.
 * @param {Lead} lead
 * @param {Range | null} range of a lead that is not in mV
 * @param {{ height: number, pxPerMv: number, stand: import("./stand.js").Stand }} face
 * @returns {import("../view/painter.js").Strip}
 */
function stripOf(lead, range, { height, pxPerMv, stand }) {
    const scale = scaleOf(lead);
    const ecg = lead.kind === "ecg";
    const volts = ecg && scale.volts;
    const row = { top: 0, height, baseline: Math.round(partAbove(stand) * height) };
    const heights = volts ? millivoltHeight(around(scale, stand.base), row, pxPerMv) : range && rangeHeight(range, row);
    return { row, from: 0, to: Infinity, lead: 0, height: heights, name: lead.name, ecg, volts };
}

/** Has what lines of one look are painted with. */
export class Press {
    #face;
    #looks;
    #strip;
    /** One for each canvas: what is painted straight on it is drawn off this thread, where a browser can. @type {WeakMap<HTMLCanvasElement, Painter>} */
    #painters = new WeakMap();

    /**
     * @param {Face} face
     * @param {{ palette: Palette, seconds: number, lead: Lead, range: Range | null }} looks
     */
    constructor(face, looks) {
        this.#face = face;
        this.#looks = looks;
        this.#strip = stripOf(looks.lead, looks.range, face);
    }

    /**
     * Paint a line.
     * @param {HTMLCanvasElement} canvas
     * @param {Tape} tape
     * @param {number} ends pixels from the left edge at which the record ends
     */
    paint(canvas, { ring, pxPerValue, shift, rails }, ends) {
        const { width, height, gutter, pxPerMv } = this.#face;
        if (canvas.width !== width) canvas.width = width;
        if (canvas.height !== height) canvas.height = height;
        const ctx = canvas.getContext("2d");
        if (!ctx) return;
        const painter = this.#painter(canvas, ctx);
        const to = Math.min(width - gutter, Math.ceil(ends));
        painter.gutter([this.#strip], { name: 0, width: gutter, pulsePx: Math.round(gutter * PULSE), pxPerMv });
        // In pieces: one stroke of thousands of points costs several times what many short ones do.
        for (let left = 0; left < to; left += PIECE) {
            const stretch = { from: left - shift, to: Math.min(to, left + PIECE) - shift, origin: -shift, x: gutter };
            painter.stretch(
                { ...stretch, upTo: Infinity, gridOrigin: -shift, absent: "" }, [this.#strip], ring, pxPerValue, [rails],
            );
        }
        // What lies behind the end of the record is the page's own ground: there is no paper.
        ctx.clearRect(gutter + to, 0, width, height);
    }

    /** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} ctx */
    #painter(canvas, ctx) {
        const known = this.#painters.get(canvas);
        if (known) return known;
        const { height, dpr, pxPerS } = this.#face;
        const { palette, seconds } = this.#looks;
        const painter = new Painter(ctx, {
            height,
            dpr,
            palette,
            line: pxPerS < NARROW_PX_PER_S * dpr ? LINE.narrow : LINE.wide,
            grid: paperOf(pxPerS, seconds, dpr),
            pattern: (size, draw) => {
                const tile = makeCanvas(size, size);
                const tileCtx = tile.getContext("2d");
                if (!tileCtx) return null;
                draw(tileCtx);
                return ctx.createPattern(tile, "repeat");
            },
        });
        this.#painters.set(canvas, painter);
        return painter;
    }
}

/** @param {number} width @param {number} height */
function makeCanvas(width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    return canvas;
}
