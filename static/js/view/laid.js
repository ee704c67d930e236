// A page laid out on a canvas: scale, grid, rows, and a painter for it.

import { gridFor, gutterFor, pulseWidth, scaleFor } from "./geometry.js";
import { rowsFor } from "./layouts.js";
import { Painter } from "./painter.js";
import { stripFor } from "./strokes.js";

/** @typedef {import("./stage.js").Canvas} Canvas */
/** @typedef {import("./painter.js").Context} Context */
/** @typedef {import("./painter.js").Strip} Strip */

/**
 * @typedef {{
 *   gutter: number, nameWidth: number, scale: import("./geometry.js").Scale, grid: import("./geometry.js").Grid,
 *   rows: import("./layouts.js").Row[], strips: Strip[], without: (Place & { name: string })[],
 *   page: number, pxPerSample: number, dpr: number, size: { width: number, height: number },
 *   painter: Painter, looks: ConstructorParameters<typeof Painter>[1], marginsOn: () => void,
 * }} Laid
 * `without`: cells of leads that the record does not have. `marginsOn` paints what stands beside the page.
 */

/** A cell, in device pixels from the left edge of the canvas. @typedef {{ lead: number, row: number, x: number, width: number }} Place */

/**
 * @typedef {{
 *   makeCanvas: (width: number, height: number) => Canvas, display: import("./geometry.js").Display,
 *   palette: import("./painter.js").Palette, size: import("./stage.js").Size,
 *   shown: import("./stage.js").Shown[], plan: import("./sheets.js").Plan, fs: number,
 *   pattern?: (size: number, draw: (ctx: Context) => void) => CanvasPattern | null,
 *   alike?: string[], layers?: import("./layers.js").Layers | null,
 * }} Wish
 * `shown`: the channels of `plan`. `alike`: names elsewhere that the strip at the left is as wide for
 */

/**
 * @param {Context} ctx
 * @param {Wish} wish
 * @returns {Laid}
 */
export function lay(ctx, { makeCanvas, display, palette, size, shown, plan, fs, pattern, alike = [], layers = null }) {
    const { width, height, dpr, text = 1 } = size;
    const names = plan.cells.filter((cell) => cell.from === 0).map((cell) => cell.name);
    const beside = gutterFor(display, dpr, [...names, ...alike], text, remarkOf(plan, shown));
    const gutter = Math.min(beside.width, Math.floor(width / 3));
    const scale = scaleFor(display, { width: width - gutter, dpr, fs });
    const grid = gridFor(display, scale, dpr);
    const rows = rowsFor(plan.rows, height, grid.y);
    const page = scale.columns;
    /** @type {Strip[]} */
    const strips = [];
    /** @type {Laid["without"]} */
    const without = [];
    for (const { name, channel, row, from, to } of plan.cells) {
        const place = { from: Math.round(from * page), to: Math.round(to * page) };
        if (channel === null) {
            without.push({ name, lead: -1, row, x: gutter + place.from, width: place.to - place.from });
        } else {
            strips.push(stripFor(shown[channel], rows[row], scale, { lead: channel, ...place }));
        }
    }
    const looks = {
        height, dpr, text, palette, grid, layers,
        pattern: pattern ?? ((/** @type {number} */ step, /** @type {(ctx: Context) => void} */ draw) =>
            patternOn(ctx, makeCanvas, step, draw)),
    };
    const painter = new Painter(ctx, looks);
    const marginsOn = () => {
        const first = strips.filter((strip) => strip.from === 0);
        const pulsePx = pulseWidth(scale, gutter - beside.name, dpr);
        painter.gutter(first, { ...beside, width: gutter, pulsePx, pxPerMv: scale.pxPerMv });
        // No paper beside a page that is shorter than its row.
        if (gutter + page < width) painter.blank(gutter + page, width - gutter - page);
    };
    return {
        gutter, nameWidth: beside.name, scale, grid, rows, strips, without, page,
        pxPerSample: scale.pxPerS / fs, dpr, size: { width, height }, painter, looks, marginsOn,
    };
}

/** How many letters "derived" has, and the sign before another name. */
const DERIVED = 7;
const SIGN = 2;

/**
 * Return the letters of the longest remark on a lead beside the paper: that it is derived, or stored under another name.
 * @param {import("./sheets.js").Plan} plan
 * @param {import("./stage.js").Shown[]} shown
 */
function remarkOf(plan, shown) {
    const beside = plan.cells.filter((cell) => cell.from === 0 && cell.channel !== null).map((cell) => shown[cell.channel ?? 0]);
    return Math.max(0, ...beside.map((lead) => (lead?.derived ? DERIVED : lead?.alias ? lead.alias.length + SIGN : 0)));
}

/**
 * Return where everything stands, for the page.
 * @param {Laid} laid
 */
export const placesOf = ({ size, gutter, nameWidth, grid, rows, strips, without }) => ({
    size, gutter, nameWidth, grid, rows, without,
    cells: strips.map(({ lead, row, from, to }) => ({
        lead, row: rows.indexOf(row), x: gutter + from, width: to - from,
    })),
});

/**
 * Return a pattern of tiles of `step` pixels, as `draw` paints one.
 * @param {Context} ctx
 * @param {(width: number, height: number) => Canvas} makeCanvas
 * @param {number} step
 * @param {(ctx: Context) => void} draw
 */
export function patternOn(ctx, makeCanvas, step, draw) {
    const tile = makeCanvas(step, step);
    const tileCtx = /** @type {Context | null} */ (tile.getContext("2d"));
    if (!tileCtx) return null;
    draw(tileCtx);
    return ctx.createPattern(tile, "repeat");
}
