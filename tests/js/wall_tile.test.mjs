import assert from "node:assert/strict";
import { test } from "node:test";

import { facesFor, tilesFor, unitFor } from "../../static/js/wall/layout.js";
import { CAP } from "../../static/js/wall/lettering.js";
import { Tile } from "../../static/js/wall/tile.js";

/** Of the widest and of the narrowest face of usual systems: a letter's width for each pixel of its size. */
const WIDE = { digit: 0.711, other: 0.87 };
const NARROW = { digit: 0.556, other: 0.67 };

/** A context that measures like a face, and keeps what it wrote. @param {typeof WIDE} face */
function paper(face) {
    const ctx = {
        font: "", fillStyle: "", textBaseline: "", lineWidth: 1, strokeStyle: "", written: [],
        measureText: (text) => ({ width: [...text].reduce((sum, one) => sum + (/[0-9]/.test(one) ? face.digit : face.other), 0) * ctx.size }),
        get size() {
            return Number(/ (\d+)px/.exec(ctx.font)[1]);
        },
        fillText: (text, x, y) => ctx.written.push({ text, x, y, width: ctx.measureText(text).width, cap: ctx.size * CAP }),
        save() {}, restore() {}, translate() {}, fillRect() {}, strokeRect() {},
    };
    return ctx;
}

const LOOKS = { palette: { ground: "", ink: "", quiet: "", line: "", warn: "", font: "sans" }, pxPerMm: 4, dpr: 1, mmPerS: 25, mmPerMv: 10 };
const BED = { tape: { ring: null, fs: 250, leads: [] } };
const FACE = { label: "Bed 1", under: "", word: "REPLAY", since: "", bad: false, dim: false, banner: "", detail: "", rate: "72", pause: "", paper: [], source: [] };

/** Width and height of the beds, and pixels of a mm: screens at which a rate was once cut. */
const SCREENS = [[1920, 1034, 1920 / 531], [3840, 2068, 3840 / 531], [1920, 1034, 96 / 25.4], [1366, 722, 96 / 25.4], [1024, 722, 96 / 25.4], [390, 790, 96 / 25.4]];

for (const [width, height, pxPerMm] of SCREENS) {
    test(`rates and pauses stand whole in their place with 1 to 36 beds on ${width} x ${height} at ${pxPerMm.toFixed(1)} px a mm`, () => {
        const dpr = unitFor({ height, dpr: 1, pxPerMm });
        for (const face of [WIDE, NARROW]) {
            for (let beds = 1; beds <= 36; beds++) {
                const [at] = tilesFor(beds, width, height);
                const faces = facesFor(at, { beds, pxPerMm, dpr });
                for (const said of [{ rate: "7" }, { rate: "72" }, { rate: "100" }, { rate: "119" }, { rate: "300" }, { rate: "---", pause: "PAUSE 2.5 s" }, { rate: "---", pause: "PAUSE 123.4 s" }]) {
                    const ctx = paper(face);
                    const tile = new Tile(ctx, () => ctx);
                    tile.place(at, faces, { ...LOOKS, pxPerMm, dpr });
                    tile.draw(BED, { ...FACE, ...said });
                    for (const text of Object.values(said)) {
                        const written = ctx.written.find((one) => one.text === text);
                        const what = `${text} of ${beds} beds: ${ctx.written.map((one) => one.text)}`;
                        assert.ok(written, what);
                        assert.ok(written.x >= faces.side.x && written.x + written.width <= at.width, what);
                    }
                    // Whatever the face: what is read at 4 m is not made smaller to have room.
                    const rate = ctx.written.find((one) => one.text === said.rate);
                    if (beds <= 8 && width / pxPerMm > 500 && said.rate !== "---") assert.ok(rate.cap / pxPerMm >= 23, `${rate.cap / pxPerMm} mm of ${beds} beds`);
                }
            }
        }
    });
}
