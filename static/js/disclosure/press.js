// Paints lines, all with one painter: in a canvas of its own, from which they are taken.

import { scaleOf } from "../signal/calibration.js";
import { millivoltHeight, rangeHeight } from "../view/layouts.js";
import { Painter } from "../view/painter.js";
import { BASELINE, paperOf } from "./ruling.js";

/** @typedef {import("../view/painter.js").Palette} Palette */
/** @typedef {import("./tape.js").Tape} Tape */
/** @typedef {import("../wire/events.js").LeadInfo & { kind: string }} Lead */
/** @typedef {{ low: number, high: number }} Range */

/**
 * Device pixels. `width` of the whole line, `gutter` of the pulse at its left.
 * @typedef {{ width: number, height: number, gutter: number, dpr: number, pxPerS: number, pxPerMv: number }} Face
 */

/** A pulse's part of the width of its strip. */
const PULSE = 0.45;
/** CSS pixels of the trace where a second has many of them, and where it has few: beats must not touch. */
const LINE = { wide: 1.3, narrow: 0.9 };
const NARROW_PX_PER_S = 14;

/**
 * How stored values become heights in a line; null = the range of a lead without a scale is not known.
 * @param {Lead} lead
 * @param {Range | null} range of a lead that is not in mV
 * @param {{ height: number, pxPerMv: number }} face
 * @returns {import("../view/painter.js").Strip}
 */
export function stripOf(lead, range, { height, pxPerMv }) {
    const scale = scaleOf(lead);
    const ecg = lead.kind === "ecg";
    const volts = ecg && scale.volts;
    const row = { top: 0, height, baseline: Math.round(BASELINE * height) };
    const heights = volts ? millivoltHeight(scale, row, pxPerMv) : range && rangeHeight(range, row);
    return { row, height: heights, name: lead.name, ecg, volts };
}

/** Has what lines of one look are painted with. */
export class Press {
    #sheet;
    #painter;
    #face;
    #strip;

    /**
     * @param {Face} face
     * @param {{ palette: Palette, seconds: number, lead: Lead, range: Range | null }} looks
     */
    constructor(face, { palette, seconds, lead, range }) {
        const { width, height, dpr, pxPerS } = face;
        this.#face = face;
        this.#sheet = makeCanvas(width, height);
        const ctx = this.#sheet.getContext("2d", { alpha: false });
        if (!ctx) throw new Error("no canvas here");
        this.#painter = new Painter(ctx, {
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
        this.#strip = stripOf(lead, range, face);
    }

    /**
     * Paint a line and put it on `canvas`.
     * @param {HTMLCanvasElement} canvas
     * @param {Tape} tape
     * @param {number} ends pixels from the left edge at which the record ends
     */
    paint(canvas, { ring, pxPerValue, shift, rails }, ends) {
        const { width, height, gutter, pxPerMv } = this.#face;
        const to = Math.min(width - gutter, Math.ceil(ends));
        this.#painter.blank(0, width);
        this.#painter.gutter([this.#strip], { name: 0, width: gutter, pulsePx: Math.round(gutter * PULSE), pxPerMv });
        this.#painter.stretch(
            {
                from: -shift, to: to - shift, origin: -shift, x: gutter, upTo: Infinity, gridOrigin: -shift, absent: "",
            },
            [this.#strip], ring, pxPerValue, [rails],
        );
        canvas.width = width;
        canvas.height = height;
        const ctx = canvas.getContext("2d", { alpha: true });
        // What lies behind the end of the record stays the page's own ground: there is no paper.
        ctx?.drawImage(this.#sheet, 0, 0, gutter + to, height, 0, 0, gutter + to, height);
    }
}

/** @param {number} width @param {number} height */
function makeCanvas(width, height) {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    return canvas;
}
