import assert from "node:assert/strict";
import { test } from "node:test";

import { pointsOf, tapeOf, zigzag } from "../../static/js/disclosure/tape.js";
import { COLUMN, drawingOf } from "../../static/js/disclosure/vectors.js";

const LEAD = { name: "II", unit: "mV", gain: 1000, baseline: 0 };
const HEIGHTS = { slope: -0.5, offset: 250 };
const LINE = { name: "II", height: 400, heights: HEIGHTS, width: 15_600 };

const samples = (values, start = 0, corrupt = []) =>
    ({ kind: "samples", start, values: Float64Array.from(values), corrupt });

test("a sample stands where its line says, from the left edge of the line", () => {
    const where = { edge: 60_000, pxPerSample: 2, fs: 100, lead: LEAD };
    const { x, y } = pointsOf(tapeOf(samples([1, 2, 3], 60_010), where));
    assert.deepEqual(x.slice(0, 3), [20, 22, 24]);
    assert.deepEqual(y.slice(0, 3), [1, 2, 3]);
});

for (const each of [16, 64]) {
    test(`the peaks of an envelope of ${each} samples stand within a column of their place`, () => {
        const count = 30_000;
        const values = Float64Array.from({ length: count }, (_, i) => Math.round(60 * Math.sin(i / 90)));
        for (const at of [5, 777, 12_345, 29_999]) values[at] = 900 + at / 100;
        const columns = Math.ceil(count / each);
        const low = new Float64Array(columns);
        const high = new Float64Array(columns);
        for (let k = 0; k < columns; k++) {
            const column = values.subarray(k * each, (k + 1) * each);
            low[k] = Math.min(...column);
            high[k] = Math.max(...column);
        }
        const pxPerSample = 1 / each;
        const tape = tapeOf({ kind: "envelope", start: 0, each, low, high }, { edge: 0, pxPerSample, fs: 500, lead: LEAD });
        const { x, y } = pointsOf(tape);
        for (const at of [5, 777, 12_345, 29_999]) {
            const found = y.indexOf(values[at]);
            assert.ok(found >= 0, `the peak at ${at} is lost`);
            assert.ok(Math.abs(x[found] - at * pxPerSample) <= 1);
        }
        assert.equal(Math.min(...y.filter((one) => !Number.isNaN(one))), -60);
    });
}

test("a slope of an envelope is drawn without turning back", () => {
    const low = Float64Array.from([0, 10, 20, 12, 2]);
    const high = Float64Array.from([10, 20, 30, 20, 12]);
    assert.deepEqual([...zigzag({ low, high })], [0, 10, 10, 20, 20, 30, 20, 12, 12, 2]);
});

test("a gap lifts the pen and is hatched to scale, with its reason where there is room", () => {
    const values = new Float64Array(6_000).fill(100);
    values.fill(NaN, 1_000, 2_000);
    values.fill(NaN, 3_000, 3_001);
    const tape = tapeOf(samples(values, 0, [{ start: 1_500, stop: 2_000 }]), { edge: 0, pxPerSample: 0.26, fs: 100, lead: LEAD });
    const { gaps, trace } = drawingOf(tape, LINE);
    assert.deepEqual(gaps.map(({ x, width, words }) => [x, width, words]), [
        [2600, 1300, ""], [3900, 1300, ""], [7800, COLUMN, ""],
    ]);
    assert.equal(trace.split("M").length - 1, 3);
    assert.ok(gaps.every(({ hatch }) => hatch.startsWith("M")) || gaps[2].hatch === "");
    const wide = drawingOf(tapeOf(samples(new Float64Array(6_000).fill(NaN)), { edge: 0, pxPerSample: 0.26, fs: 100, lead: LEAD }), LINE);
    assert.deepEqual(wide.gaps.map(({ x, width, words }) => [x, width, words]), [[0, 15_600, "no signal"]]);
    assert.equal(wide.trace, "");
});

test("the strokes of a hatching stay within their gap", () => {
    const values = new Float64Array(600).fill(NaN);
    values.fill(0, 0, 100);
    const tape = tapeOf(samples(values), { edge: 0, pxPerSample: 2.6, fs: 10, lead: LEAD });
    const [{ x, width, hatch }] = drawingOf(tape, LINE).gaps;
    const points = [...hatch.matchAll(/[ML](-?\d+) (-?\d+)/g)].map(([, px, py]) => [Number(px), Number(py)]);
    assert.ok(points.length > 20);
    for (const [px, py] of points) {
        assert.ok(px >= x && px <= x + width, `x ${px}`);
        assert.ok(py >= 0 && py <= LINE.height, `y ${py}`);
    }
});

test("a peak beyond its line is marked where it stands, above and below", () => {
    const values = new Float64Array(60);
    values[10] = 600;
    values[40] = -400;
    const tape = tapeOf(samples(values), { edge: 0, pxPerSample: 26, fs: 1, lead: LEAD });
    const { beyond } = drawingOf(tape, LINE);
    assert.deepEqual(beyond.match(/M\S+ \S+h/g), ["M2575 0h", "M10375 400h"]);
});

test("a sample alone between two gaps is a dot", () => {
    const tape = tapeOf(samples([NaN, 50, NaN]), { edge: 0, pxPerSample: 100, fs: 1, lead: LEAD });
    assert.match(drawingOf(tape, LINE).dots, /^M992 225h16$/);
});

test("a signal at the rail is teeth, not a flat line", () => {
    const values = new Float64Array(600);
    values.fill(5_000, 200, 400);
    const { rails, trace } = drawingOf(tapeOf(samples(values), { edge: 0, pxPerSample: 2.6, fs: 100, lead: LEAD }), LINE);
    assert.ok(rails.startsWith("M5200 0"));
    assert.equal(trace.split("M").length - 1, 2);
});

test("the path of a line goes from point to point in whole units", () => {
    const tape = tapeOf(samples([0, 100, 0]), { edge: 0, pxPerSample: 10, fs: 1, lead: LEAD });
    assert.equal(drawingOf(tape, LINE).trace, "M0 250l100 -50l100 50");
});

test("a lead whose scale is not known has no line", () => {
    const tape = tapeOf(samples([0, 100, 0]), { edge: 0, pxPerSample: 10, fs: 1, lead: LEAD });
    assert.equal(drawingOf(tape, { ...LINE, heights: null }).trace, "");
});
