// The picture as a file: the canvas pixel for pixel, its labels and calipers, and around it what has to be known of it.

import { legendOf } from "../share/legend.js";
import { paintShapes, paintWords } from "./painted.js";

/** CSS pixels of a letter of the legend. */
const LETTERS = 13;

/**
 * `paper`: the canvas; `names`: the box of the labels over it; `calipers`: that of the calipers.
 * @typedef {{ paper: HTMLCanvasElement, names: HTMLElement, calipers: HTMLElement }} Parts
 */

/**
 * Return a canvas with all of it. Its pixels are those of the screen.
 * @param {Parts} parts
 * @param {Parameters<typeof legendOf>[0]} words
 * @returns {HTMLCanvasElement}
 */
export function snapshot({ paper, names, calipers }, words) {
    const { width, height } = paper;
    const origin = paper.getBoundingClientRect();
    const dpr = width / origin.width;
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const colour = (name) => style.getPropertyValue(name).trim();
    const family = getComputedStyle(document.body).fontFamily;
    /** @param {boolean} bold */
    const font = (bold) => `${bold ? 650 : 450} ${LETTERS * dpr}px ${family}`;
    const canvas = document.createElement("canvas");
    const ctx = canvas.getContext("2d");
    if (!ctx) throw new Error("no canvas to paint on");
    const legend = legendOf(words, { width, size: LETTERS * dpr }, (text, bold) => {
        ctx.font = font(bold);
        return ctx.measureText(text).width;
    });
    canvas.width = width;
    canvas.height = legend.above + height + legend.below;
    ctx.fillStyle = colour("--surface");
    ctx.fillRect(0, 0, width, canvas.height);
    ctx.fillStyle = colour("--ink");
    /** @param {import("../share/legend.js").Line[]} lines @param {number} from */
    const write = (lines, from) => {
        for (const { text, x, y, bold } of lines) {
            ctx.font = font(bold);
            ctx.fillText(text, x, from + y);
        }
    };
    write(legend.head, 0);
    write(legend.foot, legend.above + height);
    ctx.drawImage(paper, 0, legend.above);
    ctx.beginPath();
    ctx.rect(0, legend.above, width, height);
    ctx.clip();
    ctx.setTransform(dpr, 0, 0, dpr, 0, legend.above);
    for (const name of names.children) if (name instanceof HTMLElement) paintWords(ctx, name, origin);
    const overlay = calipers.querySelector("svg");
    // The last group holds the handles: to be taken hold of, and over what they mark.
    const layers = overlay ? [...overlay.children].slice(0, -1) : [];
    for (const layer of layers) if (layer instanceof SVGElement) paintShapes(ctx, layer);
    return canvas;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob | null>} null where the browser has no room for it */
export const pngOf = (canvas) => new Promise((done) => canvas.toBlob(done, "image/png"));
