// The picture: a canvas, what is on it, and the least that has to be painted for the next frame.

import { lay, placesOf } from "./laid.js";
import { Layers } from "./layers.js";
import { Painter } from "./painter.js";
import { hasColumns } from "./sheets.js";
import { sweepTo, touched } from "./strokes.js";
import { advance, barOf, byPage, columnAt, unrolled, visible } from "./sweep.js";

/** @typedef {HTMLCanvasElement | OffscreenCanvas} Canvas */
/** @typedef {import("../signal/channels.js").Samples} Samples */
/** @typedef {import("./geometry.js").Display} Display */
/** @typedef {import("./painter.js").Palette} Palette */
/** Device pixels; `text`: how much larger letters are than usual. @typedef {{ width: number, height: number, dpr: number, text?: number }} Size */

/**
 * A lead to show. `range` of its stored values, for those that are no voltage; null = not known. `gain` is
 * that of the record; `times` by how much a person has it drawn larger, negative = turned over;
 * `filter`: what is done to it, in words. `base`: the mV that its base line stands for.
 * @typedef {import("../wire/events.js").LeadInfo & {
 *   kind: string, range: import("../signal/reach.js").Range | null,
 *   derived?: boolean, alias?: string | null, times?: number, filter?: string,
 *   inverted?: boolean, base?: number,
 * }} Shown
 */

/** Of a column: what sums of fractions may be off. */
const ROUNDED = 1e-6;

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
    #shown = [];
    /** @type {import("./sheets.js").Plan | null} */
    #plan = null;
    #fs = 1;
    /** @type {Laid | null} */
    #laid = null;
    /** @type {{ head: number, upTo: number, absent: string, ended: boolean, start: number, stop: number, revision: number, marked: number, ring: Samples } | null} */
    #painted = null;
    #layers = new Layers();

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
        this.revision++;
        this.#canvas.width = size.width;
        this.#canvas.height = size.height;
        this.#laid = null;
    }

    /** @param {Display} display */
    show(display) {
        this.#display = display;
        this.revision++;
        this.#laid = null;
    }

    /** @param {Palette} palette */
    paint(palette) {
        this.#palette = palette;
        this.revision++;
        this.#laid = null;
    }

    /**
     * @param {Shown[]} shown the channels of `plan`
     * @param {import("./sheets.js").Plan} plan
     * @param {number} fs
     */
    lead(shown, plan, fs) {
        this.#shown = shown;
        this.revision++;
        this.#plan = plan;
        this.#fs = fs;
        this.#laid = null;
    }

    /** Set or take away a layer of marks. @param {string} id @param {import("./layers.js").Layer | null} layer */
    mark(id, layer) {
        this.#layers.set(id, layer);
        this.revision++;
    }

    /** Say that somebody else painted on the canvas. */
    forget() {
        this.#laid = null;
    }

    /** The oldest sample that the picture was painted from; null before there is one. */
    get oldest() {
        return this.#painted?.start ?? null;
    }

    /** The sample that is drawn at a place; null = none is. @param {number} x device pixels from the left edge of the canvas */
    sampleAt(x) {
        const laid = this.#laid;
        const painted = this.#painted;
        if (!laid || !painted) return null;
        const { page, gutter, pxPerSample } = laid;
        const column = columnAt(x - gutter, painted.head, page, this.#scrolls() ? 0 : barOf(page, painted.ended), this.#scrolls());
        return column === null ? null : Math.max(0, Math.min(painted.upTo - 1, Math.round(column / pxPerSample)));
    }

    /** Counts whatever changes how the picture looks. */
    revision = 0;

    /** What is to be laid out; null before anything is known. */
    get wish() {
        const [display, palette, plan] = [this.#display, this.#palette, this.#plan];
        if (!display || !palette || !plan || this.#size.width < 2) return null;
        return { display, palette, plan, size: this.#size, shown: this.#shown, fs: this.#fs, layers: this.#layers };
    }

    /** The scale of the picture; null before there is one. */
    get scale() {
        return this.#lay()?.scale ?? null;
    }

    /** Where things stand, in device pixels; null before anything does. */
    get layout() {
        const laid = this.#lay();
        if (!laid) return null;
        return placesOf(laid);
    }

    /**
     * Bring the picture to sample `shown` (with a fraction), out of `ring`.
     * @param {Samples} ring
     * @param {number} shown
     * @param {string} absent what to say of that which lies before the first sample held
     * @param {boolean} [ended] whether that is the end of the record
     */
    draw(ring, shown, absent, ended = false) {
        const laid = this.#lay();
        if (!laid || this.#shown.length !== ring.leads) return;
        const { pxPerSample, page } = laid;
        // At the end the newest column is that of the last sample, and not of one that never comes.
        const head = ended ? Math.max(0, Math.ceil(shown * pxPerSample - ROUNDED) - 1) : Math.floor(shown * pxPerSample);
        const was = this.#painted;
        const upTo = Math.floor(shown) + 1;
        const marked = this.#layers.revision;
        const same = was !== null && was.ring === ring && was.revision === ring.revision && was.absent === absent && was.marked === marked && was.ended === ended;
        if (same && was.head === head && was.upTo === upTo && was.stop === ring.stop) return;
        const span = same ? advance(was.head, head, page, touched(was, ring, laid)) : null;
        if (this.#scrolls()) this.#scroll(laid, ring, { head, upTo, absent, ended }, span);
        else sweepTo(laid, ring, { head, upTo, absent, ended }, span);
        const { start, stop, revision } = ring;
        this.#painted = { head, upTo, absent, ended, start, stop, revision, marked, ring };
    }

    /** In columns the paper stands: the place of a cell is where its signal is. */
    #scrolls() {
        return this.#display?.motion === "scroll" && !hasColumns(this.#display.sheet);
    }

    /** Paint empty paper: there is nothing to show yet. */
    clear() {
        const laid = this.#lay();
        if (!laid || this.#painted) return;
        laid.painter.paper(laid.gutter, laid.page, laid.gutter);
        laid.marginsOn();
    }

    /** @param {Laid} laid @param {Samples} ring @param {import("./strokes.js").Moment} moment @param {import("./sweep.js").Span | null} span */
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
            layerPainter.stretch({ ...piece, origin, x: 0, upTo, gridOrigin: 0, absent, flows: true }, strips, ring, pxPerSample);
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
        const { wish } = this;
        if (!wish) return null;
        const laid = lay(this.#ctx, { makeCanvas: this.#makeCanvas, ...wish });
        this.#laid = { ...laid, layerPainter: new Painter(this.#layerCtx, laid.looks) };
        this.#painted = null;
        laid.marginsOn();
        return this.#laid;
    }
}

/** @typedef {import("./laid.js").Laid & { layerPainter: Painter }} Laid */

/**
 * @param {Canvas} canvas
 * @returns {import("./painter.js").Context}
 */
export function contextOf(canvas) {
    const ctx = /** @type {import("./painter.js").Context | null} */ (canvas.getContext("2d"));
    if (!ctx) throw new Error("this browser has no 2d canvas");
    return ctx;
}
