// The picture: a canvas, what is on it, and the least that has to be painted for the next frame.

import { gridFor, gutterFor, pulseWidth, scaleFor } from "./geometry.js";
import { rowsFor } from "./layouts.js";
import { Painter } from "./painter.js";
import { stripFor, sweepTo, touched } from "./strokes.js";
import { advance, byPage, unrolled, visible } from "./sweep.js";

/** @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas */
/** @typedef {import("../signal/ring.js").Ring} Ring */
/** @typedef {import("./geometry.js").Display} Display */
/** @typedef {import("./painter.js").Palette} Palette */
/** @typedef {import("./painter.js").Strip} Strip */
/** Device pixels. @typedef {{ width: number, height: number, dpr: number }} Size */

/**
 * A lead to show. `range` of its stored values, for those that are no voltage; null = not known.
 * @typedef {import("../wire/events.js").LeadInfo & {
 *   kind: string, range: { low: number, high: number } | null,
 * }} Shown
 */

/** Owns the pixels. */
export class Stage {
    #canvas;
    #ctx;
    #makeCanvas;
    /** The row as a ring of columns, for the scroll: shifted as a whole, never painted twice. */
    #layer;
    #layerCtx;
    /** @type {Size} */
    #size = { width: 1, height: 1, dpr: 1 };
    /** @type {Display | null} */
    #display = null;
    /** @type {Palette | null} */
    #palette = null;
    /** @type {Shown[]} */
    #leads = [];
    #fs = 1;
    /** @type {Laid | null} */
    #laid = null;
    /** @type {{ head: number, upTo: number, absent: string, start: number, stop: number, revision: number, ring: Ring } | null} */
    #painted = null;

    /**
     * @param {Canvas} canvas
     * @param {(width: number, height: number) => Canvas} makeCanvas
     */
    constructor(canvas, makeCanvas) {
        this.#canvas = canvas;
        this.#makeCanvas = makeCanvas;
        this.#ctx = contextOf(canvas);
        this.#layer = makeCanvas(1, 1);
        this.#layerCtx = contextOf(this.#layer);
    }

    /** @param {Size} size */
    resize(size) {
        this.#size = size;
        this.#canvas.width = size.width;
        this.#canvas.height = size.height;
        this.#laid = null;
    }

    /** @param {Display} display */
    show(display) {
        this.#display = display;
        this.#laid = null;
    }

    /** @param {Palette} palette */
    paint(palette) {
        this.#palette = palette;
        this.#laid = null;
    }

    /** @param {Shown[]} leads @param {number} fs */
    lead(leads, fs) {
        this.#leads = leads;
        this.#fs = fs;
        this.#laid = null;
    }

    /** The oldest sample that the picture was painted from; null before there is one. */
    get oldest() {
        return this.#painted?.start ?? null;
    }

    /** The scale of the picture; null before there is one. */
    get scale() {
        return this.#lay()?.scale ?? null;
    }

    /** Where things stand, in device pixels; null before anything does. */
    get layout() {
        const laid = this.#lay();
        if (!laid) return null;
        const { gutter, nameWidth, grid, strips } = laid;
        return { gutter, nameWidth, grid, rows: strips.map((strip) => strip.row) };
    }

    /**
     * Bring the picture to sample `shown` (with a fraction), out of `ring`.
     * @param {Ring} ring
     * @param {number} shown
     * @param {string} absent what to say of that which lies before the first sample held
     */
    draw(ring, shown, absent) {
        const laid = this.#lay();
        if (!laid || laid.strips.length !== ring.leads) return;
        const { pxPerSample, page } = laid;
        const head = Math.floor(shown * pxPerSample);
        const was = this.#painted;
        const upTo = Math.floor(shown) + 1;
        const same = was !== null && was.ring === ring && was.revision === ring.revision && was.absent === absent;
        if (same && was.head === head && was.upTo === upTo && was.stop === ring.stop) return;
        const span = same ? advance(was.head, head, page, touched(was, ring, laid)) : null;
        if (this.#display?.motion === "scroll") this.#scroll(laid, ring, { head, upTo, absent }, span);
        else sweepTo(laid, ring, { head, upTo, absent }, span);
        const { start, stop, revision } = ring;
        this.#painted = { head, upTo, absent, start, stop, revision, ring };
    }

    /** Paint empty paper: there is nothing to show yet. */
    clear() {
        const laid = this.#lay();
        if (!laid || this.#painted) return;
        laid.painter.paper(laid.gutter, this.#size.width - laid.gutter, laid.gutter);
    }

    /** @param {Laid} laid @param {Ring} ring @param {import("./strokes.js").Moment} moment @param {import("./sweep.js").Span | null} span */
    #scroll(laid, ring, { head, upTo, absent }, span) {
        const { page, gutter, layerPainter, strips, pxPerSample } = laid;
        const layer = this.#layer;
        if (!span) {
            layer.width = page;
            layer.height = this.#size.height;
            layerPainter.paper(0, page, 0);
        }
        const { from, to } = span ?? visible(head, page, 0);
        for (const piece of byPage(from, to, page)) {
            const origin = Math.floor(piece.from / page) * page;
            layerPainter.stretch({ ...piece, origin, x: 0, upTo, gridOrigin: 0, absent }, strips, ring, pxPerSample);
        }
        for (const { slot, x, width } of unrolled(head, page)) {
            this.#ctx.drawImage(
                layer, slot, 0, width, layer.height, gutter + x, 0, width, layer.height,
            );
        }
    }

    /** @returns {Laid | null} */
    #lay() {
        if (this.#laid) return this.#laid;
        if (!this.#display || !this.#palette || this.#size.width < 2) return null;
        const { width, height, dpr } = this.#size;
        const beside = gutterFor(this.#display, dpr, this.#leads.map((lead) => lead.name));
        const gutter = Math.min(beside.width, Math.floor(width / 3));
        const scale = scaleFor(this.#display, { width: width - gutter, dpr, fs: this.#fs });
        const grid = gridFor(this.#display, scale, dpr);
        const rows = rowsFor(Math.max(1, this.#leads.length), height, grid.y);
        const strips = this.#leads.map((lead, i) => stripFor(lead, rows[i], scale));
        /** @param {number} size @param {(ctx: import("./painter.js").Context) => void} draw */
        const pattern = (size, draw) => {
            const tile = this.#makeCanvas(size, size);
            draw(contextOf(tile));
            return this.#ctx.createPattern(tile, "repeat");
        };
        const looks = { height, dpr, palette: this.#palette, grid, pattern };
        const painter = new Painter(this.#ctx, looks);
        this.#laid = {
            gutter,
            nameWidth: beside.name,
            scale,
            grid,
            strips,
            page: scale.columns,
            pxPerSample: scale.pxPerS / this.#fs,
            dpr,
            painter,
            layerPainter: new Painter(this.#layerCtx, looks),
        };
        this.#painted = null;
        painter.gutter(strips, {
            ...beside,
            width: gutter,
            pulsePx: pulseWidth(scale, gutter - beside.name, dpr),
            pxPerMv: scale.pxPerMv,
        });
        return this.#laid;
    }
}

/**
 * @typedef {{
 *   gutter: number, nameWidth: number, scale: import("./geometry.js").Scale, grid: import("./geometry.js").Grid,
 *   strips: Strip[], page: number, pxPerSample: number, dpr: number,
 *   painter: Painter, layerPainter: Painter,
 * }} Laid
 */

/**
 * @param {Canvas} canvas
 * @returns {import("./painter.js").Context}
 */
export function contextOf(canvas) {
    const ctx = /** @type {import("./painter.js").Context | null} */ (canvas.getContext("2d"));
    if (!ctx) throw new Error("this browser has no 2d canvas");
    return ctx;
}
