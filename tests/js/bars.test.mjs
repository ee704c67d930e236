import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, envelopeOf } from "../../static/js/look/envelope.js";
import { barsOf } from "../../static/js/view/bars.js";

/** The envelope of random samples in columns of `wide`. */
function columns(samples, wide) {
    const edges = [];
    for (let at = 0; at < samples.length; at += wide) edges.push(at);
    edges.push(samples.length);
    const of = (pick) =>
        Float64Array.from(edges.slice(0, -1), (from, k) => {
            const there = samples.slice(from, edges[k + 1]).filter((value) => !Number.isNaN(value));
            return there.length ? pick(...there) : NaN;
        });
    return { edges, low: of(Math.min), high: of(Math.max) };
}

test("no peak is lost, however columns of samples and of pixels meet", () => {
    let seed = 7;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (let round = 0; round < 200; round++) {
        const samples = Array.from({ length: 400 }, () => Math.floor(random() * 1000));
        const envelope = columns(samples, [4, 16, 64][round % 3]);
        const pxPerSample = 0.02 + random() * 0.6;
        const from = Math.floor(random() * 20);
        const to = from + 20 + Math.floor(random() * 60);
        const { low, high } = barsOf(envelope, { from, to }, pxPerSample);
        samples.forEach((value, sample) => {
            const px = Math.floor(sample * pxPerSample);
            if (px < from || px >= to) return;
            assert.ok(low[px - from] <= value && value <= high[px - from], `round ${round} sample ${sample}`);
        });
    }
});

test("a column in which nothing is there is missing, and never a line", () => {
    const samples = Array.from({ length: 64 }, (_, i) => (i >= 16 && i < 32 ? NaN : i));
    const { low, missing } = barsOf(columns(samples, 16), { from: 0, to: 64 }, 1);
    assert.deepEqual(missing, [{ start: 16, stop: 32 }]);
    assert.ok(low.slice(16, 32).every(Number.isNaN));
    assert.equal(low[15], 0);
    assert.equal(low[32], 32);
});

test("a column with an infinite sample is hatched, and takes no peak beside it away", () => {
    // Infinite is read as NaN: one end alone is none.
    const envelope = { edges: [0, 4, 8, 12, 16], low: Float64Array.of(-5, -1, NaN, 0), high: Float64Array.of(9, NaN, 1, 2) };
    const apart = barsOf(envelope, { from: 0, to: 4 }, 1 / 4);
    assert.deepEqual([...apart.high], [9, NaN, NaN, 2]);
    assert.deepEqual([...apart.low], [-5, NaN, NaN, 0]);
    assert.deepEqual(apart.missing, [{ start: 1, stop: 3 }]);
    const together = barsOf(envelope, { from: 0, to: 1 }, 1 / 16);
    assert.deepEqual([together.low[0], together.high[0]], [-5, 9]);
    assert.deepEqual(together.missing, [{ start: 0, stop: 1 }]);
});

test("a cut of an envelope keeps every column that it touches", () => {
    const envelope = columns(Array.from({ length: 100 }, (_, i) => i), 10);
    const { edges, low } = cut(envelope, 15, 31);
    assert.deepEqual(edges, [10, 20, 30, 40]);
    assert.deepEqual([...low], [10, 20, 30]);
});

test("the envelope of a derived lead holds it, and is told to be bounds", () => {
    const leads = [{ name: "I", unit: "mV", gain: 1, baseline: 0 }, { name: "II", unit: "mV", gain: 1, baseline: 0 }];
    const I = [0, 5, -3, 2, 8, 1, -9, 4];
    const II = [1, -4, 2, 2, 6, -7, 3, 5];
    const aVF = { terms: [{ lead: 0, factor: -0.5 }, { lead: 1, factor: 1 }], derived: true, inverted: false };
    const { low, high } = envelopeOf(aVF, leads, [columns(I, 4), columns(II, 4)]);
    for (let i = 0; i < 8; i++) {
        const value = II[i] - I[i] / 2;
        assert.ok(low[i >> 2] <= value && value <= high[i >> 2]);
    }
});
