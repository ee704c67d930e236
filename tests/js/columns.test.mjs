import assert from "node:assert/strict";
import { test } from "node:test";

import { addPoints, hatched, Points } from "../../static/js/view/columns.js";

function pointsOf(values, pxPerSample, from = 0, to = values.length) {
    const points = new Points();
    addPoints(points, (sample) => values[sample], from, to, pxPerSample);
    return points;
}

/** Lowest and highest of each pixel column, by brute force. */
function extremes(xs, ys) {
    const found = new Map();
    xs.forEach((x, i) => {
        if (Number.isNaN(ys[i])) return;
        const column = Math.floor(x + 1e-9);
        const [low, high] = found.get(column) ?? [Infinity, -Infinity];
        found.set(column, [Math.min(low, ys[i]), Math.max(high, ys[i])]);
    });
    return found;
}

/** A signal that is not smooth anywhere; the same at every run. */
function signal(count) {
    let seed = 12345;
    return Float64Array.from({ length: count }, () => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed % 1000;
    });
}

for (const pxPerSample of [0.0013, 0.07, 0.12, 0.2499, 0.25, 0.7, 1, 9.3]) {
    test(`no peak is lost at ${pxPerSample} px a sample`, () => {
        const values = signal(4000);
        const xs = Array.from(values, (_, i) => i * pxPerSample);
        const { x, y } = pointsOf(values, pxPerSample);
        assert.deepEqual(extremes(x, y), extremes(xs, [...values]));
    });
}

test("a column is four points at most, in the order of time", () => {
    const { x, y } = pointsOf(signal(10_000), 0.01);
    assert.ok(y.length <= 4 * 100 + 1);
    const drawn = x.filter((one) => !Number.isNaN(one));
    assert.deepEqual(drawn, [...drawn].sort((a, b) => a - b));
});

test("one spike in a million samples is there", () => {
    const values = new Float64Array(1_000_000);
    values[654_321] = 5;
    assert.ok(pointsOf(values, 0.001).y.includes(5));
});

for (const pxPerSample of [0.05, 2]) {
    test(`a gap lifts the pen at ${pxPerSample} px a sample`, () => {
        const values = signal(100);
        values.fill(NaN, 40, 45);
        const { x, y } = pointsOf(values, pxPerSample);
        const lifts = y.map((one, i) => (Number.isNaN(one) ? i : -1)).filter((i) => i >= 0);
        const between = lifts.filter((i) => x[i - 1] <= 39 * pxPerSample && x[i + 1] >= 45 * pxPerSample);
        assert.equal(between.length, 1);
    });
}

test("a sample alone between gaps is kept", () => {
    const values = new Float64Array(50).fill(NaN);
    values[20] = 7;
    assert.deepEqual(pointsOf(values, 0.1).y.filter((one) => !Number.isNaN(one)), [7]);
});

test("columns are counted from the start of the record, wherever the drawing begins", () => {
    const values = signal(1000);
    const whole = pointsOf(values, 0.05);
    const piece = pointsOf(values, 0.05, 400, 1000);
    const tail = whole.x.findIndex((x) => x >= 20);
    assert.deepEqual(piece.y.slice(0, 50), whole.y.slice(tail, tail + 50));
});

test("a gap is hatched to scale, and never invisible", () => {
    assert.deepEqual(hatched({ start: 100, stop: 200 }, 0.5), { start: 50, stop: 100 });
    assert.deepEqual(hatched({ start: 1000, stop: 1001 }, 0.001), { start: 1, stop: 2 });
});
