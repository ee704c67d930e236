// The seek bar: the whole record, its gaps hatched to scale, and where the picture stands.

import { momentOf, positionWords } from "./words.js";
import { anyPart, part, write } from "./page.js";
import { VIEWER } from "../texts/viewer.js";

/** @typedef {{ start: number, stop: number }} Run */
/** @typedef {{ gap: string, hatch: string, paper: string, playhead: string }} Colours */

/**
 * Return the runs in which every one of the leads is missing, and the share of leads missing in the
 * others is not told: a bar is one line high. Sorted runs a lead.
 * @param {(readonly (readonly [number, number])[])[]} byLead
 * @returns {Run[]}
 */
export function commonGaps(byLead) {
    /** @type {Run[]} */
    let common = (byLead[0] ?? []).map(([start, stop]) => ({ start, stop }));
    for (const runs of byLead.slice(1)) {
        /** @type {Run[]} */
        const both = [];
        let i = 0;
        for (const run of common) {
            while (i < runs.length && runs[i][1] <= run.start) i++;
            for (let j = i; j < runs.length && runs[j][0] < run.stop; j++) {
                both.push({ start: Math.max(run.start, runs[j][0]), stop: Math.min(run.stop, runs[j][1]) });
            }
        }
        common = both;
    }
    return common;
}

/**
 * Return the runs in which at least one of the leads is missing.
 * @param {(readonly (readonly [number, number])[])[]} byLead
 * @returns {Run[]}
 */
export function anyGaps(byLead) {
    const all = byLead.flat().sort((a, b) => a[0] - b[0]);
    /** @type {Run[]} */
    const merged = [];
    for (const [start, stop] of all) {
        const last = merged.at(-1);
        if (last && start <= last.stop) last.stop = Math.max(last.stop, stop);
        else merged.push({ start, stop });
    }
    return merged;
}

/** The bar under the picture. Positions in samples. */
export class SeekBar {
    #range = part("seek", HTMLInputElement);
    #gaps = part("seek-gaps", HTMLCanvasElement);
    #now = anyPart("seek-now");
    #length = anyPart("seek-length");
    #tip = anyPart("seek-tip");
    #fs = 1;
    #samples = 1;
    /** @type {Run[]} */
    #whole = [];
    /** @type {Run[]} */
    #part = [];
    #held = false;

    /** @param {(sample: number) => void} seek */
    constructor(seek) {
        this.#range.addEventListener("input", () => {
            this.#held = true;
            this.#write(Number(this.#range.value));
            seek(Math.round(Number(this.#range.value)));
        });
        const release = () => {
            this.#held = false;
        };
        this.#range.addEventListener("change", release);
        this.#range.addEventListener("pointerup", release);
        this.#range.addEventListener("blur", release);
        this.#range.addEventListener("pointermove", (event) => this.#point(event));
        this.#range.addEventListener("pointerleave", () => {
            this.#tip.hidden = true;
        });
    }

    /**
     * @param {number} samples length of the record
     * @param {number} fs
     * @param {(readonly (readonly [number, number])[])[]} gaps missing runs of each lead shown
     */
    record(samples, fs, gaps) {
        this.#samples = Math.max(1, samples);
        this.#fs = fs;
        this.#whole = commonGaps(gaps);
        this.#part = anyGaps(gaps);
        this.#range.max = String(this.#samples);
        write(this.#length, positionWords(samples / fs));
    }

    /** @param {number} sample */
    at(sample) {
        if (this.#held) return;
        this.#range.value = String(sample);
        this.#write(sample);
    }

    /** @param {number} sample */
    #write(sample) {
        const words = positionWords(momentOf(sample, this.#fs));
        write(this.#now, words);
        const said = VIEWER.placeOf(words, positionWords(this.#samples / this.#fs));
        if (this.#range.getAttribute("aria-valuetext") !== said) {
            this.#range.setAttribute("aria-valuetext", said);
        }
    }

    /** @param {PointerEvent} event */
    #point(event) {
        const box = this.#range.getBoundingClientRect();
        const part_ = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
        this.#tip.hidden = false;
        this.#tip.style.setProperty("left", `${part_ * box.width}px`);
        write(this.#tip, positionWords((part_ * this.#samples) / this.#fs));
    }

    /**
     * Paint the record and its gaps.
     * @param {Colours} colours
     */
    paint({ gap, hatch, paper, playhead }) {
        const canvas = this.#gaps;
        const dpr = window.devicePixelRatio || 1;
        canvas.width = Math.max(1, Math.round(canvas.clientWidth * dpr));
        canvas.height = Math.max(1, Math.round(canvas.clientHeight * dpr));
        const ctx = canvas.getContext("2d");
        if (!ctx) return;
        const { width, height } = canvas;
        ctx.fillStyle = paper;
        ctx.fillRect(0, 0, width, height);
        ctx.fillStyle = playhead;
        ctx.globalAlpha = 0.28;
        ctx.fillRect(0, 0, width, height);
        ctx.globalAlpha = 1;
        this.#hatch(ctx, this.#part, height / 2, height / 2, gap, hatch);
        this.#hatch(ctx, this.#whole, 0, height, gap, hatch);
    }

    /** @param {CanvasRenderingContext2D} ctx @param {Run[]} runs @param {number} top @param {number} height @param {string} gap @param {string} hatch */
    #hatch(ctx, runs, top, height, gap, hatch) {
        const { width } = this.#gaps;
        const scale = width / this.#samples;
        ctx.save();
        ctx.beginPath();
        for (const { start, stop } of runs) {
            // To scale, but never invisible.
            ctx.rect(Math.floor(start * scale), top, Math.max(1, Math.ceil((stop - start) * scale)), height);
        }
        ctx.clip();
        ctx.fillStyle = gap;
        ctx.fillRect(0, top, width, height);
        ctx.strokeStyle = hatch;
        ctx.lineWidth = 1;
        ctx.beginPath();
        for (let x = -height; x < width; x += 4) {
            ctx.moveTo(x, top + height);
            ctx.lineTo(x + height, top);
        }
        ctx.stroke();
        ctx.restore();
    }
}
