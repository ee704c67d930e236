// The overview under the picture: the whole record as a strip, what is known of it, what is in sight, and where
// it plays. By pointer, touch and keys.

import { anyGaps, commonGaps } from "../signal/gaps.js";
import { isBeat, isRhythm, marksOf } from "../signal/marks.js";
import { markWords, rhythmName } from "../texts/annotations.js";
import { OVERVIEW } from "../texts/overview.js";
import { reachOf } from "../signal/reach.js";
import { bandsOf, density, holds, momentsOf, nearest, pixelAt, pixelsOf, placed } from "../view/strip.js";
import { anyPart, part, write } from "./page.js";
import { momentOf, positionWords } from "./words.js";

/** @typedef {import("../signal/gaps.js").Run} Run */
/** @typedef {import("../signal/gaps.js").Runs} Runs */
/** @typedef {import("../signal/marks.js").Mark} Mark */
/** @typedef {import("../signal/marks.js").MarkSet} MarkSet */
/** @typedef {import("../look/envelope.js").Envelope} Envelope */
/** @typedef {import("../view/painter.js").Palette & { beat: string }} Palette */
/** @typedef {import("../view/strip.js").Band} Band */
/**
 * What is drawn: the pieces that are stored, or as many columns as a screen has; nothing yet, or for good.
 * @typedef {"waiting" | "outline" | "sharp" | "none"} How
 */
/** What is in sight: samples [start, stop), with fractions. @typedef {{ start: number, stop: number }} Sight */
/**
 * `go`: to a sample; `slide`: let what is in sight begin at a sample, whatever is played.
 * @typedef {{ go: (sample: number) => void, slide: (start: number) => void }} Ways
 */

/** CSS pixels that a pointer moves before the box is dragged, and not clicked. */
const SLACK = 3;
/** CSS pixels: between two words, between two moments of the axis, around a mark that is pointed at. */
const APART = 8;
const MOMENTS_APART = 90;
const POINTED = 5;

export class Overview {
    #range = part("seek", HTMLInputElement);
    #track = anyPart("seek-track");
    #canvas = part("seek-strip", HTMLCanvasElement);
    #box = anyPart("seek-sight");
    #caption = anyPart("seek-caption");
    #now = anyPart("seek-now");
    #length = anyPart("seek-length");
    #tip = anyPart("seek-tip");
    #says = anyPart("seek-says");
    #ways;
    #fs = 1;
    #samples = 1;
    /** @type {Run[]} */
    #whole = [];
    /** @type {Run[]} */
    #part = [];
    /** Whether the gaps are known: before a picture came, nothing is. */
    #known = false;
    /** @type {Sight} */
    #sight = { start: 0, stop: 0 };
    /** @type {{ lead: string, envelope: Envelope | null, how: How }} */
    #outline = { lead: "", envelope: null, how: "waiting" };
    /** At the rate that is shown; undefined before it is known. @type {{ rhythms: Mark[], others: Mark[], beats: Float64Array, count: number } | null | undefined} */
    #marks;
    /** Samples of rhythms and others, for pointing at them. */
    #pointed = { samples: new Float64Array(0), marks: /** @type {Mark[]} */ ([]) };
    /** @type {Run[] | null} */
    #findings = null;
    /** @type {Palette | null} */
    #palette = null;
    #looking = false;
    /** What else is to be said of a sample that is pointed at. @type {(part: number) => string} */
    also = () => "";
    /** What a pointer does: `offset` samples behind the start of the box, null = it goes to where it is. */
    #held = /** @type {{ x: number, offset: number | null, moved: boolean } | null} */ (null);

    /** @param {Ways} ways */
    constructor(ways) {
        this.#ways = ways;
        // By whoever sets the slider itself: assistive technology.
        this.#range.addEventListener("input", () => this.#go(Number(this.#range.value)));
        const track = this.#track;
        track.addEventListener("pointerdown", (event) => this.#down(event));
        track.addEventListener("pointermove", (event) => this.#move(event));
        track.addEventListener("pointerup", (event) => this.#up(event));
        track.addEventListener("pointercancel", () => {
            this.#held = null;
        });
        track.addEventListener("pointerleave", () => {
            this.#tip.hidden = true;
        });
        new ResizeObserver(() => this.#repaint()).observe(this.#canvas);
    }

    /**
     * @param {number} samples length of the record
     * @param {number} fs
     * @param {Runs[]} gaps missing runs of each lead shown
     * @param {boolean} known whether they are known
     */
    record(samples, fs, gaps, known) {
        this.#known = known;
        this.#samples = Math.max(1, samples);
        this.#fs = fs;
        this.#whole = commonGaps(gaps);
        this.#part = anyGaps(gaps);
        this.#range.max = String(this.#samples);
        write(this.#length, positionWords(samples / fs));
        this.#repaint();
    }

    /** @param {string} lead @param {Envelope | null} envelope at the rate that is shown @param {How} how */
    outline(lead, envelope, how) {
        this.#outline = { lead, envelope, how };
        this.#repaint();
    }

    /** @param {MarkSet[] | null} sets at the rate that is shown; null = not to be had */
    annotations(sets) {
        this.#marks = sets && {
            rhythms: marksOf(sets, isRhythm),
            others: marksOf(sets, (symbol) => !isRhythm(symbol) && !isBeat(symbol)),
            beats: Float64Array.from(
                marksOf(sets, (symbol) => isBeat(symbol) && symbol !== "N"),
                ({ sample }) => sample,
            ),
            count: sets.reduce((sum, { sample }) => sum + sample.length, 0),
        };
        const { rhythms = [], others = [] } = this.#marks ?? {};
        const marks = [...rhythms, ...others].sort((a, b) => a.sample - b.sample);
        this.#pointed = { marks, samples: Float64Array.from(marks, ({ sample }) => sample) };
        this.#repaint();
    }

    /** @param {Run[] | null} findings of the leads shown, at their rate; null = not known (yet) */
    quality(findings) {
        this.#findings = findings;
        this.#repaint();
    }

    /** @param {number} shown where it plays @param {Sight | null} sight @param {boolean} looking apart from that */
    at(shown, sight, looking) {
        this.#looking = looking;
        if (sight) this.#sight = sight;
        // While a pointer leads it, it does not go back to where the picture still is.
        if (looking || this.#held === null || this.#held.offset !== null) this.#write(shown);
        const { start, stop } = this.#sight;
        const first = Math.max(0, start);
        this.#box.style.setProperty("left", `${(100 * first) / this.#samples}%`);
        this.#box.style.setProperty("width", `${(100 * Math.max(0, Math.min(stop, this.#samples) - first)) / this.#samples}%`);
    }

    /** @param {number} shown */
    #write(shown) {
        this.#range.value = String(shown);
        const words = positionWords(momentOf(shown, this.#fs));
        write(this.#now, words);
        const said = OVERVIEW.of(words, positionWords(this.#samples / this.#fs));
        if (this.#range.getAttribute("aria-valuetext") !== said) this.#range.setAttribute("aria-valuetext", said);
    }

    // Pointers.

    /** @param {PointerEvent} event */
    #down(event) {
        if (!event.isPrimary || event.button !== 0) return;
        event.preventDefault();
        this.#track.setPointerCapture(event.pointerId);
        this.#range.focus({ preventScroll: true });
        const { x, room, sample } = this.#place(event);
        const { left, width } = this.#box.getBoundingClientRect();
        const box = { left: left - this.#track.getBoundingClientRect().left, width };
        const held = holds(x, box, room, event.pointerType !== "mouse");
        this.#held = { x, offset: held ? sample - this.#sight.start : null, moved: false };
        if (!held) this.#go(sample);
        this.#tell(event);
    }

    /** @param {PointerEvent} event */
    #move(event) {
        this.#tell(event);
        const held = this.#held;
        if (!held) return;
        const { x, sample } = this.#place(event);
        if (Math.abs(x - held.x) > SLACK) held.moved = true;
        if (!held.moved) return;
        if (held.offset === null) this.#go(sample);
        else this.#ways.slide(sample - held.offset);
    }

    /** @param {PointerEvent} event */
    #up(event) {
        const held = this.#held;
        this.#held = null;
        if (event.pointerType !== "mouse") this.#tip.hidden = true;
        // A click on the box is one on the place below it.
        if (held && held.offset !== null && !held.moved) this.#go(this.#place(event).sample);
    }

    /** @param {number} sample */
    #go(sample) {
        const at = Math.round(sample);
        // At once: the picture follows when its samples are there.
        if (!this.#looking) this.#write(at);
        this.#ways.go(at);
    }

    /** @param {PointerEvent} event */
    #place(event) {
        const { left, width } = this.#track.getBoundingClientRect();
        const x = Math.min(width, Math.max(0, event.clientX - left));
        return { x, room: width, sample: (x / Math.max(1, width)) * this.#samples };
    }

    /** Say what is under the pointer. @param {PointerEvent} event */
    #tell(event) {
        const { x, room, sample } = this.#place(event);
        const at = nearest(this.#pointed.samples, x, { length: this.#samples, width: room, slack: POINTED });
        const mark = at >= 0 ? `${markWords(this.#pointed.marks[at])} ` : "";
        this.#tip.hidden = false;
        const pointed = at >= 0 ? this.#pointed.samples[at] : sample;
        const words = [`${mark}${positionWords(pointed / this.#fs)}`, this.also(pointed / this.#samples)];
        write(this.#tip, words.filter(Boolean).join(" \u00b7 "));
        // Words stay on the strip, at its ends too.
        const half = this.#tip.offsetWidth / 2;
        this.#tip.style.setProperty("left", `${Math.min(Math.max(half, room - half), Math.max(half, x))}px`);
    }

    // The picture.

    /** @param {import("../view/painter.js").Palette} colours of the picture */
    paint(colours) {
        const beat = getComputedStyle(document.documentElement).getPropertyValue("--beat").trim();
        const palette = (this.#palette = { ...colours, beat });
        const canvas = this.#canvas;
        const dpr = window.devicePixelRatio || 1;
        const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((px) => Math.max(1, Math.round(px * dpr)));
        canvas.width = width;
        canvas.height = height;
        const ctx = canvas.getContext("2d");
        if (!ctx) return;
        const bands = bandsOf(height, dpr);
        ctx.fillStyle = palette.paper;
        ctx.fillRect(0, 0, width, height);
        this.#paintTrace(ctx, bands.trace, palette);
        this.#hatch(ctx, this.#part, { top: Math.round((bands.trace.top + bands.trace.bottom) / 2), bottom: bands.trace.bottom }, palette);
        this.#hatch(ctx, this.#whole, { top: 0, bottom: bands.quality.bottom }, palette);
        this.#paintAxis(ctx, bands.axis, palette, dpr);
        this.#paintMarks(ctx, bands.marks, bands.trace, palette, dpr);
        ctx.fillStyle = palette.warn;
        this.#bars(ctx, this.#findings ?? [], bands.quality);
        this.#describe();
    }

    #repaint() {
        if (this.#palette) this.paint(this.#palette);
    }

    #describe() {
        const { lead, how, envelope } = this.#outline;
        const drawn = envelope && reachOf(envelope)?.whole ? OVERVIEW.beyond : OVERVIEW.drawn;
        const words = how === "none" ? OVERVIEW.none : how === "waiting" ? OVERVIEW.waiting : drawn;
        write(this.#caption, lead && words(lead));
        const counts = {
            gaps: this.#known ? this.#part.length : null,
            annotations: this.#marks && this.#marks.count,
            rhythms: this.#marks?.rhythms.length ?? 0,
            findings: this.#findings?.length ?? null,
        };
        write(this.#says, OVERVIEW.says(counts));
        // What is painted, for tests.
        this.#track.dataset["drawn"] = how;
        this.#track.dataset["rhythms"] = this.#marks ? String(counts.rhythms) : "";
        this.#track.dataset["findings"] = String(counts.findings ?? "");
    }

    /** @param {CanvasRenderingContext2D} ctx @param {Band} band @param {Palette} palette */
    #paintTrace(ctx, { top, bottom }, palette) {
        const { envelope } = this.#outline;
        // What stands far beyond all else ends at the band's edge: it would make a line of the rest.
        const range = envelope && reachOf(envelope);
        if (!envelope || !range) return;
        const { low, high } = pixelsOf(envelope, this.#samples, ctx.canvas.width);
        const scale = (bottom - top - 1) / (range.high - range.low || 1);
        ctx.fillStyle = palette.trace;
        ctx.globalAlpha = 0.55;
        for (let x = 0; x < low.length; x++) {
            if (Number.isNaN(low[x])) continue;
            const [from, to] = [high[x], low[x]].map((value) => Math.round(top + (range.high - clamped(value, range)) * scale));
            ctx.fillRect(x, from, 1, Math.max(1, to - from));
        }
        ctx.globalAlpha = 1;
    }

    /** @param {CanvasRenderingContext2D} ctx @param {Band} band @param {Palette} palette @param {number} dpr */
    #paintAxis(ctx, { top, bottom }, palette, dpr) {
        if (bottom <= top) return;
        const { width } = ctx.canvas;
        const seconds = this.#samples / this.#fs;
        ctx.font = `${Math.round(10 * dpr)}px ${palette.font}`;
        ctx.textBaseline = "alphabetic";
        ctx.fillStyle = palette.label;
        const moments = momentsOf(seconds, width, MOMENTS_APART * dpr);
        const words = moments.map((at) => positionWords(at));
        const xs = moments.map((at) => Math.round((at / seconds) * width));
        const lefts = placed(words.map((text, i) => ({ x: xs[i] + 3 * dpr, width: ctx.measureText(text).width })), width, APART * dpr);
        lefts.forEach((left, i) => {
            ctx.fillRect(xs[i], top, Math.max(1, Math.round(dpr)), bottom - top);
            if (left !== null) ctx.fillText(words[i], left, bottom - 3 * dpr);
        });
    }

    /** @param {CanvasRenderingContext2D} ctx @param {Band} marks @param {Band} trace @param {Palette} palette @param {number} dpr */
    #paintMarks(ctx, marks, trace, palette, dpr) {
        if (!this.#marks) return;
        const { width } = ctx.canvas;
        const { rhythms, others, beats } = this.#marks;
        const line = Math.max(1, Math.round(dpr));
        const foot = marks.bottom - 3 * line;
        const counts = density(beats, this.#samples, width);
        const most = counts.reduce((a, b) => Math.max(a, b), 0);
        ctx.fillStyle = palette.trace;
        // Where there are more of them it is darker, and one alone is seen.
        for (let x = 0; x < width; x++) {
            if (!counts[x]) continue;
            ctx.globalAlpha = 0.3 + 0.6 * (counts[x] / most);
            ctx.fillRect(x, foot, 1, 3 * line);
        }
        ctx.globalAlpha = 1;
        ctx.fillStyle = palette.label;
        for (const { sample } of others) ctx.fillRect(pixelAt(sample, this.#samples, width), foot - 3 * line, line, 3 * line);
        ctx.fillStyle = palette.beat;
        ctx.globalAlpha = 0.6;
        const xs = rhythms.map(({ sample }) => pixelAt(sample, this.#samples, width));
        for (const x of xs) ctx.fillRect(x, 0, line, trace.top + (trace.bottom - trace.top) / 3);
        ctx.globalAlpha = 1;
        if (foot < 10 * dpr) return;
        ctx.font = `600 ${Math.round(10 * dpr)}px ${palette.font}`;
        ctx.textBaseline = "alphabetic";
        const words = rhythms.map(({ symbol, note }) => rhythmName(note) || symbol);
        const lefts = placed(words.map((text, i) => ({ x: xs[i] + 3 * dpr, width: ctx.measureText(text).width })), width, APART * dpr);
        lefts.forEach((left, i) => left !== null && ctx.fillText(words[i], left, foot - line));
    }

    /** Runs to scale, but never invisible. @param {CanvasRenderingContext2D} ctx @param {Run[]} runs @param {Band} band */
    #bars(ctx, runs, { top, bottom }) {
        const scale = ctx.canvas.width / this.#samples;
        ctx.beginPath();
        for (const { start, stop } of runs) {
            const x = Math.floor(start * scale);
            ctx.rect(x, top, Math.max(1, Math.ceil(stop * scale) - x), bottom - top);
        }
        ctx.fill();
    }

    /** @param {CanvasRenderingContext2D} ctx @param {Run[]} runs @param {Band} band @param {Palette} palette */
    #hatch(ctx, runs, { top, bottom }, { gap, hatch }) {
        const { width } = ctx.canvas;
        const height = bottom - top;
        ctx.save();
        ctx.fillStyle = gap;
        this.#bars(ctx, runs, { top, bottom });
        ctx.clip();
        ctx.strokeStyle = hatch;
        ctx.lineWidth = 1;
        ctx.beginPath();
        for (let x = -height; x < width; x += 4) {
            ctx.moveTo(x, bottom);
            ctx.lineTo(x + height, top);
        }
        ctx.stroke();
        ctx.restore();
    }
}

/** @param {number} value @param {{ low: number, high: number }} range */
const clamped = (value, { low, high }) => Math.min(high, Math.max(low, value));
