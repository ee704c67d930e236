import assert from "node:assert/strict";
import { test } from "node:test";

import { CARD_MM, cardUpright, gridFor, gutterFor, NOMINAL_CSS_PX_PER_MM, roomyGain, scaleFor, stretchOf } from "../../static/js/view/geometry.js";

const FIT = { mode: "fit", windowS: 15, mmPerS: 25, mmPerMv: 10, motion: "sweep", cssPxPerMm: 4, measured: true, sheet: "rows" };
const CALIBRATED = { ...FIT, mode: "calibrated" };
const CANVAS = { width: 1500, dpr: 1, fs: 360 };

test("fit: the window fills the row exactly", () => {
    const scale = scaleFor(FIT, CANVAS);
    assert.equal(scale.pxPerS, 100);
    assert.equal(scale.windowS, 15);
    assert.equal(scale.mmPerS, 25);
    assert.equal(scale.pxPerMv, 40);
});

test("calibrated: a millimetre is a millimetre, at every paper speed and gain", () => {
    for (const mmPerS of [6.25, 12.5, 25, 50]) {
        for (const mmPerMv of [2.5, 5, 10, 20, 40]) {
            for (const dpr of [1, 1.25, 2]) {
                const scale = scaleFor({ ...CALIBRATED, mmPerS, mmPerMv }, { ...CANVAS, dpr });
                assert.equal(scale.pxPerS, mmPerS * 4 * dpr);
                assert.equal(scale.pxPerMv, mmPerMv * 4 * dpr);
                assert.equal(scale.windowS, 1500 / scale.pxPerS);
            }
        }
    }
});

test("calibrated, a page in columns is ten seconds long and no longer, on whatever screen", () => {
    for (const sheet of ["3x4+1R", "3x4+3R", "6x2", "cabrera"]) {
        for (const [mmPerS, dpr] of [[25, 1], [12.5, 1], [25, 1.25]]) {
            const { columns, windowS } = scaleFor({ ...CALIBRATED, sheet, mmPerS }, { width: 1500, dpr, fs: 500 });
            assert.equal(columns, 10 * mmPerS * 4 * dpr);
            assert.equal(windowS, 10);
        }
        assert.equal(scaleFor({ ...CALIBRATED, sheet }, { ...CANVAS, width: 700 }).windowS, 7);
        assert.equal(scaleFor({ ...FIT, sheet }, CANVAS).columns, 1500);
    }
    assert.equal(scaleFor({ ...CALIBRATED, sheet: "12x1" }, CANVAS).columns, 1500);
});

test("a bank card as wide as the outline makes the scale true", () => {
    const cssPxPerMm = 428 / CARD_MM;
    assert.equal(scaleFor({ ...CALIBRATED, cssPxPerMm }, CANVAS).pxPerS, 25 * (428 / 85.6));
    assert.ok(Math.abs(NOMINAL_CSS_PX_PER_MM - 3.7795) < 1e-4);
});

test("a card is held upright where its longer side may not fit", () => {
    assert.ok(cardUpright(366));
    assert.ok(!cardUpright(800));
});

test("a gain that nobody chose is one that the rows have room for", () => {
    assert.equal(roomyGain(440, 3.78), 20);
    assert.equal(roomyGain(74, 3.78), 10);
    assert.equal(roomyGain(41, 3.78), 5);
    // Fifteen leads on a telephone.
    assert.equal(roomyGain(29, 3.78), 2.5);
    assert.equal(roomyGain(5, 3.78), 2.5);
});

test("one value a minute gets a window of hours", () => {
    assert.equal(stretchOf(360), 1);
    assert.ok(Math.abs(scaleFor(FIT, { ...CANVAS, fs: 1 / 60 }).windowS - 3600) < 1e-6);
});

test("calibrated paper has lines of 1 and 5 mm both ways", () => {
    const grid = gridFor(CALIBRATED, scaleFor(CALIBRATED, CANVAS), 1);
    assert.deepEqual(grid.x, { minor: 4, major: 20 });
    assert.deepEqual(grid.y, { minor: 4, major: 20 });
    assert.equal(grid.majorS, 0.2);
});

test("lines too close to be told apart are left out, and the box says what it is", () => {
    const grid = gridFor({ ...FIT, windowS: 60 }, scaleFor({ ...FIT, windowS: 60 }, { ...CANVAS, width: 330 }), 1);
    assert.equal(grid.x.minor, 0);
    assert.equal(grid.majorS, 1);
    assert.ok(Math.abs(grid.x.major - 5.5) < 1e-9);
});

test("the gutter has room for the longest name and for 0.2 s of calibrated paper", () => {
    const short = gutterFor(CALIBRATED, 1, ["II"]);
    assert.ok(short.width - short.name >= 20);
    assert.ok(gutterFor(FIT, 1, ["Lead I (Einthoven)"]).name > short.name);
    assert.equal(gutterFor(FIT, 2, ["II"]).width, 2 * gutterFor(FIT, 1, ["II"]).width);
    // Letters twice as large: twice the room for names, the same pulse.
    assert.equal(gutterFor(FIT, 1, ["II"], 2).name, 2 * gutterFor(FIT, 1, ["II"]).name);
    assert.equal(gutterFor(FIT, 1, ["II"], 2).width - short.name, gutterFor(FIT, 1, ["II"]).width);
});
