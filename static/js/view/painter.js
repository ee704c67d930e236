// Puts one stretch of columns on a canvas: paper, gaps, traces. Knows no time and no samples' source.

import { barsOf, paintBars } from "./bars.js";
import { addPoints, hatched, Points } from "./columns.js";
import { Marking } from "./marking.js";
import { drawnIn, segmentsOf } from "./shapes.js";
import { REASONS } from "../texts/viewer.js";

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */
/** @typedef {import("./layouts.js").Row} Row */
/** @typedef {import("./layouts.js").Height} Height */
/** @typedef {import("../signal/channels.js").Samples} Samples */

/**
 * Colours, as a canvas takes them.
 * @typedef {{
 *   paper: string, gridMinor: string, gridMajor: string, trace: string, other: string, gap: string,
 *   hatch: string, label: string, pulse: string, playhead: string, warn: string, font: string,
 *   marks?: Readonly<Record<string, string>>,
 * }} Palette `marks`: by the names of `COLOURS` (layers.js)
 */

/**
 * A place to paint: columns [from, to) of each page in a row, which line of the samples stands there, how
 * values become heights (null = its scale is not known, and nothing is drawn), and whether it is an ECG. `times`
 * the gain: so high is its pulse. `stored`: the name of the lead that it is, where it is shown under another one.
 * @typedef {{
 *   row: Row, from: number, to: number, lead: number, height: Height | null, name: string, ecg: boolean, volts: boolean,
 *   times?: number, stored?: string,
 * }} Strip
 */

/** Runs at the rail of each lead, where no trace is drawn. @typedef {readonly (readonly import("../signal/rails.js").Railed[])[]} Rails */

/**
 * A stretch to paint: columns [from, to) of the record, column `origin` standing at x = `x`.
 * `upTo` = the first sample not to be drawn. `gridOrigin` = the column at which the paper begins.
 * `absent` = what to say of that which lies before the first sample held. `flows`: the page before goes on at its
 * left, as on a strip that is scrolled.
 * @typedef {{
 *   from: number, to: number, origin: number, x: number, upTo: number, gridOrigin: number, absent: string,
 *   flows?: boolean,
 * }} Stretch
 */

/** CSS pixels. */
const LINE = 1.6;
/** A value alone: of an ECG as thick as its line, of what comes once a minute to be found at a glance. */
const DOT = 3;
const HATCH_STEP = 7;
const DOT_STEP = 11;
const TOOTH = 12;
const LABEL_INSET = 8;
/** How thick the ticks between two leads of a row are, and the parts of a row's height between which each stands off its base line. */
const BORDER = 2;
const BORDER_FROM = [0.1, 0.32];
/** Of a trace that a filter has not settled on. */
const DIMMED = 0.35;
/** A gap narrower than this has no words in it. */
export const LABELLED_FROM = 72;

/** Columns left of a change that a line ending there may reach. @param {number} dpr */
export const reach = (dpr) => Math.ceil(LINE * dpr) + 3;

/** Paints on one context, `height` pixels high. */
export class Painter {
    #ctx;
    #height;
    #dpr;
    /** Device pixels of what is one CSS pixel large in a word of usual size. */
    #letters;
    #palette;
    #grid;
    #line;
    #points = new Points();
    /** @type {CanvasPattern | string} */
    #hatch;
    /** @type {CanvasPattern | string} */
    #dots;
    #wordless;
    /** @type {import("./layers.js").Layers | null} */
    #layers;
    #marking;

    /**
     * @param {Context} ctx
     * @param {{
     *   height: number, dpr: number, text?: number, palette: Palette,
     *   grid: import("./geometry.js").Grid,
     *   pattern: (size: number, draw: (ctx: Context) => void) => CanvasPattern | null,
     *   wordless?: boolean, line?: number, layers?: import("./layers.js").Layers | null,
     * }} looks `wordless`: why there is nothing stands elsewhere; `line`: how thick it is, in CSS pixels; `layers` of
     *   marks behind the trace
     */
    constructor(ctx, { height, dpr, text = 1, palette, grid, pattern, wordless = false, line = LINE, layers = null }) {
        this.#ctx = ctx;
        this.#line = line;
        this.#wordless = wordless;
        this.#height = height;
        this.#dpr = dpr;
        this.#letters = dpr * text;
        this.#palette = palette;
        this.#grid = grid;
        const size = Math.round(HATCH_STEP * dpr);
        this.#hatch = pattern(size, (tile) => drawHatch(tile, size, dpr, palette)) ?? palette.hatch;
        const step = Math.round(DOT_STEP * dpr);
        this.#dots = pattern(step, (tile) => drawDots(tile, step, palette)) ?? palette.hatch;
        this.#layers = layers;
        this.#marking = new Marking(ctx, { dpr, letters: this.#letters, palette, hatch: this.#hatch });
    }

    /**
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     * @param {Samples} samples
     * @param {number} pxPerSample
     * @param {Rails} rails
     */
    stretch(stretch, strips, samples, pxPerSample, rails = []) {
        const ctx = this.#ctx;
        const left = stretch.x + stretch.from - stretch.origin;
        const width = stretch.to - stretch.from;
        if (width <= 0) return;
        ctx.save();
        // Whole pixels: what is painted in many stretches looks as if painted in one.
        ctx.beginPath();
        ctx.rect(left, 0, width, this.#height);
        ctx.clip();
        this.paper(left, width, stretch.x + stretch.gridOrigin - stretch.origin);
        this.#absent(stretch, strips, Math.floor(samples.start * pxPerSample));
        this.#inCells(stretch, strips, (cell, strip) => this.#gaps(cell, strip, samples, pxPerSample));
        this.#marked(stretch, strips, pxPerSample);
        this.#borders(stretch, strips);
        this.#inCells(stretch, strips, (cell, strip) => {
            const railed = rails[strip.lead] ?? [];
            if (strip.height) this.#trace(cell, strip, strip.height, samples, pxPerSample, railed);
            for (const run of railed) this.#rail(cell, strip, run, pxPerSample);
        });
        this.#seams(stretch, samples, pxPerSample);
        ctx.restore();
    }

    /** Paint the layers of marks, which the trace then runs over. @param {Stretch} stretch @param {Strip[]} strips @param {number} pxPerSample */
    #marked(stretch, strips, pxPerSample) {
        const layers = this.#layers?.drawn ?? [];
        if (!layers.length) return;
        const tops = strips.map(({ row }) => row.top);
        const [first, last] = [Math.min(...tops), Math.max(...tops)];
        this.#inCells(stretch, strips, (cell, strip) => {
            const { top } = strip.row;
            this.#marking.paint(cell, strip, layers, pxPerSample, { first: top === first, last: top === last });
        });
    }

    /**
     * Paint each strip in that part of the stretch that is its own; where it has the whole page, nothing is cut.
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     * @param {(cell: Stretch, strip: Strip) => void} paint
     */
    #inCells(stretch, strips, paint) {
        const ctx = this.#ctx;
        for (const strip of strips) {
            const from = Math.max(stretch.from, stretch.origin + strip.from);
            const to = Math.min(stretch.to, stretch.origin + strip.to);
            if (to <= from) continue;
            const whole = from === stretch.from && to === stretch.to;
            if (!whole) {
                ctx.save();
                ctx.beginPath();
                ctx.rect(stretch.x + from - stretch.origin, 0, to - from, this.#height);
                ctx.clip();
            }
            paint(whole ? stretch : { ...stretch, from, to }, strip);
            if (!whole) ctx.restore();
        }
    }

    /**
     * Paint the lowest and highest of each column of several samples: a bar a pixel, joined to the one before.
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     * @param {import("../look/envelope.js").Envelope[]} envelopes one a line, by `Strip.lead`
     * @param {number} pxPerSample
     */
    envelope(stretch, strips, envelopes, pxPerSample) {
        const ctx = this.#ctx;
        const left = stretch.x + stretch.from - stretch.origin;
        if (stretch.to <= stretch.from) return;
        ctx.save();
        ctx.beginPath();
        ctx.rect(left, 0, stretch.to - stretch.from, this.#height);
        ctx.clip();
        this.#marked(stretch, strips, pxPerSample);
        this.#borders(stretch, strips);
        this.#inCells(stretch, strips, (cell, strip) => {
            const bars = barsOf(envelopes[strip.lead], cell, pxPerSample);
            for (const run of bars.missing) this.#gap(cell, strip, run, "missing");
            if (!strip.height) return;
            paintBars(ctx, bars, strip.height, {
                x: cell.x - cell.origin,
                thick: this.#line * this.#dpr,
                high: this.#height,
                edge: Math.round(4 * this.#dpr),
                ink: strip.ecg ? this.#palette.trace : this.#palette.other,
                warn: this.#palette.warn,
            });
        });
        ctx.restore();
    }

    /**
     * Paint where nothing is at hand yet.
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     */
    awaited(stretch, strips) {
        const ctx = this.#ctx;
        ctx.save();
        ctx.beginPath();
        ctx.rect(stretch.x + stretch.from - stretch.origin, 0, stretch.to - stretch.from, this.#height);
        ctx.clip();
        this.#absent(stretch, strips, stretch.to);
        ctx.restore();
    }

    /**
     * Mark where a row changes its lead: two ticks, one above the base line and one below it, behind the trace. A
     * trace is never so broken, and covers what it crosses: nothing of it is hidden, and it is not made longer.
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     */
    #borders({ from, to, origin, x }, strips) {
        const ctx = this.#ctx;
        const thick = Math.max(2, Math.round(BORDER * this.#dpr));
        ctx.fillStyle = this.#palette.pulse;
        for (const { row, from: column } of strips) {
            const at = origin + column - Math.floor(thick / 2);
            if (column <= 0 || at >= to || at + thick <= from) continue;
            const [near, far] = BORDER_FROM.map((part) => Math.round(part * row.height));
            for (const top of [row.baseline - far, row.baseline + near]) ctx.fillRect(x + at - origin, top, thick, far - near);
        }
    }

    /** Mark the place that is played. @param {number} x */
    playhead(x) {
        this.#ctx.fillStyle = this.#palette.playhead;
        this.#ctx.fillRect(x, 0, 2 * Math.max(1, Math.round(this.#dpr)), this.#height);
    }

    /**
     * Paint the paper in [left, left + width), its grid counted from x = `zero`.
     * @param {number} left
     * @param {number} width
     * @param {number} zero
     */
    paper(left, width, zero) {
        const ctx = this.#ctx;
        const { x, y } = this.#grid;
        this.blank(left, width);
        ctx.fillStyle = this.#palette.gridMinor;
        if (x.minor > 0) this.#verticals(left, width, zero, x.minor, 1);
        if (y.minor > 0) this.#horizontals(left, width, y.minor, 1);
        ctx.fillStyle = this.#palette.gridMajor;
        const heavy = Math.max(1, Math.round(this.#dpr * 0.75));
        this.#verticals(left, width, zero, x.major, heavy);
        this.#horizontals(left, width, y.major, heavy);
    }

    /** @param {number} left @param {number} width */
    blank(left, width) {
        this.#ctx.fillStyle = this.#palette.paper;
        this.#ctx.fillRect(left, 0, width, this.#height);
    }

    /**
     * Paint the blank bar of the sweep.
     * @param {number} left
     * @param {number} width
     * @param {boolean} head whether the newest column is at its left
     */
    bar(left, width, head) {
        this.blank(left, width);
        if (head) this.edge(left);
    }

    /** Mark where the newest column ends. @param {number} left */
    edge(left) {
        this.#ctx.fillStyle = this.#palette.playhead;
        this.#ctx.fillRect(left, 0, Math.max(1, Math.round(this.#dpr)), this.#height);
    }

    /**
     * Paint the strip at the left with the calibration pulse of each row in mV.
     * @param {Strip[]} strips
     * @param {{ name: number, width: number, pulsePx: number, pxPerMv: number }} gutter
     */
    gutter(strips, { name, width, pulsePx, pxPerMv }) {
        const ctx = this.#ctx;
        this.blank(0, width);
        ctx.fillStyle = this.#palette.gridMajor;
        ctx.fillRect(width - 1, 0, 1, this.#height);
        ctx.strokeStyle = this.#palette.pulse;
        ctx.lineWidth = LINE * this.#dpr;
        ctx.lineJoin = "miter";
        const foot = Math.max(2, (width - name - pulsePx) / 2 - 1);
        const left = Math.round(name + (width - name - pulsePx) / 2);
        for (const { row, volts, times = 1 } of strips) {
            if (!volts) continue;
            const low = row.baseline + 0.5;
            const high = low - pxPerMv * times;
            ctx.beginPath();
            ctx.moveTo(left - foot, low);
            ctx.lineTo(left, low);
            ctx.lineTo(left, high);
            ctx.lineTo(left + pulsePx, high);
            ctx.lineTo(left + pulsePx, low);
            ctx.lineTo(left + pulsePx + foot, low);
            ctx.stroke();
        }
    }

    /** @param {number} left @param {number} width @param {number} zero @param {number} step @param {number} thick */
    #verticals(left, width, zero, step, thick) {
        const first = Math.floor((left - zero) / step) - 1;
        const last = Math.ceil((left + width - zero) / step);
        for (let i = Math.max(first, 0); i <= last; i++) {
            const x = Math.round(zero + i * step);
            const from = Math.max(left, x);
            const to = Math.min(left + width, x + thick);
            if (from < to) this.#ctx.fillRect(from, 0, to - from, this.#height);
        }
    }

    /** @param {number} left @param {number} width @param {number} step @param {number} thick */
    #horizontals(left, width, step, thick) {
        for (let i = 0; i * step < this.#height; i++) {
            this.#ctx.fillRect(left, Math.round(i * step), width, thick);
        }
    }

    /**
     * Mark what is not at hand, columns before `held`: no paper, so that it is not taken for an empty
     * record, and no hatching, so that it is not taken for a gap.
     * @param {Stretch} stretch
     * @param {Strip[]} strips
     * @param {number} held
     */
    #absent({ from, to, origin, x, absent }, strips, held) {
        const end = Math.min(held, to);
        if (end <= from) return;
        const ctx = this.#ctx;
        const left = x + from - origin;
        this.blank(left, end - from);
        if (!absent) return;
        const inset = LABEL_INSET * this.#dpr;
        ctx.font = `600 ${Math.round(11 * this.#letters)}px ${this.#palette.font}`;
        ctx.textBaseline = "middle";
        const { width } = ctx.measureText(absent);
        for (const { row } of strips) {
            const middle = Math.round(row.top + row.height / 2);
            ctx.fillStyle = this.#palette.gridMajor;
            ctx.fillRect(left, middle, end - from, Math.max(1, Math.round(this.#dpr)));
            // At its right, which the sweep wipes out last.
            const at = x + end - origin - width - inset;
            if (at < x + inset) continue;
            ctx.fillStyle = this.#palette.paper;
            ctx.fillRect(at - inset, middle - 9 * this.#letters, width + 2 * inset, 18 * this.#letters);
            ctx.fillStyle = this.#palette.label;
            ctx.fillText(absent, at, middle);
        }
    }

    /** @param {Stretch} stretch @param {Strip} strip @param {Samples} samples @param {number} pxPerSample */
    #gaps(stretch, strip, samples, pxPerSample) {
        for (const run of samples.runs(strip.lead)) {
            const all = hatched(run, pxPerSample);
            if (all.stop <= stretch.from || all.start >= stretch.to) continue;
            for (const segment of segmentsOf(run, samples.remarks, strip.name)) {
                this.#gap(stretch, strip, hatched(segment, pxPerSample), segment.reason);
            }
        }
    }

    /** @param {Stretch} stretch @param {Strip} strip @param {{ start: number, stop: number }} columns @param {string} reason */
    #gap(stretch, { row }, columns, reason) {
        if (columns.stop <= stretch.from || columns.start >= stretch.to) return;
        const toX = stretch.x - stretch.origin;
        const left = Math.max(columns.start, stretch.origin);
        this.#ctx.fillStyle = this.#palette.gap;
        this.#ctx.fillRect(toX + left, row.top, columns.stop - left, row.height);
        // An electrode that is off is another thing than samples that are not there, and looks it.
        this.#ctx.fillStyle = reason === "lead_off" ? this.#dots : this.#hatch;
        this.#ctx.fillRect(toX + left, row.top, columns.stop - left, row.height);
        if (columns.stop - left < LABELLED_FROM * this.#dpr) return;
        this.#words(wordsOf(reason), toX + left, row);
    }

    /**
     * Mark a run at the rail: teeth along the edge that the signal ran into, and no line, which would be
     * a flat one.
     * @param {Stretch} stretch
     * @param {Strip} strip
     * @param {import("../signal/rails.js").Railed} run
     * @param {number} pxPerSample
     */
    #rail(stretch, { row }, run, pxPerSample) {
        const columns = hatched(run, pxPerSample);
        if (columns.stop <= stretch.from || columns.start >= stretch.to) return;
        const ctx = this.#ctx;
        const toX = stretch.x - stretch.origin;
        const size = Math.round(TOOTH * this.#dpr);
        const edge = run.high ? row.top : row.top + row.height;
        const tip = run.high ? edge + size : edge - size;
        ctx.fillStyle = this.#palette.warn;
        ctx.beginPath();
        // Counted from column 0, so that teeth painted in pieces are whole.
        for (let k = Math.floor(columns.start / size); k * size < columns.stop; k++) {
            const left = Math.max(k * size, columns.start, stretch.origin);
            const right = Math.min((k + 1) * size, columns.stop);
            if (right <= left) continue;
            ctx.moveTo(toX + left, edge);
            ctx.lineTo(toX + (left + right) / 2, tip);
            ctx.lineTo(toX + right, edge);
        }
        ctx.fill();
        const left = Math.max(columns.start, stretch.origin);
        if (columns.stop - left < LABELLED_FROM * this.#dpr) return;
        this.#words("saturated", toX + left, row);
    }

    /**
     * Mark where a looped record begins anew: what stands on both sides is not one signal.
     * @param {Stretch} stretch
     * @param {Samples} samples
     * @param {number} pxPerSample
     */
    #seams(stretch, samples, pxPerSample) {
        const thick = Math.max(1, Math.round(this.#dpr));
        const dash = Math.round(4 * this.#dpr);
        this.#ctx.fillStyle = this.#palette.pulse;
        for (const cut of samples.cuts) {
            const column = Math.floor(cut * pxPerSample);
            if (column < stretch.from || column >= stretch.to || cut > stretch.upTo) continue;
            const left = stretch.x + column - stretch.origin;
            for (let y = 0; y < this.#height; y += 2 * dash) this.#ctx.fillRect(left, y, thick, dash);
        }
    }

    /** @param {string} words @param {number} left @param {Row} row */
    #words(words, left, row) {
        if (this.#wordless) return;
        const ctx = this.#ctx;
        const dpr = this.#letters;
        ctx.font = `600 ${Math.round(11 * dpr)}px ${this.#palette.font}`;
        ctx.textBaseline = "middle";
        const x = left + LABEL_INSET * dpr;
        const y = Math.round(row.top + row.height - 12 * dpr);
        // On paper of its own, or the hatching would cross it out.
        ctx.fillStyle = this.#palette.gap;
        ctx.fillRect(x - 4 * dpr, y - 8 * dpr, ctx.measureText(words).width + 8 * dpr, 16 * dpr);
        ctx.fillStyle = this.#palette.label;
        ctx.fillText(words, x, y);
    }

    /**
     * @param {Stretch} stretch
     * @param {Strip} strip
     * @param {Height} height
     * @param {Samples} samples
     * @param {number} pxPerSample
     * @param {readonly import("../signal/rails.js").Railed[]} rails
     */
    #trace(stretch, strip, height, samples, pxPerSample, rails) {
        const ctx = this.#ctx;
        const toX = stretch.x - stretch.origin;
        const margin = reach(this.#dpr);
        const first = Math.floor((stretch.from - margin) / pxPerSample) - 1;
        const last = Math.ceil((stretch.to + margin) / pxPerSample) + 1;
        const from = Math.max(first, samples.start);
        // One sample beyond: the line to it is uncovered pixel by pixel, not sample by sample.
        const to = Math.min(last, stretch.upTo + 1, samples.stop);
        const unsettled = samples.unsettled?.(strip.lead, from, Math.max(from, to)) ?? [];
        ctx.fillStyle = ctx.strokeStyle = strip.ecg ? this.#palette.trace : this.#palette.other;
        const without = unsettled.length ? inOrder([...rails, ...unsettled]) : rails;
        const pieces = drawnIn(from, to, samples.cuts, without);
        this.#stroke(strip, height, samples, pieces, pxPerSample, toX);
        if (!unsettled.length) return;
        // What the filter has not settled on is there, and does not look like what is to be read.
        ctx.globalAlpha = DIMMED;
        const shown = unsettled.map(({ start, stop }) => ({ start, stop: Math.min(to, stop + 1) }));
        this.#stroke(strip, height, samples, shown, pxPerSample, toX);
        ctx.globalAlpha = 1;
    }

    /**
     * @param {Strip} strip
     * @param {Height} height
     * @param {Samples} samples
     * @param {readonly { start: number, stop: number }[]} pieces
     * @param {number} pxPerSample
     * @param {number} toX
     */
    #stroke(strip, height, samples, pieces, pxPerSample, toX) {
        const ctx = this.#ctx;
        this.#points.clear();
        const at = (/** @type {number} */ sample) => samples.at(strip.lead, sample);
        for (const piece of pieces) addPoints(this.#points, at, piece.start, piece.stop, pxPerSample);
        const { x, y } = this.#points;
        const dot = (strip.ecg ? this.#line : DOT) * this.#dpr;
        ctx.beginPath();
        let lifted = true;
        for (let i = 0; i < x.length; i++) {
            if (Number.isNaN(y[i])) {
                lifted = true;
                continue;
            }
            const px = toX + x[i];
            // The middle of a pixel is where its value is.
            const py = y[i] * height.slope + height.offset + 0.5;
            if (!lifted) ctx.lineTo(px, py);
            else ctx.moveTo(px, py);
            // A sample alone between two gaps is a dot: a line of no length paints nothing.
            const alone = lifted && (i + 1 >= x.length || Number.isNaN(y[i + 1]));
            if (alone) ctx.fillRect(px - dot / 2, py - dot / 2, dot, dot);
            lifted = false;
        }
        ctx.lineWidth = this.#line * this.#dpr;
        ctx.lineJoin = "round";
        // Butt: a round end would reach into a gap.
        ctx.lineCap = "butt";
        ctx.stroke();
        this.#beyond(x, y, height, toX);
    }

    /**
     * Mark where the trace leaves the picture: a peak that cannot be seen is at least known of.
     * @param {number[]} x
     * @param {number[]} y
     * @param {Height} height
     * @param {number} toX
     */
    #beyond(x, y, height, toX) {
        const thick = Math.round(4 * this.#dpr);
        this.#ctx.fillStyle = this.#palette.warn;
        for (let i = 0; i < x.length; i++) {
            const py = y[i] * height.slope + height.offset;
            if (py < 0) this.#ctx.fillRect(toX + Math.floor(x[i]) - 1, 0, 3, thick);
            else if (py >= this.#height) {
                this.#ctx.fillRect(toX + Math.floor(x[i]) - 1, this.#height - thick, 3, thick);
            }
        }
    }
}

/** @param {{ start: number, stop: number }[]} spans */
const inOrder = (spans) => spans.sort((a, b) => a.start - b.start);

/** Return a reason in words. @param {string} reason */
export const wordsOf = (reason) => REASONS[reason] ?? reason;

/** @param {Context} ctx @param {number} size @param {number} dpr @param {Palette} palette */
function drawHatch(ctx, size, dpr, palette) {
    ctx.strokeStyle = palette.hatch;
    ctx.lineWidth = Math.max(1, dpr);
    ctx.beginPath();
    // Three strokes, so that the tile joins with itself on all sides.
    for (const shift of [-size, 0, size]) {
        ctx.moveTo(shift, size);
        ctx.lineTo(shift + size, 0);
    }
    ctx.stroke();
}

/** @param {Context} ctx @param {number} size @param {Palette} palette */
function drawDots(ctx, size, palette) {
    ctx.fillStyle = palette.label;
    ctx.beginPath();
    ctx.arc(size / 2, size / 2, size / 6, 0, 2 * Math.PI);
    ctx.fill();
}
