// Paints layers of marks in a stretch of the picture: behind the trace, along an edge of the page.
//
// All that belongs to a mark stands at its column or right of it: what the sweep uncovers piece by piece
// looks as if painted at once.

import { nextColumn, placesIn, stopAt } from "./layers.js";

/** @typedef {import("./layers.js").Prepared} Prepared */
/** @typedef {import("./layers.js").Group} Group */
/** @typedef {import("./painter.js").Stretch} Stretch */
/** @typedef {import("./painter.js").Strip} Strip */
/** @typedef {import("./painter.js").Context} Context */

/** CSS pixels. A lane is as high as its words; `LONGEST`: of a label. */
const LANE = 15;
const WORDS = 11;
const NUMBERS = 10;
const THICK = 1.6;
const HALF = 4;
const SHORT = 6;
const LONGEST = 180;
/** Around words. */
const ROOM = 3;
/** Marks nearer to each other than this in the mean are a band: no shapes and no words. */
const DENSE = 4;
/** Of marks of a crowd among which others stand out, of the rows behind a stretch, and of the paper behind words. */
const CROWD = 0.4;
const TINT = 0.13;
const PAPER = 0.75;
/** The part of a row that lanes may fill. */
const FILLED = 0.6;

/** Owns the widths of words on one canvas. */
export class Marking {
    #ctx;
    #dpr;
    /** Device pixels of what is one CSS pixel large in a word of usual size. */
    #letters;
    #palette;
    #hatch;
    /** @type {Map<string, number>} */
    #widths = new Map();

    /**
     * @param {Context} ctx
     * @param {{ dpr: number, letters: number, palette: import("./painter.js").Palette, hatch: CanvasPattern | string }} looks
     */
    constructor(ctx, { dpr, letters, palette, hatch }) {
        this.#ctx = ctx;
        this.#dpr = dpr;
        this.#letters = letters;
        this.#palette = palette;
        this.#hatch = hatch;
    }

    /**
     * Paint what of `layers` belongs to a strip.
     * @param {Stretch} stretch of the strip
     * @param {Strip} strip
     * @param {readonly Prepared[]} layers
     * @param {number} pxPerSample
     * @param {{ first: boolean, last: boolean }} rows whether it is the first or last row of the page
     */
    paint(stretch, strip, layers, pxPerSample, rows) {
        for (const layer of layers) {
            if (layer.all) {
                const whole = layer.edge === "top" ? rows.first : rows.last;
                this.#group(layer, layer.all, { stretch, strip, pxPerSample, whole, layers });
            }
            const own = layer.byLead.get(strip.stored ?? strip.name);
            if (own) this.#group(layer, own, { stretch, strip, pxPerSample, whole: true, layers });
        }
    }

    /** @param {Prepared} layer @param {Group} group @param {Where} where */
    #group(layer, group, where) {
        const { stretch, pxPerSample } = where;
        const left = (stretch.from - LONGEST * this.#letters) / pxPerSample;
        const right = (stretch.to + HALF * this.#dpr) / pxPerSample;
        const { first, last } = placesIn(group, left, right);
        if (first >= last) return;
        const lanes = Array.from({ length: group.deep }, (_, level) => this.#lane(layer, where, level));
        if (group.stop) this.#stretches(layer, group, { first, last }, where, lanes);
        const dense = group.apart * pxPerSample < DENSE * this.#dpr;
        if (dense && group.rare) this.#ctx.globalAlpha = CROWD;
        for (let i = first; i < last; ) {
            const next = nextColumn(group, i, pxPerSample);
            const look = layer.looks[group.label[i]] ?? layer.looks[layer.labels.length];
            const lane = lanes[group.level?.[i] ?? 0];
            if (look.shape !== "blind") {
                this.#ctx.fillStyle = this.#colour(look.colour);
                const x = this.#x(group.sample[i], where);
                if (!where.whole || dense) this.#tick(x, lane, where.whole ? 0.5 : SHORT / LANE);
                else {
                    this.#shape(look.shape, x, lane);
                    this.#words(layer, group, i, next, where, lane);
                }
            }
            i = next;
        }
        if (dense && group.rare) {
            this.#ctx.globalAlpha = 1;
            // Whatever stands out does so among a crowd too.
            this.#group(layer, { ...group.rare, stop: null }, where);
        }
        if (group.emphasis >= first && group.emphasis < last) this.#chosen(layer, group, where);
    }

    /**
     * Where a layer's marks stand: y of the top, and how high. Where a row has no lane left the first words there stay alone.
     * @param {Prepared} layer
     * @param {Where} where
     * @param {number} level
     */
    #lane({ edge, lane }, { strip: { row }, layers }, level) {
        const high = Math.round(LANE * this.#letters);
        const most = Math.max(0, Math.floor((row.height * FILLED) / high) - 1);
        const at = Math.min(lane + level, most) * high;
        // In a low row several layers have one lane: the words of stretches are written over no others, and why
        // nothing was looked for gives way to what somebody says.
        const over = layers.filter((other) => other.all?.sample.length && other.edge === edge && other.lane > lane && lane + level >= most);
        const mute = (level > 0 && lane + level > most) || over.some(({ all }) => all?.stop);
        return { top: edge === "top" ? row.top + at : row.top + row.height - at - high, high, edge, mute, under: over.length > 0 };
    }

    /** @param {number} sample @param {Where} where */
    #x = (sample, { stretch, pxPerSample }) => stretch.x - stretch.origin + Math.floor(sample * pxPerSample);

    /** @param {string} name */
    #colour = (name) => this.#palette.marks?.[name] ?? this.#palette.label;

    /** @param {number} x @param {Lane} lane @param {number} part of its height */
    #tick(x, { top, high, edge }, part) {
        const tall = Math.max(1, Math.round(high * part));
        this.#ctx.fillRect(x, edge === "top" ? top : top + high - tall, Math.max(1, Math.round(THICK * this.#dpr)), tall);
    }

    /** @param {import("./layers.js").Shape} shape @param {number} x @param {Lane} lane */
    #shape(shape, x, lane) {
        const ctx = this.#ctx;
        const half = Math.round(HALF * this.#dpr);
        const middle = lane.top + Math.round(lane.high / 2);
        const centre = x + Math.max(1, Math.round(THICK * this.#dpr)) / 2;
        if (shape === "tick") return this.#tick(x, lane, 1);
        if (shape === "square") return ctx.fillRect(centre - half, middle - half, 2 * half, 2 * half);
        if (shape === "flag") {
            this.#tick(x, lane, 1);
            return ctx.fillRect(x, lane.top, 2 * half, half);
        }
        ctx.beginPath();
        if (shape === "triangle") corners(ctx, [[centre - half, middle - half], [centre + half, middle - half], [centre, middle + half]]);
        else if (shape === "diamond") {
            corners(ctx, [[centre, middle - half - 1], [centre + half + 1, middle], [centre, middle + half + 1], [centre - half - 1, middle]]);
        } else if (shape === "circle") ctx.arc(centre, middle, half, 0, 2 * Math.PI);
        else {
            // Two thin bars, as corners: a stroke would take a colour of its own.
            const thin = Math.max(1, this.#dpr);
            for (const way of [1, -1]) {
                corners(ctx, [
                    [centre - half - thin, middle - way * (half - thin)], [centre - half + thin, middle - way * (half + thin)],
                    [centre + half + thin, middle + way * (half - thin)], [centre + half - thin, middle + way * (half + thin)],
                ]);
            }
        }
        return ctx.fill();
    }

    /**
     * Paint a mark's label and the number to the next mark, where there is room before that one.
     * @param {Prepared} layer
     * @param {Group} group
     * @param {number} i
     * @param {number} next
     * @param {Where} where
     * @param {Lane} lane
     */
    #words({ labels, looks }, group, i, next, where, lane) {
        const { stretch } = where;
        const x = this.#x(group.sample[i], where);
        // What belongs to a page before has no words on this one.
        if ((x < stretch.x && !stretch.flows) || lane.mute) return;
        const ctx = this.#ctx;
        const pad = ROOM * this.#dpr;
        const shape = looks[group.label[i]]?.shape ?? looks[labels.length].shape;
        const begin = x + pad + (shape === "tick" ? 0 : Math.round(HALF * this.#dpr) * (shape === "flag" ? 2 : 1));
        const near = besideOf(group, i, next);
        const end = near < group.sample.length ? this.#x(group.sample[near], where) - pad : Infinity;
        const y = lane.top + Math.round(lane.high / 2);
        let free = begin;
        const label = labels[group.label[i]] ?? "";
        if (label) {
            const text = this.#fitted(label, Math.min(end - begin, LONGEST * this.#letters));
            if (text) free = this.#write(text, begin, y, { bold: true, ink: ctx.fillStyle }) + pad;
        }
        if (!group.rr || next !== i + 1 || next >= group.sample.length || Number.isNaN(group.rr[i])) return;
        const number = String(Math.round(group.rr[i]));
        const width = this.#width(number, false);
        if (free + width + pad > end) return;
        const middle = Math.round((x + end + pad - width) / 2);
        this.#write(number, Math.max(free, middle), y, { bold: false, ink: this.#palette.label });
    }

    /**
     * Paint the stretches of marks that are some.
     * @param {Prepared} layer
     * @param {Group} group
     * @param {{ first: number, last: number }} places
     * @param {Where} where
     * @param {Lane[]} lanes
     */
    #stretches({ labels, looks }, group, { first, last }, where, lanes) {
        const ctx = this.#ctx;
        const { stretch, strip: { row }, pxPerSample } = where;
        const dense = group.apart * pxPerSample < 1;
        for (let i = first, next = i; i < last; i = next) {
            next = dense ? nextColumn(group, i, pxPerSample) : i + 1;
            const stop = stopAt(group, i);
            if (stop <= group.sample[i] || stop * pxPerSample < stretch.from) continue;
            const { colour, shape } = looks[group.label[i]] ?? looks[labels.length];
            const lane = lanes[group.level?.[i] ?? 0];
            const at = this.#x(group.sample[i], where);
            const x = stretch.flows ? at : Math.max(at, stretch.x);
            const end = Math.max(x + 1, stretch.x - stretch.origin + Math.ceil(stop * pxPerSample));
            const high = where.whole ? lane.high : Math.round((SHORT / LANE) * lane.high);
            const top = lane.edge === "top" ? lane.top : lane.top + lane.high - high;
            if (shape === "blind") {
                ctx.fillStyle = this.#palette.gap;
                ctx.fillRect(x, top, end - x, high);
                ctx.fillStyle = this.#hatch;
                ctx.fillRect(x, top, end - x, high);
            } else {
                ctx.fillStyle = this.#colour(colour);
                ctx.globalAlpha = TINT;
                // What a stretch before reaches into is tinted already: tints over each other hide what is behind them.
                const tinted = group.deep > 1 && i > 0 ? stretch.x - stretch.origin + Math.ceil(group.reach[i - 1] * pxPerSample) : x;
                if (tinted < end) ctx.fillRect(Math.max(x, tinted), row.top, end - Math.max(x, tinted), row.height);
                ctx.globalAlpha = 1;
                const thick = Math.max(1, Math.round(2 * this.#dpr));
                ctx.fillRect(x, lane.edge === "top" ? top : top + high - thick, end - x, thick);
                this.#tick(end - thick, lane, where.whole ? 0.5 : SHORT / LANE);
            }
            // A point writes its own words; of a stretch that began on a page before they stand again.
            if (!where.whole || lane.mute || (shape === "blind" ? lane.under : at === x)) continue;
            const pad = ROOM * this.#dpr;
            const text = this.#fitted(labels[group.label[i]] ?? "", end - x - 2 * pad);
            if (text) this.#write(text, x + pad, lane.top + Math.round(lane.high / 2), { bold: true, ink: this.#palette.label });
        }
    }

    /** A mark that is chosen: a line through the row, and a frame. @param {Prepared} layer @param {Group} group @param {Where} where */
    #chosen({ looks, labels }, group, where) {
        const ctx = this.#ctx;
        const { row } = where.strip;
        const x = this.#x(group.sample[group.emphasis], where);
        const thick = Math.max(1, Math.round(this.#dpr));
        ctx.fillStyle = this.#colour((looks[group.label[group.emphasis]] ?? looks[labels.length]).colour);
        ctx.fillRect(x, row.top, 2 * thick, row.height);
        const end = where.stretch.x - where.stretch.origin + Math.ceil(stopAt(group, group.emphasis) * where.pxPerSample);
        if (end > x + 2 * thick) {
            ctx.fillRect(end - 2 * thick, row.top, 2 * thick, row.height);
            for (const y of [row.top, row.top + row.height - 2 * thick]) ctx.fillRect(x, y, end - x, 2 * thick);
        }
    }

    /** Return what of a text has room; empty where little has. @param {string} text @param {number} room */
    #fitted(text, room) {
        const width = this.#width(text, true);
        if (width <= room) return text;
        const letters = Math.floor((text.length * room) / width) - 1;
        return letters >= 3 ? `${text.slice(0, letters)}\u2026` : "";
    }

    /** @param {string} text @param {boolean} bold */
    #width(text, bold) {
        const key = `${bold ? "b" : ""}${text}`;
        const known = this.#widths.get(key);
        if (known !== undefined) return known;
        // Free text of a million marks is not kept.
        if (this.#widths.size > 4000) this.#widths.clear();
        this.#ctx.font = this.#font(bold);
        const { width } = this.#ctx.measureText(text);
        this.#widths.set(key, width);
        return width;
    }

    /** @param {boolean} bold */
    #font = (bold) => `${bold ? 600 : 400} ${Math.round((bold ? WORDS : NUMBERS) * this.#letters)}px ${this.#palette.font}`;

    /**
     * Write on a ground of paper, and return where it ends.
     * @param {string} text
     * @param {number} x
     * @param {number} y of its middle
     * @param {{ bold: boolean, ink: string | CanvasPattern | CanvasGradient }} how
     */
    #write(text, x, y, { bold, ink }) {
        const ctx = this.#ctx;
        const width = this.#width(text, bold);
        const tall = Math.round(WORDS * this.#letters);
        ctx.globalAlpha = PAPER;
        ctx.fillStyle = this.#palette.paper;
        ctx.fillRect(x - this.#dpr, y - tall / 2, width + 2 * this.#dpr, tall);
        ctx.globalAlpha = 1;
        ctx.fillStyle = ink;
        ctx.font = this.#font(bold);
        ctx.textBaseline = "middle";
        ctx.fillText(text, x, y);
        return x + width;
    }
}

/** @typedef {{ stretch: Stretch, strip: Strip, pxPerSample: number, whole: boolean, layers: readonly Prepared[] }} Where `whole`: with words, else only where they are */
/** `mute`: no words, for there are others; `under`: another layer stands in it too. @typedef {{ top: number, high: number, edge: "top" | "bottom", mute: boolean, under: boolean }} Lane */

/** How many marks in other lanes are looked over for the next one in the same. */
const BESIDE = 12;

/**
 * Return the place of the mark before which words of mark `i` have to end: the next one in its lane.
 * @param {Group} group
 * @param {number} i
 * @param {number} next the next mark in another column
 */
function besideOf({ level }, i, next) {
    if (!level) return next;
    const last = Math.min(level.length, next + BESIDE);
    for (let at = next; at < last; at++) if (level[at] === level[i]) return at;
    return last;
}

/** @param {Context} ctx @param {number[][]} points */
function corners(ctx, points) {
    points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.closePath();
}
