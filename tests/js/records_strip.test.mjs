import assert from "node:assert/strict";
import test from "node:test";

import {
    BOX_PX,
    firstSignal,
    physical,
    present,
    scaleOf,
    scaleText,
    strokes,
} from "../../static/js/records/strip.js";

test("a record without gaps is shown from its start, no longer than it is", () => {
    assert.deepEqual(firstSignal([], 650000, 360), { start: 0, stop: 3600 });
    assert.deepEqual(firstSignal([], 1000, 500), { start: 0, stop: 1000 });
});

test("a record that begins with a gap is shown from behind it", () => {
    assert.deepEqual(firstSignal([[0, 500]], 100_000, 100), { start: 500, stop: 1500 });
});

test("a crumb of signal is passed over where a piece follows", () => {
    assert.deepEqual(firstSignal([[0, 10], [20, 500]], 100_000, 100), { start: 500, stop: 1500 });
});

test("where there are crumbs only, the longest is shown", () => {
    assert.deepEqual(firstSignal([[10, 50], [90, 200]], 200, 100), { start: 50, stop: 200 });
});

test("a lead that is one gap, or empty, has nothing to show", () => {
    assert.equal(firstSignal([[0, 200]], 200, 100), null);
    assert.equal(firstSignal([], 0, 100), null);
});

test("numerics are shown by samples, not by seconds", () => {
    assert.deepEqual(firstSignal([], 72, 1 / 60), { start: 0, stop: 72 });
});

test("stored values become physical ones, and missing ones stay missing", () => {
    assert.deepEqual([...physical([1024, null, 1224], { gain: 200, baseline: 1024 })], [0, NaN, 1]);
});

const size = { width: 480, height: 90 };

test("a millivolt is two boxes high and a second five boxes wide, in any unit of voltage", () => {
    for (const [unit, one] of [["mV", 1], ["uV", 1000], ["V", 0.001]]) {
        const scale = scaleOf(Float64Array.of(0, one), { fs: 250, unit, ...size });
        assert.equal(scale.boxMv, 0.5);
        assert.ok(Math.abs(scale.pxPerUnit * one - 2 * BOX_PX) < 1e-9);
        assert.equal(scale.pxPerSample * 250, 5 * BOX_PX);
    }
});

test("a small signal is not blown up, a large one is halved until no peak is cut off", () => {
    assert.equal(scaleOf(Float64Array.of(0, 0.01), { fs: 250, unit: "mV", ...size }).boxMv, 0.5);
    const scale = scaleOf(Float64Array.of(-4, 5), { fs: 250, unit: "mV", ...size });
    assert.equal(scale.boxMv, 2);
    assert.ok(9 * scale.pxPerUnit <= size.height);
});

test("what is no voltage is fitted, and the words give its range instead of a box", () => {
    const scale = scaleOf(Float64Array.of(60, NaN, 140), { fs: 125, unit: "mmHg", ...size });
    assert.equal(scale.boxMv, null);
    assert.equal(scale.middle, 100);
    assert.equal(scaleText({ low: 60, high: 140 }, { unit: "mmHg", boxMv: null }), "60 to 140 mmHg");
    assert.equal(scaleText({ low: 0, high: 1 }, { unit: null, boxMv: null }), "0 to 1 units, NOT CALIBRATED");
    assert.equal(scaleText({ low: 0, high: 1 }, { unit: "mV", boxMv: 0.5 }), "box 0.2 s × 0.5 mV");
});

test("a flat line and no sample at all have a scale too", () => {
    assert.equal(scaleOf(Float64Array.of(2, 2), { fs: 125, unit: "%", ...size }).pxPerUnit, 1);
    assert.equal(scaleOf(Float64Array.of(NaN), { fs: 250, unit: "mV", ...size }).middle, 0);
});

const scale = { pxPerSample: 2, pxPerUnit: 10, middle: 0, boxMv: 0.5 };

test("a gap lifts the pen, and a lone sample between gaps is not lost", () => {
    const values = Float64Array.of(1, 0, NaN, 3, NaN, NaN, -1);
    assert.deepEqual(
        strokes(values, scale, { width: 480, height: 100 }).map((points) => [...points]),
        [[0, 40, 2, 50], [6, 20], [12, 60]],
    );
});

test("every sample is a point, and the line leaves the strip", () => {
    const values = new Float64Array(1000);
    const [points] = strokes(values, scale, { width: 100, height: 100 });
    assert.equal(points.length / 2, 51);
    assert.equal(points.at(-2), 100);
});

test("the bar over the record shows where signal is, gaps never thinner than a pixel", () => {
    assert.deepEqual(present([], 1000, 100), [[0, 100]]);
    assert.deepEqual(present([[0, 500]], 1000, 100), [[50, 100]]);
    assert.deepEqual(present([[500, 501]], 1_000_000, 100), [[1, 100]]);
    assert.deepEqual(present([[0, 1000]], 1000, 100), []);
    assert.deepEqual(present([], 0, 100), []);
});
