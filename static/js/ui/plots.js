// The tachogram and the Poincare plot, painted.

import { pairs } from "../signal/beats.js";
import { linesOf, plotRange } from "../view/rhythm.js";
import { palette } from "./canvas.js";

/** @typedef {{ sample: Float64Array, rr: Float64Array }} Intervals `rr` in ms to the next beat, NaN = none */

/** CSS pixels. */
const FOOT = 14;
const SIDE = 34;
const DOT = 3.4;
const WORDS = 10;

/** @param {HTMLCanvasElement} canvas */
function begun(canvas) {
    const dpr = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((px) => Math.max(1, Math.round(px * dpr)));
    canvas.width = width;
    canvas.height = height;
    const ctx = canvas.getContext("2d");
    if (!ctx || width < 8) return null;
    const colours = palette();
    ctx.fillStyle = colours.paper;
    ctx.fillRect(0, 0, width, height);
    ctx.font = `${Math.round(WORDS * dpr)}px ${colours.font}`;
    ctx.textBaseline = "middle";
    const blue = colours.marks?.["beat"] ?? colours.trace;
    return { ctx, dpr, width, height, colours, blue, left: SIDE * dpr, foot: height - FOOT * dpr };
}

/**
 * Paint each RR at the beat that it begins with: a dot, joined to the next one where no break lies between.
 * @param {HTMLCanvasElement} canvas
 * @param {Intervals} of
 * @param {{ start: number, stop: number }} span samples
 * @param {number} chosen place of a beat, -1 = none
 * @param {(sample: number) => string} words of a moment
 * @returns {{ left: number, width: number }} CSS pixels of the plot
 */
export function paintTachogram(canvas, { sample, rr }, span, chosen, words) {
    const paper = begun(canvas);
    if (!paper) return { left: 0, width: 1 };
    const { ctx, dpr, width, colours, blue, left, foot } = paper;
    const range = plotRange(rr, 5);
    /** @param {number} at */
    const x = (at) => left + ((at - span.start) / Math.max(1, span.stop - span.start)) * (width - left - 4 * dpr);
    /** @param {number} ms */
    const y = (ms) => 4 * dpr + ((range.high - ms) / (range.high - range.low)) * (foot - 8 * dpr);
    for (const line of linesOf(range)) {
        ctx.fillStyle = colours.gridMajor;
        ctx.fillRect(left, Math.round(y(line)), width - left, 1);
        ctx.fillStyle = colours.label;
        ctx.fillText(String(line), 2 * dpr, Math.max(WORDS * dpr * 0.5, y(line)));
    }
    ctx.fillText(words(span.start), left, foot + (FOOT / 2) * dpr);
    const end = words(span.stop);
    ctx.fillText(end, width - ctx.measureText(end).width - 2 * dpr, foot + (FOOT / 2) * dpr);
    ctx.strokeStyle = ctx.fillStyle = blue;
    ctx.lineWidth = dpr;
    ctx.globalAlpha = 0.5;
    ctx.beginPath();
    for (let i = 0; i + 1 < rr.length; i++) {
        if (Number.isNaN(rr[i]) || Number.isNaN(rr[i + 1])) continue;
        ctx.moveTo(x(sample[i]), y(rr[i]));
        ctx.lineTo(x(sample[i + 1]), y(rr[i + 1]));
    }
    ctx.stroke();
    ctx.globalAlpha = 1;
    const dot = (rr.length > 400 ? 0.7 : 1) * DOT * dpr;
    for (let i = 0; i < rr.length; i++) if (!Number.isNaN(rr[i])) ctx.fillRect(x(sample[i]) - dot / 2, y(rr[i]) - dot / 2, dot, dot);
    if (chosen >= 0 && !Number.isNaN(rr[chosen])) {
        ctx.strokeStyle = colours.marks?.["rare"] ?? colours.warn;
        ctx.lineWidth = 2 * dpr;
        ctx.strokeRect(x(sample[chosen]) - 4 * dpr, y(rr[chosen]) - 4 * dpr, 8 * dpr, 8 * dpr);
    }
    return { left: left / dpr, width: (width - left - 4 * dpr) / dpr };
}

/**
 * Paint each RR against the next one, with the line on which they are equal.
 * @param {HTMLCanvasElement} canvas
 * @param {Intervals} of
 * @param {string} axis what stands beside the axes
 */
export function paintPoincare(canvas, { rr }, axis) {
    const paper = begun(canvas);
    if (!paper) return;
    const { ctx, dpr, width, colours, blue, left, foot } = paper;
    const range = plotRange(rr, 4);
    const side = Math.min(width - left - 4 * dpr, foot - 4 * dpr);
    /** @param {number} ms */
    const part = (ms) => ((ms - range.low) / (range.high - range.low)) * side;
    for (const line of linesOf(range)) {
        const [px, py] = [Math.round(left + part(line)), Math.round(foot - part(line))];
        ctx.fillStyle = colours.gridMajor;
        ctx.fillRect(left, py, side, 1);
        ctx.fillRect(px, foot - side, 1, side);
        ctx.fillStyle = colours.label;
        ctx.fillText(String(line), 2 * dpr, Math.max(WORDS * dpr * 0.5, py));
    }
    ctx.fillText(axis, left, foot + (FOOT / 2) * dpr);
    ctx.strokeStyle = colours.label;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(left, foot);
    ctx.lineTo(left + side, foot - side);
    ctx.stroke();
    const { x, y } = pairs(rr);
    ctx.fillStyle = blue;
    ctx.globalAlpha = x.length > 300 ? 0.5 : 0.8;
    const dot = DOT * dpr;
    for (let i = 0; i < x.length; i++) ctx.fillRect(left + part(x[i]) - dot / 2, foot - part(y[i]) - dot / 2, dot, dot);
    ctx.globalAlpha = 1;
}
