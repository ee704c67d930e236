// @ts-check
/**
 * The strip of a record: asked for when its row comes in sight, drawn as it is stored.
 *
 * @typedef {import("./model.js").RecordItem} RecordItem
 * @typedef {import("./model.js").Details} Details
 * @typedef {import("./model.js").Runs} Runs
 *
 * @typedef {object} Preview what was read of a record
 * @property {Details} details
 * @property {string} lead
 * @property {number} fs in Hz
 * @property {string | null} unit
 * @property {number} start first sample shown
 * @property {number} length of the lead, in samples
 * @property {Runs | null} gaps of the lead; null: it cannot be read
 * @property {Float64Array} values physical, NaN where missing; empty where there is no signal
 */

import { fetchDetails, fetchWindow } from "./api.js";
import { duration, position } from "./format.js";
import { firstLead } from "./model.js";
import { firstSignal, physical, present, scaleOf, scaleText, strokes, BOX_PX } from "./strip.js";
import { RECORDS } from "../texts/records.js";

/**
 * @param {RecordItem} record
 * @param {AbortSignal} signal
 * @returns {Promise<Preview | null>} null where the record has no lead
 */
export async function fetchPreview(record, signal) {
    const lead = firstLead(record);
    if (!lead) return null;
    const details = await fetchDetails(record.record, signal);
    const gaps = details.gaps[lead.name] ?? null;
    const span = gaps && firstSignal(gaps, record.length, lead.fs);
    const values = span
        ? physical(await fetchWindow({ record: record.record, lead: lead.name, ...span }, signal), lead)
        : new Float64Array();
    const { name, fs, unit } = lead;
    const start = span ? span.start : 0;
    return { details, lead: name, fs, unit, start, length: record.length, gaps, values };
}

/** Height of the bar over the whole record, and of the space above it, in CSS pixels. */
const BAR_PX = 2;
const BAR_SPACE_PX = 4;

/**
 * What a strip is drawn by. All that are drawn at once are measured before the first of them is drawn: to ask for a
 * size after something was changed makes the browser lay the whole page out again.
 *
 * @typedef {object} Face
 * @property {number} width CSS pixels
 * @property {number} full height of all of it, CSS pixels
 * @property {{minor: string, major: string, bar: string, trace: string}} inks
 */

/** @param {HTMLCanvasElement} canvas of the size that its style gives it @returns {Face} */
export function faceOf(canvas) {
    const style = getComputedStyle(canvas);
    const ink = (/** @type {string} */ name) => style.getPropertyValue(name);
    const inks = { minor: ink("--grid-minor"), major: ink("--grid-major"), bar: ink("--line-strong"), trace: ink("--trace") };
    return { width: canvas.clientWidth, full: canvas.clientHeight, inks };
}

/**
 * Draw a strip, and under it the whole record with its gaps.
 * @param {HTMLCanvasElement} canvas
 * @param {Preview | null} preview null: only the paper
 * @param {Face} face
 * @returns {string} what is to be seen, in words
 */
export function drawPreview(canvas, preview, { width, full, inks }) {
    const context = canvas.getContext("2d");
    if (!context || !width || !full) return "";
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(full * ratio);
    context.setTransform(canvas.width / width, 0, 0, canvas.height / full, 0, 0);
    const height = full - BAR_PX - BAR_SPACE_PX;
    if (!preview) {
        drawPaper(context, { width, height }, inks);
        return "";
    }
    const { values, gaps, length, fs, unit } = preview;
    drawBar(context, gaps ? present(gaps, length, width) : [], full - BAR_PX, inks.bar);
    if (!gaps) return RECORDS.unreadable(preview.lead);
    if (!values.length) return RECORDS.noSignal(preview.lead);

    const scale = scaleOf(values, { fs, unit, width, height });
    // Boxes mean time and millivolts: a signal that is only fitted stands on blank paper.
    if (scale.boxMv !== null) drawPaper(context, { width, height }, inks);
    context.strokeStyle = context.fillStyle = inks.trace;
    context.lineWidth = 1.25;
    context.lineJoin = context.lineCap = "round";
    context.save();
    context.beginPath();
    context.rect(0, 0, width, height);
    context.clip();
    for (const points of strokes(values, scale, { width, height })) drawStroke(context, points);
    context.restore();

    const shown = values.subarray(0, Math.floor(width / scale.pxPerSample));
    const range = { low: Infinity, high: -Infinity };
    for (const value of shown) {
        if (value < range.low) range.low = value;
        if (value > range.high) range.high = value;
    }
    const seconds = duration(shown.length / fs);
    const from = position(preview.start / fs);
    return RECORDS.seen(preview.lead, seconds, from, scaleText(range, { unit, boxMv: scale.boxMv }));
}

/**
 * Boxes of 5 mm, every fifth line a second.
 * @param {CanvasRenderingContext2D} context
 * @param {{width: number, height: number}} size
 * @param {{minor: string, major: string}} colours
 */
function drawPaper(context, { width, height }, { minor, major }) {
    for (let i = 0; i * BOX_PX <= width; i++) {
        context.fillStyle = i % 5 ? minor : major;
        context.fillRect(i * BOX_PX, 0, 1, height);
    }
    context.fillStyle = minor;
    // From the middle outwards, where the signal's own middle is.
    const first = (height / 2) % BOX_PX;
    for (let y = first; y <= height; y += BOX_PX) context.fillRect(0, Math.round(y), width, 1);
}

/** @param {CanvasRenderingContext2D} context @param {Float32Array} points */
function drawStroke(context, points) {
    const [x = 0, y = 0] = points;
    if (points.length === 2) {
        // A sample between two gaps has no line, and must not vanish for that.
        context.fillRect(x - 0.75, y - 0.75, 1.5, 1.5);
        return;
    }
    context.beginPath();
    context.moveTo(x, y);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i] ?? 0, points[i + 1] ?? 0);
    context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {[number, number][]} pieces
 * @param {number} y
 * @param {string} colour
 */
function drawBar(context, pieces, y, colour) {
    context.fillStyle = colour;
    for (const [from, to] of pieces) context.fillRect(from, y, to - from, BAR_PX);
}
